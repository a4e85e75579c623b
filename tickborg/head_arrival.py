"""Since when a pull request has its head: what was written before that is about another one."""

from datetime import datetime

from tickborg.values import Value


class HeadArrival(Value):
    """When a head came, by GitHub's clock, which counts whole seconds."""

    at: datetime
    """When it came; as long as nobody has told of that, when it was there."""
    was_told: bool = False
    """Whether what GitHub sends when a head comes has told of that: else it may have been there before."""
    after: datetime | None = None
    """When there was another head instead; None: none is known of."""

    def told(self, at: datetime) -> "HeadArrival":
        """What is known when this head is told to have come ``at`` that time.

        One that comes back, with another in between, is there since the last time.
        """
        least = self.at if self.was_told else self.after
        if least is not None and at < least:
            return self
        return self.model_copy(update={"at": at, "was_told": True})

    def is_surely_after(self, written_at: datetime) -> bool:
        """Whether what was written then was certainly written before there was this head."""
        return self.was_told and written_at < self.at

    def may_be_after(self, written_at: datetime) -> bool:
        """Whether nobody can tell that there was this head by then: it may have come in the same second."""
        return written_at <= self.at
