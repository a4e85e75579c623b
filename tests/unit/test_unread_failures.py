"""What of failures that nobody reads is a fault, and what the SDK has left."""

import asyncio
import logging
from typing import Any

import pytest
from temporalio.exceptions import ActivityError, RetryState
from temporalio.worker import (
    ExecuteWorkflowInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from workflows.unread_failures import UnreadFailuresInterceptor


class Careless(WorkflowInboundInterceptor):
    """A workflow that leaves a failure unread."""

    def __init__(self, error: Exception, *, in_task: bool) -> None:
        super().__init__(self)
        self._error = error
        self._in_task = in_task

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002 - Temporal's
        """Await nothing of what fails."""
        if self._in_task:
            asyncio.create_task(self._fail())  # noqa: RUF006 - nobody keeps it: that is the point
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        else:
            asyncio.get_running_loop().create_future().set_exception(self._error)

    async def _fail(self) -> None:
        raise self._error


NOTHING = ExecuteWorkflowInput(Careless, Careless.execute_workflow, (), {})
ACTIVITY = ActivityError(
    "Activity task failed",
    scheduled_event_id=5,
    started_event_id=6,
    identity="worker",
    activity_type="merge",
    activity_id="5",
    retry_state=RetryState.NON_RETRYABLE_FAILURE,
)


@pytest.mark.parametrize(
    ("error", "in_task", "complains"),
    [(ACTIVITY, False, False), (ACTIVITY, True, True), (KeyError("cgit"), False, True)],
    ids=["an activity that the SDK has left", "a task of ours", "what is no activity's"],
)
async def test_only_what_the_sdk_has_left_is_no_fault(
    caplog: pytest.LogCaptureFixture, *, error: Exception, in_task: bool, complains: bool
) -> None:
    """Whatever else is left unread is a bug of a workflow, and is told."""
    quiet = UnreadFailuresInterceptor().workflow_interceptor_class(WorkflowInterceptorClassInput({}))
    with caplog.at_level(logging.ERROR, "asyncio"):
        await quiet(Careless(error, in_task=in_task)).execute_workflow(NOTHING)
    assert ("exception was never retrieved" in caplog.text) is complains
