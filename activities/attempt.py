"""One attempt at a build: which commands to run in a workspace, and what came of them (design, section 7)."""

import asyncio
import os
import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from activities.ports import Command, CommandRunner, Exit
from activities.transcript import LogTooLongError, Transcript
from tickborg.build_systems import Step, check_steps, commands, tools
from tickborg.errors import InfrastructureError
from tickborg.jobs import BuildJob, BuildOutcome
from tickborg.settings import BuilderLimits
from tickborg.texts import build_endings
from tickborg.texts.failure_hints import hint

_MIB = 1024 * 1024

LOG_LIMIT = BuilderLimits().log_size

ALMOST_FULL = 1024 * _MIB
"""With less room than this, a build that says that there is no space left is believed."""
FULL = 16 * _MIB
"""With less room than this no build can be expected to succeed, whatever it says."""

_NO_SPACE = "No space left on device"

_FIND_TOOLS = 'for tool; do command -v "$tool" >/dev/null || printf "%s\\n" "$tool"; done'
_FIND_TOOLS_TIME = timedelta(minutes=1)


def free_space(folder: Path) -> int:
    """Bytes that can still be written where ``folder`` is."""
    system = os.statvfs(folder)
    return system.f_bavail * system.f_frsize


@dataclass(frozen=True)
class Builder:
    """What a builder is."""

    identity: str
    jobs: int
    """How many compilers one build may run at once."""
    log_limit: int = LOG_LIMIT
    """Bytes that one build may print."""
    heartbeat_interval: timedelta = timedelta(seconds=5)
    free_space: Callable[[Path], int] = free_space


@dataclass(frozen=True)
class Ending:
    """How an attempt ended."""

    outcome: BuildOutcome
    reason: str = ""
    failed: Step | None = None
    exit_status: int | None = None


class Attempt:
    """Runs the commands of one job, one after the other, until one fails."""

    def __init__(
        self, job: BuildJob, builder: Builder, runner: CommandRunner, transcript: Transcript
    ) -> None:
        self._job = job
        self._builder = builder
        self._runner = runner
        self._transcript = transcript
        self.commands: list[str] = []
        """What was run so far, as a person would type it."""

    async def run(self, workspace: Path) -> Ending:
        """Build in ``workspace``. A build that fails is an ending and not an error.

        Raises:
            InfrastructureError: the disk is full, or the sandbox could not be set up.
        """
        ending = await self._run(workspace)
        if ending.reason:
            await self._transcript.say(f"tickborg: {ending.reason}")
        return ending

    async def _run(self, workspace: Path) -> Ending:
        if self._job.check is not None:
            return await self._run_all(check_steps(self._job.check), workspace, workspace)
        project = self._job.project
        folder = workspace / project.path
        try:
            files = await asyncio.to_thread(_names_in, folder, workspace)
        except FileNotFoundError:
            return Ending(BuildOutcome.SKIPPED, build_endings.folder_removed(project.path))
        except NotADirectoryError:
            return Ending(BuildOutcome.FAILURE, build_endings.not_a_folder(project.path))
        missing = await self._missing(tools(project, files), workspace)
        if missing:
            reason = build_endings.tools_missing(missing, self._builder.identity)
            return Ending(BuildOutcome.UNEXPECTED_ERROR, reason)
        steps = commands(project, self._job.mode, jobs=self._builder.jobs, files=files)
        return await self._run_all(steps, workspace, folder)

    async def _missing(self, wanted: Sequence[str], workspace: Path) -> list[str]:
        """Those of ``wanted`` that are not there: asked inside the sandbox, whose ``PATH`` is its own.

        Raises:
            InfrastructureError: nothing can be asked there.
        """
        printed = bytearray()

        async def collect(chunk: bytes) -> None:
            printed.extend(chunk)

        question = ("sh", "-c", _FIND_TOOLS, "sh", *wanted)
        command = Command(question, workspace, workspace)
        ended = await self._runner.run(command, time_limit=_FIND_TOOLS_TIME, output=collect)
        said = printed.decode(errors="replace")
        if ended != Exit(0):
            # What would come next is a build that fails, and an author who is blamed for the builder.
            raise InfrastructureError(build_endings.sandbox_broken(self._builder.identity, said))
        return [tool for tool in said.splitlines() if tool in wanted]

    async def _run_all(self, steps: Sequence[Step], workspace: Path, folder: Path) -> Ending:
        if folder != workspace:
            await self._transcript.say(f"$ cd {shlex.quote(self._job.project.path)}")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._job.project.timeout.total_seconds()
        before: Step | None = None
        for step in steps:
            if before and not await asyncio.to_thread(_can_be_entered, folder, workspace):
                reason = build_endings.folder_lost(before.text, self._job.project.path)
                return Ending(BuildOutcome.FAILURE, reason, before)
            left = timedelta(seconds=deadline - loop.time())
            ending = await self._run_step(step, workspace, folder, left)
            if ending is not None:
                return ending
            before = step
        return Ending(BuildOutcome.SUCCESS)

    async def _run_step(self, step: Step, workspace: Path, folder: Path, left: timedelta) -> Ending | None:
        """Run one command; None: it succeeded."""
        self.commands.append(step.text)
        await self._transcript.say(f"$ {step.text}")
        command = Command(step.argv, workspace, folder, self._job.project.network, self._environment())
        try:
            ended = await self._runner.run(command, time_limit=left, output=self._transcript.take)
        except LogTooLongError:
            reason = build_endings.log_too_long(step.text, self._builder.log_limit)
            return Ending(BuildOutcome.FAILURE, reason, step)
        finally:
            await self._transcript.end_command()
        if ended.timed_out:
            reason = build_endings.timed_out(step.text, self._job.project.timeout)
            return Ending(BuildOutcome.TIMED_OUT, reason, step)
        if ended.status == 0:
            return None
        await self._refuse_full_disk(workspace)
        reason = build_endings.exited(step.text, ended.status, self._hint(step, ended.status))
        return Ending(BuildOutcome.FAILURE, reason, step, ended.status)

    def _hint(self, step: Step, status: int) -> str:
        return hint(step, status, self._transcript.tail, network=self._job.project.network)

    def _environment(self) -> Mapping[str, str]:
        """What keeps build systems whose command has no ``-j`` from using more than their share."""
        jobs = str(self._builder.jobs)
        return {"CARGO_BUILD_JOBS": jobs, "CMAKE_BUILD_PARALLEL_LEVEL": jobs}

    async def _refuse_full_disk(self, workspace: Path) -> None:
        """A command that failed for want of room says nothing about the change."""
        free = await asyncio.to_thread(self._builder.free_space, workspace)
        if is_full(free, self._transcript.tail):
            raise InfrastructureError(build_endings.disk_full(self._builder.identity, free))


def is_full(free: int, tail: Collection[str]) -> bool:
    """Whether a command that failed and printed ``tail`` at last failed for want of room.

    What it had written may be deleted again by now, so what it says counts too; but not alone, for a change
    could have it say anything.
    """
    return free < FULL or (free < ALMOST_FULL and any(_NO_SPACE in line for line in tail))


def _can_be_entered(folder: Path, workspace: Path) -> bool:
    """Whether the next command can be run in ``folder``, after one that may have done anything to it."""
    real = folder.resolve()
    return os.access(real, os.X_OK) and real.is_dir() and real.is_relative_to(workspace.resolve())


def _names_in(folder: Path, workspace: Path) -> list[str]:
    """Names of what lies in ``folder``.

    Raises:
        FileNotFoundError: there is nothing of that name.
        NotADirectoryError: it is something else, or a link that leads out of ``workspace``.
    """
    if not os.path.lexists(folder):
        raise FileNotFoundError(folder)
    real = folder.resolve()
    if not real.is_dir() or not real.is_relative_to(workspace.resolve()):
        raise NotADirectoryError(folder)
    return [entry.name for entry in real.iterdir()]
