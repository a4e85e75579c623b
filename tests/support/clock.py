"""A clock that a test sets."""

from datetime import UTC, datetime, timedelta

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
