"""Asks an application over ASGI, without a client that would tidy up what is sent."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Scope

RawHeaders = Sequence[tuple[bytes, bytes]]


@dataclass
class Answered:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Asked:
    """An application that is asked things one after the other; what it logs as an error is a failure."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._runner = asyncio.Runner()

    def close(self) -> None:
        """Let go of the event loop."""
        self._runner.close()

    def ask(
        self, method: str, target: bytes, headers: RawHeaders = (), chunks: Sequence[bytes] = ()
    ) -> Answered:
        """The answer to one request.

        Args:
            method: as sent.
            target: path and query, percent-encoded, as they are on the wire.
            headers: with names in lower case, as servers give them.
            chunks: the body as it arrives.
        """
        path, _, query = target.partition(b"?")
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            # As uvicorn does it.
            "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": list(headers),
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        with _no_errors():
            return self._runner.run(_answer(self._app, scope, chunks))


async def _answer(app: ASGIApp, scope: Scope, chunks: Sequence[bytes]) -> Answered:
    arriving = [*chunks, b""]
    answered = Answered()

    async def receive() -> Message:
        if not arriving:
            await asyncio.Event().wait()
        chunk = arriving.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(arriving)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answered.status = message["status"]
            answered.headers = {
                name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]
            }
        else:
            answered.body += message.get("body", b"")

    await app(scope, receive, send)
    return answered


class _no_errors(logging.Handler):  # noqa: N801 - reads as what it is where it is used
    """A block in which nothing may be logged as an error, or with a traceback."""

    def __enter__(self) -> None:
        logging.getLogger().addHandler(self)

    def __exit__(self, *_error: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Fail for what is worse than a warning."""
        assert record.levelno < logging.ERROR, record.getMessage()
        assert record.exc_info is None, record.getMessage()
