"""Fetch tokens for threads: git work blocks, tokens are got on the event loop."""

import asyncio
from collections.abc import Callable, Coroutine

from activities.clients.github.app import GitHubApp
from activities.clients.github.transport import TOTAL_SECONDS
from tickborg.errors import UnavailableError
from tickborg.github import RepositoryName

WAIT_SECONDS = 4 * TOTAL_SECONDS
"""The longest way to a token is four calls: installation and token, and both again after a reinstallation."""


class FetchTokens:
    """A plain callable for the thread of a mirror: a token that reads the code of one repository.

    Git sends it as the password of ``x-access-token``
    (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation).

    Args:
        app: whose tokens; its caches live on ``loop``.
        loop: the worker's event loop, which runs as long as any thread asks.
    """

    def __init__(self, app: GitHubApp, loop: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._loop = loop

    def __call__(self, repo: RepositoryName) -> str:
        """Block until there is a token; from any thread but that of the loop, which would wait for itself.

        Raises:
            UnavailableError: the loop was too busy to get one.
            TickborgError: what GitHub answered instead.
            RuntimeError: called on the loop's own thread.
        """
        return self._awaited(repo, self._app.fetch_token)

    def renewed(self, repo: RepositoryName, refused: str) -> str:
        """The same, but another than the one that the server ``refused``: it was revoked, say."""
        return self._awaited(repo, lambda repo: self._app.renewed_fetch_token(repo, refused))

    def _awaited(
        self, repo: RepositoryName, ask: Callable[[RepositoryName], Coroutine[None, None, str]]
    ) -> str:
        if _running_loop() is self._loop:
            raise RuntimeError("FetchTokens was called on the event loop's own thread: call it from another")
        asked = asyncio.run_coroutine_threadsafe(ask(repo), self._loop)
        try:
            return asked.result(WAIT_SECONDS)
        except TimeoutError:
            asked.cancel()
            raise UnavailableError(f"no token to fetch {repo} with after {WAIT_SECONDS:.0f} s") from None


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
