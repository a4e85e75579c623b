"""REST calls on a repository, each with a token of the installation on it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Literal, TypeVar

from activities.clients.github.app import GitHubApp
from activities.clients.github.transport import GitHubTransport
from activities.ports import Stats
from tickborg.errors import PutOffError, UnauthorizedError
from tickborg.github import RepositoryName
from tickborg.messages import Event, EventName, QuotaReading
from tickborg.quota import Purpose

PAGE_SIZE = "100"
"""The largest page GitHub gives."""

T = TypeVar("T")


class RepositoryCalls:
    """Calls below ``/repos/{owner}/{name}``. A path is a URI template, filled from ``variables`` and escaped.

    A call that is answered 401 is repeated once with a new token; a second 401 is raised. (A token can end in
    mid-flight: it was revoked, or the installation's permissions changed.) A call for a lesser ``purpose``
    is not made while little of the installation's quota is left.

    Args:
        transport: how calls are sent.
        app: whose tokens they carry.
        stats: where calls that were not made are counted, and how many are left.
    """

    def __init__(self, transport: GitHubTransport, app: GitHubApp, stats: Stats | None = None) -> None:
        self._transport = transport
        self._app = app
        self._stats = stats

    async def get(
        self, repo: RepositoryName, path: str, *, purpose: Purpose = Purpose.RESULT, **variables: str
    ) -> Any:
        """The JSON at ``path``."""
        call = partial(self._transport.getitem, *_place(repo, path, variables))
        return await self._made(repo, f"GET {path}", purpose, call)

    async def all(
        self,
        repo: RepositoryName,
        path: str,
        *,
        key: str = "items",
        purpose: Purpose = Purpose.RESULT,
        **variables: str,
    ) -> list[Any]:
        """The items of every page, in GitHub's order; ``key`` is where they are in a page that is an object.

        ``path`` has ``per_page`` among its query's names.
        """
        url, filled = _place(repo, path, {**variables, "per_page": PAGE_SIZE})

        async def pages(oauth_token: str) -> list[Any]:
            items = self._transport.getiter(url, filled, oauth_token=oauth_token, iterable_key=key)
            return [item async for item in items]

        return await self._made(repo, f"GET {path}", purpose, pages)

    async def send(
        self,
        method: Literal["POST", "PATCH"],
        repo: RepositoryName,
        path: str,
        body: dict[str, Any],
        *,
        purpose: Purpose = Purpose.RESULT,
        **variables: str,
    ) -> Any:
        """Create something with POST, or change it with PATCH; the JSON of what it is now."""
        sender = self._transport.post if method == "POST" else self._transport.patch
        call = partial(sender, *_place(repo, path, variables), data=body)
        return await self._made(repo, f"{method} {path}", purpose, call)

    async def delete(
        self, repo: RepositoryName, path: str, *, purpose: Purpose = Purpose.RESULT, **variables: str
    ) -> None:
        """Remove something."""
        call = partial(self._transport.delete, *_place(repo, path, variables))
        await self._made(repo, f"DELETE {path}", purpose, call)

    async def _made(
        self, repo: RepositoryName, what: str, purpose: Purpose, call: Callable[..., Awaitable[T]]
    ) -> T:
        token = await self._app.token(repo)
        try:
            self._transport.spending.admit(token, purpose, f"{what} of {repo}")
            return await call(oauth_token=token)
        except UnauthorizedError:
            return await call(oauth_token=await self._app.renewed_token(repo, refused=token))
        except PutOffError:
            await self._count(Event(name=EventName.CALL_PUT_OFF))
            raise
        finally:
            await self._tell_what_is_left(repo.owner, token)

    async def _tell_what_is_left(self, owner: str, token: str) -> None:
        if (quota := self._transport.spending.news(token)) is not None:
            reading = QuotaReading(
                owner=owner, limit=quota.limit, remaining=quota.remaining, resets_at=quota.resets_at
            )
            await self._count(Event(name=EventName.QUOTA_READ, quota=reading))

    async def _count(self, event: Event) -> None:
        if self._stats is not None:
            await self._stats.notify(event)


def _place(repo: RepositoryName, path: str, variables: dict[str, str]) -> tuple[str, dict[str, Any]]:
    return "/repos/{owner}/{name}/" + path, {"owner": repo.owner, "name": repo.name, **variables}
