"""A dashboard that shares its host with something else."""

from starlette.types import ASGIApp, Receive, Scope, Send


class BelowPath:
    """Finds an application's pages below a path, whether the proxy in front takes that path off or not.

    https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope says what ``root_path`` means.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does."""
        await self._app({**scope, "root_path": self._root_path}, receive, send)
