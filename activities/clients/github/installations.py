"""The client behind :class:`activities.ports.Installations`: what our App is installed on."""

import logging
from collections.abc import Callable, Sequence

from pydantic import AwareDatetime, BaseModel

from activities.clients.github.app import GitHubApp
from activities.clients.github.errors import MissingError
from activities.clients.github.json_models import AccountJson, InstallationJson, read, read_pull_request
from activities.clients.github.repository_calls import PAGE_SIZE, RepositoryCalls
from activities.clients.github.transport import GitHubTransport
from activities.ports import Stats
from tickborg.errors import PermanentError, TickborgError, UnauthorizedError
from tickborg.events.payloads import GHOST
from tickborg.github import PullRequest, RepositoryName
from tickborg.quota import Purpose
from tickborg.reconciling import BranchTip, ServedRepository

log = logging.getLogger(__name__)

Failed = Callable[[str, TickborgError], None]


class RepositoryJson(BaseModel):
    """A repository in a list."""

    full_name: str
    default_branch: str
    pushed_at: AwareDatetime | None = None
    archived: bool = False


class CommitJson(BaseModel):
    """What a branch points at."""

    sha: str
    author: AccountJson | None = None


class BranchJson(BaseModel):
    """A branch."""

    commit: CommitJson


async def installations_of(transport: GitHubTransport) -> Sequence[InstallationJson]:
    """Every installation of the App that calls, those that are suspended too."""
    items = transport.getiter("/app/installations{?per_page}", {"per_page": PAGE_SIZE})
    return [read(InstallationJson, item) async for item in items]


class GitHubInstallations:
    """Repositories, pull requests and branches; every method raises the errors of :mod:`tickborg.errors`.

    Where little of an installation's quota is left, it is left for those who wait for results.
    """

    def __init__(self, transport: GitHubTransport, app: GitHubApp, stats: Stats | None = None) -> None:
        self._transport = transport
        self._app = app
        self._calls = RepositoryCalls(transport, app, stats)

    async def repositories(self, failed: Failed) -> Sequence[ServedRepository]:
        """Every repository with the App that is not archived; a suspended installation has none.

        Args:
            failed: is told of each installation that cannot be looked at now, and may raise what it is told.
        """
        found = await installations_of(self._transport)
        active = [each.id for each in found if each.suspended_at is None]
        return [repository for each in active for repository in await self._repositories_of(each, failed)]

    async def _repositories_of(self, installation: int, failed: Failed) -> Sequence[ServedRepository]:
        """One that was revoked a moment ago, or has spent its calls, must not hide the others."""
        try:
            return await self._listed(installation)
        except PermanentError as error:
            log.warning("installation %d is left out: %s", installation, error)
        except TickborgError as error:
            failed(f"installation {installation}", error)
        return ()

    async def _listed(self, installation: int) -> Sequence[ServedRepository]:
        token = await self._app.installation_token(installation)
        try:
            found = await self._all_of(token)
        except UnauthorizedError:
            found = await self._all_of(await self._app.installation_token(installation, refused=token))
        return [_served(each) for each in found if not each.archived]

    async def _all_of(self, token: str) -> Sequence[RepositoryJson]:
        path, names = "/installation/repositories{?per_page}", {"per_page": PAGE_SIZE}
        self._transport.spending.admit(token, Purpose.PROGRESS, "GET /installation/repositories")
        items = self._transport.getiter(path, names, oauth_token=token, iterable_key="repositories")
        return [read(RepositoryJson, item) async for item in items]

    async def open_pulls(self, repo: RepositoryName) -> Sequence[PullRequest]:
        """The open pull requests."""
        items = await self._calls.all(repo, "pulls{?state,per_page}", purpose=Purpose.PROGRESS, state="open")
        return [read_pull_request(item) for item in items]

    async def branch_tip(self, repo: RepositoryName, branch: str) -> BranchTip | None:
        """What a branch points at; None: there is no such branch."""
        try:
            found = await self._calls.get(repo, "branches/{branch}", purpose=Purpose.PROGRESS, branch=branch)
        except MissingError:
            return None
        commit = read(BranchJson, found).commit
        return BranchTip(sha=commit.sha, author=commit.author.login if commit.author else GHOST)


def _served(listed: RepositoryJson) -> ServedRepository:
    return ServedRepository(
        repo=RepositoryName.parse(listed.full_name),
        default_branch=listed.default_branch,
        pushed_at=listed.pushed_at,
    )
