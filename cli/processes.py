"""``tickborg webhook``, ``worker``, ``builder``, ``logs``, ``stats``, ``dashboard``, ``up``: a process each.

Each runs until it is told to stop (SIGTERM or SIGINT), and lets go of what it has in good order.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from datetime import timedelta

from temporalio.client import Client

from activities.clients.workspace.workspace import WorkspaceFolder
from cli import configured, credentials, servers, services
from cli.bot import BotSettings, Listen, running_bot
from cli.folders import Folders
from cli.schedules import ensure_all, recurring
from cli.temporal_client import connect, connect_lazily, identity
from messaging.log_store import LogReader
from messaging.stats_publisher import StatsPublisher
from tickborg.served_repositories import ANY_REPOSITORY
from tickborg.settings import Settings
from tickborg.texts.durations import spoken

log = logging.getLogger("tickborg")


async def webhook(settings: Settings) -> None:
    """Hear GitHub. It starts without Temporal and without RabbitMQ, and says 503 until Temporal is there."""
    secret = configured.webhook_secret(settings)
    client = await connect_lazily(servers.temporal(settings), identity=identity("webhook"))
    async with (
        configured.transport(settings) as transport,
        StatsPublisher(transport, identity("webhook")) as publisher,
    ):
        listen = settings.webhook
        hearing = services.hearing(
            client, secret, settings.hearing_policy, publisher, host=listen.host, port=listen.port
        )
        async with hearing as url:
            _say_what_is_served(settings)
            await _until_told(f"webhook: listening at {url}/github-webhook")


async def worker(settings: Settings) -> None:
    """Decide, talk to GitHub, fetch and merge."""
    github = configured.github_access(settings)
    client = await _connected(settings, "worker")
    async with (
        configured.transport(settings) as transport,
        services.publishing(transport, identity("worker"), configured.spool(settings)) as publishers,
        services.github_clients(github, publishers.stats) as clients,
    ):
        tokens = clients.fetch_tokens
        mirrors = services.mirror_store(
            settings.git.mirror_path, github.git_url, tokens, renewed=tokens.renewed
        )
        git = settings.git
        working = services.working(
            client,
            clients,
            mirrors,
            policy=settings.workflow_policy,
            hearing=settings.hearing_policy,
            publishers=publishers,
        )
        async with (
            working,
            services.housekeeping(client, identity("worker"), git.mirror_path, git.retention),
        ):
            await _until_told("worker: polling for workflows and merges")


async def builder(settings: Settings) -> None:
    """Build contributors' code. It needs no credential of the GitHub App, and is given none."""
    builders = await configured.builders(settings.builder)
    client = await _connected(settings, builders.host.identity)
    token, mirror_path = credentials.fetch_token(settings.builder), settings.git.shallow_mirror_path
    mirrors = services.mirror_store(
        mirror_path,
        settings.github.git_url,
        lambda _repo: token.get_secret_value() if token else None,
        shallow=True,
    )
    workspaces = WorkspaceFolder(settings.builder.workspace_path, mirrors)
    async with (
        configured.transport(settings) as transport,
        services.publishing(transport, builders.host.identity, configured.spool(settings)) as publishers,
        services.building(client, builders, workspaces, publishers) as building,
        services.housekeeping(
            client, builders.host.identity, mirror_path, settings.git.retention, workspaces
        ),
    ):
        await _until_told(f"builder {builders.host.identity}: building for {', '.join(builders.systems)}")
        _hurry_when_told_again(building.hand_over, builders.grace)


async def logs(settings: Settings) -> None:
    """Write build logs into the log store."""
    folder = settings.logs.log_storage_path
    async with (
        configured.transport(settings) as transport,
        StatsPublisher(transport, identity("logs")) as publisher,
        services.collecting_logs(transport, folder, publisher, settings.logs.retention),
    ):
        await _until_told(f"logs: writing to {folder}")


async def stats(settings: Settings) -> None:
    """Count events, and serve the metrics."""
    listen = settings.stats
    async with (
        configured.transport(settings) as transport,
        services.collecting_stats(transport, listen.host, listen.port) as url,
    ):
        await _until_told(f"stats: metrics at {url}")


async def dashboard(settings: Settings) -> None:
    """Show pull requests and logs."""
    client = await connect_lazily(servers.temporal(settings), identity=identity("dashboard"))
    listen, logs = settings.dashboard, settings.logs
    kept = LogReader(logs.log_storage_path, logs.log_retention)
    async with (
        configured.transport(settings) as transport,
        services.showing(
            client, transport, kept, host=listen.host, port=listen.port, public_url=listen.url
        ) as url,
    ):
        await _until_told(f"dashboard: at {url}")


async def up(settings: Settings) -> None:
    """Run all services in one process, with servers of its own unless some are configured."""
    bot_settings = await _of_bot(settings)
    async with (
        configured.temporal_or_own(settings, bot_settings.folders) as (connection, ui),
        configured.transport_or_own(settings, bot_settings.folders) as transport,
    ):
        client = await connect(connection, identity=identity("up"))
        if settings.temporal.address is None:  # on a server of others, `tickborg setup` makes them
            await ensure_all(client, recurring(settings))
        async with running_bot(client, transport, bot_settings) as bot:
            _say_what_is_served(settings)
            log.info("Temporal Web UI: %s", ui or "the configured server's")
            log.info("dashboard: %s, metrics: %s", bot.dashboard_url, bot.metrics_url)
            await _until_told(f"up: listening at {bot.webhook_url}/github-webhook")


async def _of_bot(settings: Settings) -> BotSettings:
    return BotSettings(
        github=configured.github_access(settings),
        webhook_secret=configured.webhook_secret(settings),
        builders=await configured.builders(settings.builder),
        folders=Folders.of_up(settings),
        policy=settings.workflow_policy,
        served=settings.served,
        push_branches=settings.policy.push_branches,
        listen=Listen.of(settings),
        dashboard_url=settings.dashboard.url,
        spool_limit=settings.rabbitmq.spool_limit,
        kept_logs=settings.logs.retention,
        kept_mirrors=settings.git.retention,
    )


def _say_what_is_served(settings: Settings) -> None:
    """Whoever leaves the default should know that an App anybody may install lets anybody build here."""
    repos = settings.policy.repos
    log.info("repositories served: %s", "all with the App" if ANY_REPOSITORY in repos else ", ".join(repos))


async def _until_told(ready: str) -> None:
    """Wait for SIGTERM or SIGINT."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    log.info("%s", ready)
    await told.wait()
    log.info("told to stop")


def _hurry_when_told_again(hand_over: Callable[[], None], grace: timedelta) -> None:
    """Let whoever waits for a builder to end say that it has to be now."""

    def hurry() -> None:
        log.info("told again: builds are handed over")
        hand_over()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, hurry)
    log.info("builds may go on for %s; tell me again and they are handed over at once", spoken(grace))


async def _connected(settings: Settings, role: str) -> Client:
    return await connect(servers.temporal(settings), identity=identity(role))
