"""Where tickborg's errors become Temporal's: the only place, for all activities (design, section 9).

Activities raise what clients raise. What a workflow sees is an ``ApplicationError`` whose type is a
:class:`tickborg.errors.FailureKind` and whose message is for the person who reads the Web UI.
"""

import concurrent.futures
import random
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, FailureError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.clock import Clock, utc_now
from tickborg.errors import (
    BuilderEndingError,
    FailureKind,
    HeadGoneError,
    InfrastructureError,
    PermanentError,
    PutOffError,
    RateLimitedError,
    RefusedError,
    TickborgError,
    TransientError,
)

JITTER = timedelta(seconds=5)
"""So that all who wait for one rate limit do not call in the same second."""

SHORTEST_DELAY = timedelta(seconds=1)

_KINDS: tuple[tuple[type[TickborgError], FailureKind], ...] = (
    (PutOffError, FailureKind.PUT_OFF),
    (RateLimitedError, FailureKind.RATE_LIMITED),
    (TransientError, FailureKind.TRANSIENT),
    (HeadGoneError, FailureKind.HEAD_GONE),
    (PermanentError, FailureKind.PERMANENT),
    (BuilderEndingError, FailureKind.HANDED_OVER),
    (InfrastructureError, FailureKind.INFRASTRUCTURE),
    (RefusedError, FailureKind.REFUSED),
)
_PASSING = frozenset({FailureKind.TRANSIENT, FailureKind.INFRASTRUCTURE})
_BENIGN = frozenset({FailureKind.HEAD_GONE, FailureKind.PUT_OFF})
"""Nothing that an operator should be told of."""
_FINAL = frozenset({FailureKind.HEAD_GONE, FailureKind.PERMANENT, FailureKind.REFUSED})


def random_jitter() -> timedelta:
    """Anything from nothing to :data:`JITTER`."""
    return JITTER * random.SystemRandom().random()


class FailureInterceptor(Interceptor):
    """Gives every activity of a worker the failure table. Hand it to ``Worker(interceptors=[…])``.

    Args:
        now: from when on the wait for a rate limit is counted.
        jitter: how much longer than GitHub asks to wait.
        pace: what a failure of infrastructure, or a server that is away, is waited out for at first; None:
            the activity's own back-off. A builder's attempts are few, because each may be a builder that
            died of the build, so they must not be spent within seconds.
    """

    def __init__(
        self,
        now: Clock = utc_now,
        jitter: Callable[[], timedelta] = random_jitter,
        pace: timedelta | None = None,
    ) -> None:
        self._now = now
        self._jitter = jitter
        self._pace = pace

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Put the failure table around an activity."""
        return _Translation(next, self.translate)

    def translate(self, error: TickborgError) -> ApplicationError:
        """The failure that Temporal records for ``error``."""
        kind = _kind(error)
        return ApplicationError(
            str(error),
            type=kind,
            non_retryable=kind in _FINAL,
            next_retry_delay=self._retry_delay(error),
            category=_category(kind),
        )

    def _retry_delay(self, error: TickborgError) -> timedelta | None:
        """None: the activity's own back-off."""
        if self._pace is not None and _kind(error) in _PASSING:
            return self._pace
        if not isinstance(error, RateLimitedError):
            return None
        return max(error.retry_at - self._now(), SHORTEST_DELAY) + self._jitter()


class _Translation(ActivityInboundInterceptor):
    def __init__(
        self, inner: ActivityInboundInterceptor, translate: Callable[[TickborgError], ApplicationError]
    ) -> None:
        super().__init__(inner)
        self._translate = translate

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - Temporal's name
        """Run the activity. Causes are cut off: what a library says of its call may quote a secret."""
        try:
            return await super().execute_activity(input)
        except TickborgError as error:
            raise self._translate(error) from None
        except (FailureError, concurrent.futures.BrokenExecutor):
            raise  # Temporal's own: cancelled, failed on purpose, or a worker that has to end
        except Exception as error:  # noqa: BLE001 - any bug is to be named, and logged here
            activity.logger.exception("bug in activity %s", activity.info().activity_type)
            raise unexpected(error) from None


def unexpected(error: Exception) -> ApplicationError:
    """The failure of a bug: retried by policy, since a deploy may mend it meanwhile.

    It names the error's type and place. What the error says stays in the worker's log.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return ApplicationError(
        f"bug: {type(error).__name__}{place}; the worker's log has all of it",
        type=FailureKind.UNEXPECTED,
    )


def _kind(error: TickborgError) -> FailureKind:
    return next((kind for base, kind in _KINDS if isinstance(error, base)), FailureKind.UNEXPECTED)


def _category(kind: FailureKind) -> ApplicationErrorCategory:
    return ApplicationErrorCategory.BENIGN if kind in _BENIGN else ApplicationErrorCategory.UNSPECIFIED
