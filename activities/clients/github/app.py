"""Our App's identity at GitHub: its installations and their tokens.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from datetime import timedelta
from typing import Any, NamedTuple

from activities.clients.github.errors import MissingError
from activities.clients.github.expiring_cache import ExpiringCache, Lease
from activities.clients.github.json_models import AppJson, Identified, TokenJson, read
from activities.clients.github.transport import GitHubTransport
from activities.clock import Clock, utc_now
from tickborg.errors import PermanentError
from tickborg.github import RepositoryName

RENEW_BEFORE = timedelta(minutes=5)
"""A token is renewed this long before it ends, so that what begins with it also ends with it."""

FETCH_PERMISSIONS = {"contents": "read"}


class Grant(NamedTuple):
    """What a token is for: all that an installation may do, or reading the code of one repository."""

    installation: int
    fetch_only: str | None = None
    """The repository's name, without its owner."""


class GitHubApp:
    """Installation tokens of one App, asked for when needed and shared by everybody who needs one.

    Every method raises the errors of :mod:`tickborg.errors`: ``PermanentError`` where the App is not
    installed on the repository.

    Args:
        transport: calls to GitHub as the App.
        now: when tokens are renewed.
    """

    def __init__(self, transport: GitHubTransport, now: Clock = utc_now) -> None:
        self._transport = transport
        self._installations = ExpiringCache(self._find_installation, now)
        self._tokens = ExpiringCache(self._mint, now)
        self._slugs = ExpiringCache(self._find_slug, now)

    @property
    def id(self) -> int:
        """The App's number."""
        return self._transport.credentials.app_id

    async def bot_login(self) -> str:
        """The login under which GitHub shows what our installations do."""
        return f"{await self._slugs.get(self.id)}[bot]"

    async def token(self, repo: RepositoryName) -> str:
        """A token for the REST API with all that the installation on ``repo`` may do."""
        return await self._granted(repo)

    async def installation_token(self, installation: int, refused: str = "") -> str:
        """A token for the REST API with all that one installation may do, other than one that was refused."""
        self._tokens.forget(Grant(installation), refused)
        return await self._tokens.get(Grant(installation))

    async def fetch_token(self, repo: RepositoryName) -> str:
        """A token that reads the code of ``repo`` and nothing else: git's password for ``x-access-token``."""
        return await self._granted(repo, fetch_only=repo.name)

    async def renewed_fetch_token(self, repo: RepositoryName, refused: str) -> str:
        """A token that reads the code of ``repo``, other than the one that git was ``refused`` with."""
        installation = await self._installations.get(repo)
        self._tokens.forget(Grant(installation, repo.name), refused)
        return await self.fetch_token(repo)

    async def renewed_token(self, repo: RepositoryName, refused: str) -> str:
        """A token for the REST API other than the one that GitHub ``refused``.

        Of many callers refused at once the first renews, for all. The fetch token goes too: what revoked one
        (a new installation, a suspension) revoked both.
        """
        installation = await self._installations.get(repo)
        if self._tokens.forget(Grant(installation), refused):
            self._tokens.forget(Grant(installation, repo.name))
        return await self._granted(repo)

    async def _granted(self, repo: RepositoryName, fetch_only: str | None = None) -> str:
        installation = await self._installations.get(repo)
        try:
            return await self._tokens.get(Grant(installation, fetch_only))
        except MissingError:
            # The App was uninstalled; and perhaps installed again, under another id.
            self._installations.forget(repo, installation)
            return await self._tokens.get(Grant(await self._installations.get(repo), fetch_only))
        except PermanentError as refused:
            raise PermanentError(f"no token for {repo}: {refused}") from None

    async def _find_installation(self, repo: RepositoryName) -> Lease[int]:
        names = {"owner": repo.owner, "name": repo.name}
        try:
            found = await self._transport.getitem("/repos/{owner}/{name}/installation", names)
        except MissingError:
            raise PermanentError(
                f"GitHub App {self.id} is not installed on {repo}: install it there, "
                f"or take {repo} out of the settings' repos"
            ) from None
        return Lease(read(Identified, found).id)

    async def _mint(self, grant: Grant) -> Lease[str]:
        answer = await self._transport.post(
            "/app/installations/{installation}/access_tokens",
            {"installation": str(grant.installation)},
            data=_restrictions(grant),
        )
        minted = read(TokenJson, answer)
        return Lease(minted.token, until=minted.expires_at - RENEW_BEFORE)

    async def _find_slug(self, _app_id: int) -> Lease[str]:
        return Lease(read(AppJson, await self._transport.getitem("/app")).slug)


def _restrictions(grant: Grant) -> Any:
    """The body of "create an installation access token"; without one the token may do everything."""
    if grant.fetch_only is None:
        return b""
    return {"repositories": [grant.fetch_only], "permissions": FETCH_PERMISSIONS}
