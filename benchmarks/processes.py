"""Processes of ``tickborg``, as an operator runs them."""

import asyncio
import os
import re
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.child_process import end_child, start_child

_PROGRAM = Path(sysconfig.get_path("scripts")) / "tickborg"
_START_SECONDS = 120
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Running:
    """A process, and the file that its output goes to."""

    name: str
    process: asyncio.subprocess.Process
    output: Path

    async def says(self, pattern: str) -> re.Match[str]:
        """What matches ``pattern`` of what it says, as soon as it says so.

        Raises:
            RuntimeError: it has ended.
        """
        async with asyncio.timeout(_START_SECONDS):
            while not (found := re.search(pattern, said := await asyncio.to_thread(self.output.read_text))):
                if self.process.returncode is not None:
                    raise RuntimeError(f"tickborg {self.name} ended with {self.process.returncode}:\n{said}")
                await asyncio.sleep(_LOOK_SECONDS)
        return found


@asynccontextmanager
async def tickborg(folder: Path, command: str, settings: Path) -> AsyncIterator[Running]:
    """Run a command of the program for as long as the block runs; what it keeps is in ``folder``."""
    output = folder / f"{command}.output"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TICKBORG_STATE__PATH": str(folder / "state"),
    }
    with output.open("wb") as sink:
        arguments = (str(_PROGRAM), command, "--config", str(settings))
        process = await start_child(arguments, output=sink, environment=environment)
    try:
        yield Running(command, process, output)
    finally:
        await end_child(process)


def write_secret(path: Path, secret: str) -> None:
    """Make a file that nobody else may read."""
    path.touch(mode=0o600)
    path.write_text(secret)
