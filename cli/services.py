"""Each service of tickborg, wired: async context managers that run it for as long as a block.

``tickborg worker`` and its like run one of them; :mod:`cli.bot` runs all in one process. What only one
needs, web frameworks and metrics, is imported there: that is a fifth of the time in which a process starts.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from temporalio.client import Client

from activities import ports
from activities.attempt import Builder
from activities.building import BuildActivities
from activities.clients.cluster import TemporalCluster
from activities.clients.git.fetch import GitFetch, RenewedToken, Token
from activities.clients.git.mirror import Mirror
from activities.clients.git.mirror_store import MirrorStore
from activities.clients.git.mirror_upkeep import MirrorUpkeep
from activities.clients.git.process import Git
from activities.clients.github.app import GitHubApp
from activities.clients.github.client import GitHubClient
from activities.clients.github.deliveries import GitHubDeliveries
from activities.clients.github.fetch_tokens import FetchTokens
from activities.clients.github.installations import GitHubInstallations
from activities.clients.github.transport import AppCredentials, GitHubTransport, new_http_client
from activities.clients.host_disk import HostDisk
from activities.clients.owners import OwnerLookup
from activities.clients.workspace.room import BuildSlots, Room
from activities.clients.workspace.workspace import WorkspaceFolder
from activities.reconciling import ComparisonActivities, DeliveryActivities
from cli.polling import polling
from cli.running import running
from cli.temporal_client import trying_once
from cli.workers import (
    BUILD_PACE,
    GIT_THREADS,
    CatchingUp,
    build_worker,
    git_worker,
    housekeeping_worker,
    workflow_worker,
)
from messaging.live import LiveLogs
from messaging.log_collector import LogCollector
from messaging.log_publisher import LogPublisher
from messaging.log_retention import LogRetention
from messaging.log_store import LogReader, LogStore
from messaging.spool import SpoolFolder
from messaging.stats_publisher import StatsPublisher
from messaging.transport import Transport
from tickborg.github import RepositoryName
from tickborg.hearing import HearingPolicy
from tickborg.names import housekeeping_task_queue
from tickborg.policy import Policy
from tickborg.retention import Retention
from tickborg.systems import System

PROGRAM = f"tickborg/{version('tickborg')}"


@dataclass(frozen=True)
class GitHubAccess:
    """How GitHub is reached, and how it knows us."""

    app: AppCredentials
    api_url: str
    git_url: str
    """``{git_url}/{owner}/{name}.git`` is fetched from."""


@dataclass(frozen=True)
class Builders:
    """The builders of one process: one for each system, all on this host."""

    host: Builder
    runner: ports.CommandRunner
    systems: tuple[System, ...]
    concurrent_builds: int
    grace: timedelta
    """How long builds may still run when the builder is told to end."""
    least_room: int = 0
    """Bytes without which no new build is begun."""
    pace: timedelta = BUILD_PACE
    """What a failure of this host is waited out for, times the number of the attempt."""


@dataclass(frozen=True)
class Publishers:
    """What is told to those who count and to those who keep logs."""

    stats: ports.Stats
    logs: ports.BuildLogs


@dataclass(frozen=True)
class GitHubClients:
    """One App's ways to GitHub: the API, tokens to fetch with from threads, and what it asks about itself."""

    api: GitHubClient
    fetch_tokens: FetchTokens
    deliveries: GitHubDeliveries
    installations: GitHubInstallations


@asynccontextmanager
async def publishing(transport: Transport, sender: str, spool: SpoolFolder) -> AsyncIterator[Publishers]:
    """Publish stats events and build logs."""
    async with (
        StatsPublisher(transport, sender) as stats,
        LogPublisher(transport, spool) as logs,
    ):
        yield Publishers(stats, logs)


@asynccontextmanager
async def collecting_logs(
    transport: Transport, folder: Path, stats: ports.Stats, retention: Retention
) -> AsyncIterator[None]:
    """``tickborg logs``: write build logs into the store, and keep it bounded."""
    store = LogStore(folder)
    tidying = running(LogRetention(folder, retention).run)
    try:
        async with running(LogCollector(transport, store, stats).run), tidying:
            yield
    finally:
        store.close()


@asynccontextmanager
async def collecting_stats(transport: Transport, host: str, port: int) -> AsyncIterator[str]:
    """``tickborg stats``: count events; yields the URL of the metrics."""
    from cli.http_server import listening  # noqa: PLC0415 - a service pays only for itself
    from messaging.metrics import Metrics  # noqa: PLC0415 - a service pays only for itself
    from messaging.metrics_page import PATH, metrics_application  # noqa: PLC0415 - a service pays only for itself
    from messaging.stats_collector import StatsCollector  # noqa: PLC0415 - a service pays only for itself

    metrics = Metrics()
    page = listening(metrics_application(metrics), host=host, port=port, setting="[stats] port")
    try:
        async with running(StatsCollector(transport, metrics).run), page as url:
            yield url + PATH
    finally:
        metrics.close()


@asynccontextmanager
async def github_clients(
    github: GitHubAccess, stats: ports.Stats | None = None
) -> AsyncIterator[GitHubClients]:
    """Connections to GitHub."""
    async with new_http_client() as http:
        transport = GitHubTransport(http, PROGRAM, github.app, base_url=github.api_url)
        app = GitHubApp(transport)
        yield GitHubClients(
            GitHubClient(transport, app, stats=stats),
            FetchTokens(app, asyncio.get_running_loop()),
            GitHubDeliveries(transport),
            GitHubInstallations(transport, app, stats),
        )


@asynccontextmanager
async def working(  # noqa: PLR0913 - all that a worker is wired to
    client: Client,
    github: GitHubClients,
    mirrors: MirrorStore,
    *,
    policy: Policy,
    hearing: HearingPolicy,
    publishers: Publishers,
) -> AsyncIterator[None]:
    """``tickborg worker``: decide, talk to GitHub, fetch and merge; and see that nothing was missed."""
    cluster = TemporalCluster(client)
    comparison = ComparisonActivities(github.api, github.installations, cluster, OwnerLookup(client), hearing)
    with ThreadPoolExecutor(GIT_THREADS, "git") as threads:
        decide = workflow_worker(
            client,
            github=github.api,
            cluster=cluster,
            policy=policy,
            stats=publishers.stats,
            logs=publishers.logs,
            catching_up=CatchingUp(DeliveryActivities(github.deliveries), comparison),
        )
        async with polling(decide, git_worker(client, Mirror(mirrors), threads)):
            yield


@asynccontextmanager
async def building(
    client: Client, builders: Builders, workspaces: WorkspaceFolder, publishers: Publishers
) -> AsyncIterator[BuildActivities]:
    """``tickborg builder``: build, for each of its systems.

    At the end no system takes new work; builds may go on for the builders' grace, or until they are handed
    over by what this yields, and begin anew on another builder then.
    """
    await asyncio.to_thread(workspaces.remove_leftovers)
    activities = BuildActivities(
        builders.host,
        workspaces=workspaces,
        runner=builders.runner,
        logs=publishers.logs,
        stats=publishers.stats,
        cluster=TemporalCluster(client),
    )
    room = Room(workspaces.free_space, builders.least_room, publishers.stats)
    workers = [
        build_worker(
            client,
            system,
            activities,
            slots=BuildSlots(builders.concurrent_builds, room),
            grace=builders.grace,
            pace=builders.pace,
        )
        for system in builders.systems
    ]
    async with polling(*workers):
        yield activities


@asynccontextmanager
async def housekeeping(
    client: Client,
    name: str,
    mirrors: Path,
    retention: Retention,
    workspaces: WorkspaceFolder | None = None,
) -> AsyncIterator[None]:
    """Tidy this process's mirrors, and a builder's workspaces, whenever ``Housekeeping`` asks for it."""
    disk = HostDisk(name, MirrorUpkeep(mirrors, Git(os.environ), retention), workspaces)
    # Two processes may have one name, and each has a disk.
    queue = housekeeping_task_queue(f"{name}.{uuid4().hex[:8]}")
    with ThreadPoolExecutor(1, "housekeeping") as thread:
        async with polling(housekeeping_worker(client, queue, disk, thread)):
            yield


@asynccontextmanager
async def hearing(  # noqa: PLR0913 - what it listens on, and all it is wired to
    client: Client, secret: bytes, policy: HearingPolicy, stats: ports.Stats, *, host: str, port: int
) -> AsyncIterator[str]:
    """``tickborg webhook``: hear GitHub; yields the service's URL."""
    from cli.http_server import listening  # noqa: PLC0415 - a service pays only for itself
    from webhook.app import create_app  # noqa: PLC0415 - a service pays only for itself
    from webhook.temporal_starter import TemporalStarter  # noqa: PLC0415 - a service pays only for itself

    starter = TemporalStarter(await trying_once(client))
    app = create_app(secret=secret, policy=policy, starter=starter, stats=stats)
    async with listening(app, host=host, port=port, setting="[webhook] port") as url:
        yield url


@asynccontextmanager
async def showing(  # noqa: PLR0913 - what it listens on, and all it is wired to
    client: Client,
    transport: Transport,
    logs: LogReader,
    *,
    host: str,
    port: int,
    public_url: str | None = None,
) -> AsyncIterator[str]:
    """``tickborg dashboard``: show pull requests, branches and logs; yields the URL that it listens at.

    ``public_url`` is where people find it, if that is elsewhere: perhaps below a path.
    """
    from cli.http_server import listening  # noqa: PLC0415 - a service pays only for itself
    from dashboard.app import create_app  # noqa: PLC0415 - a service pays only for itself
    from dashboard.temporal_owners import TemporalOwners  # noqa: PLC0415 - a service pays only for itself

    app = create_app(
        owners=TemporalOwners(client),
        logs=logs,
        live=LiveLogs(transport),
        root_path=urlsplit(public_url or "").path,
    )
    # Whoever watches a log would otherwise hold up the end of the process.
    server = listening(app, host=host, port=port, setting="[dashboard] port", grace=timedelta())
    async with server as url:
        yield url


def mirror_store(
    folder: Path,
    git_url: str,
    token: Token,
    *,
    renewed: RenewedToken | None = None,
    shallow: bool = False,
) -> MirrorStore:
    """Mirrors of the repositories at ``{git_url}/{owner}/{name}.git``; ``shallow``: all a builder needs."""

    def remote(repo: RepositoryName) -> str:
        return f"{git_url}/{repo.owner}/{repo.name}.git"

    git = GitFetch(remote, token, environment=os.environ, renewed=renewed)
    return MirrorStore(folder, git, shallow=shallow)
