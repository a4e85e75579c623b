"""ASGI applications on ports, several in one process, none of which takes over its signals."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from tickborg.errors import InfrastructureError

GRACE = timedelta(seconds=5)

_KEEP_ALIVE_SECONDS = 75


@asynccontextmanager
async def listening(
    application: ASGIApp, *, host: str, port: int, setting: str, grace: timedelta = GRACE
) -> AsyncIterator[str]:
    """Serve ``application`` while the block runs, and yield its URL; port 0 is one the system chooses.

    Args:
        application: what answers.
        host: the address to listen on.
        port: the port to listen on.
        setting: what an operator changes when the port is taken, e.g. ``[webhook] port``.
        grace: what answers under way may still take at the end; an event stream never ends by itself.

    Raises:
        InfrastructureError: the address is taken, or not ours.
    """
    listener = _listener(host, port, setting)
    config = uvicorn.Config(
        application,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    config.load()
    state, loop = ServerState(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: H11Protocol(config, state, {}, loop), sock=listener)
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    finally:
        server.close()
        await _end(state, grace)
        await server.wait_closed()


def _listener(host: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = str(error.strerror).partition(" (while attempting")[0]  # which repeats the address
        raise InfrastructureError(
            f"cannot listen on {host}:{port}: {reason}; stop what listens there, or change {setting}"
        ) from error


async def _end(state: ServerState, grace: timedelta) -> None:
    """Let answers under way finish for a while, then drop the connections.

    Nothing new is begun meanwhile: what came next on a connection would be broken off in the middle.
    """
    for connection in list(state.connections):
        connection.shutdown()
    if state.tasks:
        await asyncio.wait(state.tasks, timeout=grace.total_seconds())
    for task in list(state.tasks):
        task.cancel()
    await asyncio.gather(*state.tasks, return_exceptions=True)
    for connection in list(state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)  # the loop tells the protocols that their connections are gone
