"""Finishing what was begun although somebody cancels."""

import asyncio

import pytest

from tickborg.late_cancel import cancelled_only_after


async def number(gate: asyncio.Event) -> int:
    """A number, once the gate is open."""
    await gate.wait()
    return 7


async def fault(gate: asyncio.Event) -> int:
    """An error, once the gate is open."""
    await gate.wait()
    raise ZeroDivisionError


async def test_it_returns_what_it_awaits() -> None:
    """Without a cancel it is a plain await."""
    gate = asyncio.Event()
    gate.set()
    assert await cancelled_only_after(number(gate)) == 7
    with pytest.raises(ZeroDivisionError):
        await cancelled_only_after(fault(gate))


@pytest.mark.parametrize("times", [1, 3])
async def test_a_cancel_waits_for_the_end(times: int) -> None:
    """However often it is cancelled, it ends when what it awaits has ended."""
    gate = asyncio.Event()
    inner = asyncio.create_task(number(gate))
    task = asyncio.create_task(cancelled_only_after(inner))
    for _ in range(times):
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert inner.result() == 7


async def test_an_error_is_the_cause_of_the_cancel() -> None:
    """When both happen, the cancel is raised and the error is not forgotten."""
    gate = asyncio.Event()
    task = asyncio.create_task(cancelled_only_after(fault(gate)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await task
    chain, error = [], cancelled.value.__cause__ or cancelled.value.__context__
    while error is not None:
        chain.append(type(error))
        error = error.__cause__ or error.__context__
    assert ZeroDivisionError in chain


async def test_what_is_cancelled_itself_is_cancelled() -> None:
    """If the awaited task is cancelled, so is whoever awaits it."""
    inner = asyncio.create_task(number(asyncio.Event()))
    task = asyncio.create_task(cancelled_only_after(inner))
    await asyncio.sleep(0)
    inner.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
