"""Heartbeats of activities: who dies is missed, and the work is given to another (design, section 4)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

WORKER_BEAT = timedelta(seconds=5)
"""Most calls are over before the first, and cost no heartbeat."""


@asynccontextmanager
async def heartbeats(interval: timedelta) -> AsyncIterator[None]:
    """Heartbeat now and every ``interval``: also how a cancel is heard, which comes with the answer.

    Four times at least within the time after which a silent activity is given up.
    """
    patience = activity.info().heartbeat_timeout
    beating = asyncio.create_task(_beat(min(interval, patience / 4) if patience else interval))
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.wait({beating})


async def _beat(interval: timedelta) -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(interval.total_seconds())


class HeartbeatInterceptor(Interceptor):
    """Lets every activity heartbeat for as long as it runs. Hand it to ``Worker(interceptors=[…])``.

    Without, it takes the whole time of a try until it is noticed that a worker died in the middle of it: that
    of a merge is hours, for the sake of a first fetch.
    """

    def __init__(self, interval: timedelta = WORKER_BEAT) -> None:
        self._interval = interval

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Put the heartbeats around an activity."""
        return _Beating(next, self._interval)


class _Beating(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, interval: timedelta) -> None:
        super().__init__(inner)
        self._interval = interval
        self._outbound: _Remembering | None = None

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        """Remember who sends heartbeats: what a blocking activity calls waits for this event loop."""
        self._outbound = _Remembering(outbound)
        super().init(self._outbound)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - Temporal's name
        """Run the activity.

        A workflow's cancel, which comes with the answer to a heartbeat, does not break off a call under way:
        it might be carried out all the same, after the next one. That this process ends does.
        """
        work = asyncio.ensure_future(super().execute_activity(input))
        beating = asyncio.create_task(self._beat())
        try:
            await _until_done(work)
        finally:
            beating.cancel()
        return work.result()

    async def _beat(self) -> None:
        while self._outbound is not None:
            await asyncio.sleep(self._interval.total_seconds())
            self._outbound.heartbeat_again()


class _Remembering(ActivityOutboundInterceptor):
    """Says again what the activity said last: a retry goes on from there, and silence would forget it."""

    def __init__(self, inner: ActivityOutboundInterceptor) -> None:
        super().__init__(inner)
        self._last: Sequence[Any] | None = None

    def heartbeat(self, *details: Any) -> None:
        """Remember the activity's own words."""
        self._last = details
        super().heartbeat(*details)

    def heartbeat_again(self) -> None:
        """Say them once more; before the first, those of the try before this one."""
        super().heartbeat(*(activity.info().heartbeat_details if self._last is None else self._last))


async def _until_done(work: "asyncio.Future[Any]") -> None:
    while not work.done():
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            details = activity.cancellation_details()
            if details is None or not details.cancel_requested:
                work.cancel()
