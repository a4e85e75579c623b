"""A try of an activity ends before Temporal gives it up."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.deadlines import DeadlineInterceptor
from tickborg.errors import TransientError

BRIEF = timedelta(milliseconds=20)
MINUTE = timedelta(minutes=1)


class Innermost(ActivityInboundInterceptor):
    """Runs the activity."""

    def __init__(self) -> None:
        pass

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """Run it."""
        return await input.fn()


class Call:
    """A call to GitHub that is never answered, unless it is told to be."""

    def __init__(self) -> None:
        self.state = "not begun"
        self.answer = asyncio.Event()

    async def __call__(self) -> str:
        """Call."""
        self.state = "under way"
        try:
            await self.answer.wait()
        except asyncio.CancelledError:
            self.state = "broken off"
            raise
        self.state = "done"
        return "answered"


async def tried(call: Call, whole: timedelta | None) -> Any:
    """What came of a try that had so much time."""
    inbound = DeadlineInterceptor().intercept_activity(Innermost())
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, start_to_close_timeout=whole)

    @activity.defn
    async def act() -> Any:
        return await inbound.execute_activity(ExecuteActivityInput(call, (), None, {}))

    return await environment.run(act)


async def test_a_call_is_broken_off_in_time() -> None:
    """Temporal gives the try up a moment later, and the next one begins."""
    call = Call()
    with pytest.raises(TransientError, match="broken off"):
        await tried(call, BRIEF)
    assert call.state == "broken off"


@pytest.mark.parametrize("whole", [MINUTE, None])
async def test_a_call_that_is_answered_in_time_is_left_alone(whole: timedelta | None) -> None:
    """And its answer is passed on."""
    call = Call()
    call.answer.set()
    assert await tried(call, whole) == "answered"


async def test_the_time_limits_of_a_client_are_its_own() -> None:
    """They are no reason to say that the activity's time is over."""

    class Impatient(Call):
        async def __call__(self) -> str:
            raise TimeoutError("no answer from GitHub")

    with pytest.raises(TimeoutError, match="no answer"):
        await tried(Impatient(), MINUTE)
