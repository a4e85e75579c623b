"""``tickborg up`` in a process of its own, before an emulated GitHub that has the monorepo."""

import asyncio
import os
import re
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ground import Ground
from cli.child_process import end_child, start_child
from emulator import EmulatedGitHub, Person, serve
from emulator.state import App, Delivery, PullRequest, Repository
from tickborg.github import RepositoryName

_PROGRAM = Path(sysconfig.get_path("scripts")) / "tickborg"
_SECRET = "the benchmark's own"
_START_SECONDS = 120
_LOOK_SECONDS = 0.05
_LISTENING = re.compile(r"up: listening at (\S+)")

_SETTINGS = """\
[github]
app_id = {app_id}
private_key_file = "key.pem"
webhook_secret_file = "webhook-secret"
api_url = "{github}"
git_url = "{github}"
[webhook]
port = 0
[dashboard]
port = 0
[stats]
port = 0
[builder]
sandbox = "none" # what is built here is ours, and does nothing
concurrent_builds = 2
[policy]
repos = ["bench/*"]
{servers}
"""


@dataclass(frozen=True)
class Deployment:
    """A bot that hears of the monorepo's pull requests."""

    github: EmulatedGitHub
    repository: Repository
    app: App
    repo: RepositoryName
    pid: int
    """The process of ``tickborg up``."""

    def propose(self, branch: str) -> tuple[PullRequest, Delivery]:
        """Open a pull request from a branch; its webhook is lost on the way, to be posted by the caller."""
        self.github.webhooks.lose("pull_request")
        pull = Person(self.github, "alice").open_pull_request(self.repository, head=branch, title=branch)
        return pull, next(each for each in reversed(self.app.deliveries) if each.event == "pull_request")


@asynccontextmanager
async def tickborg_up(ground: Ground, folder_name: str, *, servers: str = "") -> AsyncIterator[Deployment]:
    """Run it with all state in a new folder.

    Args:
        ground: whose monorepo GitHub has.
        folder_name: of that folder.
        servers: settings of the servers to use; without any it has its own.
    """
    folder = ground.subfolder(folder_name)
    github = EmulatedGitHub()
    repository = github.create_repository(str(ground.repo), ground.monorepo.path)
    app = github.create_app("tickborg", webhook_secret=_SECRET)
    github.install(app, repository)
    async with serve(github) as url:
        for name, secret in (("key.pem", app.private_key), ("webhook-secret", _SECRET)):
            write_secret(folder / name, secret)
        settings = folder / "tickborg.toml"
        settings.write_text(_SETTINGS.format(app_id=app.id, github=url, servers=servers))
        async with _process(folder, "up", "--config", str(settings)) as (process, output):
            app.webhook_url = await _said(process, output)
            yield Deployment(github, repository, app, ground.repo, process.pid)


def write_secret(path: Path, secret: str) -> None:
    """Make a file that nobody else may read."""
    path.touch(mode=0o600)
    path.write_text(secret)


@asynccontextmanager
async def _process(folder: Path, *arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, Path]]:
    output = folder / "output"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TICKBORG_STATE__PATH": str(folder / "state"),
    }
    with output.open("wb") as sink:
        process = await start_child((str(_PROGRAM), *arguments), output=sink, environment=environment)
    try:
        yield process, output
    finally:
        await end_child(process)


async def _said(process: asyncio.subprocess.Process, output: Path) -> str:
    """Where it listens, as soon as it says so."""
    async with asyncio.timeout(_START_SECONDS):
        while not (found := _LISTENING.search(said := await asyncio.to_thread(output.read_text))):
            if process.returncode is not None:
                raise RuntimeError(f"tickborg up ended with {process.returncode}:\n{said}")
            await asyncio.sleep(_LOOK_SECONDS)
    return found[1]
