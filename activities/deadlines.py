"""A try ends before Temporal gives it up: the workflow goes on at once, and nothing may overtake it.

A step of a status, given up after a minute in which GitHub took no calls, was still set afterwards: after the
status' end, where it stayed.
"""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from tickborg.errors import TransientError

MARGIN = timedelta(seconds=3)
"""What a call that is broken off may still need to be carried out; of a short time, a quarter."""


class DeadlineInterceptor(Interceptor):
    """Ends every try in time. Hand it to ``Worker(interceptors=[…])``, as the last: it breaks off calls."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Put the deadline around an activity."""
        return _Ending(next)


class _Ending(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - Temporal's name
        """Run the activity for as long as there is time.

        Raises:
            TransientError: there was not enough of it; with too little left, nothing is begun.
        """
        left = _time_left(activity.info())
        if left is None:
            return await super().execute_activity(input)
        if left <= timedelta():
            raise TransientError("not begun: the time for it is nearly over")
        try:
            async with asyncio.timeout(left.total_seconds()) as deadline:
                return await super().execute_activity(input)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise TransientError(f"broken off after {left.total_seconds():.0f} s: its time is over") from None


def _time_left(info: activity.Info) -> timedelta | None:
    """For this try, by the server's clock alone; None: as long as it likes."""
    times = []
    if info.start_to_close_timeout:
        times.append(_without_margin(info.start_to_close_timeout, timedelta()))
    if info.schedule_to_close_timeout:
        times.append(_without_margin(info.schedule_to_close_timeout, info.started_time - info.scheduled_time))
    return min(times, default=None)


def _without_margin(whole: timedelta, passed: timedelta) -> timedelta:
    return whole - passed - min(MARGIN, whole / 4)
