"""The failure table, from a client's error to what a workflow asks of it (design, section 9)."""

import asyncio
import concurrent.futures
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ApplicationErrorCategory,
    CancelledError,
    ChildWorkflowError,
    RetryState,
    TimeoutError,  # noqa: A004 - Temporal's, which is no time-out of Python's
    TimeoutType,
)
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.failures import JITTER, FailureInterceptor, random_jitter
from tests.support.clock import NOON, FakeClock
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
    UnauthorizedError,
    UnavailableError,
)
from tickborg.setbacks import Setback
from tickborg.texts import steps
from workflows.failures import failure_kind, failure_reason, setback

SECOND = timedelta(seconds=1)


class Innermost(ActivityInboundInterceptor):
    """Calls the activity's function, as the worker does at the end of its chain."""

    def __init__(self) -> None:
        """There is nothing further in."""

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """Run it."""
        return await input.fn(*input.args)


async def outcome(function: Callable[[], Awaitable[Any]]) -> Any:
    """What the interceptor makes of an activity."""
    interceptor = FailureInterceptor(now=FakeClock(), jitter=lambda: 2 * SECOND)
    chain = interceptor.intercept_activity(Innermost())
    call = ExecuteActivityInput(fn=function, args=(), executor=None, headers={})
    return await ActivityEnvironment().run(chain.execute_activity, call)


async def failure(error: BaseException) -> ApplicationError:
    """What Temporal is given when an activity raises ``error``."""

    async def fails() -> None:
        raise error

    with pytest.raises(ApplicationError) as raised:
        await outcome(fails)
    return raised.value


@pytest.mark.parametrize(
    ("error", "kind", "retried"),
    [
        (TransientError("x"), FailureKind.TRANSIENT, True),
        (UnauthorizedError("x"), FailureKind.TRANSIENT, True),
        (UnavailableError("x"), FailureKind.TRANSIENT, True),
        (RateLimitedError("x", NOON), FailureKind.RATE_LIMITED, True),
        (PutOffError("x", NOON), FailureKind.PUT_OFF, True),
        (HeadGoneError("x"), FailureKind.HEAD_GONE, False),
        (PermanentError("x"), FailureKind.PERMANENT, False),
        (InfrastructureError("x"), FailureKind.INFRASTRUCTURE, True),
        (BuilderEndingError("x"), FailureKind.HANDED_OVER, True),
        (RefusedError("x"), FailureKind.REFUSED, False),
        (TickborgError("x"), FailureKind.UNEXPECTED, True),
        (KeyError("x"), FailureKind.UNEXPECTED, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_every_error_is_a_row_of_the_table(
    error: Exception, kind: FailureKind, *, retried: bool
) -> None:
    """Its type says what it is, and whether trying again may help."""
    seen = await failure(error)
    assert seen.type == kind
    assert seen.non_retryable is not retried
    assert failure_kind(seen) is kind


async def test_the_message_is_the_errors_own() -> None:
    """It says what happened, to what, and what to do; nothing is put around it."""
    seen = await failure(PermanentError("POST /x: GitHub answered 403. Grant it"))
    assert seen.message == "POST /x: GitHub answered 403. Grant it"


@pytest.mark.parametrize(
    ("retry_at", "delay"),
    [
        (NOON + timedelta(minutes=15), timedelta(minutes=15, seconds=2)),
        (NOON, 3 * SECOND),
        (NOON - timedelta(hours=1), 3 * SECOND),
    ],
)
async def test_a_rate_limit_is_retried_when_github_says(retry_at: Any, delay: timedelta) -> None:
    """A little later than that, and never at once, even if our clock says that it is over."""
    assert (await failure(RateLimitedError("slow down", retry_at))).next_retry_delay == delay


async def test_other_retries_are_the_policys() -> None:
    """The back-off of the activity."""
    assert (await failure(UnavailableError("502"))).next_retry_delay is None


def test_jitter_is_small_and_spread() -> None:
    """Nobody waits much longer, and not all equally long."""
    seen = {random_jitter() for _ in range(50)}
    assert len(seen) > 40
    assert all(timedelta() <= jitter <= JITTER for jitter in seen)


async def test_what_is_no_fault_is_no_alarm() -> None:
    """A force-push, a step that yields: the SDK logs benign failures at DEBUG and counts none."""
    assert (await failure(HeadGoneError("gone"))).category is ApplicationErrorCategory.BENIGN
    assert (await failure(PutOffError("later", NOON))).category is ApplicationErrorCategory.BENIGN
    assert (await failure(PermanentError("403"))).category is ApplicationErrorCategory.UNSPECIFIED


async def test_a_bug_tells_its_place_and_keeps_its_words(caplog: pytest.LogCaptureFixture) -> None:
    """What an unexpected error says may hold anything: it goes to the log and not into a history."""
    with caplog.at_level(logging.ERROR):
        seen = await failure(ValueError("token ghs_secret"))
    assert seen.message.startswith("bug: ValueError at test_failures.py:")
    assert "ghs_secret" in caplog.text
    assert "Traceback" in caplog.text


async def test_no_cause_goes_into_a_history() -> None:
    """Neither of a bug nor of an error of ours: libraries quote what they were given."""

    async def fails(error: Exception) -> None:
        raise error from OSError("https://x-access-token:ghs_secret@github.com")

    for error in (ValueError("ghs_secret"), UnavailableError("no answer")):
        with pytest.raises(ApplicationError) as raised:
            await outcome(partial(fails, error))
        recorded = Failure()
        converter = DataConverter.default
        converter.failure_converter.to_failure(raised.value, converter.payload_converter, recorded)
        assert not recorded.HasField("cause")
        assert "ghs_secret" not in recorded.message


@pytest.mark.parametrize(
    "error",
    [
        ApplicationError("on purpose", type="Own"),
        CancelledError("cancelled"),
        asyncio.CancelledError(),
        concurrent.futures.BrokenExecutor("the pool died"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_temporals_own_errors_pass(error: BaseException) -> None:
    """A cancellation stays one, and a broken pool ends the worker."""

    async def fails() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        await outcome(fails)
    assert raised.value is error


async def test_a_result_passes() -> None:
    """Nothing happens to an activity that works."""

    async def works() -> int:
        return 7

    assert await outcome(works) == 7


def activity_error(cause: BaseException | None) -> ActivityError:
    """What a workflow catches when an activity has failed of ``cause``."""
    error = ActivityError(
        "Activity task failed",
        scheduled_event_id=1,
        started_event_id=2,
        identity="worker",
        activity_type="set_status",
        activity_id="1",
        retry_state=RetryState.NON_RETRYABLE_FAILURE,
    )
    error.__cause__ = cause
    return error


def child_error(cause: BaseException) -> ChildWorkflowError:
    """What a workflow catches when a child has failed of ``cause``."""
    error = ChildWorkflowError(
        "Child Workflow execution failed",
        namespace="default",
        workflow_id="evaluation/1",
        run_id="run",
        workflow_type="Evaluation",
        initiated_event_id=1,
        started_event_id=2,
        retry_state=None,
    )
    error.__cause__ = cause
    return error


def timed_out(kind: TimeoutType = TimeoutType.SCHEDULE_TO_CLOSE) -> TimeoutError:
    """An activity that ran out of time."""
    return TimeoutError("activity ScheduleToClose timeout", type=kind, last_heartbeat_details=[])


REFUSED = ApplicationError("GitHub answered 403", type=FailureKind.PERMANENT)


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (REFUSED, FailureKind.PERMANENT, "GitHub answered 403"),
        (activity_error(REFUSED), FailureKind.PERMANENT, "GitHub answered 403"),
        (child_error(activity_error(REFUSED)), FailureKind.PERMANENT, "GitHub answered 403"),
        (child_error(ApplicationError("evaluation failed")), None, "evaluation failed"),
        (activity_error(ApplicationError("other", type="SomebodyElses")), None, "other"),
        (activity_error(timed_out()), None, steps.never_ended()),
        (activity_error(timed_out(TimeoutType.SCHEDULE_TO_START)), None, steps.never_begun()),
        (activity_error(timed_out(TimeoutType.HEARTBEAT)), None, steps.stopped_answering()),
        (activity_error(None), None, "Activity task failed"),
        (ValueError("plain"), None, "plain"),
    ],
)
def test_a_workflow_learns_kind_and_reason(
    error: BaseException, kind: FailureKind | None, reason: str
) -> None:
    """Through whatever Temporal wrapped around it."""
    assert failure_kind(error) is kind
    assert failure_reason(error) == reason


@pytest.mark.parametrize(
    ("cause", "met"),
    [
        (timed_out(TimeoutType.HEARTBEAT), Setback.DIED),
        (timed_out(TimeoutType.START_TO_CLOSE), Setback.DIED),
        (timed_out(TimeoutType.SCHEDULE_TO_START), None),
        (ApplicationError("full", type=FailureKind.INFRASTRUCTURE), Setback.DIED),
        (ApplicationError("bug", type=FailureKind.UNEXPECTED), Setback.DIED),
        (ApplicationError("stopped", type=FailureKind.HANDED_OVER), Setback.HANDED_OVER),
        (ApplicationError("left off", type="WorkerShutdown"), Setback.HANDED_OVER),
        (ApplicationError("502", type=FailureKind.TRANSIENT), Setback.AWAY),
        (ApplicationError("429", type=FailureKind.RATE_LIMITED), Setback.AWAY),
        (ApplicationError("403", type=FailureKind.PERMANENT, non_retryable=True), None),
        (CancelledError("cancelled"), None),
    ],
    ids=str,
)
def test_a_workflow_learns_what_an_attempt_at_a_build_met_with(
    cause: BaseException, met: Setback | None
) -> None:
    """That decides how often it is tried again; None: another attempt would be no better."""
    assert setback(activity_error(cause)) is met


@pytest.mark.parametrize(
    ("error", "delay"),
    [
        (InfrastructureError("the disk is full"), timedelta(minutes=2)),
        (UnavailableError("the server is away"), timedelta(minutes=2)),
        (BuilderEndingError("told to stop"), None),
        (PermanentError("no such repository"), None),
    ],
)
def test_a_builder_that_cannot_build_leaves_others_the_time_to_be_quicker(
    error: TickborgError, delay: timedelta | None
) -> None:
    """The few attempts are not spent within seconds, except where nothing is wrong."""
    interceptor = FailureInterceptor(pace=timedelta(minutes=2))
    assert interceptor.translate(error).next_retry_delay == delay
