"""The owners of pull requests, as the dashboard sees them."""

from dashboard.ports import OpenPull, OpenPulls
from tickborg.errors import UnavailableError
from tickborg.github import PullRequestState, RepositoryName
from tickborg.views import PullRequestView


class FakePulls:
    """Holds views by repository and number, newest last; Temporal may be away."""

    def __init__(self, *views: PullRequestView) -> None:
        self._views: dict[tuple[RepositoryName, int], PullRequestView] = {}
        self.away = False
        self.error: Exception | None = None
        for view in views:
            self.put(view)

    def put(self, view: PullRequestView) -> None:
        """Let the owner of a pull request know this."""
        self._views[view.pull.repo, view.pull.number] = view

    async def view(self, repo: RepositoryName, number: int) -> PullRequestView | None:
        """What was put."""
        await self.check()
        return self._views.get((repo, number))

    async def open(self, limit: int) -> OpenPulls:
        """Those that are open, newest first."""
        await self.check()
        known = [
            OpenPull(repo, number, view)
            for (repo, number), view in reversed(self._views.items())
            if view.pull.state is PullRequestState.OPEN
        ]
        return OpenPulls(tuple(known[:limit]), more=len(known) > limit)

    async def check(self) -> None:
        """Fail where the test says so."""
        if self.error is not None:
            raise self.error
        if self.away:
            raise UnavailableError("Temporal at 10.0.0.7:7233 does not answer")
