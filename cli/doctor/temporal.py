"""Temporal: the namespace, what workflows are found by, who works, what recurs, and whether it is fair."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, PollWorkflowTaskQueueRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.common import Priority
from temporalio.service import RPCError, RPCStatusCode

from activities.clients.cluster import RPC_TIMEOUT, TemporalCluster
from activities.clock import utc_now
from activities.temporal_failures import failure
from cli import configured, namespace, schedules
from cli.namespace import RETENTION
from cli.settings import SettingsError
from cli.temporal_client import connect, identity
from tickborg import diagnosis
from tickborg.diagnosis import Finding, ScheduleFacts, fine, unknown, wrong
from tickborg.errors import PermanentError
from tickborg.names import GIT_TASK_QUEUE, SEARCH_ATTRIBUTES, TASK_QUEUE, build_task_queue
from tickborg.settings import Settings
from tickborg.texts import findings as texts

PROBE = "tickborg-doctor"
"""The type of the workflows that show how a queue is served. Nobody runs them; they are ended at once."""

_MANY, _FEW = 9, 3
_FEW_AUTHOR = "few"


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the Temporal that is configured, or that of the `tickborg up` of this host."""
    try:
        connection = configured.temporal_or_up(settings)
    except SettingsError as error:
        yield unknown("server", str(error))
        return
    client = await connect(connection, identity=identity("doctor"))
    try:
        async for finding in _server(client, settings):
            yield finding
    except RPCError as error:
        raise failure(f"looking at Temporal at {connection.address}", error) from error


async def _server(client: Client, settings: Settings) -> AsyncIterator[Finding]:
    kept = await namespace.retention(client)
    if kept is None:
        yield wrong("namespace", texts.namespace_missing(client.namespace))
        return
    if kept < RETENTION:
        yield wrong("namespace", texts.namespace_forgets(client.namespace, kept, RETENTION))
    else:
        yield fine("namespace", texts.namespace_keeps(client.namespace, kept))
    yield await _search_attributes(client)
    yield await _heartbeats(client)
    async for finding in _queues(client, settings):
        yield finding
    for wanted in schedules.recurring(settings):
        yield diagnosis.schedule(wanted.id, await _schedule(client, wanted.id))
    for finding in await _probed(client):
        yield finding


async def _search_attributes(client: Client) -> Finding:
    """Asked by searching, which is allowed where listing is not."""
    missing = [name for name in SEARCH_ATTRIBUTES if not await namespace.can_search_by(client, name)]
    about = "search attributes"
    return (
        wrong(about, texts.attributes_missing(missing)) if missing else fine(about, texts.attributes_there())
    )


async def _heartbeats(client: Client) -> Finding:
    request = DescribeNamespaceRequest(namespace=client.namespace)
    described = await client.workflow_service.describe_namespace(request, timeout=RPC_TIMEOUT)
    if described.namespace_info.capabilities.worker_heartbeats:
        return fine("heartbeats", texts.heartbeats_kept())
    return wrong("heartbeats", texts.heartbeats_missing())


async def _queues(client: Client, settings: Settings) -> AsyncIterator[Finding]:
    cluster = TemporalCluster(client)
    for queue in (TASK_QUEUE, GIT_TASK_QUEUE, *map(build_task_queue, settings.policy.systems)):
        try:
            yield diagnosis.queue(queue, await cluster.workers_online(queue))
        except PermanentError as error:
            yield unknown(f"queue {queue}", str(error))


async def _schedule(client: Client, schedule_id: str) -> ScheduleFacts | None:
    try:
        found = await client.get_schedule_handle(schedule_id).describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    state = found.schedule.state
    return ScheduleFacts(schedule_id, state.paused, state.note or "")


async def _probed(client: Client) -> list[Finding]:
    """What a queue of our own shows: in which order tasks are handed out, and what time it is there.

    Temporal tells nobody whether it is fair, so it is seen: the tasks of one author, and then the fewer of
    another, are put into a queue that nobody polls but us.
    """
    queue = f"{PROBE}-{uuid4()}"
    started: list[WorkflowHandle[Any, Any]] = []
    try:
        for number in range(_MANY + _FEW):
            author = _FEW_AUTHOR if number >= _MANY else "many"
            started.append(await _start(client, f"{queue}/{number}/{author}", queue, author))
        ours = utc_now()
        theirs = (await started[-1].describe(rpc_timeout=RPC_TIMEOUT)).start_time
        order = [await _next(client, queue) for _ in started]
        return [
            diagnosis.clock("Temporal", ours - theirs),
            diagnosis.fairness([each == _FEW_AUTHOR for each in order]),
        ]
    finally:
        for handle in started:
            await handle.terminate("tickborg doctor has seen what it wanted", rpc_timeout=RPC_TIMEOUT)


async def _start(client: Client, workflow_id: str, queue: str, author: str) -> WorkflowHandle[Any, Any]:
    return await client.start_workflow(
        PROBE,
        id=workflow_id,
        task_queue=queue,
        priority=Priority(fairness_key=author),
        static_summary="tickborg doctor looks at how this queue is served; ended within a second",
        rpc_timeout=RPC_TIMEOUT,
    )


async def _next(client: Client, queue: str) -> str:
    """Whose task is handed out next."""
    request = PollWorkflowTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), identity=identity("doctor")
    )
    task = await client.workflow_service.poll_workflow_task_queue(request, timeout=RPC_TIMEOUT)
    return task.workflow_execution.workflow_id.rpartition("/")[2]
