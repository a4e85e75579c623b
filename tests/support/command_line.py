"""``tickborg`` as a person runs it in a terminal: what it prints, how it ends, and what it leaves behind."""

import asyncio
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cli.child_process import end_child
from tests.support.patience import PROGRAM_SECONDS

TICKBORG = Path(sys.executable).with_name("tickborg")
"""The console script of the virtual environment that the tests run in."""


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it printed."""

    status: int | None
    printed: str
    complained: str


class CommandLine:
    """Runs commands with a home and a temporary folder of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.temporary = home / "temporary"
        self.temporary.mkdir(parents=True)
        self._started: list[asyncio.subprocess.Process] = []

    async def start(self, *arguments: str, **variables: str) -> asyncio.subprocess.Process:
        """Start ``tickborg`` with ``arguments``, and ``variables`` in its environment."""
        return await self.start_printing_to(asyncio.subprocess.PIPE, *arguments, **variables)

    async def start_printing_to(
        self, output: int, *arguments: str, **variables: str
    ) -> asyncio.subprocess.Process:
        """Start it with ``output``, a descriptor, as its standard output."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "COLUMNS": "200",
            **variables,
        }
        process = await asyncio.create_subprocess_exec(
            # Whoever runs the tests in the background of a shell without job control ignores SIGINT.
            *("env", "--default-signal=INT", str(TICKBORG), *arguments),
            env=environment,
            cwd=self.home,
            stdout=output,
            stderr=asyncio.subprocess.PIPE,
        )
        self._started.append(process)
        return process

    async def run(self, *arguments: str, **variables: str) -> Ended:
        """Run ``tickborg`` to its end."""
        process = await self.start(*arguments, **variables)
        async with asyncio.timeout(PROGRAM_SECONDS):
            printed, complained = await process.communicate()
        return Ended(process.returncode, printed.decode(), complained.decode())

    async def end(self) -> None:
        """End what a test that failed has left running."""
        for process in self._started:
            if process.returncode is None:
                await end_child(process)
                await process.communicate()

    def left(self) -> list[str]:
        """What is left of all commands: their files, and processes that know of the folder."""
        return [*map(str, self.temporary.iterdir()), *_processes_with(str(self.temporary).encode())]


def _processes_with(word: bytes) -> list[str]:
    """Command lines of the processes that have ``word`` in theirs or in their environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            line = (entry / "cmdline").read_bytes()
            if word in line or word in (entry / "environ").read_bytes():
                found.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return found
