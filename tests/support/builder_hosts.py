"""Builders of one host, beside a bot without any: one is a process of its own, to which things happen.

async with builder_machine(site, temporal, rabbitmq, folder) as machine:
    first = await machine.start(GRACE="1h")
    …
    async with machine.another():
        …
    assert await first.stop() == 0
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psutil

from activities.attempt import Builder
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Limits
from activities.clients.workspace.workspace import WorkspaceFolder
from cli.services import Builders, building, mirror_store, publishing
from messaging.amqp import AmqpTransport
from messaging.spool import SpoolFolder
from tests.support import lively_tickborg
from tests.support.processes import alive
from tests.support.services import Process, start_program
from tests.support.settings_folder import FETCHER, SETTINGS_FILE, write_secret
from tests.support.site import SYSTEM, Site

_SETTINGS = """
[github]
git_url = "{github}"
[temporal]
address = "{temporal}"
[rabbitmq]
url_file = "secrets/amqp"
spool_path = "spool"
[git]
mirror_path = "mirrors"
[builder]
identity = "builder-1"
systems = ["{system}"]
jobs = 2
workspace_path = "{workspaces}"
fetch_token_file = "secrets/token"
"""


FIRST, SECOND = "builder-1", "builder-2"


class BuilderMachine:
    """A host whose builders share workspaces and mirrors, as they may."""

    def __init__(self, site: Site, rabbitmq: str, folder: Path) -> None:
        self._site = site
        self._rabbitmq = rabbitmq
        self._folder = folder
        self._process: Process | None = None

    async def start(self, ready: str = "building for", **variables: str) -> Process:
        """Start ``tickborg builder``, and return when it is ready; ``variables`` are settings."""
        program = (sys.executable, lively_tickborg.__file__)
        argv = (*program, "builder", "--config", str(self._folder / SETTINGS_FILE))
        self._process = process = await start_program(self._folder / "output", argv, variables)
        await process.says(ready)
        return process

    @asynccontextmanager
    async def another(self) -> AsyncIterator[None]:
        """Run one more builder, in this process, which takes less time to start."""
        site = self._site
        token = site.github.person_token(FETCHER)
        mirrors = mirror_store(self._folder / "mirrors", site.github.url, lambda _: token, shallow=True)
        builders = Builders(
            host=Builder(SECOND, jobs=2),
            runner=ProcessRunner(Bubblewrap(Limits()), grace=timedelta(seconds=0.5)),
            systems=(SYSTEM,),
            concurrent_builds=1,
            grace=timedelta(),
        )
        workspaces = WorkspaceFolder(site.folders.workspaces, mirrors)
        async with (
            AmqpTransport(self._rabbitmq) as transport,
            publishing(transport, SECOND, SpoolFolder(self._folder / "spool")) as publishers,
            building(site.client, builders, workspaces, publishers),
        ):
            yield

    async def end(self) -> None:
        """End what a test that failed has left running."""
        if self._process is not None and self._process.is_running:
            await self._process.kill()


def runs_below(parent: int, marker: str) -> bool:
    """Whether a process with ``marker`` in its command line is below the process ``parent``."""
    below = {child.pid for child in psutil.Process(parent).children(recursive=True)}
    return not below.isdisjoint(alive(marker))


@asynccontextmanager
async def builder_machine(
    site: Site, temporal: str, rabbitmq: str, folder: Path
) -> AsyncIterator[BuilderMachine]:
    """A machine whose builders work for the bot of ``site``; at the end none of them runs."""
    settings = _SETTINGS.format(
        github=site.github.url, temporal=temporal, system=SYSTEM, workspaces=site.folders.workspaces
    )
    (folder / SETTINGS_FILE).write_text(settings)
    for name, secret in (("amqp", rabbitmq), ("token", site.github.person_token(FETCHER))):
        write_secret(folder, name, secret)
    machine = BuilderMachine(site, rabbitmq, folder)
    try:
        yield machine
    finally:
        await machine.end()
