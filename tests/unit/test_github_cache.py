"""Answers kept for a while, and asked for once however many want them."""

import asyncio
from datetime import timedelta

import pytest

from activities.clients.github.expiring_cache import ExpiringCache, Lease
from tests.support.clock import FakeClock
from tickborg.errors import UnavailableError

MINUTE = timedelta(minutes=1)


class Source:
    """Counts the questions, holds its answers while closed, and fails on request."""

    def __init__(self, clock: FakeClock) -> None:
        self.asked: list[str] = []
        self.opened = asyncio.Event()
        self.opened.set()
        self.was_asked = asyncio.Event()
        self.error: Exception | None = None
        self._clock = clock

    async def answer(self, key: str) -> Lease[str]:
        """``key-N`` for the Nth question, leased for a minute."""
        self.asked.append(key)
        self.was_asked.set()
        await self.opened.wait()
        if self.error is not None:
            raise self.error
        return Lease(f"{key}-{len(self.asked)}", self._clock() + MINUTE)


@pytest.fixture
def clock() -> FakeClock:
    """The time leases are measured by."""
    return FakeClock()


@pytest.fixture
async def source(clock: FakeClock) -> Source:
    """Where values come from."""
    return Source(clock)


@pytest.fixture
def cache(source: Source, clock: FakeClock) -> ExpiringCache[str, str]:
    """What is tested."""
    return ExpiringCache(source.answer, clock)


async def test_a_value_is_kept_until_its_lease_ends(
    cache: ExpiringCache[str, str], source: Source, clock: FakeClock
) -> None:
    """One question a minute per key."""
    assert [await cache.get("a"), await cache.get("a"), await cache.get("b")] == ["a-1", "a-1", "b-2"]
    clock.advance(MINUTE)
    assert await cache.get("a") == "a-3"
    assert source.asked == ["a", "b", "a"]


async def test_concurrent_callers_share_one_question(cache: ExpiringCache[str, str], source: Source) -> None:
    """Fifty callers, one question."""
    answers = await asyncio.gather(*(cache.get("a") for _ in range(50)))
    assert set(answers) == {"a-1"}
    assert source.asked == ["a"]


async def test_concurrent_callers_share_a_failure_and_the_next_one_asks_again(
    cache: ExpiringCache[str, str], source: Source
) -> None:
    """While GitHub is away nobody queues behind fifty time-outs; and no error is kept."""
    source.error = UnavailableError("away")
    failures = await asyncio.gather(*(cache.get("a") for _ in range(50)), return_exceptions=True)
    assert {str(failure) for failure in failures} == {"away"}
    assert source.asked == ["a"]
    source.error = None
    assert await cache.get("a") == "a-2"


async def test_a_cancelled_caller_leaves_the_question_to_the_others(
    cache: ExpiringCache[str, str], source: Source
) -> None:
    """An activity that is cancelled while it waits for a token does not take it from the rest."""
    source.opened.clear()
    first, second = asyncio.create_task(cache.get("a")), asyncio.create_task(cache.get("a"))
    await source.was_asked.wait()
    first.cancel()
    source.opened.set()
    assert await second == "a-1"
    assert first.cancelled()


async def test_a_failure_that_nobody_waits_for_any_more_is_silent(
    cache: ExpiringCache[str, str], source: Source
) -> None:
    """No "exception was never retrieved" on standard error; the next caller asks again."""
    source.opened.clear()
    source.error = UnavailableError("away")
    only = asyncio.create_task(cache.get("a"))
    await source.was_asked.wait()
    only.cancel()
    await asyncio.wait([only])
    source.opened.set()
    source.was_asked.clear()
    with pytest.raises(UnavailableError):
        await cache.get("a")


async def test_forgetting_asks_again_unless_somebody_did(cache: ExpiringCache[str, str]) -> None:
    """A value refused by GitHub is dropped once, however many report it."""
    assert await cache.get("a") == "a-1"
    assert not cache.forget("a", "another")
    assert cache.forget("a", "a-1")
    assert not cache.forget("a", "a-1")
    assert await cache.get("a") == "a-2"
    assert not cache.forget("a", "a-1")
    assert await cache.get("a") == "a-2"
    assert cache.forget("a")


async def test_ended_leases_are_dropped(
    cache: ExpiringCache[str, str], source: Source, clock: FakeClock
) -> None:
    """A worker of many months does not remember everybody who ever commented."""
    for key in "abc":
        await cache.get(key)
    clock.advance(MINUTE)
    await cache.get("d")
    assert not cache.forget("a")
    assert cache.forget("d")
