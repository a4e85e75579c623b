"""The services of tickborg, each a process that is started again whenever it ends, as systemd does it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from messaging import background
from tests.chaos.calamities import SERVICES
from tests.chaos.hosts import DISK_BYTES, Host, Hosts
from tests.support.command_line import TICKBORG
from tests.support.services import Process, start_program
from tests.support.settings_folder import SETTINGS_FILE
from tests.support.small_disk import on_small_disk, seen_by

RESTART_SECONDS = 0.5

COMES_UP_SECONDS = 300.0
"""Far more than any fault lasts."""

_READY = {
    "webhook": "listening at",
    "worker": "polling",
    "builder": "building for",
    "logs": "writing to",
    "stats": "metrics at",
    "dashboard": "dashboard: at",
}


@dataclass(frozen=True)
class Ending:
    """How a process ended that should not have, or not so."""

    name: str
    status: int | None
    was_ready: bool
    """Whether it had begun its work: before that, a server that is away is reason enough to end."""
    output: Path
    told: bool = False
    """Whether somebody had told it to, and it made a fault of it."""

    def __str__(self) -> str:
        said = self.output.read_text(errors="replace").strip().splitlines()
        when = "when told to" if self.told else "by itself"
        return f"{self.name} ended {when} with status {self.status}: {said[-1] if said else '(silence)'}"


class Member:
    """One process of the fleet, and those that take its place."""

    def __init__(self, name: str, folder: Path, host: Host) -> None:
        self.name = name
        self.service = name.partition("-")[0]
        self.starts = 0
        self.endings: list[Ending] = []
        self.outputs: list[Path] = []
        self._folder = folder
        self._host = host
        self._wanted = asyncio.Event()
        self._runs = asyncio.Event()
        self._ready = asyncio.Event()
        self._process: Process | None = None
        self._told = False

    async def keep(self) -> None:
        """Start it, and start it again, until cancelled."""
        while True:
            await self._wanted.wait()
            await self._live()
            await asyncio.sleep(RESTART_SECONDS)

    def let_up(self) -> None:
        """Let it be started."""
        self._wanted.set()

    async def ready(self) -> None:
        """Return when it does its work.

        Raises:
            RuntimeError: it does not, although nothing that it needs can be away for so long.
        """
        try:
            await asyncio.wait_for(self._ready.wait(), COMES_UP_SECONDS)
        except TimeoutError:
            outputs = [str(path) for path in self.outputs[-1:]]
            raise RuntimeError(f"{self.name} does not come up; see {outputs or 'nothing'}") from None

    async def runs(self) -> int:
        """Its process id, as soon as there is a process, whether that does its work by then or not."""
        await asyncio.wait_for(self._runs.wait(), COMES_UP_SECONDS)
        assert self._process
        return self._process.pid

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None and self._process.is_running:
            self._told = True
            await self._process.kill()
        self._ready.clear()

    async def stop(self) -> None:
        """End it as systemd does, and do not start it again."""
        self.hold_down()
        if self._process is None or not self._process.is_running:
            return
        self._told, was_ready = True, self._ready.is_set()
        if status := await self._process.stop():
            self.endings.append(Ending(self.name, status, was_ready, self.outputs[-1], told=True))
        self._ready.clear()

    def hold_down(self) -> None:
        """Do not start it again."""
        self._wanted.clear()

    @property
    def disk(self) -> Path:
        """The disk of its own, which is there as long as its process."""
        assert self._host.disk
        return self._seen(self._host.disk)

    def workspaces(self) -> list[Path]:
        """The workspaces that are there, as it sees them."""
        return sorted(self._seen(self._host.workspaces).glob("*/"))

    def _seen(self, path: Path) -> Path:
        if self._host.disk is None or self._process is None or not self._runs.is_set():
            return path
        return seen_by(self._process.pid, path)

    async def _live(self) -> None:
        output = self._folder / f"{self.name}.{self.starts}.output"
        self.starts += 1
        self.outputs.append(output)
        self._told = False
        process = self._process = await self._start(output)
        self._runs.set()
        announcing = background.start(self._announce(process), f"{self.name} comes up")
        try:
            status = await process.wait()
        finally:
            self._runs.clear()
            await background.stop(announcing)
        was_ready = self._ready.is_set()
        self._ready.clear()
        if not self._told:
            self.endings.append(Ending(self.name, status, was_ready, output))

    async def _start(self, output: Path) -> Process:
        program = (str(TICKBORG), self.service, "--config", str(self._folder / SETTINGS_FILE))
        disk, variables = self._host.disk, self._host.variables
        if disk is None:
            return await start_program(output, program, variables)
        return await start_program(output, on_small_disk(disk, DISK_BYTES, program), variables)

    async def _announce(self, process: Process) -> None:
        with suppress(AssertionError):  # it ended first
            await process.says(_READY[self.service])
            self._ready.set()


class Fleet:
    """All processes."""

    def __init__(self, folder: Path, hosts: Hosts) -> None:
        self.members = {name: Member(name, folder, hosts.of(name)) for name in SERVICES}
        self._keepers: list[asyncio.Task[None]] = []

    def named(self, pattern: str) -> list[Member]:
        """A process by its name, or all of a service: ``worker-*``."""
        service = pattern.removesuffix("-*")
        return [
            each
            for each in self.members.values()
            if pattern == each.name or (pattern.endswith("-*") and each.service == service)
        ]

    async def start(self) -> None:
        """Start all, and return when all do their work."""
        for member in self.members.values():
            member.let_up()
            self._keepers.append(background.start(member.keep(), f"keeper of {member.name}"))
        await self.up()

    async def up(self) -> None:
        """Return when all do their work."""
        await asyncio.gather(*(member.ready() for member in self.members.values()))

    async def stop(self) -> None:
        """Stop all in good order."""
        await asyncio.gather(*(member.stop() for member in self.members.values()))
        await background.stop(*self._keepers)

    def endings(self) -> tuple[str, ...]:
        """Of all that were at work, and ended by themselves or badly."""
        members = self.members.values()
        return tuple(str(each) for member in members for each in member.endings if each.was_ready)

    def workspaces(self) -> tuple[str, ...]:
        """The workspaces that are there."""
        return tuple(str(path) for member in self.members.values() for path in member.workspaces())
