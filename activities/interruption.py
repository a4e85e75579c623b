"""Why a build is ended before its end: what becomes of it depends on that."""

from enum import Enum, auto

from temporalio import activity


class Interruption(Enum):
    """Who ended it."""

    CANCELLED = auto()
    """Its workflow: nobody wants it any more."""
    BUILDER_ENDS = auto()
    """Its builder, for another one to begin it anew."""
    GIVEN_UP = auto()
    """Temporal, which had not heard of the builder for so long that another one may have begun it."""


def interruption(*, handing_over: bool) -> Interruption:
    """Why this activity has been cancelled. What Temporal says goes before what this host wants.

    Args:
        handing_over: whether this host ends its builds.
    """
    details = activity.cancellation_details()
    if details is None:
        return Interruption.BUILDER_ENDS if handing_over else Interruption.CANCELLED
    if details.worker_shutdown:
        return Interruption.BUILDER_ENDS
    return Interruption.GIVEN_UP if details.not_found or details.timed_out else Interruption.CANCELLED
