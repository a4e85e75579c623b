"""``Housekeeping`` has every host tidy its disk, and tells a person what it could not do."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

import pytest
from temporalio import exceptions
from temporalio.api.history.v1 import ActivityTaskScheduledEventAttributes
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, TimeoutType

from activities.clients.git.mirror_upkeep import PACKING_TIME_LIMIT
from cli.workers import housekeeping_worker, workflow_worker
from tests.support.fake_builder import FakeBuildLogs, FakeCluster, FakeStats
from tests.support.fake_github import FakeGitHub
from tests.support.patience import PATIENCE_SECONDS
from tests.support.time_skipping import time_skipping_server
from tickborg.errors import InfrastructureError
from tickborg.housekeeping import HostTidied, HousekeepingReport, MirrorsTidied
from tickborg.messages import EventName
from tickborg.names import HOUSEKEEPING_WORKFLOW, TASK_QUEUE, housekeeping_task_queue
from tickborg.policy import Policy
from workflows.failures import worker_ended


class FakeDisk:
    """The disk of a host, which is tidied as a test says."""

    def __init__(self, tidied: HostTidied, fault: Exception | None = None) -> None:
        self.tidied = tidied
        self.fault = fault
        self.rounds = 0
        self.gate = threading.Event()
        """Tidying waits for it; it is open unless a test closes it."""
        self.gate.set()

    def tidy(self, alive: Callable[[], None]) -> HostTidied:
        """Tidy, or fail."""
        alive()
        self.rounds += 1
        if self.fault is not None:
            raise self.fault
        return self.tidied


class EndlessDisk:
    """A disk that is never tidy."""

    def __init__(self, begun: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
        self._begin = partial(loop.call_soon_threadsafe, begun.set)
        self._never = threading.Event()
        self.left_off = False

    def tidy(self, alive: Callable[[], None]) -> HostTidied:
        """Tidy for ever."""
        self._begin()
        try:
            while not self._never.wait(0.01):
                alive()
        finally:
            self.left_off = True
        return WORKER


class Hosts:
    """A worker, and hosts that have it tidy their disks."""

    def __init__(self, client: Client, cluster: FakeCluster, stack: AsyncExitStack) -> None:
        self.client = client
        self.cluster = cluster
        self.stats = FakeStats()
        self._stack = stack

    async def add(self, disk: FakeDisk) -> None:
        """Have a host come online."""
        queue = housekeeping_task_queue(disk.tidied.host)
        thread = self._stack.enter_context(ThreadPoolExecutor(1))
        await self._stack.enter_async_context(housekeeping_worker(self.client, queue, disk, thread))
        self.cluster.disks.append(queue)

    async def begin(self) -> WorkflowHandle[object, HousekeepingReport]:
        """Start what the schedule starts."""
        return await self.client.start_workflow(
            HOUSEKEEPING_WORKFLOW, id="housekeeping", task_queue=TASK_QUEUE, result_type=HousekeepingReport
        )


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    """No hosts yet."""
    cluster = FakeCluster()
    async with time_skipping_server() as client, AsyncExitStack() as stack:
        hosts = Hosts(client, cluster, stack)
        worker = workflow_worker(
            client,
            github=FakeGitHub(),
            cluster=cluster,
            policy=Policy(),
            stats=hosts.stats,
            logs=FakeBuildLogs(),
        )
        await stack.enter_async_context(worker)
        yield hosts


WORKER = HostTidied(host="worker@a", mirrors=MirrorsTidied(kept=2, removed=1, commits_forgotten=7, size=4096))
BUILDER = HostTidied(host="builder-1", workspaces_removed=3)


async def test_every_host_is_tidied(hosts: Hosts) -> None:
    """Each by itself; an operator sees what went and what is left."""
    await hosts.add(FakeDisk(WORKER))
    await hosts.add(FakeDisk(BUILDER))
    handle = await hosts.begin()
    assert await handle.result() == HousekeepingReport(hosts=(WORKER, BUILDER))
    tidying = [each async for each in scheduled(handle, "tidy")]
    assert [each.task_queue.name for each in tidying] == ["housekeeping.worker@a", "housekeeping.builder-1"]
    for each in tidying:
        assert each.schedule_to_start_timeout.ToTimedelta() == timedelta(minutes=5)
        assert each.heartbeat_timeout.ToTimedelta() > PACKING_TIME_LIMIT
        assert each.retry_policy.maximum_attempts == 1


async def scheduled(
    handle: WorkflowHandle[object, object], name: str
) -> AsyncIterator[ActivityTaskScheduledEventAttributes]:
    """On which terms activities of that name were scheduled."""
    async for event in handle.fetch_history_events():
        activity = event.activity_task_scheduled_event_attributes
        if activity.activity_type.name == name:
            yield activity


async def test_where_nobody_has_a_disk_there_is_nothing_to_do(hosts: Hosts) -> None:
    """As while every worker is being deployed anew."""
    assert await (await hosts.begin()).result() == HousekeepingReport()


async def test_a_host_that_fails_holds_up_no_other(hosts: Hosts) -> None:
    """All others are tidied, and the workflow fails with the reason and where, which is counted."""
    broken = FakeDisk(BUILDER, InfrastructureError("/mirrors cannot be read"))
    troubled = FakeDisk(HostTidied(host="builder-2", troubles=("w/1 could not be removed",)))
    healthy = FakeDisk(WORKER)
    for disk in (broken, troubled, healthy):
        await hosts.add(disk)
    with pytest.raises(WorkflowFailureError) as failed:
        await (await hosts.begin()).result()
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.message == (
        "housekeeping.builder-1: /mirrors cannot be read; builder-2: w/1 could not be removed"
    )
    assert (broken.rounds, troubled.rounds, healthy.rounds) == (1, 1, 1)
    assert [event.name for event in hosts.stats.events] == [EventName.HOUSEKEEPING_FAILED]


async def test_a_process_that_is_told_to_end_leaves_off_tidying(hosts: Hosts) -> None:
    """Nobody waits for a large mirror to be packed; that is no failure, and the next run goes on with it."""
    begun = asyncio.Event()
    disk = EndlessDisk(begun, asyncio.get_running_loop())
    queue = housekeeping_task_queue("builder-1")
    hosts.cluster.disks.append(queue)
    with ThreadPoolExecutor(1) as thread:
        async with asyncio.timeout(PATIENCE_SECONDS), housekeeping_worker(hosts.client, queue, disk, thread):
            handle = await hosts.begin()
            await begun.wait()
    assert await handle.result() == HousekeepingReport(hosts=(HostTidied(host=queue, silent=True),))
    assert disk.left_off


def test_a_host_that_ended_meanwhile_is_no_failure() -> None:
    """The server lists it for half a minute more; nobody comes for its work, and nothing waits for long."""
    assert worker_ended(failed_with(TimeoutType.SCHEDULE_TO_START))
    assert worker_ended(failed_with(TimeoutType.HEARTBEAT))
    assert not worker_ended(failed_with(TimeoutType.START_TO_CLOSE))


def failed_with(kind: TimeoutType) -> ActivityError:
    """How a workflow sees that an activity timed out."""
    error = ActivityError(
        "Activity task timed out",
        scheduled_event_id=5,
        started_event_id=0,
        identity="",
        activity_type="tidy",
        activity_id="1",
        retry_state=RetryState.TIMEOUT,
    )
    error.__cause__ = exceptions.TimeoutError("timed out", type=kind, last_heartbeat_details=[])
    return error
