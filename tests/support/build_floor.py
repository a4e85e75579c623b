"""Builds and merges that a test holds in mid-run: what they do is scripted, and when is the test's."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta

from activities.ports import Command, Exit
from tests.support.fake_builder import ScriptedRunner
from tests.support.fake_repositories import FakeRepositories
from tests.support.patience import PATIENCE_SECONDS
from tickborg.jobs import MergeJob, MergeReport, ProjectsJob, ProjectsReport
from tickborg.projects import Project

_MANY = 1_000_000


class BuildFloor(ScriptedRunner):
    """Where builders run their commands; see :class:`ScriptedRunner` for what those do."""

    def __init__(self) -> None:
        super().__init__()
        self._held: dict[str, asyncio.Event] = {}
        self._left: dict[str, int] = {}
        self._lingering: dict[str, asyncio.Event] = {}

    def hold(self, what: str, *, commands: int = _MANY) -> None:
        """Let the next ``commands`` wait that run in a folder called ``what``, or that begin with it."""
        self._held[what] = asyncio.Event()
        self._left[what] = commands

    def release(self, what: str) -> None:
        """Let them go on, and hold no more."""
        self._held.pop(what).set()

    def linger(self, what: str) -> asyncio.Event:
        """Let commands that are held and then cancelled take until the event is set to end."""
        return self._lingering.setdefault(what, asyncio.Event())

    async def run(
        self, command: Command, *, time_limit: timedelta, output: Callable[[bytes], Awaitable[None]]
    ) -> Exit:
        """Play a command, once it is not held any more."""
        for what, gate in list(self._held.items()):
            if what in {command.working_folder.name, command.argv[0]} and self._left[what]:
                self._left[what] -= 1
                await self._wait(what, gate, command)
        return await super().run(command, time_limit=time_limit, output=output)

    async def _wait(self, what: str, gate: asyncio.Event, command: Command) -> None:
        try:
            await gate.wait()
        except asyncio.CancelledError:
            if what in self._lingering:
                await asyncio.wait_for(self._lingering[what].wait(), PATIENCE_SECONDS)
            self.ended.append(command)
            raise


class HeldRepositories(FakeRepositories):
    """Repositories whose merges a test holds, each on the thread it runs on."""

    def __init__(self, *projects: Project) -> None:
        super().__init__(*projects)
        self._held: dict[str, threading.Event] = {}
        self._projects: threading.Event | None = None

    def hold_projects(self) -> threading.Event:
        """Let owners, who ask for the projects of one commit, wait for them until the event is set."""
        self._projects = threading.Event()
        return self._projects

    def read_projects(self, job: ProjectsJob) -> ProjectsReport:
        """All projects there are, once they are not held any more."""
        if job.base_sha is not None and self._projects is not None:
            assert self._projects.wait(PATIENCE_SECONDS)
        return super().read_projects(job)

    def hold(self, head_sha: str) -> threading.Event:
        """Let merges of a head wait until the event is set."""
        return self._held.setdefault(head_sha, threading.Event())

    def merge(self, job: MergeJob) -> MergeReport:
        """Merge, once it is not held any more."""
        if gate := self._held.get(job.head_sha):
            assert gate.wait(PATIENCE_SECONDS)
        return super().merge(job)
