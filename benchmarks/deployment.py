"""``tickborg up`` in a process of its own, before an emulated GitHub that has the monorepo."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.ground import Ground
from benchmarks.processes import tickborg, write_secret
from emulator import EmulatedGitHub, Person, serve
from emulator.state import App, Delivery, PullRequest, Repository
from tickborg.github import RepositoryName

_SECRET = "the benchmark's own"
_LISTENING = r"up: listening at (\S+)"

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
        async with tickborg(folder, "up", settings) as up:
            app.webhook_url = (await up.says(_LISTENING))[1]
            yield Deployment(github, repository, app, ground.repo, up.process.pid)
