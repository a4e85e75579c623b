"""Why a child workflow is cancelled: written by its owner, read by the child (design, section 3).

Temporal carries one string. ``workflow.cancellation_reason()`` gives it back, or nothing when the cancel
came from the server itself, as ParentClosePolicy's does.
"""

from tickborg.texts.wording import short_sha
from tickborg.values import Value

_SUPERSEDED_BY = "superseded by "

EVALUATED_AGAIN = "the same head is evaluated again"
"""The old evaluation must say nothing: its contexts are the new one's."""

BASE_CHANGED = "the target branch changed"

PUT_OFF = "put off until the builds under way have ended"
"""An owner continues as new before it goes on, and no child lives through that."""

CLOSED = "the pull request was closed"


_CANCELLED_BY = "cancelled by @"


def cancelled_by(login: str) -> str:
    """The reason that somebody asked for it."""
    return _CANCELLED_BY + login


def superseded_by(head_sha: str) -> str:
    """The reason that a newer head took the place of this one."""
    return _SUPERSEDED_BY + head_sha


class Cancellation(Value):
    """A reason as the cancelled one understands it."""

    text: str
    """For a person, e.g. ``superseded by abc1234``."""
    silent: bool = False
    """True: end without a word to GitHub."""
    superseding_sha: str | None = None
    asked_for: bool = False
    """Somebody asked for it, who may look for what became of it."""

    @classmethod
    def read(cls, reason: str | None) -> "Cancellation":
        """Understand what ``workflow.cancellation_reason()`` gave."""
        if not reason:
            return cls(text="cancelled")
        if reason == EVALUATED_AGAIN:
            return cls(text=reason, silent=True)
        if reason.startswith(_SUPERSEDED_BY):
            sha = reason.removeprefix(_SUPERSEDED_BY)
            return cls(text=_SUPERSEDED_BY + short_sha(sha), superseding_sha=sha)
        return cls(text=reason, asked_for=reason.startswith(_CANCELLED_BY))
