"""What runs of a workflow left behind when they ended, the newest first."""

from datetime import timedelta
from typing import TypeVar

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus

from activities.runs import answers_of_runs

Result = TypeVar("Result")


async def last_result(
    client: Client, workflow_id: str, kind: type[Result], rpc_timeout: timedelta
) -> Result | None:
    """What the last run that came to its end returned; None: none did, or its history is not kept any more.

    One that runs, was terminated or continued as new has left nothing.

    Raises:
        RPCError: the server did not answer, or does not let us ask.
        RuntimeError: a client that connects at its first call cannot connect.
    """

    async def result_of(run: WorkflowExecution) -> Result | None:
        handle = client.get_workflow_handle(workflow_id, run_id=run.run_id, result_type=kind)
        status = run.status
        # Of one that is said to run, the list may be a moment late: it is asked itself.
        if status is WorkflowExecutionStatus.RUNNING:
            status = (await handle.describe(rpc_timeout=rpc_timeout)).status
        # Asked for its result, one that runs would have us wait for it.
        if status is not WorkflowExecutionStatus.COMPLETED:
            return None
        left: Result = await handle.result(follow_runs=False, rpc_timeout=rpc_timeout)
        return left

    async for result in answers_of_runs(client, workflow_id, result_of, rpc_timeout):
        if result is not None:
            return result
    return None
