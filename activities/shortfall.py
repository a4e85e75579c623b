"""What an activity goes on without: one of many things that it looks at may fail."""

from temporalio import activity

from tickborg.errors import RateLimitedError, TickborgError, TransientError

MOST_NAMED = 20
"""Failures told one by one: they go into a history."""


class Shortfall:
    """Gathers what could not be looked at.

    The first try of an activity is given up at what may pass within seconds, and all is tried again. The next
    one goes on without it.
    """

    def __init__(self) -> None:
        self._said: list[str] = []

    def note(self, what: str, error: TickborgError) -> None:
        """Go on without ``what``, or raise ``error``."""
        may_pass = isinstance(error, TransientError) and not isinstance(error, RateLimitedError)
        if may_pass and activity.info().attempt == 1:
            raise error
        activity.logger.warning("%s is left out: %s", what, error)
        self._said.append(f"{what}: {error}")

    @property
    def said(self) -> tuple[str, ...]:
        """What is missing, and why."""
        more = len(self._said) - MOST_NAMED
        return (*self._said[:MOST_NAMED], *([f"{more:,} more"] if more > 0 else ()))
