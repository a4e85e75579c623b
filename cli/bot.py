"""The whole bot in one process: what ``demo``, ``try`` and the integration tests run."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from temporalio.client import Client

from activities.clients.workspace.workspace import WorkspaceFolder
from cli import services
from cli.folders import Folders
from messaging.log_store import LogReader
from messaging.spool import SPOOL_LIMIT, SpoolFolder
from messaging.transport import Transport
from tickborg.hearing import DEFAULT_PUSH_BRANCHES, HearingPolicy
from tickborg.policy import Policy
from tickborg.retention import Retention
from tickborg.served_repositories import ServedRepositories
from tickborg.settings import GitSettings, LogsSettings, Settings


@dataclass(frozen=True)
class Address:
    """Where one service listens; 0: a port that the system chooses."""

    host: str = "127.0.0.1"
    port: int = 0


@dataclass(frozen=True)
class Listen:
    """Where the services of this process listen, each by itself: only the webhook is for the world."""

    webhook: Address = Address()
    metrics: Address = Address()
    dashboard: Address = Address()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Where the services of their own names listen."""
        webhook, stats, dashboard = settings.webhook, settings.stats, settings.dashboard
        return cls(
            webhook=Address(webhook.host, webhook.port),
            metrics=Address(stats.host, stats.port),
            dashboard=Address(dashboard.host, dashboard.port),
        )


@dataclass(frozen=True)
class BotSettings:
    """All that one bot is told."""

    github: services.GitHubAccess
    webhook_secret: bytes = field(repr=False)
    builders: services.Builders
    folders: Folders
    policy: Policy
    """Its dashboard URL is that of this bot's own dashboard, unless ``dashboard_url`` says otherwise."""
    served: ServedRepositories
    push_branches: tuple[str, ...] = DEFAULT_PUSH_BRANCHES
    """Branches of theirs on which a push is built."""
    listen: Listen = Listen()
    dashboard_url: str | None = None
    """The dashboard as people reach it, where that is not as it listens: behind a proxy, say."""
    spool_limit: int = SPOOL_LIMIT
    """Bytes of log lines that wait while RabbitMQ is away."""
    kept_logs: Retention = LogsSettings().retention
    kept_mirrors: Retention = GitSettings().retention

    @property
    def hearing_policy(self) -> HearingPolicy:
        """What the webhook service listens for."""
        return HearingPolicy(served=self.served, handle=self.policy.handle, push_branches=self.push_branches)


@dataclass(frozen=True)
class RunningBot:
    """Where a bot that runs can be reached."""

    webhook_url: str
    metrics_url: str
    dashboard_url: str


@asynccontextmanager
async def running_bot(
    client: Client, transport: Transport, settings: BotSettings
) -> AsyncIterator[RunningBot]:
    """Run every service in this process, over one Temporal client and one message transport."""
    github, folders, listen = settings.github, settings.folders, settings.listen
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        spool = SpoolFolder(folders.spool, settings.spool_limit)
        publishers = await enter(services.publishing(transport, settings.builders.host.identity, spool))
        await enter(services.collecting_logs(transport, folders.logs, publishers.stats, settings.kept_logs))
        metrics_url = await enter(
            services.collecting_stats(transport, listen.metrics.host, listen.metrics.port)
        )
        clients = await enter(services.github_clients(github, publishers.stats))
        tokens = clients.fetch_tokens
        mirrors = services.mirror_store(folders.mirrors, github.git_url, tokens, renewed=tokens.renewed)
        showing = services.showing(
            client,
            transport,
            LogReader(folders.logs, settings.kept_logs.age),
            host=listen.dashboard.host,
            port=listen.dashboard.port,
            public_url=settings.dashboard_url,
        )
        listening_at = await enter(showing)
        dashboard_url = settings.dashboard_url or listening_at
        policy = settings.policy.model_copy(update={"dashboard_url": dashboard_url})
        working = services.working(
            client, clients, mirrors, policy=policy, hearing=settings.hearing_policy, publishers=publishers
        )
        await enter(working)
        workspaces = WorkspaceFolder(folders.workspaces, mirrors)
        await enter(services.building(client, settings.builders, workspaces, publishers))
        await enter(
            services.housekeeping(
                client,
                settings.builders.host.identity,
                folders.mirrors,
                settings.kept_mirrors,
                workspaces,
            )
        )
        webhook_url = await enter(
            services.hearing(
                client,
                settings.webhook_secret,
                settings.hearing_policy,
                publishers.stats,
                host=listen.webhook.host,
                port=listen.webhook.port,
            )
        )
        yield RunningBot(webhook_url=webhook_url, metrics_url=metrics_url, dashboard_url=dashboard_url)
