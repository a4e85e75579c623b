"""Starting workflows from outside of one: the shell around :mod:`tickborg.starts`, for all who do it."""

from contextlib import suppress
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.search_attributes import typed
from tickborg.names import TASK_QUEUE
from tickborg.starts import Start, fairness_key_of


async def start_workflow(client: Client, start: Start, *, rpc_timeout: timedelta) -> None:
    """Return once the start or signal is durable.

    An owner that runs is signalled, one that has ended is started again, in a single call, so that no signal
    falls between the two. What is done once, and was started before, is left as it is.

    Raises:
        RPCError: Temporal did not answer in time, or refused.
        RuntimeError: a client that connects at its first call cannot connect.
    """
    signal = start.signal
    with suppress(WorkflowAlreadyStartedError):
        await client.start_workflow(
            start.workflow,
            start.argument,
            id=start.workflow_id,
            task_queue=TASK_QUEUE,
            id_conflict_policy=_conflict_policy(start),
            id_reuse_policy=_reuse_policy(start),
            start_signal=signal.name if signal else None,
            start_signal_args=[signal.argument] if signal else [],
            static_summary=start.summary,
            search_attributes=typed(start.attributes),
            priority=Priority(fairness_key=fairness_key_of(start.author)),
            rpc_timeout=rpc_timeout,
        )


def _conflict_policy(start: Start) -> WorkflowIDConflictPolicy:
    return WorkflowIDConflictPolicy.FAIL if start.once else WorkflowIDConflictPolicy.USE_EXISTING


def _reuse_policy(start: Start) -> WorkflowIDReusePolicy:
    return WorkflowIDReusePolicy.REJECT_DUPLICATE if start.once else WorkflowIDReusePolicy.ALLOW_DUPLICATE
