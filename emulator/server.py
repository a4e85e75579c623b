"""The emulated GitHub on a port of this machine: REST at the root, git, and a page for each pull request.

async with serve(github) as url:
    ...
"""

import asyncio
from asyncio import Transport
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from emulator import faults
from emulator.answers import Answer
from emulator.gate import Gate
from emulator.git_http import GitHttp
from emulator.github import EmulatedGitHub
from emulator.page_style import CONTENT_SECURITY_POLICY
from emulator.pages import page_at

_TRANSPORT = "emulator.transport"
_PAGE_HEADERS = {"content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": "no-store"}
_KEEP_ALIVE = 75  # seconds


class Application:
    """The ASGI application: hands each request to git, to a page, or to the REST API."""

    def __init__(self, github: EmulatedGitHub) -> None:
        self._github = github
        self._gate = Gate(github)
        self._git = GitHttp(github)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or close its connection where a fault says so."""
        try:
            if self._git.serves(scope["path"]):
                await self._git(scope, receive, send)
            elif scope["method"] == "GET" and (page := page_at(self._github, scope["path"])):
                await HTMLResponse(page, headers=_PAGE_HEADERS)(scope, receive, send)
            else:
                answer = await self._gate.answer(HttpRequest(scope, receive))
                await _response(answer)(scope, receive, send)
        except faults.Broken as broken:
            await _begin(broken.answer, send)
            await _drop(scope, receive)
        except faults.Dropped:
            await _drop(scope, receive)


@asynccontextmanager
async def serve(github: EmulatedGitHub, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve `github`, send its webhooks, and yield its URL; port 0 is one the system chooses.

    It listens when the block is entered and has let go of everything, its repositories too, when it is left.
    """
    async with listening(Application(github), host=host, port=port) as url:
        github.url = url
        await github.webhooks.start()
        try:
            yield url
        finally:
            await github.webhooks.stop()
    github.close()


@asynccontextmanager
async def listening(application: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """An ASGI application on a port, for as long as the block runs; yields its URL.

    uvicorn's protocol runs without uvicorn's `Server`, which takes over signals, and starts and stops by
    looking ten times a second.
    """

    async def quiet_when_cancelled(scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn would log that the application failed.
        with suppress(asyncio.CancelledError):
            await application(scope, receive, send)

    config = uvicorn.Config(
        quiet_when_cancelled, http=_Protocol, lifespan="off", log_config=None, timeout_keep_alive=_KEEP_ALIVE
    )
    config.load()
    state = ServerState()
    state.default_headers = [(b"server", b"github.com")]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Protocol(config, state, {}, loop), host, port)
    try:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await _end(state)
        await server.wait_closed()


class _Protocol(H11Protocol):
    """uvicorn's HTTP, whose requests know their connection, so that it can be dropped under them."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        self.gone = asyncio.Event()
        self.app_state = {**self.app_state, _TRANSPORT: transport}
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()


async def _end(state: ServerState) -> None:
    """Close the connections and cancel what is being answered."""
    for connection in list(state.connections):
        if isinstance(connection, _Protocol):
            connection.transport.abort()
            await connection.gone.wait()
    for task in list(state.tasks):
        task.cancel()
    await asyncio.gather(*state.tasks, return_exceptions=True)


async def _drop(scope: Scope, receive: Receive) -> None:
    """Close the connection, and wait till uvicorn has seen that it is gone."""
    scope["state"][_TRANSPORT].abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _begin(answer: Answer, send: Send) -> None:
    """Send half of an answer."""
    whole = _response(answer)
    await send({"type": "http.response.start", "status": answer.status, "headers": whole.raw_headers})
    half = bytes(whole.body)[: len(whole.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})


def _response(answer: Answer) -> Response:
    content = answer.on_the_wire()
    media_type = "application/json; charset=utf-8" if content else None
    return Response(content, answer.status, {**answer.headers}, media_type=media_type)
