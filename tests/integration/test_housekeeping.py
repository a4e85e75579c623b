"""The whole way: Temporal's schedule starts ``Housekeeping``, and every process tidies its own disk."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.clients.cluster import TemporalCluster
from activities.clients.workspace.workspace import WorkspaceFolder
from cli import services
from cli.embedded_temporal import EmbeddedTemporal
from cli.schedules import ensure, recurring, run_now
from cli.temporal_client import TemporalConnection, connect, worker_runtime
from cli.workers import workflow_worker
from tests.support.eventually import eventually
from tests.support.fake_builder import FakeBuildLogs, FakeStats
from tests.support.fake_github import FakeGitHub
from tests.support.simulated_year import DAY, Contributors, pass_a_day
from tickborg.housekeeping import HousekeepingReport
from tickborg.names import HOUSEKEEPING_WORKFLOW
from tickborg.policy import Policy
from tickborg.retention import Retention
from tickborg.settings import Settings

WEEK = Retention(7 * DAY, 1 << 30)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a server of one's own, whose workers say every second that they are alive."""
    async with EmbeddedTemporal(tmp_path / "temporal") as server:
        yield await connect(
            TemporalConnection(server.address), runtime=worker_runtime(timedelta(seconds=1)), identity="host"
        )


def used(folder: Path, *, days: int) -> Path:
    """Mirrors that were last used so many days ago."""
    mirrors = folder / "mirrors"
    contributors = Contributors(folder, mirrors, "monorepo")
    contributors.merge(contributors.open(1, 100))
    for _ in range(days):
        pass_a_day(mirrors)
    return mirrors


def mirrored(mirrors: Path) -> bool:
    """Whether the mirror is there."""
    return (mirrors / "octo/monorepo.git").exists()


async def scheduled_run(client: Client) -> HousekeepingReport:
    """What the next run of the schedule comes to."""
    (schedule,) = [each for each in recurring(Settings()) if each.workflow == HOUSEKEEPING_WORKFLOW]
    await ensure(client, schedule)
    return await run_now(client, schedule.id, HousekeepingReport)


async def test_every_process_tidies_its_own_disk(client: Client, tmp_path: Path) -> None:
    """A worker its mirrors, a builder its workspaces too; both are found, though they have one name."""
    idle, busy = used(tmp_path / "idle", days=8), used(tmp_path / "busy", days=1)
    killed = tmp_path / "workspaces/0123456789ab-killed"
    killed.mkdir(parents=True)
    workspaces = WorkspaceFolder(tmp_path / "workspaces", services.mirror_store(busy, "", lambda _: None))
    worker = workflow_worker(
        client,
        github=FakeGitHub(),
        cluster=TemporalCluster(client),
        policy=Policy(),
        stats=FakeStats(),
        logs=FakeBuildLogs(),
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(worker)
        await stack.enter_async_context(services.housekeeping(client, "host", idle, WEEK))
        await stack.enter_async_context(services.housekeeping(client, "host", busy, WEEK, workspaces))

        async def both_are_found() -> bool:
            return len(await TemporalCluster(client).housekeeping_queues()) == 2

        assert await eventually(both_are_found)
        report = await scheduled_run(client)
    assert sorted((host.mirrors.kept, host.mirrors.removed) for host in report.hosts) == [(0, 1), (1, 0)]
    assert (mirrored(idle), mirrored(busy), killed.exists()) == (False, True, False)
    assert sum(host.workspaces_removed for host in report.hosts) == 1
