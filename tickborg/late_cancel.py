"""Finishing what must be finished although somebody cancels, and being cancelled only then."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def cancelled_only_after(awaitable: Awaitable[T]) -> T:
    """Await to the end, however often the caller is cancelled meanwhile, and only then be cancelled.

    A thread, or a process tree that is being ended, goes on when nobody waits for it any more; what comes
    next would meet it. When both happen, the cancellation is raised and the error is its cause.
    """
    task = asyncio.ensure_future(awaitable)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled from (None if task.cancelled() else task.exception())
    return task.result()
