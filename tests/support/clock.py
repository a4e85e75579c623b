"""Clocks that a test sets."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class FakeClock:
    """Stands at noon until it is moved; call it for the time."""

    def __init__(self, start: datetime = NOON) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """The time it is set to."""
        return self._now

    def advance(self, step: timedelta) -> None:
        """Move it on."""
        self._now += step


class ClockAhead:
    """The real time, and what it was moved on; call it for the time."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """The time it is."""
        return datetime.now(UTC) + self._ahead

    def advance(self, step: timedelta) -> None:
        """Move it on."""
        self._ahead += step


PassTime = Callable[[timedelta], None]
"""Moves the clock of the event loop on."""


@pytest.fixture
async def pass_time(monkeypatch: pytest.MonkeyPatch) -> PassTime:
    """What waits for so long is over at once: a limit ends when the test says so, and not before.

    A short limit would be over before anything had begun, on a machine that is busy.
    """
    loop = asyncio.get_running_loop()
    real, ahead = loop.time, timedelta()

    def pass_time(duration: timedelta) -> None:
        nonlocal ahead
        ahead += duration

    monkeypatch.setattr(loop, "time", lambda: real() + ahead.total_seconds())
    return pass_time
