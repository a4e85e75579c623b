"""A webhook that comes as its owner is about to end, on a real Temporal server.

The test is the owner's worker, task by task, so that the owner stays about to end for as long as it likes.
"""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from temporalio.api.command.v1 import Command, CompleteWorkflowExecutionCommandAttributes
from temporalio.api.enums.v1 import CommandType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    PollWorkflowTaskQueueRequest,
    RespondWorkflowTaskCompletedRequest,
)
from temporalio.client import Client, Interceptor, OutboundInterceptor, StartWorkflowInput, WorkflowHandle
from temporalio.service import RPCError

from activities.starting import start_workflow
from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect, trying_once
from tests.support.eventually import eventually
from tests.support.samples import pull_request
from tickborg.events.pull_requests import PullRequestEvent
from tickborg.github import PullRequest
from tickborg.names import PULL_REQUEST_EVENT_SIGNAL
from tickborg.owners import tell_pull_request
from tickborg.starts import Signal, Start
from webhook.temporal_starter import RPC_TIMEOUT, TemporalStarter

TRIES = 3
"""Within the SDK's first pause of a second there would be one."""


class Tries(Interceptor):
    """Counts how often Temporal is asked to start or signal something."""

    def __init__(self) -> None:
        super().__init__()
        self.made = 0

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        """Count on the way out."""
        tries = self

        class Counting(OutboundInterceptor):
            async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002
                tries.made += 1
                return await super().start_workflow(input)

        return Counting(next)


class OwnersWorker:
    """Takes tasks of workflows from one queue, and ends whatever they are of."""

    def __init__(self, client: Client, queue: str) -> None:
        self._client = client
        self._queue = queue

    async def take(self) -> bytes:
        """Begin the next task."""
        poll = PollWorkflowTaskQueueRequest(
            namespace=self._client.namespace, task_queue=TaskQueue(name=self._queue), identity="the test"
        )
        return (await self._client.workflow_service.poll_workflow_task_queue(poll)).task_token

    async def end(self, task: bytes) -> None:
        """Answer a task with the end of its workflow."""
        command = Command(
            command_type=CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
            complete_workflow_execution_command_attributes=CompleteWorkflowExecutionCommandAttributes(),
        )
        answer = RespondWorkflowTaskCompletedRequest(
            namespace=self._client.namespace, task_token=task, commands=[command], identity="the test"
        )
        await self._client.workflow_service.respond_workflow_task_completed(answer)


@pytest.fixture
async def client(temporal: EmbeddedTemporal) -> Client:
    """A client of the server that tests share."""
    return await connect(TemporalConnection(temporal.address))


@pytest.fixture
def pull() -> PullRequest:
    """One that no other test knows."""
    return pull_request(number=uuid4().int % 10**9)


@pytest.fixture
def worker(client: Client, monkeypatch: pytest.MonkeyPatch) -> OwnersWorker:
    """Polls the queue on which owners are started, which is the test's own."""
    queue = f"closing-{uuid4().hex[:8]}"
    monkeypatch.setattr("activities.starting.TASK_QUEUE", queue)
    return OwnersWorker(client, queue)


def told(pull: PullRequest, delivery: str) -> Start:
    """What a webhook starts."""
    event = PullRequestEvent(delivery=delivery, action="edited", pull=pull)
    return tell_pull_request(pull, Signal(PULL_REQUEST_EVENT_SIGNAL, event))


async def deliveries(client: Client, workflow_id: str) -> list[str]:
    """What the newest run was told."""
    signals = [
        event.workflow_execution_signaled_event_attributes.input.payloads
        async for event in client.get_workflow_handle(workflow_id).fetch_history_events()
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    read = [(await client.data_converter.decode(each, [PullRequestEvent]))[0] for each in signals]
    return [event.delivery for event in read]


async def test_it_is_taken_as_soon_as_the_owner_has_ended(
    client: Client, worker: OwnersWorker, pull: PullRequest
) -> None:
    """Its ending was put off for an event that came meanwhile; until it is over Temporal takes nothing."""
    tries = Tries()
    config = client.config()
    config["interceptors"] = [tries]
    once = await trying_once(Client(**config))
    starter = TemporalStarter(once)
    await starter.start(told(pull, "first"))
    ending = await worker.take()
    await starter.start(told(pull, "while it ends"))
    with pytest.raises(RPCError, match="UnhandledCommand"):
        await worker.end(ending)
    ending = await worker.take()
    with pytest.raises(RPCError, match="workflow is closing"):
        await start_workflow(once, told(pull, "now"), rpc_timeout=RPC_TIMEOUT)
    tries.made = 0
    starting = asyncio.create_task(starter.start(told(pull, "while its ending is put off")))

    async def refused() -> bool:
        return tries.made >= TRIES or starting.done()

    await eventually(refused)
    assert not starting.done()
    await worker.end(ending)
    await starting
    assert await deliveries(client, told(pull, "").workflow_id) == ["while its ending is put off"]
    await client.get_workflow_handle(told(pull, "").workflow_id).terminate()
