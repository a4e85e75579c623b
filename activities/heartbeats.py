"""Heartbeats of a long activity (design, section 4)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio import activity


@asynccontextmanager
async def heartbeats(interval: timedelta) -> AsyncIterator[None]:
    """Heartbeat now and every ``interval``: also how a cancel is heard, which comes with the answer."""
    beating = asyncio.create_task(_beat(interval))
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.wait({beating})


async def _beat(interval: timedelta) -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(interval.total_seconds())
