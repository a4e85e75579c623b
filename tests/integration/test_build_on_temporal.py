"""The build activity on a real Temporal server: cancellation, and a builder that is shut down."""

import logging
import os
import random
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import CancelledError
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.attempt import Builder
from activities.building import BuildActivities
from activities.clients.cluster import TemporalCluster
from activities.clients.git.fetch import GitFetch
from activities.clients.git.mirror import Mirror
from activities.clients.git.mirror_store import MirrorStore
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Limits
from activities.clients.workspace.room import BuildSlots, Room
from activities.cluster import ClusterActivities
from activities.ports import CommandRunner
from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect
from cli.workers import build_worker
from tests.support.builder_process import Order, builder, builder_with_a_small_disk
from tests.support.eventually import eventually
from tests.support.fake_builder import (
    FakeBuildLogs,
    FakeCluster,
    FakeStats,
    FakeWorkspaces,
    Scripted,
    ScriptedRunner,
)
from tests.support.git_repository import Changes, GitRepository
from tests.support.processes import alive, new_marker
from tests.support.samples import REPO, build_job, project
from tests.support.tools import need
from tickborg.jobs import BuildJob, BuildOutcome, BuildResult, BuildStarted, MergeJob
from tickborg.messages import BuildLogStatus, EventName
from tickborg.names import BUILD_STARTED_SIGNAL
from tickborg.policy import Policy
from tickborg.projects import BuildSystem
from tickborg.systems import System
from workflows.attempts import Attempts

DECIDERS = "deciders"

WRITE_MUCH = "head -c 30000000 /dev/zero > big"
DISK_FULL = (
    r"^tickborg: the disk of the builder builder-1 is full \(\d+ MiB left where it builds\): its operator"
    " should make room there$"
)


@workflow.defn(name="OneBuild")
class OneBuild:
    """As much of ``Build`` as the activity meets: its attempts and its signal."""

    def __init__(self) -> None:
        self._started: list[BuildStarted] = []

    @workflow.run
    async def run(self, job: BuildJob) -> BuildResult:
        """Have it built."""
        return await Attempts(job, Policy(builder_wait=timedelta(minutes=5))).run()

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
        self._started: list[WorkflowHandle[OneBuild, BuildResult]] = []

    def builder(
        self, identity: str, runner: CommandRunner, system: System, room: Room | None = None
    ) -> Worker:
        """A builder that is shut down without grace; it makes one build at once."""
        slots = BuildSlots(1, room or Room(lambda: 0, least=0))
        building = BuildActivities(
            Builder(identity, jobs=1, heartbeat_interval=timedelta(seconds=1)),
            workspaces=self.workspaces,
            runner=runner,
            logs=self.logs,
            stats=FakeStats(),
            cluster=TemporalCluster(self.client),
        )
        return build_worker(self.client, system, building, slots=slots, grace=timedelta())

    async def start(self, command: str, system: System) -> WorkflowHandle[OneBuild, BuildResult]:
        """Start a workflow that wants ``command`` run."""
        custom = project(build_system=BuildSystem.CUSTOM, command=command)
        return await self.start_job(build_job(project=custom, system=system))

    async def start_job(self, job: BuildJob) -> WorkflowHandle[OneBuild, BuildResult]:
        """Start a workflow that wants ``job`` done."""
        handle = await self.client.start_workflow(
            OneBuild.run, job, id=f"build/{uuid4()}", task_queue=DECIDERS
        )
        self._started.append(handle)
        return handle

    async def close(self) -> None:
        """Leave no build to the builders of the next test."""
        for handle in self._started:
            with suppress(RPCError):  # it has ended
                await handle.terminate()


@pytest.fixture
async def bench(address: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """A server with a worker for workflows."""
    client = await connect(TemporalConnection(address))
    cluster = FakeCluster()
    cluster.builders = dict.fromkeys(System, 1)
    asking = ClusterActivities(cluster, FakeStats()).builders_online
    async with Worker(
        client,
        task_queue=DECIDERS,
        workflows=[OneBuild],
        activities=[asking],
        # The sandbox would load this file, with all that it imports, for each build anew.
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        bench = Bench(client, tmp_path)
        yield bench
        await bench.close()


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


async def test_a_builder_without_room_takes_no_work(
    bench: Bench, address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another one does, no attempt is lost, and the operator hears of it; with room it takes the next."""
    caplog.set_level(logging.INFO, logger="activities.clients.workspace.room")
    system, free = System.AARCH64_DARWIN, 1023 * MIB
    stats = FakeStats()
    room = Room(lambda: free, 1024 * MIB, stats, interval=timedelta(milliseconds=10))

    async def told(words: str) -> None:
        async def is_told() -> bool:
            return any(words in message for message in caplog.messages)

        await eventually(is_told)

    async with bench.builder("builder-1", ScriptedRunner(), system, room):
        await told("no new build is taken: 1023 MiB are left where builds are made")
        await eventually(partial(counted_twice, stats))
        handle = await bench.start("./run", system)
        another = Bench(await connect(TemporalConnection(address)), tmp_path)
        async with another.builder("builder-2", ScriptedRunner(), system):
            assert (await handle.result()).builder == "builder-2"
        free = 1024 * MIB
        await told("builds are taken again: 1 GiB are free")
        for _ in range(2):
            assert (await (await bench.start("./run", system)).result()).builder == "builder-1"
        assert [started.attempt for started in await handle.query(OneBuild.started)] == [1]
        assert len(caplog.messages) == 2
        free = 0
        await (await bench.start("./run", system)).result()
        await told("0 bytes are left")


async def counted_twice(stats: FakeStats) -> bool:
    """Whether it was counted that there is no room, and again: an alert ends when that does."""
    return len(stats.named(EventName.NO_ROOM)) > 1


def job_of(repository: GitRepository, files: Changes, command: str, system: System, folder: Path) -> BuildJob:
    """The job of a pull request that adds ``files`` to a repository and has ``command`` run."""
    base = repository.commit({"README.md": "# Monorepo\n"})
    repository.branch("topic", base)
    head = repository.commit(files, branch="topic")
    git = GitFetch(lambda _: repository.url, lambda _: None, environment=os.environ)
    merging = MergeJob(repo=REPO, head_ref="refs/heads/topic", head_sha=head, base_ref="main")
    report = Mirror(MirrorStore(folder / "worker", git)).merge(merging)
    custom = project(build_system=BuildSystem.CUSTOM, command=command)
    return build_job(project=custom, system=system, head_ref="refs/heads/topic", merge=report.merge)


MIB = 1024 * 1024
SMALL = 8 * MIB


def large(mebibytes: int) -> bytes:
    """So many MiB that cannot be compressed."""
    return random.Random(0).randbytes(mebibytes * MIB)


@pytest.mark.parametrize(
    ("files", "command", "reason"),
    [
        ({}, WRITE_MUCH, DISK_FULL),
        ({}, f"{WRITE_MUCH} || {{ rm big; exit 1; }}", DISK_FULL),
        ({"meshmc/large": large(10)}, "true", "no space left on device.*where the mirrors are kept"),
        ({"meshmc/large": bytes(10 * MIB)}, "true", "no space left for .*workspaces.*: free some where"),
    ],
    ids=["a build fills it", "a build fills it and cleans up", "a fetch fills it", "a workspace fills it"],
)
async def test_another_builder_takes_over_from_one_whose_disk_is_full(
    bench: Bench, address: str, tmp_path: Path, files: dict[str, bytes], command: str, reason: str
) -> None:
    """The build is not to blame: the full builder says so, has room again, and the next one succeeds."""
    need("bwrap", "prlimit", "git")
    system = System.X86_64_FREEBSD
    repository = GitRepository.create(tmp_path / "server.git", bare=True)
    job = job_of(repository, {"meshmc/run": "", **files}, command, system, tmp_path)
    full, roomy = tmp_path / "full", tmp_path / "roomy"
    full.mkdir()
    order = Order(address, system, "builder-1", str(full), repository.url)
    async with builder_with_a_small_disk(order, SMALL) as first:
        handle = await bench.start_job(job)
        attempted = await first.attempted()
    assert attempted.status == BuildLogStatus.ERROR
    assert re.search(reason, attempted.lines[-1], re.IGNORECASE)
    assert attempted.workspaces == []
    assert attempted.free > SMALL - 2 * MIB
    async with builder(bench.client, replace(order, identity="builder-2", folder=str(roomy)), bench.logs):
        result = await handle.result()
    assert (result.outcome, result.builder) == (BuildOutcome.SUCCESS, "builder-2")
    assert (await handle.query(OneBuild.started))[0].builder == "builder-1"
