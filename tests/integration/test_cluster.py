"""Which builders are alive, what waits for them, and who can be told and asked, on a real Temporal server."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import Priority
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.clients.cluster import HEARTBEAT_FRESHNESS, HEARTBEAT_INTERVAL, TemporalCluster
from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect, connect_lazily, worker_runtime
from tests.support.eventually import eventually
from tests.support.github_json import pull_json
from tests.support.patience import PATIENCE_SECONDS
from tickborg.errors import PermanentError, UnavailableError
from tickborg.events.pull_requests import pull_request_from_json
from tickborg.github import PullRequest, RepositoryName
from tickborg.jobs import Origin
from tickborg.memory import PullRequestStart
from tickborg.names import (
    STATE_QUERY,
    build_task_queue,
    housekeeping_task_queue,
    pull_request_id,
    push_id,
)
from tickborg.owners import tell_owner
from tickborg.push_memory import PushMemory, PushStart
from tickborg.requests import EvaluateOrder, OwnerMessage, Request
from tickborg.systems import System
from tickborg.values import Value
from tickborg.views import PullRequestView

REPO = RepositoryName(owner="acme", name="mono")
BROKEN = 13
numbers = count(1000)
"""Pull requests that no other test has."""
LINUX = System.X86_64_LINUX
OTHER = System.AARCH64_DARWIN


@activity.defn
async def nothing() -> None:
    """What a builder of these tests can do."""


def pull(number: int) -> PullRequest:
    """A pull request of ada's."""
    return pull_request_from_json(pull_json(number=number))


def message(number: int, n: int) -> OwnerMessage:
    """The ``n``-th wish about a pull request."""
    request = Request(id=f"comment {n}", by="bob", pull=pull(number), orders=(EvaluateOrder(),))
    return OwnerMessage(repo=REPO, origin=Origin(pull=number), request=request)


@workflow.defn(name="PullRequest")
class Owner:
    """Knows the pull request of the last request; one with the number :data:`BROKEN` breaks it."""

    def __init__(self) -> None:
        self._request: Request | None = None
        self._ended = False

    @workflow.run
    async def run(self, start: PullRequestStart) -> None:
        """Live until told to end."""
        await workflow.wait_condition(lambda: self._ended)

    @workflow.signal(name="request")
    def request(self, request: Request) -> None:
        """Hear of a request."""
        self._request = request

    @workflow.signal
    def end(self) -> None:
        """Hear that it is over."""
        self._ended = True

    @workflow.query(name=STATE_QUERY)
    def state(self) -> PullRequestView | None:
        """What is known."""
        if self._request is None or self._request.pull is None:
            return None
        if self._request.id == f"comment {BROKEN}":
            raise ValueError("it is broken")
        return PullRequestView(pull=self._request.pull)


class Held:
    """A builder that builds until ``gate`` is open."""

    def __init__(self, gate: asyncio.Event) -> None:
        self._gate = gate

    @activity.defn(name="hold")
    async def hold(self) -> None:
        """Wait for the gate."""
        await self._gate.wait()


class Crowd(Value):
    """Builds of one author."""

    author: str
    builds: int
    priority: int


def crowd(author: str, builds: int, priority: int = 3) -> Crowd:
    """Builds of ``author``."""
    return Crowd(author=author, builds=builds, priority=priority)


@workflow.defn
class Many:
    """Wants many builds for 64-bit ARM Windows at once."""

    @workflow.run
    async def run(self, crowd: Crowd) -> None:
        """Want them, and wait for all."""
        priority = Priority(priority_key=crowd.priority, fairness_key=crowd.author)
        wanted = (
            workflow.execute_activity(
                "hold",
                task_queue=build_task_queue(System.AARCH64_WINDOWS),
                start_to_close_timeout=timedelta(minutes=5),
                priority=priority,
            )
            for _ in range(crowd.builds)
        )
        await asyncio.gather(*wanted)


def later(seconds: timedelta) -> Callable[[], datetime]:
    """A clock that is ``seconds`` ahead."""
    return lambda: datetime.now(UTC) + seconds


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server for the tests of this file; each uses a namespace-wide name of its own."""
    async with EmbeddedTemporal(tmp_path_factory.mktemp("temporal")) as server:
        yield server.address


@pytest.fixture
async def client(address: str) -> Client:
    """A client whose workers say every second that they are alive."""
    return await connect(TemporalConnection(address), runtime=worker_runtime(timedelta(seconds=1)))


def builder(client: Client, system: System) -> Worker:
    """A worker that polls the builders' queue of ``system``."""
    return Worker(client, task_queue=build_task_queue(system), activities=[nothing])


async def test_no_builder_is_online_where_none_ever_was(client: Client) -> None:
    """A queue that nobody polls has no builder."""
    assert await TemporalCluster(client).builders_online(OTHER) == 0


async def test_a_builder_is_online_as_soon_as_it_polls(address: str) -> None:
    """Nobody waits ten seconds for the first heartbeat of a builder that has just started."""
    rare = timedelta(seconds=PATIENCE_SECONDS)
    client = await connect(TemporalConnection(address), runtime=worker_runtime(rare))
    cluster = TemporalCluster(client)
    async with builder(client, System.AARCH64_LINUX):
        online = partial(cluster.builders_online, System.AARCH64_LINUX)
        assert await eventually(online, patience=PATIENCE_SECONDS / 2) == 1


async def test_heartbeats_count_for_half_a_minute(client: Client) -> None:
    """A builder whose polls are old lives by its heartbeat; one that fell silent is dead after 30 s."""
    beyond_polls = TemporalCluster(client, now=later(HEARTBEAT_INTERVAL + timedelta(seconds=5)))
    beyond_heartbeats = TemporalCluster(client, now=later(HEARTBEAT_FRESHNESS + timedelta(seconds=5)))
    async with builder(client, LINUX):
        assert await eventually(lambda: beyond_polls.builders_online(LINUX)) == 1
        assert await beyond_heartbeats.builders_online(LINUX) == 0
        assert await beyond_polls.builders_online(OTHER) == 0


async def test_a_builder_that_was_shut_down_is_offline_at_once(client: Client) -> None:
    """Its last heartbeat is young, but it said goodbye."""
    system = System.X86_64_FREEBSD
    beyond_polls = TemporalCluster(client, now=later(HEARTBEAT_INTERVAL + timedelta(seconds=5)))
    async with builder(client, system):
        assert await eventually(lambda: beyond_polls.builders_online(system))
    assert await beyond_polls.builders_online(system) == 0


async def test_a_builder_that_was_shut_down_before_its_first_heartbeat_is_offline_too(address: str) -> None:
    """Its last poll is young; another one of the same name that polls since then is online."""
    system = System.X86_64_WINDOWS
    rare = timedelta(seconds=PATIENCE_SECONDS)
    client = await connect(TemporalConnection(address), runtime=worker_runtime(rare))
    cluster = TemporalCluster(client)
    async with builder(client, system):
        assert await eventually(partial(cluster.builders_online, system)) == 1
    assert await cluster.builders_online(system) == 0
    async with builder(client, system):
        assert await eventually(partial(cluster.builders_online, system)) == 1


async def test_who_has_a_disk_to_tidy_is_found(client: Client) -> None:
    """Every process by a queue of its own, as long as it lives; queues of other work are none of it."""
    cluster = TemporalCluster(client)
    queues = sorted(housekeeping_task_queue(f"worker@host-{uuid4().hex[:8]}") for _ in range(2))

    async def all_are_found() -> bool:
        return set(queues) <= set(await cluster.housekeeping_queues())

    async with AsyncExitStack() as stack:
        for queue in (*queues, "tickborg-git"):
            await stack.enter_async_context(Worker(client, task_queue=queue, activities=[nothing]))
        assert await eventually(all_are_found)
        assert "tickborg-git" not in await cluster.housekeeping_queues()
        later_than_heartbeats = later(HEARTBEAT_FRESHNESS + timedelta(seconds=5))
        assert await TemporalCluster(client, now=later_than_heartbeats).housekeeping_queues() == []
    assert await cluster.housekeeping_queues() == []


async def test_a_running_workflow_is_signalled(client: Client) -> None:
    """The signal is in its history when the call returns."""
    handle = await client.start_workflow("Anything", id=f"running-{uuid4()}", task_queue="nobody")
    assert await TemporalCluster(client).signal(handle.id, "build_started", {"attempt": 1})
    names = [
        event.workflow_execution_signaled_event_attributes.signal_name
        async for event in handle.fetch_history_events()
    ]
    assert "build_started" in names


async def test_a_closed_or_unknown_workflow_is_no_error(client: Client) -> None:
    """Whoever comes too late is told so."""
    cluster = TemporalCluster(client)
    handle = await client.start_workflow("Anything", id=f"closed-{uuid4()}", task_queue="nobody")
    await handle.terminate()
    assert not await cluster.signal(handle.id, "build_started", None)
    assert not await cluster.signal("never-there", "build_started", None)


async def signals_of(handle: WorkflowHandle[Any, Any]) -> list[str]:
    """The names of the signals that a run has had."""
    return [
        event.workflow_execution_signaled_event_attributes.signal_name
        async for event in handle.fetch_history_events()
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]


async def test_an_owner_is_started_once_and_told_everything(client: Client) -> None:
    """By many at once; one that has ended is started anew, with what it is told."""
    cluster, number = TemporalCluster(client), next(numbers)
    workflow_id = pull_request_id(REPO, number)
    await asyncio.gather(*(cluster.start(tell_owner(message(number, n))) for n in range(5)))
    first = await client.get_workflow_handle(workflow_id).describe()
    assert first.workflow_type == "PullRequest"
    assert await first.static_summary() == f"acme/mono#{number} by ada: A change"
    attributes = {pair.key.name: pair.value for pair in first.typed_search_attributes}
    assert attributes == {"TickborgRepo": "acme/mono", "TickborgPr": number, "TickborgAuthor": "ada"}
    handle = client.get_workflow_handle(workflow_id, run_id=first.run_id)
    assert await signals_of(handle) == ["request"] * 5
    await handle.terminate()
    await cluster.start(tell_owner(message(number, 5)))
    second = await client.get_workflow_handle(workflow_id).describe()
    assert second.run_id != first.run_id
    assert await signals_of(client.get_workflow_handle(workflow_id)) == ["request"]


async def test_what_an_owner_is_told_arrives_as_it_was(client: Client) -> None:
    """Orders keep their kinds, and the owner its argument."""
    cluster, number = TemporalCluster(client), next(numbers)
    sent = message(number, 1)
    await cluster.start(tell_owner(sent))
    handle = client.get_workflow_handle(pull_request_id(REPO, number))
    events = [event async for event in handle.fetch_history_events()]
    started = events[0].workflow_execution_started_event_attributes
    [argument] = await client.data_converter.decode(started.input.payloads, [PullRequestStart])
    assert argument == PullRequestStart(repo=REPO, number=number)
    assert started.priority.fairness_key == "ada"
    told = events[1].workflow_execution_signaled_event_attributes
    assert await client.data_converter.decode(told.input.payloads, [Request]) == [sent.request]


async def test_a_branchs_owner_is_told_too(client: Client) -> None:
    """It has a workflow and an id of its own."""
    branch = f"release/{next(numbers)}"
    request = message(1, 1).request.model_copy(update={"pull": None})
    told = OwnerMessage(repo=REPO, origin=Origin(branch=branch), request=request)
    await TemporalCluster(client).start(tell_owner(told))
    handle = client.get_workflow_handle(f"push/acme/mono/{branch}")
    assert (await handle.describe()).workflow_type == "Push"
    assert await signals_of(handle) == ["request"]


@workflow.defn(name="Push")
class BranchOwner:
    """Leaves behind what it was started with."""

    @workflow.run
    async def run(self, start: PushStart) -> PushMemory | None:
        """End."""
        return start.memory


async def test_what_the_last_run_of_a_branchs_owner_left_behind_is_found(client: Client) -> None:
    """Of those that came to an end; one that was terminated hides it no more than the one that asks."""
    cluster, branch = TemporalCluster(client), f"it's-{next(numbers)}"
    worker = Worker(
        client, task_queue=branch, workflows=[BranchOwner], workflow_runner=UnsandboxedWorkflowRunner()
    )

    async def push(head: str | None, queue: str = branch) -> WorkflowHandle[Any, Any]:
        memory = PushMemory(repo=REPO, branch=branch, error=head) if head is not None else None
        start = PushStart(repo=REPO, branch=branch, memory=memory)
        return await client.start_workflow("Push", start, id=push_id(REPO, branch), task_queue=queue)

    async def left_behind() -> str:
        memory = await cluster.last_push_memory(REPO, branch)
        return memory.error if memory is not None else ""

    assert await cluster.last_push_memory(REPO, branch) is None
    async with worker:
        for head in ("first", "second", None):
            await (await push(head)).result()
    await (await push("terminated", "nobody")).terminate()
    asking = await push("running", "nobody")
    await eventually(partial(is_listed, client, asking))
    assert await left_behind() == "second"
    await asking.terminate()


async def is_listed(client: Client, run: WorkflowHandle[Any, Any]) -> bool:
    """Whether the list of workflows, which is a moment late, has come so far."""
    query = f'WorkflowType="Push" AND RunId="{run.result_run_id}"'
    return [each.run_id async for each in client.list_workflows(query)] == [run.result_run_id]


async def test_what_is_done_once_is_left_alone_when_it_was(client: Client) -> None:
    """Whether it runs or has ended."""
    start = replace(tell_owner(message(1, 1)), workflow_id=f"once-{uuid4()}", signal=None)
    cluster, handle = TemporalCluster(client), client.get_workflow_handle(start.workflow_id)
    await cluster.start(start)
    run_id = (await handle.describe()).run_id
    await cluster.start(start)
    await handle.terminate()
    await cluster.start(start)
    assert (await handle.describe()).run_id == run_id


@asynccontextmanager
async def owner(client: Client, number: int) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """An owner of a pull request that runs, and a worker that can answer for it."""
    queue = f"owners-{number}"
    runner = UnsandboxedWorkflowRunner()
    handle = await client.start_workflow(
        "PullRequest",
        PullRequestStart(repo=REPO, number=number),
        id=pull_request_id(REPO, number),
        task_queue=queue,
    )
    async with Worker(client, task_queue=queue, workflows=[Owner], workflow_runner=runner):
        yield handle


async def test_a_running_owner_tells_what_it_knows(client: Client) -> None:
    """Nothing before its first event; and nothing counts any more once it has ended."""
    cluster, number = TemporalCluster(client), next(numbers)
    assert await cluster.pull_request_view(REPO, number) is None
    async with owner(client, number) as handle:
        assert await cluster.pull_request_view(REPO, number) is None
        await handle.signal("request", message(number, 1).request)
        view = await cluster.pull_request_view(REPO, number)
        assert view == PullRequestView(pull=pull(number))
        await handle.signal("end")
        await handle.result()
        assert await handle.query(STATE_QUERY, result_type=PullRequestView) == view
        assert await cluster.pull_request_view(REPO, number) is None


async def test_an_owner_that_cannot_answer_is_asked_again(client: Client) -> None:
    """Its worker may be mended by a deploy, or be there again in a minute."""
    cluster, number = TemporalCluster(client, rpc_timeout=timedelta(seconds=0.5)), next(numbers)
    async with owner(client, number) as handle:
        await handle.signal("request", message(number, BROKEN).request)
        with pytest.raises(UnavailableError, match="the worker could not answer: it is broken"):
            await cluster.pull_request_view(REPO, number)
    with pytest.raises(UnavailableError, match=f"asking pr/acme/mono/{number}: "):
        await cluster.pull_request_view(REPO, number)


async def test_an_owner_that_no_worker_ever_knew_is_asked_again(client: Client) -> None:
    """It has been started, and its worker will come."""
    cluster, number = TemporalCluster(client, rpc_timeout=timedelta(seconds=0.5)), next(numbers)
    await cluster.start(tell_owner(message(number, 1)))
    with pytest.raises(UnavailableError, match=f"asking pr/acme/mono/{number}: "):
        await cluster.pull_request_view(REPO, number)


async def test_builds_that_wait_are_counted_and_those_that_run_are_not(client: Client) -> None:
    """Of all authors and priorities, which have queues of their own where fairness is on."""
    system, cluster, gate = System.AARCH64_WINDOWS, TemporalCluster(client), asyncio.Event()
    queue = f"many-{uuid4()}"
    deciding = Worker(client, task_queue=queue, workflows=[Many], workflow_runner=UnsandboxedWorkflowRunner())

    async def length_is(expected: int) -> bool:
        return await cluster.queue_length(system) == expected

    async with deciding:
        crowds = (crowd("ada", 7), crowd("bob", 5), crowd("eve", 3, 1))
        waiting = [
            await client.start_workflow(Many.run, each, id=f"{queue}-{each.author}", task_queue=queue)
            for each in crowds
        ]
        for each, handle in zip(crowds, waiting, strict=True):
            await eventually(partial(has_scheduled, handle, each.builds))
        await eventually(lambda: length_is(15))
        assert await cluster.queue_length(System.X86_64_DARWIN) == 0
        builders = Worker(
            client,
            task_queue=build_task_queue(system),
            activities=[Held(gate).hold],
            max_concurrent_activities=4,
        )
        async with builders:
            await eventually(lambda: length_is(11))
            gate.set()
            for handle in waiting:
                await handle.result()


async def has_scheduled(handle: WorkflowHandle[Any, Any], count: int) -> bool:
    """Whether a workflow waits for so many activities; to ask for the queue too soon costs 5 s."""
    return len((await handle.describe()).raw_description.pending_activities) == count


async def test_a_server_that_is_away_is_a_reason_to_try_again() -> None:
    """The question and the signal both say that Temporal did not answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nowhere = TemporalConnection(f"127.0.0.1:{listener.getsockname()[1]}")
    client = await connect_lazily(nowhere)
    cluster = TemporalCluster(client)
    with pytest.raises(UnavailableError, match=r"counting the workers of build\.x86_64-linux"):
        await cluster.builders_online(LINUX)
    with pytest.raises(UnavailableError, match="signalling build_started to somebody"):
        await cluster.signal("somebody", "build_started", None)
    with pytest.raises(UnavailableError, match="starting pr/acme/mono/1"):
        await cluster.start(tell_owner(message(1, 1)))
    with pytest.raises(UnavailableError, match="asking pr/acme/mono/1"):
        await cluster.pull_request_view(REPO, 1)
    with pytest.raises(UnavailableError, match="asking what push/acme/mono/main has left behind"):
        await cluster.last_push_memory(REPO, "main")
    with pytest.raises(UnavailableError, match="asking what pr/acme/mono/1 has left behind"):
        await cluster.labels_left(REPO, 1)
    with pytest.raises(UnavailableError, match=r"looking at the task queue build\.x86_64-linux"):
        await cluster.queue_length(LINUX)


async def test_a_namespace_that_is_not_there_needs_a_person(address: str) -> None:
    """A wrong setting is not retried for a day."""
    client = await connect(TemporalConnection(address, namespace="nowhere"))
    with pytest.raises(PermanentError, match="NOT_FOUND"):
        await TemporalCluster(client).builders_online(LINUX)
    with pytest.raises(PermanentError, match="NOT_FOUND"):
        await TemporalCluster(client).start(tell_owner(message(1, 1)))
