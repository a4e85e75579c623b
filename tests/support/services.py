"""The services of tickborg as processes of their own, with settings and secrets in files, as an operator has.

async with deployment(folder, temporal_address, rabbitmq_url) as deployed:
    await deployed.start_all()
    pull = deployed.site.propose(…)
    …
    assert await deployed.stop_all() == dict.fromkeys(SERVICES, 0)
"""

import asyncio
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cli.bot import RunningBot
from cli.child_process import end_child, start_child
from cli.folders import Folders
from cli.temporal_client import TemporalConnection, connect
from emulator import EmulatedGitHub, serve
from emulator.state import App
from tests.support.command_line import TICKBORG
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_SECONDS
from tests.support.redelivery import redelivering
from tests.support.settings_folder import SETTINGS_FILE, Addresses, write_settings
from tests.support.site import Site, new_github

SERVICES = ("webhook", "worker", "builder", "logs", "stats", "dashboard")

_SECRETS_OF_THE_APP = {
    "webhook": "TICKBORG_GITHUB__WEBHOOK_SECRET_FILE",
    "worker": "TICKBORG_GITHUB__PRIVATE_KEY_FILE",
}
"""Each for one service; the others are told of a file that is not there, so that who reads it ends."""


class Process:
    """A process of ``tickborg``: what it says on standard error, and how it ends."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, output: Path) -> None:
        self.name = name
        self._process = process
        self._output = output

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    @property
    def said(self) -> str:
        """All it has said."""
        return self._output.read_text()

    async def says(self, pattern: str) -> re.Match[str]:
        """What matches ``pattern`` of what it says, as soon as it does; it must not end before."""

        async def match() -> re.Match[str] | None:
            found = re.search(pattern, self.said)
            assert found or self._process.returncode is None, f"{self.name} ended:\n{self.said}"
            return found

        found = await eventually(match)
        assert found
        return found

    async def stop(self) -> int | None:
        """Tell it to stop, as systemd does, and return its exit status; negative: it had to be killed."""
        await end_child(self._process, timedelta(seconds=PATIENCE_SECONDS))
        return self._process.returncode

    def terminate(self) -> None:
        """Tell it to stop, and do not wait."""
        self._process.terminate()

    async def kill(self) -> None:
        """End it as a power cut would."""
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def wait(self) -> int:
        """Its exit status, whenever it ends and however."""
        return await self._process.wait()

    async def ended(self) -> int:
        """Its exit status, when it has ended by itself."""
        return await asyncio.wait_for(self._process.wait(), PATIENCE_SECONDS)


@dataclass
class Deployment:
    """An emulated GitHub, and settings, secrets and state in one folder for the services before it."""

    folder: Path
    github: EmulatedGitHub
    app: App
    temporal: str
    secrets: Mapping[str, str]
    """File name to what it holds."""
    processes: list[Process] = field(default_factory=list)
    _site: Site | None = None

    def secret_words(self) -> list[str]:
        """What must be seen nowhere: a line of each secret file, and every token that GitHub gave out."""
        key = self.secrets["key.pem"].splitlines()[3]
        return [key, *(self.secrets[name] for name in ("webhook", "amqp", "token")), *self.github.tokens]

    async def start(self, service: str, **variables: str) -> Process:
        """Start a service; ``variables`` are settings of its own, as ``TICKBORG_BUILDER__IDENTITY``."""
        output = self.folder / f"{len(self.processes)}-{service}.output"
        settings = str(self.folder / SETTINGS_FILE)
        withheld = {name: "/nowhere" for owner, name in _SECRETS_OF_THE_APP.items() if owner != service}
        process = await start_tickborg(output, service, "--config", settings, **withheld, **variables)
        self.processes.append(process)
        return process

    @property
    def site(self) -> Site:
        """The bot that all services make together."""
        assert self._site, "start_all first"
        return self._site

    async def start_all(self) -> None:
        """Start every service, and return when GitHub may send its first webhook."""
        others = [service for service in SERVICES if service != "worker"]
        started = {service: await self.start(service) for service in others}
        dashboard = (await started["dashboard"].says(r"dashboard: at (\S+)"))[1]
        started["worker"] = await self.start("worker", TICKBORG_DASHBOARD__URL=dashboard)
        webhook = (await started["webhook"].says(r"listening at (\S+)"))[1]
        metrics = (await started["stats"].says(r"metrics at (\S+)"))[1]
        await started["worker"].says("polling")
        await started["builder"].says("building for")
        await started["logs"].says("writing to")
        self.app.webhook_url = webhook
        client = await connect(TemporalConnection(self.temporal))
        bot = RunningBot(webhook_url=webhook, metrics_url=metrics, dashboard_url=dashboard)
        self._site = Site(self.github, self.app, client, bot, Folders(self.folder))

    def running(self, service: str) -> Process:
        """The process of a service that was started last."""
        return [process for process in self.processes if process.name == service][-1]

    async def stop_all(self) -> dict[str, int | None]:
        """Stop every service and return the exit statuses of those that still ran."""
        running = [process for process in self.processes if process.is_running]
        statuses = await asyncio.gather(*(process.stop() for process in running))
        return dict(zip((process.name for process in running), statuses, strict=True))


def seen_of(pid: int) -> bytes:
    """Environments and command lines of a process and of all that it started."""
    seen = bytearray()
    for each in (pid, *_descendants(pid)):
        for name in ("environ", "cmdline"):
            with suppress(FileNotFoundError, ProcessLookupError):
                seen += Path("/proc", str(each), name).read_bytes()
    return bytes(seen)


def _descendants(pid: int) -> list[int]:
    found = []
    for tasks in Path("/proc", str(pid), "task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += [int(child) for child in tasks.read_text().split()]
    return [each for child in found for each in (child, *_descendants(child))]


async def start_tickborg(output: Path, *arguments: str, **variables: str) -> Process:
    """Run the console script where its output goes; of our environment it has the places of programs."""
    return await start_program(output, (str(TICKBORG), *arguments), variables)


async def start_program(output: Path, argv: tuple[str, ...], variables: Mapping[str, str]) -> Process:
    """Run what is started like the console script."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(output.parent), **variables}
    with output.open("wb") as sink:
        command = (shutil.which("env") or "env", "-C", str(output.parent), *argv)
        process = await start_child(command, output=sink, environment=environment)
    return Process(argv[1], process, output)


@asynccontextmanager
async def deployment(folder: Path, temporal: str, rabbitmq: str) -> AsyncIterator[Deployment]:
    """An emulated GitHub, and a folder with settings and secrets; at the end every process is ended."""
    github, app = new_github()
    async with serve(github) as url, redelivering(github, app):
        secrets = write_settings(folder, github, app, Addresses(url, temporal, rabbitmq))
        deployed = Deployment(folder, github, app, temporal, secrets)
        try:
            yield deployed
        finally:
            await deployed.stop_all()
