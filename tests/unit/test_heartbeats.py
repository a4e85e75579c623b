"""Activities heartbeat while they run, so that one is missed whose worker died."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.activity import ActivityCancellationDetails
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ActivityOutboundInterceptor, ExecuteActivityInput

from activities.heartbeats import HeartbeatInterceptor

OFTEN = timedelta(milliseconds=1)


class Outermost(ActivityOutboundInterceptor):
    """Counts heartbeats, and says so when there are three."""

    def __init__(self) -> None:
        self.beats = 0
        self.details: tuple[Any, ...] = ()
        self.thrice = asyncio.Event()

    def heartbeat(self, *details: Any) -> None:
        """Count."""
        self.beats += 1
        self.details = details
        if self.beats == 3:
            self.thrice.set()


class Innermost(ActivityInboundInterceptor):
    """Runs the activity."""

    def __init__(self) -> None:
        pass

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        """Let the activity heartbeat through all interceptors, as a worker does."""
        activity._Context.current().heartbeat = outbound.heartbeat

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """Run it."""
        return await input.fn()


async def ran(
    environment: ActivityEnvironment, outermost: Outermost, work: Callable[[], Awaitable[Any]]
) -> Any:
    """What came of an activity whose worker has the interceptor."""
    inbound = HeartbeatInterceptor(OFTEN).intercept_activity(Innermost())

    @activity.defn
    async def act() -> Any:
        inbound.init(outermost)
        return await inbound.execute_activity(ExecuteActivityInput(work, (), None, {}))

    return await environment.run(act)


async def test_an_activity_heartbeats_as_long_as_it_runs() -> None:
    """And its result is what it gave."""
    outermost = Outermost()

    async def work() -> str:
        await outermost.thrice.wait()
        return "done"

    assert await ran(ActivityEnvironment(), outermost, work) == "done"
    beats = outermost.beats
    await asyncio.sleep(5 * OFTEN.total_seconds())
    assert outermost.beats == beats


async def test_what_an_activity_said_last_is_said_again() -> None:
    """A retry goes on from there, and a heartbeat without it would have it begin anew."""
    outermost = Outermost()

    async def work() -> None:
        activity.heartbeat("seven of nine")
        await outermost.thrice.wait()

    await ran(ActivityEnvironment(), outermost, work)
    assert outermost.details == ("seven of nine",)


async def test_what_the_try_before_said_is_kept() -> None:
    """Until this one has something of its own to say."""
    outermost, environment = Outermost(), ActivityEnvironment()
    environment.info = replace(environment.info, heartbeat_details=["six of nine"])
    await ran(environment, outermost, outermost.thrice.wait)
    assert outermost.details == ("six of nine",)


async def test_an_error_is_passed_on() -> None:
    """As it was raised."""

    async def work() -> None:
        raise KeyError("nothing")

    with pytest.raises(KeyError, match="nothing"):
        await ran(ActivityEnvironment(), Outermost(), work)


@pytest.mark.parametrize(
    ("details", "outcome"),
    [
        (ActivityCancellationDetails(cancel_requested=True), "done"),
        (ActivityCancellationDetails(worker_shutdown=True), "broken off"),
        (ActivityCancellationDetails(timed_out=True), "broken off"),
    ],
)
async def test_a_call_under_way_is_finished_unless_the_process_ends(
    details: ActivityCancellationDetails, outcome: str
) -> None:
    """What is broken off might be carried out all the same, after the next call."""
    environment, outermost = ActivityEnvironment(), Outermost()
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def work() -> str:
        begun.set()
        await cancelled.wait()
        return "done"

    running = asyncio.create_task(ran(environment, outermost, work))
    await begun.wait()
    environment.cancel(details)
    await asyncio.sleep(0)
    cancelled.set()
    try:
        came_of_it = await running
    except asyncio.CancelledError:
        came_of_it = "broken off"
    assert came_of_it == outcome
