"""Attempts at a build that came to nothing, and how many are put up with (design, section 9).

A build is tried again for three reasons, each with a patience of its own: builders that hand over in good
order use up no attempt of those that die, and neither does a server that is away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_DOUBLINGS = 20
"""More than any pause is doubled."""


class Setback(StrEnum):
    """Why an attempt came to nothing, although the build may be fine."""

    DIED = "died"
    """The builder failed: it stopped answering, its disk is full, its sandbox is broken. The build may be
    what kills it."""
    HANDED_OVER = "handed over"
    """The builder was told to stop. Nothing is wrong."""
    AWAY = "away"
    """A server that is needed did not answer. No builder could have done better."""


class WhyGivenUp(StrEnum):
    """Why no builder came to a result of a build that somebody still wanted."""

    NO_BUILDER = "no_builder"
    """None was online for as long as a build may wait."""
    NONE_FREE = "none_free"
    """Builders were, and none took it."""
    BUILDERS_FAILED = "builders_failed"
    BUILDERS_STOPPED = "builders_stopped"
    GITHUB_AWAY = "github_away"
    REFUSED = "refused"
    """It failed of something that no other builder would have mended."""

    @classmethod
    def after(cls, setback: Setback) -> "WhyGivenUp":
        """What it is when there was one setback too many."""
        return {
            Setback.DIED: cls.BUILDERS_FAILED,
            Setback.HANDED_OVER: cls.BUILDERS_STOPPED,
            Setback.AWAY: cls.GITHUB_AWAY,
        }[setback]


@dataclass(frozen=True)
class Patience:
    """How long setbacks of one kind are put up with, and how long the pause after each is."""

    first_pause: timedelta
    longest_pause: timedelta
    most: int | None = None
    """The setback of this number is one too many; None: it does not matter how many there are."""
    within: timedelta | None = None
    """A setback so long after the first one is one too many; None: it does not matter when they come."""

    def pause(self, count: int, least: timedelta | None) -> timedelta:
        """What to wait after the setback of number ``count``: ever longer, and never less than ``least``.

        ``least`` is what the failure asks for; where it asks for nothing, pauses double.
        """
        if least is None:
            doubled: timedelta = self.first_pause * 2 ** min(count - 1, _DOUBLINGS)
            return min(doubled, self.longest_pause)
        return max(least, min(least * count, self.longest_pause))


class Setbacks:
    """The setbacks of one build, each kind counted for itself."""

    def __init__(self, patience: Mapping[Setback, Patience]) -> None:
        self._patience = patience
        self._count = dict.fromkeys(Setback, 0)
        self._since: dict[Setback, datetime] = {}

    def pause_after(self, setback: Setback, now: datetime, least: timedelta | None) -> timedelta | None:
        """Count one more; how long to pause before the next attempt, or None: there is to be none."""
        patience = self._patience[setback]
        since = self._since.setdefault(setback, now)
        self._count[setback] += 1
        count = self._count[setback]
        if patience.most is not None and count >= patience.most:
            return None
        if patience.within is not None and now - since >= patience.within:
            return None
        return patience.pause(count, least)
