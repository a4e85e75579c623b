"""Trying again, and no longer when told to end."""

import asyncio
from contextlib import suppress

from messaging.backoff import Backoff


async def test_pauses_grow_up_to_the_longest() -> None:
    """Each doubles, shortened by half at most, and success begins anew."""
    backoff = Backoff(first=1.0, longest=4.0)
    assert [backoff._next() for _ in range(4)] == [1.0, 2.0, 4.0, 4.0]
    backoff.reset()
    assert backoff._next() == 1.0


async def test_a_loop_that_lost_its_cancel_ends_at_the_next_pause() -> None:
    """Python 3.11 forgets a cancel that comes as what is waited for fails; the process must end anyway."""
    begun = asyncio.Event()

    async def try_again() -> None:
        for _ in range(2):
            begun.set()
            with suppress(asyncio.CancelledError):  # as wait_for does
                await asyncio.wait([asyncio.create_task(asyncio.sleep(0.01))])
            await Backoff(first=0.001).pause()

    task = asyncio.create_task(try_again())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
