"""A builder in a process of its own, since only a process can have a disk of its own that really fills."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.worker import Worker

from activities.attempt import Builder, free_space
from activities.building import BuildActivities
from activities.clients.cluster import TemporalCluster
from activities.clients.git.fetch import GitFetch
from activities.clients.git.mirror_store import MirrorStore
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Limits
from activities.clients.workspace.room import BuildSlots, Room
from activities.clients.workspace.workspace import WorkspaceFolder
from activities.ports import BuildLogs
from cli.child_process import end_child
from cli.temporal_client import TemporalConnection, connect
from cli.workers import build_worker
from tests.support.fake_builder import FakeBuildLog, FakeBuildLogs, FakeStats
from tests.support.small_disk import on_small_disk
from tests.support.tools import need
from tickborg.messages import BuildLogStatus
from tickborg.systems import System

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Order:
    """What such a builder is told."""

    temporal: str
    system: System
    identity: str
    folder: str
    """Where its mirrors and workspaces are."""
    git: str
    """The URL of every repository."""


@dataclass(frozen=True)
class Attempted:
    """What became of an attempt, when its log was closed."""

    status: BuildLogStatus
    lines: Sequence[str]
    workspaces: Sequence[str]
    """Names of those that are left."""
    free: int
    """Bytes."""


def builder(client: Client, order: Order, logs: BuildLogs) -> Worker:
    """A builder as it is in production, but that a failure is not waited out for long."""
    folder = Path(order.folder)
    git = GitFetch(lambda _: order.git, lambda _: None, environment=os.environ)
    building = BuildActivities(
        Builder(order.identity, jobs=1, heartbeat_interval=timedelta(seconds=1)),
        workspaces=WorkspaceFolder(folder / "workspaces", MirrorStore(folder / "mirrors", git, shallow=True)),
        runner=ProcessRunner(Bubblewrap(Limits()), grace=timedelta(seconds=0.5)),
        logs=logs,
        stats=FakeStats(),
        cluster=TemporalCluster(client),
    )
    slots = BuildSlots(1, Room(lambda: 0, least=0))
    return build_worker(
        client, order.system, building, slots=slots, grace=timedelta(), pace=timedelta(seconds=1)
    )


class BuilderProcess:
    """A builder that runs until its first attempt at a build has come to something."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def attempted(self) -> Attempted:
        """What the attempt came to."""
        assert self._process.stdout
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE_SECONDS)
        assert line, "the builder ended"
        return Attempted(**json.loads(line))


@asynccontextmanager
async def builder_with_a_small_disk(order: Order, size: int) -> AsyncIterator[BuilderProcess]:
    """A builder whose folder, which must be there, is an empty disk of ``size`` bytes."""
    need("bwrap", "unshare", "setpriv")
    program = (sys.executable, "-m", __name__, json.dumps(asdict(order)))
    process = await asyncio.create_subprocess_exec(
        *("setpriv", "--pdeathsig", "KILL", *on_small_disk(Path(order.folder), size, program)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        limit=1024 * 1024,
    )
    try:
        yield BuilderProcess(process)
        assert await asyncio.wait_for(process.wait(), PATIENCE_SECONDS) == 0
    finally:
        await end_child(process)


class _Closing(FakeBuildLogs):
    """Logs in memory, of which the first to be closed is told on standard output."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.prepare = self._listen
        self._folder = folder
        self.closed = asyncio.Event()

    def _listen(self, log: FakeBuildLog) -> None:
        log.on_close = lambda: self._tell(log)

    def _tell(self, log: FakeBuildLog) -> None:
        assert log.status
        left = [path.name for path in (self._folder / "workspaces").glob("*/")]
        attempted = Attempted(log.status, log.lines, left, free_space(self._folder))
        sys.stdout.write(f"{json.dumps(asdict(attempted))}\n")
        sys.stdout.flush()
        self.closed.set()


async def _run(order: Order) -> None:
    client = await connect(TemporalConnection(order.temporal))
    logs = _Closing(Path(order.folder))
    async with builder(client, order, logs):
        await logs.closed.wait()
    # As every long process of tickborg ends: the SDK's native part can abort a clean exit.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_run(Order(**json.loads(sys.argv[1]))))
