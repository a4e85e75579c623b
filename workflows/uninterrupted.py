"""Finishing what must be finished, although the workflow is cancelled meanwhile."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from temporalio import workflow

T = TypeVar("T")


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """Await ``work`` to its end. A cancel that comes meanwhile comes too late, and is forgotten.

    Hazard: an ``await`` of the workflow's main task after its work is done. A cancel that arrives there ends
    the workflow as cancelled, and calls off the activity that was to tell the result.
    """
    task = asyncio.create_task(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await workflow.wait([task])
    return task.result()
