"""A bot at work before an emulated GitHub: real Temporal, RabbitMQ, git, compilers and sandbox.

async with running_site(folder, temporal_address, rabbitmq_url) as site:
    repository = site.repository({"greeting/Makefile": …})
    pull = site.propose(repository, {"greeting/greeting.c": …}, title="greeting: wave")
    view = await site.settled(pull)
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from temporalio.client import Client, WorkflowHandle

from activities.attempt import Builder
from activities.clients.github.transport import AppCredentials
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Limits, found_toolchains
from cli.bot import BotSettings, RunningBot, running_bot
from cli.demo.sample import create
from cli.embedded import policy_of_this_machine
from cli.embedded_temporal import EmbeddedTemporal
from cli.folders import Folders
from cli.host import host_system
from cli.services import Builders, GitHubAccess
from cli.temporal_client import TemporalConnection, connect
from cli.watching import settled
from emulator import EmulatedGitHub, Person, serve
from emulator.state import App, PullRequest, Repository
from messaging.amqp import AmqpTransport
from tests.support.broker import RabbitMQNode
from tests.support.eventually import eventually
from tests.support.github_keys import private_key
from tests.support.patience import PATIENCE_SECONDS
from tests.support.redelivery import redelivering
from tests.support.shown import counters
from tests.support.tools import need
from tickborg.github import RepositoryName
from tickborg.names import REPO_ATTRIBUTE, pull_request_id, push_id
from tickborg.policy import Policy
from tickborg.served_repositories import ServedRepositories
from tickborg.systems import System
from tickborg.views import PullRequestView

SECRET = "it is a secret to nobody"
OWNER = "acme"
BUILDER = "builder-1"
RELEASE = "release"
"""A branch beside the default one whose pushes are built."""
SYSTEM = host_system()


def new_github() -> tuple[EmulatedGitHub, App]:
    """An emulated GitHub with the bot's App on it."""
    github = EmulatedGitHub()
    return github, github.create_app("tickbot", webhook_secret=SECRET, private_key=private_key())


def new_repository(github: EmulatedGitHub, app: App, folder: Path, files: Mapping[str, bytes]) -> Repository:
    """A private repository of a name that no other test uses, whose ``main`` holds ``files``."""
    name = f"mono-{uuid4().hex[:8]}"
    path = folder / f"{name}.git"
    create(path, dict(files))
    repository = github.create_repository(f"{OWNER}/{name}", path, private=True)
    github.install(app, repository)
    return repository


def owner_of(client: Client, pull: PullRequest) -> WorkflowHandle[object, object]:
    """The workflow that owns a pull request."""
    name = RepositoryName.parse(pull.repository.full_name)
    return client.get_workflow_handle(pull_request_id(name, pull.number))


async def still_running(client: Client, repository: Repository) -> list[str]:
    """Ids of the workflows of a repository that have not ended."""
    query = f'{REPO_ATTRIBUTE}="{repository.full_name}" AND ExecutionStatus="Running"'
    return [workflow.id async for workflow in client.list_workflows(query)]


@dataclass(frozen=True)
class Site:
    """A bot that runs, and the GitHub before it."""

    github: EmulatedGitHub
    app: App
    client: Client
    bot: RunningBot
    folders: Folders

    @property
    def alice(self) -> Person:
        """Somebody who opens pull requests."""
        return Person(self.github, "alice")

    def repository(self, files: Mapping[str, bytes]) -> Repository:
        """A private repository whose ``main`` holds ``files``, with the bot installed on it."""
        return new_repository(self.github, self.app, self.folders.root / "github", files)

    def propose(
        self, repository: Repository, files: Mapping[str, bytes | None], *, title: str = "Change"
    ) -> PullRequest:
        """A pull request of Alice's, from a branch of the repository."""
        branch = f"branch-{len(repository.pulls) + 1}"
        self.alice.commit(repository, branch, files, title)
        return self.alice.open_pull_request(repository, head=branch, title=title)

    async def settled(self, pull: PullRequest) -> PullRequestView:
        """Wait until the bot has said all it has to say."""
        try:
            return await settled(self.github, self.client, pull, within=PATIENCE_SECONDS)
        except TimeoutError:
            raise AssertionError(f"not settled; GitHub shows:\n{self.github.describe()}") from None

    async def pushed(self, repository: Repository, branch: str | None = None) -> None:
        """Wait until what was pushed, to the default branch if to none else, is built and its owner ends."""
        name = RepositoryName.parse(repository.full_name)
        await self.client.get_workflow_handle(push_id(name, branch or repository.default_branch)).result()

    async def until_past(self, repository: Repository) -> None:
        """Wait until no pull request was changed in the future, or in this second.

        The emulator moves a stamp on by a second at least at each change. A person takes longer than that.
        """

        async def past() -> bool:
            return all(
                pull.updated_at + timedelta(seconds=1) < self.github.now() for pull in repository.pulls
            )

        await eventually(past)

    async def waiting(self, count: int) -> list[Path]:
        """The workspaces of builds that wait (see :mod:`tests.support.monorepo`), when there are so many."""

        async def found() -> list[Path]:
            workspaces = [each.parent for each in self.folders.workspaces.glob("*/waits")]
            return workspaces if len(workspaces) == count else []

        return await eventually(found)

    async def release(self, count: int) -> None:
        """Let so many builds that wait go on."""
        for workspace in await self.waiting(count):
            (workspace / "go").touch()

    async def get(self, url: str) -> httpx2.Response:
        """A page, as a browser asks for it."""
        async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http:
            return await http.get(url)

    async def counters(self) -> dict[str, float]:
        """What ``/metrics`` says now."""
        return counters((await self.get(self.bot.metrics_url)).text)

    async def close_all(self) -> None:
        """Close what is open, and see that the bot is through with it, and leaves nothing behind."""
        for repository in self.github.repositories.values():
            for pull in repository.pulls:
                if pull.state == "open":
                    self.alice.close(pull)
        await self.github.webhooks.settled()
        for repository in self.github.repositories.values():
            await self._ended(repository)
        assert self.github.journal.unanswered() == []
        assert list(self.folders.workspaces.glob("*/")) == []

    async def _ended(self, repository: Repository) -> None:
        async def none_runs() -> bool:
            return not await still_running(self.client, repository)

        await eventually(none_runs)


@asynccontextmanager
async def running_site(
    folder: Path,
    temporal: str,
    rabbitmq: str,
    policy: Policy | None = None,
    *,
    builds_for: tuple[System, ...] = (SYSTEM,),
    redelivers: bool = True,
) -> AsyncIterator[Site]:
    """Run a bot with all state in ``folder``; every pull request is closed when the block is left in peace.

    Args:
        folder: where repositories, mirrors, workspaces, spools and logs go.
        temporal: address of the server.
        rabbitmq: URL of the broker.
        policy: what the bot decides by; None: builds on this machine's system, by everybody.
        builds_for: the systems of the bot's own builder.
        redelivers: whether webhooks that fail, as they may on a busy machine, are delivered again.
    """
    need("bwrap", "prlimit", "make", "sh")
    github, app = new_github()
    folders = Folders(folder)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        url = await enter(serve(github))
        client = await connect(TemporalConnection(temporal))
        transport = await enter(AmqpTransport(rabbitmq))
        bot = await enter(running_bot(client, transport, _settings(app, url, folders, policy, builds_for)))
        app.webhook_url = f"{bot.webhook_url}/github-webhook"
        if redelivers:
            await enter(redelivering(github, app))
        site = Site(github, app, client, bot, folders)
        yield site
        await site.close_all()


def _settings(
    app: App, url: str, folders: Folders, policy: Policy | None, builds_for: tuple[System, ...]
) -> BotSettings:
    sandbox = Bubblewrap(Limits(), toolchains=found_toolchains(os.environ))
    return BotSettings(
        github=GitHubAccess(
            app=AppCredentials(app.id, app.private_key),
            api_url=url,
            git_url=url,
        ),
        webhook_secret=SECRET.encode(),
        builders=Builders(
            host=Builder(BUILDER, jobs=2, heartbeat_interval=timedelta(seconds=0.2)),
            runner=ProcessRunner(sandbox, grace=timedelta(seconds=0.5)),
            systems=builds_for,
            concurrent_builds=2,
            grace=timedelta(seconds=1),
        ),
        folders=folders,
        policy=policy or policy_of_this_machine(),
        served=ServedRepositories(patterns=(f"{OWNER}/*",)),
        push_branches=("main", RELEASE),
    )


@pytest.fixture
async def site(tmp_path: Path, temporal: EmbeddedTemporal, rabbitmq: RabbitMQNode) -> AsyncIterator[Site]:
    """A bot on servers that were there before it."""
    async with running_site(tmp_path, temporal.address, rabbitmq.url) as running:
        yield running
