"""A try ends before Temporal gives it up: the next one begins at once, and nothing may overtake it.

What is given up goes on in its worker for some seconds. A call that it makes then would be carried out after
what is said next.
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
            TransientError: there was not enough of it.
        """
        whole = activity.info().start_to_close_timeout
        if whole is None:
            return await super().execute_activity(input)
        try:
            async with asyncio.timeout((whole - min(MARGIN, whole / 4)).total_seconds()) as deadline:
                return await super().execute_activity(input)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise TransientError(
                f"broken off: it took nearly all of its {whole.total_seconds():.0f} s"
            ) from None
