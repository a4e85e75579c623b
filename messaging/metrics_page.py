"""``/metrics`` as a web application, for Prometheus."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from messaging.metrics import Metrics

PATH = "/metrics"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def metrics_application(metrics: "Metrics") -> Application:
    """The metrics at :data:`PATH` and nothing elsewhere."""
    from prometheus_client import make_asgi_app  # noqa: PLC0415 - who only asks for the page needs it not

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
