"""Failures of activities that nobody reads, because the workflow was cancelled in the same moment.

A worker that has been away may hear of both at once. The SDK (1.35) then raises the cancel where the activity
is awaited, and throws its failure away unread, of which asyncio complains: "Future exception was never
retrieved". ``asyncio.gather`` reads what fails after the first, and leaves nothing behind.
"""

import asyncio
from typing import Any

from temporalio.exceptions import ActivityError
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)


class UnreadFailuresInterceptor(Interceptor):
    """Keeps such failures out of the log. Hand it to ``Worker(interceptors=[…])`` where workflows run."""

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - Temporal's name
    ) -> type[WorkflowInboundInterceptor]:
        """What goes around each workflow."""
        return _Quiet


class _Quiet(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002 - Temporal's name
        """Run the workflow on a loop that complains of everything else, as before."""
        asyncio.get_running_loop().set_exception_handler(_complain)
        return await super().execute_workflow(input)


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if not _is_unread_failure(context):
        loop.default_exception_handler(context)


def _is_unread_failure(context: dict[str, Any]) -> bool:
    """Whether it is an activity's own future; a task that fails unread is of ours, and a bug."""
    future = context.get("future")
    failed = isinstance(context.get("exception"), ActivityError)
    return failed and isinstance(future, asyncio.Future) and not isinstance(future, asyncio.Task)
