"""Threads are waited for, whatever happens to whoever started them."""

import asyncio
from threading import Event

import pytest

from messaging.blocking import in_thread, opened_in_thread


async def cancelled_while(work: asyncio.Task[None], begun: Event, go_on: Event) -> None:
    """Cancel a task in the middle of its thread's work, and let that end only then."""
    await asyncio.to_thread(begun.wait)
    work.cancel()
    await asyncio.sleep(0)
    assert not work.done()
    go_on.set()


async def test_the_thread_of_who_is_cancelled_is_waited_for() -> None:
    """Whoever cleans up afterwards would close the file that the thread writes."""
    begun, go_on, done = Event(), Event(), Event()

    def write() -> None:
        begun.set()
        go_on.wait()
        done.set()

    work = asyncio.create_task(in_thread(write))
    await cancelled_while(work, begun, go_on)
    with pytest.raises(asyncio.CancelledError):
        await work
    assert done.is_set()


async def test_what_was_opened_for_nobody_is_closed() -> None:
    """A file that is open, and locked, and known to nobody would stay so as long as the process lives."""
    begun, go_on, closed = Event(), Event(), list[str]()

    def opens() -> str:
        begun.set()
        go_on.wait()
        return "file"

    async def opening() -> None:
        await opened_in_thread(opens, closed.append)

    work = asyncio.create_task(opening())
    await cancelled_while(work, begun, go_on)
    with pytest.raises(asyncio.CancelledError):
        await work
    assert closed == ["file"]


async def test_what_was_opened_is_handed_over_open() -> None:
    """Closing is then the caller's business."""
    closed: list[str] = []
    assert await opened_in_thread(lambda: "file", closed.append) == "file"
    assert closed == []
