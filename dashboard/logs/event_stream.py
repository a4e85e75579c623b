"""A growing log as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

``lines`` has the markup of new rows, and as its id the place to go on from; ``end`` says that the log has
ended and nothing more will come.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Send

from dashboard.logs.following import Growth
from dashboard.logs.log_page import rows

QUIET_LOOKS = 30
"""After so many looks without news something is said, or a proxy takes the connection for dead."""

_RETRY = "retry: 1000\n\n"
"""Milliseconds after which a browser that lost the connection asks again."""
_HEARTBEAT = ":\n\n"
_END = "event: end\ndata: end\n\n"


class EventStream(StreamingResponse):
    """A response of events. However it ends, what it was made of is closed."""

    media_type = "text/event-stream"

    def __init__(self, growths: AsyncGenerator[Growth | None, None]) -> None:
        self._events = _events(growths)
        # The second header is nginx's: it would hold events back until it has a buffer full of them.
        super().__init__(self._events, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def stream_response(self, send: Send) -> None:
        """Send until the log has ended or the viewer has gone."""
        async with aclosing(self._events):
            await super().stream_response(send)


async def _events(growths: AsyncGenerator[Growth | None, None]) -> AsyncGenerator[str, None]:
    quiet = 0
    yield _RETRY
    async with aclosing(growths):
        async for growth in growths:
            quiet = quiet + 1 if growth is None else 0
            if growth is not None and growth.lines:
                yield f"id: {growth.place}\nevent: lines\ndata: {rows(growth.lines)}\n\n"
            elif quiet % QUIET_LOOKS == 1:
                yield _HEARTBEAT
    yield _END
