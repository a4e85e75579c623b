"""What can go wrong, in the words of the failure table (design, section 9).

    TickborgError
    ├── TransientError            retried with back-off
    │   ├── UnauthorizedError     GitHub 401 after the token was refreshed once
    │   ├── RateLimitedError      retried at the time GitHub names
    │   │   └── PutOffError       not sent: the calls that are left are kept for results
    │   └── UnavailableError      5xx, connection error, time-out
    ├── HeadGoneError             benign: the commit is no longer there; the newer head does the work
    ├── PermanentError            not retried; a person has to act
    ├── InfrastructureError       a builder, disk or workspace failed, not the build; retried elsewhere
    │   └── BuilderEndingError    the builder was told to stop; another may begin at once
    └── RefusedError              input that cannot be used: a webhook, a message, a project file

Clients raise these; :mod:`activities.failures` is the one place that turns them into Temporal's.
"""

from datetime import datetime
from enum import StrEnum


class FailureKind(StrEnum):
    """What a failed activity is called in Temporal: the ``type`` of its ApplicationError.

    Names that outlive the code: they are in histories, and workflows decide by them.
    """

    TRANSIENT = "Transient"
    RATE_LIMITED = "RateLimited"
    PUT_OFF = "PutOff"
    HEAD_GONE = "HeadGone"
    PERMANENT = "Permanent"
    INFRASTRUCTURE = "Infrastructure"
    HANDED_OVER = "HandedOver"
    REFUSED = "Refused"
    UNEXPECTED = "Unexpected"
    """A bug of ours: an error that nobody raised on purpose."""


class TickborgError(Exception):
    """The base of every error that tickborg raises on purpose."""


class TransientError(TickborgError):
    """It may work when tried again."""


class UnauthorizedError(TransientError):
    """GitHub answered 401 although the token had just been refreshed."""


class UnavailableError(TransientError):
    """A server did not answer, or answered that it cannot."""


class RateLimitedError(TransientError):
    """GitHub refuses calls until ``retry_at``."""

    def __init__(self, message: str, retry_at: datetime) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class PutOffError(RateLimitedError):
    """Little of the quota is left, and this call is not what people wait for; it was not sent."""


class HeadGoneError(TickborgError):
    """The commit is not there, or no longer: a newer head's event will do the work."""


class PermanentError(TickborgError):
    """It will not work however often it is tried; the message says what a person must do."""


class InfrastructureError(TickborgError):
    """The machinery failed and not the build; another attempt elsewhere may succeed."""


class BuilderEndingError(InfrastructureError):
    """The builder was told to stop in the middle of a build: another may begin at once."""


class RefusedError(TickborgError):
    """The input cannot be used."""
