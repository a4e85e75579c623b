"""What runs on this machine, found by a marker in its command line."""

import asyncio
import os
import uuid
from datetime import timedelta
from pathlib import Path

import psutil

from activities.clients.sandbox.process import ProcessRunner
from activities.ports import Command, Exit
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_SECONDS

A_MINUTE = timedelta(minutes=1)


def new_marker() -> str:
    """An argument that no other process has: give it to ``sh -c`` or ``python -c`` after the script."""
    return f"marker-{uuid.uuid4()}"


def alive(marker: str) -> list[int]:
    """Ids of the processes that have ``marker`` in their command line, this one excepted."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if marker.encode() in line:
                found.append(int(entry.name))
    return found


def supervisors() -> list[psutil.Process]:
    """The roots of the process trees of all commands that we run at the moment."""
    return [process for process in psutil.Process().children(recursive=True) if _supervises(process)]


async def supervised(marker: str) -> list[psutil.Process]:
    """The whole process tree of the command in which ``marker`` runs, as soon as it does."""

    async def tree() -> list[psutil.Process]:
        return next((found for root in supervisors() if (found := _tree_with(marker, root))), [])

    return await eventually(tree)


def _tree_with(marker: str, root: psutil.Process) -> list[psutil.Process]:
    """``root`` and all below it, if ``marker`` is there."""
    marked = alive(marker)
    try:
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
    return tree if any(process.pid in marked for process in tree) else []


def _supervises(process: psutil.Process) -> bool:
    try:
        return any(word.endswith("supervisor.py") for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False


class Heard:
    """Output of a command: all of it, and an event for what a test waits for."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._changed = asyncio.Event()

    async def __call__(self, chunk: bytes) -> None:
        """Keep a piece of output."""
        self.data.extend(chunk)
        self._changed.set()

    @property
    def text(self) -> str:
        """Everything heard so far."""
        return self.data.decode()

    async def until(self, words: bytes) -> None:
        """Wait until ``words`` were heard."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while words not in self.data:
                self._changed.clear()
                await self._changed.wait()


class Shell:
    """Runs shell scripts in a workspace and keeps what they print."""

    def __init__(self, runner: ProcessRunner, workspace: Path) -> None:
        self.runner = runner
        self.workspace = workspace
        self.heard = Heard()

    def command(self, script: str, *arguments: str, network: bool = False) -> Command:
        """The command that runs ``script``, which finds ``arguments`` from ``$0`` on."""
        argv = ("sh", "-c", script, *arguments)
        return Command(argv, self.workspace, self.workspace, network=network)

    async def run(
        self, script: str, *arguments: str, limit: timedelta = A_MINUTE, network: bool = False
    ) -> Exit:
        """Run ``script`` to its end."""
        command = self.command(script, *arguments, network=network)
        return await self.runner.run(command, time_limit=limit, output=self.heard)

    async def says(self, script: str, *arguments: str, network: bool = False) -> str:
        """What ``script`` prints, which has to succeed."""
        self.heard = Heard()
        ended = await self.run(script, *arguments, network=network)
        assert ended == Exit(0), self.heard.text
        return self.heard.text.strip()
