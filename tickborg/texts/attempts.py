"""What people read of a build that waits for a builder, or is to be tried again: no full stops."""

from datetime import timedelta

from tickborg.setbacks import Setback
from tickborg.systems import System
from tickborg.texts.durations import spoken

_NEXT = {
    Setback.DIED: "the builder before it failed",
    Setback.HANDED_OVER: "the builder before it was told to stop",
    Setback.AWAY: "GitHub did not answer the builder before it",
}
_FAILED = {
    Setback.DIED: "the builder failed",
    Setback.HANDED_OVER: "the builder was told to stop",
    Setback.AWAY: "GitHub does not answer the builder",
}


def free_builder(system: System) -> str:
    """Builders are online, and all of them are busy."""
    return f"waiting for a free {system} builder"


def any_builder(system: System, up_to: timedelta) -> str:
    """No builder of the system is alive; ``up_to`` is what is left of the time that a build may wait."""
    return f"no {system} builder is online; waiting up to {spoken(up_to)}"


def delayed(setback: Setback, pause: timedelta) -> str:
    """An attempt came to nothing, and the next one is made after ``pause``."""
    return f"{_FAILED[setback]}; trying again in {spoken(pause)}"


def another(number: int, before: Setback) -> str:
    """Which attempt this is, and why it is not the first."""
    return f"attempt {number}: {_NEXT[before]}"


def none_came(system: System, waited: timedelta) -> str:
    """The time that a build may wait is over, and there is no builder."""
    return f"no {system} builder came online within {spoken(waited)}"


def none_was_free(system: System, waited: timedelta) -> str:
    """The time that a build may wait is over, and other builds have had the builders."""
    return f"no {system} builder was free within {spoken(waited)}"


def never_ended() -> str:
    """A builder is alive, but lets a build go on for longer than it may take with all that belongs to it."""
    return "its builder answered, but never ended the build"


def stopped_answering() -> str:
    """Its heartbeats are missed."""
    return "its builder stopped answering in mid-build"


def given_up(setback: Setback, most: int | None, within: timedelta | None, reason: str) -> str:
    """Nothing is tried any more.

    Args:
        setback: what the last attempt met with.
        most: how many of these are too many.
        within: for how long these are put up with.
        reason: what the last attempt failed with.
    """
    match setback:
        case Setback.HANDED_OVER:
            return f"{most} builders were told to stop in mid-build, one after the other"
        case Setback.AWAY:
            tried = f" for {spoken(within)}" if within is not None else ""
            return f"GitHub did not answer builders{tried}. The last attempt failed with this: {reason}"
        case Setback.DIED:
            return f"{most} builders failed. The last one failed with this: {reason}"
