"""The owners of pull requests and branches, as the dashboard sees them."""

from dashboard.pages.verdicts import is_moving
from dashboard.ports import BusyBranch, GoingOn, OpenPull
from tickborg.errors import UnavailableError
from tickborg.github import PullRequestState, RepositoryName
from tickborg.views import BranchView, PullRequestView


class FakeOwners:
    """Holds views by repository and number or branch, newest last; Temporal may be away."""

    def __init__(self, *views: PullRequestView | BranchView) -> None:
        self._pulls: dict[tuple[RepositoryName, int], PullRequestView] = {}
        self._branches: dict[tuple[RepositoryName, str], BranchView] = {}
        self.away = False
        self.error: Exception | None = None
        for view in views:
            self.put(view)

    def put(self, view: PullRequestView | BranchView) -> None:
        """Let the owner of a pull request or branch know this."""
        if isinstance(view, BranchView):
            self._branches[view.repo, view.branch] = view
        else:
            self._pulls[view.pull.repo, view.pull.number] = view

    async def pull(self, repo: RepositoryName, number: int) -> PullRequestView | None:
        """What was put."""
        await self.check()
        return self._pulls.get((repo, number))

    async def branch(self, repo: RepositoryName, branch: str) -> BranchView | None:
        """What was put."""
        await self.check()
        return self._branches.get((repo, branch))

    async def going_on(self, limit: int) -> GoingOn:
        """Pull requests that are open and branches on which something moves, newest first."""
        await self.check()
        pulls = [
            OpenPull(repo, number, view)
            for (repo, number), view in reversed(self._pulls.items())
            if view.pull.state is PullRequestState.OPEN
        ]
        branches = [
            BusyBranch(repo, branch, view)
            for (repo, branch), view in reversed(self._branches.items())
            if is_moving(view)
        ]
        return GoingOn(
            tuple(pulls[:limit]),
            tuple(branches[:limit]),
            more_pulls=len(pulls) > limit,
            more_branches=len(branches) > limit,
        )

    async def check(self) -> None:
        """Fail where the test says so."""
        if self.error is not None:
            raise self.error
        if self.away:
            raise UnavailableError("Temporal at 10.0.0.7:7233 does not answer")
