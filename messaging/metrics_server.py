"""``/metrics`` over HTTP, for Prometheus."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from prometheus_client import make_asgi_app
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from messaging.metrics import Metrics

PATH = "/metrics"
KEEP_ALIVE_SECONDS = 75
"""Longer than the usual scrape interval, so that Prometheus keeps one connection."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]


@asynccontextmanager
async def serve_metrics(metrics: Metrics, host: str = "127.0.0.1", port: int = 9090) -> AsyncIterator[str]:
    """Serve metrics while the block runs, and yield their URL; port 0 is one the system chooses.

    uvicorn's protocol runs without uvicorn's ``Server``, which would take over the signals of the process.

    Raises:
        OSError: the address is taken or not ours.
    """
    listener = socket.create_server((host, port), family=_family(host))
    config = uvicorn.Config(
        _application(metrics), lifespan="off", log_config=None, timeout_keep_alive=KEEP_ALIVE_SECONDS
    )
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: H11Protocol(config, state, {}, loop), sock=listener)
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{listener.getsockname()[1]}{PATH}"
    finally:
        server.close()
        await _end(state)
        await server.wait_closed()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _application(metrics: Metrics) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The metrics at their path and nothing elsewhere."""
    exposition = make_asgi_app(metrics.registry)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].rstrip("/") == PATH:
            await exposition(scope, receive, send)
            return
        await send(
            {"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]}
        )
        await send({"type": "http.response.body", "body": f"metrics are at {PATH}\n".encode()})

    return application


async def _end(state: ServerState) -> None:
    """Drop the connections: a client that does not read must not hold up the end of the process."""
    for task in list(state.tasks):
        task.cancel()
    await asyncio.gather(*state.tasks, return_exceptions=True)
    for connection in list(state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)  # the loop tells the protocols that their connections are gone
