"""Heartbeats of a long activity (design, section 4)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import activity


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
