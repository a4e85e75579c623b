"""Work that blocks, beside the event loop."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from tickborg.late_cancel import cancelled_only_after

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` in a thread. When cancelled, wait for it first: a thread cannot be stopped half-way.

    With :func:`asyncio.to_thread` alone, whoever cleans up would close the files it is writing. When it fails
    meanwhile, the cancellation is raised and the error is its cause.
    """
    return await cancelled_only_after(asyncio.to_thread(work, *args, **kwargs))


async def opened_in_thread(opens: Callable[[], T], closes: Callable[[T], None]) -> T:
    """Run ``opens`` in a thread; when cancelled meanwhile, close what nobody will ever get."""
    opened: list[T] = []
    try:
        await in_thread(lambda: opened.append(opens()))
    except asyncio.CancelledError:
        for each in opened:
            closes(each)
        raise
    return opened[0]
