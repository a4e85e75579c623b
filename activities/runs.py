"""The runs of one workflow id, the newest first: for all who look for one that knows something."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from tickborg.search_attributes import quoted

RUNS_LOOKED_AT = 5
"""One that was started by a mere question, or was terminated, knows nothing and hides those before it."""

Answer = TypeVar("Answer")


async def answers_of_runs(
    client: Client,
    workflow_id: str,
    ask: Callable[[WorkflowExecution], Awaitable[Answer | None]],
    rpc_timeout: timedelta,
) -> AsyncIterator[Answer | None]:
    """What ``ask`` finds out about each of the newest runs, as long as somebody wants to know.

    Which runs there are is known from the list of workflows, where a new one may be missing for a moment, and
    one that has ended may be said to run.

    Raises:
        RPCError: the server did not answer, or does not let us ask.
        RuntimeError: a client that connects at its first call cannot connect.
    """
    query = f"WorkflowId={quoted(workflow_id)}"
    listed = client.list_workflows(query, limit=RUNS_LOOKED_AT, rpc_timeout=rpc_timeout)
    runs = [run async for run in listed]
    for run in sorted(runs, key=lambda run: run.start_time, reverse=True):
        yield await unless_gone(ask(run))


async def unless_gone(asking: Awaitable[Answer | None]) -> Answer | None:
    """What is answered; None, too, where there is no such run, or its history is gone already."""
    try:
        return await asking
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
