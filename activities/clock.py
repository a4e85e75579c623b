"""The time, as something that can be handed in."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Says the current time, aware."""


def utc_now() -> datetime:
    """The current time by this machine's clock."""
    return datetime.now(UTC)
