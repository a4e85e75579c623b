"""What came of having a schedule in Temporal."""

from dataclasses import dataclass
from enum import StrEnum


class Made(StrEnum):
    """What was done to have a schedule."""

    CREATED = "created"
    CHANGED = "changed"
    THERE = "there already"


@dataclass(frozen=True)
class ScheduleDone:
    """A schedule that is there now, as it should be."""

    made: Made
    paused: bool = False
    """An operator paused it, which is left to the operator to undo."""
