"""What runs of a workflow left behind when they ended, the newest first."""

from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from tickborg.search_attributes import quoted

RUNS_LOOKED_AT = 5
"""The newest first: one that runs, was terminated or continued as new has left nothing."""

Result = TypeVar("Result")


async def last_result(
    client: Client, workflow_id: str, kind: type[Result], rpc_timeout: timedelta
) -> Result | None:
    """What the last run that came to its end returned; None: none did, or its history is not kept any more.

    Which runs there are is known from the list of workflows, where a new one may be missing for a moment, and
    one that has ended may be said to run. So one of which that is said is asked itself.

    Raises:
        RPCError: the server did not answer, or does not let us ask.
        RuntimeError: a client that connects at its first call cannot connect.
    """
    query = f"WorkflowId={quoted(workflow_id)}"
    listed = client.list_workflows(query, limit=RUNS_LOOKED_AT, rpc_timeout=rpc_timeout)
    runs = [run async for run in listed]
    for run in sorted(runs, key=lambda run: run.start_time, reverse=True):
        handle = client.get_workflow_handle(workflow_id, run_id=run.run_id, result_type=kind)
        result: Result | None = await _result_of(handle, run.status, rpc_timeout)
        if result is not None:
            return result
    return None


async def _result_of(
    handle: WorkflowHandle[Any, Result], status: WorkflowExecutionStatus | None, rpc_timeout: timedelta
) -> Result | None:
    try:
        if status is WorkflowExecutionStatus.RUNNING:
            status = (await handle.describe(rpc_timeout=rpc_timeout)).status
        # Asked for its result, one that runs would have us wait for it.
        if status is not WorkflowExecutionStatus.COMPLETED:
            return None
        return await handle.result(follow_runs=False, rpc_timeout=rpc_timeout)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None  # its history is gone already, and the list is a moment late
