"""No try is cut off: one that begins has all of its time (design, sections 4 and 9).

Temporal ends an activity when the time for all of its tries is over, also in the middle of one. A call to
GitHub that is under way then is carried out all the same, after what is said next: a status would stay
``pending``, or a check run be made twice.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from tickborg.errors import FailureKind
from tickborg.texts import steps

_MOST_DOUBLINGS = 20
"""Of a pause; every policy of ours has reached its longest by then."""


class WholeTriesInterceptor(Interceptor):
    """Lets no try begin that Temporal may cut off. Hand it to ``Worker(interceptors=[…])`` as the first.

    What is left of the time for all tries when that of one is taken off is the time in which tries begin.
    When the next would begin later, this one was the last, and its failure is the activity's.

    Args:
        clock: seconds that only go on; Temporal's own clock says when a try was begun.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Put the rule around an activity."""
        return _Whole(next, self._clock)


class _Whole(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, clock: Callable[[], float]) -> None:
        super().__init__(inner)
        self._clock = clock

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - Temporal's name
        """Run the activity, if there is the time for it."""
        info = activity.info()
        beginnings, waited = _time_to_begin(info), info.started_time - info.scheduled_time
        if beginnings is None:
            return await super().execute_activity(input)
        if waited > beginnings:
            raise _too_late(info, beginnings)
        began = self._clock()
        try:
            return await super().execute_activity(input)
        except ApplicationError as error:
            next_begins = waited + timedelta(seconds=self._clock() - began) + _pause(info, error)
            if not error.non_retryable and next_begins > beginnings:
                raise _as_the_last(error) from None
            raise


def _time_to_begin(info: activity.Info) -> timedelta | None:
    """For how long tries may begin; None: for ever."""
    if not info.schedule_to_close_timeout or not info.start_to_close_timeout:
        return None
    return info.schedule_to_close_timeout - info.start_to_close_timeout


def _pause(info: activity.Info, error: ApplicationError) -> timedelta:
    """What Temporal waits for before the next try."""
    policy = info.retry_policy
    if error.next_retry_delay is not None or policy is None:
        return error.next_retry_delay or timedelta()
    longest = policy.maximum_interval or policy.initial_interval * 100
    doubled = policy.backoff_coefficient ** min(info.attempt - 1, _MOST_DOUBLINGS)
    return min(policy.initial_interval * doubled, longest)


def _too_late(info: activity.Info, beginnings: timedelta) -> ApplicationError:
    return ApplicationError(
        steps.left_off(info.activity_type, beginnings),
        type=FailureKind.TRANSIENT,
        non_retryable=True,
    )


def _as_the_last(error: ApplicationError) -> ApplicationError:
    return ApplicationError(
        error.message, *error.details, type=error.type, non_retryable=True, category=error.category
    )
