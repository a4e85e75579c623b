"""Builds that a test holds in mid-run: what a builder's commands do is scripted, and when is the test's."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from activities.ports import Command, Exit
from tests.support.fake_builder import ScriptedRunner


class BuildFloor(ScriptedRunner):
    """Where all builders of a test run their commands; see :class:`ScriptedRunner` for what those do."""

    def __init__(self) -> None:
        super().__init__()
        self._held: dict[str, asyncio.Event] = {}

    def hold(self, what: str) -> None:
        """Let commands wait that run in a folder called ``what``, or that begin with it."""
        self._held[what] = asyncio.Event()

    def release(self, what: str) -> None:
        """Let them go on, and hold no more."""
        self._held.pop(what).set()

    async def run(
        self, command: Command, *, time_limit: timedelta, output: Callable[[bytes], Awaitable[None]]
    ) -> Exit:
        """Play a command, once it is not held any more."""
        for what, gate in list(self._held.items()):
            if what in {command.working_folder.name, command.argv[0]}:
                await self._wait(gate, command)
        return await super().run(command, time_limit=time_limit, output=output)

    async def _wait(self, gate: asyncio.Event, command: Command) -> None:
        try:
            await gate.wait()
        except asyncio.CancelledError:
            self.ended.append(command)
            raise
