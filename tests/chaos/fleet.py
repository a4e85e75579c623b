"""The services of tickborg, each a process that is started again whenever it ends, as systemd does it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from messaging import background
from tests.chaos.calamities import SERVICES
from tests.support.services import Process, start_tickborg

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
    """How a process ended that nobody had told to."""

    name: str
    status: int | None
    was_ready: bool
    """Whether it had begun its work: before that, a server that is away is reason enough to end."""
    output: Path

    def __str__(self) -> str:
        said = self.output.read_text(errors="replace").strip().splitlines()
        return f"{self.name} ended by itself with status {self.status}: {said[-1] if said else '(silence)'}"


class Member:
    """One process of the fleet, and those that take its place."""

    def __init__(self, name: str, folder: Path, variables: Mapping[str, str]) -> None:
        self.name = name
        self.service = name.partition("-")[0]
        self.starts = 0
        self.endings: list[Ending] = []
        self.outputs: list[Path] = []
        self._folder = folder
        self._variables = variables
        self._wanted = asyncio.Event()
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

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None and self._process.is_running:
            self._told = True
            await self._process.kill()
        self._ready.clear()

    async def stop(self, *, down: bool = True) -> int | None:
        """End it as systemd does; ``down``: and do not start it again. Returns its exit status."""
        if down:
            self._wanted.clear()
        if self._process is None or not self._process.is_running:
            return 0
        self._told = True
        status = await self._process.stop()
        self._ready.clear()
        return status

    def hold_down(self) -> None:
        """Do not start it again."""
        self._wanted.clear()

    @property
    def pid(self) -> int | None:
        """Its process, if it runs."""
        return self._process.pid if self._process is not None and self._process.is_running else None

    async def _live(self) -> None:
        output = self._folder / f"{self.name}.{self.starts}.output"
        self.starts += 1
        self.outputs.append(output)
        self._told = False
        process = self._process = await start_tickborg(
            output, self.service, "--config", str(self._folder / "tickborg.toml"), **self._variables
        )
        announcing = background.start(self._announce(process), f"{self.name} comes up")
        try:
            status = await process.wait()
        finally:
            await background.stop(announcing)
        was_ready = self._ready.is_set()
        self._ready.clear()
        if not self._told:
            self.endings.append(Ending(self.name, status, was_ready, output))

    async def _announce(self, process: Process) -> None:
        with suppress(AssertionError):  # it ended first
            await process.says(_READY[self.service])
            self._ready.set()


class Fleet:
    """All processes."""

    def __init__(self, folder: Path, variables: Callable[[str], Mapping[str, str]]) -> None:
        self.members = {name: Member(name, folder, variables(name)) for name in SERVICES}
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

    async def stop(self) -> dict[str, int | None]:
        """Stop all in good order, and return how each ended."""
        statuses = await asyncio.gather(*(member.stop() for member in self.members.values()))
        await background.stop(*self._keepers)
        return dict(zip(self.members, statuses, strict=True))

    def endings(self) -> Iterator[Ending]:
        """Of all that ended by themselves."""
        for member in self.members.values():
            yield from member.endings
