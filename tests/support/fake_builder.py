"""What a builder needs of the world, in memory: logs, stats, cluster, workspaces and a scripted runner.

Everything keeps state and wakes who waits for it, so that a test says what it waits for and never sleeps::

    logs = FakeBuildLogs()
    ...
    log = await logs.next()
    await log.until("the line that matters")
"""

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from activities.ports import BuildLog, BuildLogs, Cluster, Command, CommandRunner, Exit, Stats, Workspaces
from tests.support.patience import PATIENCE_SECONDS
from tickborg.github import RepositoryName
from tickborg.jobs import BuildJob
from tickborg.memory import LabelsLeft
from tickborg.messages import BuildLogEnd, BuildLogStart, BuildLogStatus, Event, EventName
from tickborg.push_memory import PushMemory
from tickborg.starts import Start
from tickborg.systems import System
from tickborg.views import PullRequestView

MANY_LINES = 400_000
"""More than a test reads; of a build that prints 200 MB no more are kept in memory."""


class FakeBuildLog(BuildLog):
    """A log in memory."""

    def __init__(self, start: BuildLogStart) -> None:
        self.start = start
        self.lines: list[str] = []
        """The first ones, as many as a test may want to look at."""
        self.count = 0
        self.status: BuildLogStatus | None = None
        """None while it is open."""
        self.close_fault: Exception | None = None
        """What closing fails with."""
        self.write_fault: Exception | None = None
        self.on_close: Callable[[], None] = lambda: None
        """Called when it has been closed."""
        self._changed = asyncio.Event()

    async def write(self, lines: Sequence[str]) -> None:
        """Keep lines."""
        if self.write_fault is not None:
            raise self.write_fault
        assert self.status is None, "a line came after the end"
        assert "\n".join(lines).count("\n") == len(lines) - 1, "a line has a line break in it"
        self.lines.extend(lines[: max(MANY_LINES - len(self.lines), 0)])
        self.count += len(lines)
        self._changed.set()

    async def close(self, status: BuildLogStatus) -> None:
        """Keep the end."""
        if self.close_fault is not None:
            raise self.close_fault
        assert self.status is None, "it ended twice"
        self.status = status
        self.on_close()

    async def until(self, line: str) -> None:
        """Wait until there is such a line; a command that only speaks of it is another one."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line not in self.lines:
                self._changed.clear()
                await self._changed.wait()


class FakeBuildLogs(BuildLogs):
    """Logs in memory, by attempt."""

    def __init__(self) -> None:
        self.logs: dict[UUID, FakeBuildLog] = {}
        self.abandoned: list[BuildLogEnd] = []
        self.takes_ends = asyncio.Event()
        """Abandoning waits for it; it is set unless a test clears it."""
        self.takes_ends.set()
        self.prepare: Callable[[FakeBuildLog], None] = lambda _: None
        """Called with each log when it is opened, to give it faults."""
        self._opened: asyncio.Queue[FakeBuildLog] = asyncio.Queue()

    async def open(self, start: BuildLogStart) -> FakeBuildLog:
        """Begin a log."""
        assert start.attempt_id not in self.logs, "an attempt has one log"
        log = self.logs[start.attempt_id] = FakeBuildLog(start)
        self.prepare(log)
        self._opened.put_nowait(log)
        return log

    async def abandon(self, end: BuildLogEnd) -> None:
        """End a log whose builder died."""
        await self.takes_ends.wait()
        self.abandoned.append(end)
        log = self.logs.get(end.attempt_id)
        if log is not None and log.status is None:
            log.status = end.status

    async def next(self) -> FakeBuildLog:
        """The next log that is opened, in order, each given once."""
        return await asyncio.wait_for(self._opened.get(), PATIENCE_SECONDS)


class FakeStats(Stats):
    """Counts in memory."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def notify(self, *events: Event) -> None:
        """Keep events."""
        self.events.extend(events)

    def named(self, name: EventName) -> list[Event]:
        """The events of that name."""
        return [event for event in self.events if event.name is name]


@dataclass(frozen=True)
class Signal:
    """A signal that was sent."""

    workflow_id: str
    name: str
    argument: Any


class FakeCluster(Cluster):
    """A Temporal that takes starts and signals, and otherwise knows what a test tells it.

    Args:
        owners: where owners are told things and asked, if not here: a real Temporal.
        left_behind: knows what the last run of a branch's owner has left behind.
    """

    def __init__(
        self,
        owners: Cluster | None = None,
        left_behind: Callable[[RepositoryName, str], Awaitable[PushMemory | None]] | None = None,
    ) -> None:
        self._owners = owners
        self._left_behind = left_behind
        self.labels: Callable[[RepositoryName, int], Awaitable[LabelsLeft | None]] | None = None
        """Knows what the last run of a pull request's owner has left behind."""
        self.forgetting: Exception | None = None
        """Why nobody can say what a run has left behind."""
        self.builders: dict[System, int] = {}
        self.queues: dict[System, int] = {}
        self.disks: list[str] = []
        """Task queues of processes that have a disk to tidy."""
        self.views: dict[tuple[RepositoryName, int], PullRequestView] = {}
        self.started: list[Start] = []
        self.signals: list[Signal] = []
        self.closed: set[str] = set()
        """Ids of workflows that take no more signals."""
        self.fault: Exception | None = None

    async def builders_online(self, system: System) -> int:
        """As many as ``builders`` says."""
        return self.builders.get(system, 0)

    async def signal(self, workflow_id: str, signal: str, argument: Any) -> bool:
        """Keep a signal, unless its workflow is closed."""
        if self.fault is not None:
            raise self.fault
        if workflow_id in self.closed:
            return False
        self.signals.append(Signal(workflow_id, signal, argument))
        return True

    async def start(self, start: Start) -> None:
        """Keep a start."""
        if self.fault is not None:
            raise self.fault
        self.started.append(start)
        if self._owners is not None:
            await self._owners.start(start)

    async def pull_request_view(self, repo: RepositoryName, number: int) -> PullRequestView | None:
        """What ``views`` says, or the real owner."""
        if self.fault is not None:
            raise self.fault
        if self._owners is not None:
            return await self._owners.pull_request_view(repo, number)
        return self.views.get((repo, number))

    async def last_push_memory(self, repo: RepositoryName, branch: str) -> PushMemory | None:
        """What was left behind, unless there is a reason for forgetting it."""
        if self.forgetting is not None:
            raise self.forgetting
        return await self._left_behind(repo, branch) if self._left_behind is not None else None

    async def labels_left(self, repo: RepositoryName, number: int) -> LabelsLeft | None:
        """What was left behind, unless there is a reason for forgetting it."""
        if self.forgetting is not None:
            raise self.forgetting
        return await self.labels(repo, number) if self.labels is not None else None

    async def housekeeping_queues(self) -> list[str]:
        """What ``disks`` says."""
        if self.fault is not None:
            raise self.fault
        return self.disks

    async def queue_length(self, system: System) -> int:
        """As many as ``queues`` says."""
        return self.queues.get(system, 0)


class FakeWorkspaces(Workspaces):
    """Folders below ``root``, each a copy of the folder ``source`` with ``files`` added."""

    def __init__(
        self, root: Path, source: Path | None = None, files: Mapping[str, str] | None = None
    ) -> None:
        self._root = root
        self._source = source
        self._files = files or {}
        self.made: list[Path] = []
        self._numbers = count(1)
        self.fault: Exception | None = None
        """What materialising fails with."""
        self.entered = asyncio.Event()
        """Set when somebody is materialising."""
        self.gate = threading.Event()
        """Materialising waits for it; it is open unless a test closes it."""
        self.gate.set()
        self.inspect: Callable[[Path], None] = lambda _: None
        """Called with each folder before it is removed."""
        self._loop = asyncio.get_running_loop()

    @contextmanager
    def materialise(self, job: BuildJob) -> Iterator[Path]:
        """Make a folder, and remove it at the end."""
        self._loop.call_soon_threadsafe(self.entered.set)
        assert self.gate.wait(PATIENCE_SECONDS)
        if self.fault is not None:
            raise self.fault
        folder = self._root / f"workspace-{next(self._numbers)}"
        self._fill(folder)
        self.made.append(folder)
        try:
            yield folder
            self.inspect(folder)
        finally:
            shutil.rmtree(folder)

    def left(self) -> list[Path]:
        """The folders that were made and not removed."""
        return [folder for folder in self.made if folder.exists()]

    def _fill(self, folder: Path) -> None:
        if self._source is not None:
            shutil.copytree(self._source, folder, symlinks=True)
        folder.mkdir(exist_ok=True)
        for name, text in self._files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


@dataclass
class Scripted:
    """What a command is to do."""

    output: bytes = b""
    exit: Exit = field(default_factory=lambda: Exit(0))
    fault: Exception | None = None
    hang: bool = False
    """True: after its output it runs until it is cancelled."""


class ScriptedRunner(CommandRunner):
    """Runs nothing: plays what is scripted for a command, found by its beginning; others succeed silently."""

    def __init__(self, script: Mapping[str, Scripted] | None = None) -> None:
        self.script = dict(script or {})
        self.commands: list[Command] = []
        self.time_limits: list[timedelta] = []
        self.ended: list[Command] = []
        """Commands that were cancelled."""

    async def run(
        self, command: Command, *, time_limit: timedelta, output: Callable[[bytes], Awaitable[None]]
    ) -> Exit:
        """Play a command."""
        self.commands.append(command)
        self.time_limits.append(time_limit)
        line = " ".join(command.argv)
        play = next((play for start, play in self.script.items() if line.startswith(start)), Scripted())
        if play.output:
            await output(play.output)
        if play.fault is not None:
            raise play.fault
        if play.hang:
            await self._hang(command)
        return play.exit

    def lines(self) -> list[str]:
        """The commands that were run, each in one line."""
        return [" ".join(command.argv) for command in self.commands]

    async def _hang(self, command: Command) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.append(command)
