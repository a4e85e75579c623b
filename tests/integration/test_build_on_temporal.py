"""The build activity on a real Temporal server: cancellation, and a builder that is shut down."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import CancelledError
from temporalio.worker import Worker

from activities.attempt import Builder
from activities.clients.cluster import TemporalCluster
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Limits
from activities.ports import CommandRunner
from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect
from cli.workers import build_worker
from tests.support.fake_builder import FakeBuildLogs, FakeStats, FakeWorkspaces, Scripted, ScriptedRunner
from tests.support.processes import alive, new_marker
from tests.support.samples import build_job, project
from tests.support.tools import need
from tickborg.messages import BuildLogStatus
from tickborg.projects import BuildSystem
from tickborg.systems import System

with workflow.unsafe.imports_passed_through():
    from activities.building import BuildActivities
    from tickborg.jobs import BuildJob, BuildOutcome, BuildResult, BuildStarted
    from tickborg.names import BUILD_STARTED_SIGNAL
    from workflows import policies

DECIDERS = "deciders"


@workflow.defn(name="OneBuild")
class OneBuild:
    """As much of ``Build`` as the activity meets: its policy and its signal."""

    def __init__(self) -> None:
        self._started: list[BuildStarted] = []

    @workflow.run
    async def run(self, job: BuildJob) -> BuildResult:
        """Have it built."""
        return await workflow.execute_activity_method(
            BuildActivities.build, job, **policies.build(job, timedelta(minutes=5))
        )

    @workflow.signal(name=BUILD_STARTED_SIGNAL)
    def build_started(self, started: BuildStarted) -> None:
        """Hear of an attempt."""
        self._started.append(started)

    @workflow.query
    def started(self) -> list[BuildStarted]:
        """The attempts heard of."""
        return self._started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server for the tests of this file."""
    async with EmbeddedTemporal(tmp_path_factory.mktemp("temporal")) as server:
        yield server.address


class Bench:
    """A Temporal client, and builders that poll one queue."""

    def __init__(self, client: Client, tmp_path: Path) -> None:
        self.client = client
        self.logs = FakeBuildLogs()
        self.workspaces = FakeWorkspaces(tmp_path, files={"meshmc/run": ""})

    def builder(self, identity: str, runner: CommandRunner, system: System) -> Worker:
        """A builder that is shut down without grace."""
        building = BuildActivities(
            Builder(identity, jobs=1, heartbeat_interval=timedelta(seconds=1)),
            workspaces=self.workspaces,
            runner=runner,
            logs=self.logs,
            stats=FakeStats(),
            cluster=TemporalCluster(self.client),
        )
        return build_worker(self.client, system, building, concurrent_builds=1, grace=timedelta())

    async def start(self, command: str, system: System) -> WorkflowHandle[OneBuild, BuildResult]:
        """Start a workflow that wants ``command`` run."""
        custom = project(build_system=BuildSystem.CUSTOM, command=command)
        job = build_job(project=custom, system=system)
        return await self.client.start_workflow(OneBuild.run, job, id=f"build/{uuid4()}", task_queue=DECIDERS)


@pytest.fixture
async def bench(address: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """A server with a worker for workflows."""
    client = await connect(TemporalConnection(address))
    async with Worker(client, task_queue=DECIDERS, workflows=[OneBuild]):
        yield Bench(client, tmp_path)


async def events(handle: WorkflowHandle[OneBuild, BuildResult], kind: EventType.ValueType) -> int:
    """How many events of that kind the workflow's history has."""
    return sum([event.event_type == kind async for event in handle.fetch_history_events()])


async def test_temporal_records_a_cancellation_when_nothing_runs_any_more(bench: Bench) -> None:
    """A cancel reaches a build that prints nothing, through its heartbeats, and ends a real process tree."""
    need("bwrap", "prlimit")
    marker, system = new_marker(), System.X86_64_LINUX
    runner = ProcessRunner(Bubblewrap(Limits()), grace=timedelta(seconds=0.5))
    async with bench.builder("builder-1", runner, system):
        handle = await bench.start(f"echo begun; exec sh -c 'sleep 60; :' {marker}", system)
        log = await bench.logs.next()
        await log.until("begun")
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as failed:
            await handle.result()
    assert isinstance(failed.value.cause, CancelledError)
    assert alive(marker) == []
    assert log.status is BuildLogStatus.CANCELLED
    assert await events(handle, EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED) == 1


async def test_another_builder_takes_over_from_one_that_is_shut_down(bench: Bench) -> None:
    """The build of a builder that ends is a new attempt on the next, and its workflow hears of both."""
    system = System.AARCH64_LINUX
    hanging = ScriptedRunner({"sh -c ./run": Scripted(b"begun\n", hang=True)})
    async with bench.builder("builder-1", hanging, system):
        handle = await bench.start("./run", system)
        first = await bench.logs.next()
        await first.until("begun")
    assert first.status is BuildLogStatus.ERROR
    async with bench.builder("builder-2", ScriptedRunner(), system):
        result = await handle.result()
    assert (result.outcome, result.builder) == (BuildOutcome.SUCCESS, "builder-2")
    heard = await handle.query(OneBuild.started)
    assert [(started.builder, started.attempt) for started in heard] == [("builder-1", 1), ("builder-2", 2)]
    assert heard[1].attempt_id == result.attempt_id
    assert bench.workspaces.left() == []
