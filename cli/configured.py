"""Clients and builders as ``tickborg.toml`` wants them."""

import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from activities.attempt import Builder
from activities.clients.github.transport import AppCredentials
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.podman import Podman
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Limits, NoSandbox, Sandbox, found_toolchains
from cli import credentials, servers, services
from cli.embedded_rabbitmq import EmbeddedRabbitMQ
from cli.embedded_temporal import EmbeddedTemporal, last_address
from cli.folders import Folders
from cli.host import host_system
from cli.settings import SettingsError
from cli.temporal_client import CHECK_UP, TemporalConnection
from messaging.amqp import AmqpTransport
from messaging.spool import SpoolFolder
from messaging.transport import Transport
from tickborg.settings import BuilderSettings, SandboxKind, Settings

log = logging.getLogger("tickborg")


@asynccontextmanager
async def transport(settings: Settings) -> AsyncIterator[Transport]:
    """The RabbitMQ that is configured.

    Raises:
        SettingsError: none is.
    """
    async with AmqpTransport(servers.rabbitmq_url(settings)) as connected:
        yield connected


def spool(settings: Settings) -> SpoolFolder:
    """Where log lines wait while RabbitMQ is away."""
    return SpoolFolder(settings.rabbitmq.spool_path, settings.rabbitmq.spool_limit)


def github_access(settings: Settings) -> services.GitHubAccess:
    """Who the bot is on GitHub.

    Raises:
        SettingsError: that is not configured.
    """
    key = credentials.private_key(settings.github)
    if settings.github.app_id is None or key is None:
        raise SettingsError(
            "[github] app_id and private_key_file are not set: they are who the bot is on GitHub"
        )
    return services.GitHubAccess(
        app=AppCredentials(settings.github.app_id, key.get_secret_value()),
        api_url=settings.github.api_url,
        git_url=settings.github.git_url,
    )


def webhook_secret(settings: Settings) -> bytes:
    """What GitHub signs webhooks with.

    Raises:
        SettingsError: it is not configured.
    """
    secret = credentials.webhook_secret(settings.github)
    if secret is None:
        raise SettingsError(
            "[github] webhook_secret_file is not set: it is how a webhook is known to be GitHub's"
        )
    return secret.get_secret_value().encode()


async def builders(settings: BuilderSettings) -> services.Builders:
    """The builders of this host.

    Raises:
        PermanentError: the sandbox does not work here; a builder that cannot sandbox must not start.
    """
    runner = ProcessRunner(sandbox(settings))
    await runner.probe()
    host = Builder(
        identity=settings.identity or socket.gethostname(),
        jobs=settings.jobs or os.cpu_count() or 1,
        log_limit=settings.limits.log_size,
    )
    return services.Builders(
        host=host,
        runner=runner,
        systems=settings.systems or (host_system(),),
        concurrent_builds=settings.concurrent_builds,
        grace=settings.grace,
        least_room=settings.min_free_space,
        pace=settings.retry_pace,
    )


def sandbox(settings: BuilderSettings) -> Sandbox:
    """What builds run in."""
    limits = Limits(
        processes=settings.limits.processes,
        memory_bytes=settings.limits.memory,
        file_bytes=settings.limits.file_size,
        cpu_time=settings.limits.cpu_time,
        tmp_bytes=settings.limits.tmp_size,
    )
    toolchains = found_toolchains(os.environ)
    match settings.sandbox:
        case SandboxKind.BUBBLEWRAP:
            return Bubblewrap(limits, toolchains=toolchains)
        case SandboxKind.PODMAN:
            return Podman(limits, image=settings.podman_image or "", engine_environment=os.environ)
        case SandboxKind.NONE:
            log.warning('[builder] sandbox = "none": what builds run can do all that this user can')
            return NoSandbox(limits, toolchains=toolchains)


@asynccontextmanager
async def temporal_or_own(
    settings: Settings, folders: Folders
) -> AsyncIterator[tuple[TemporalConnection, str | None]]:
    """The Temporal that is configured, or one of our own and the URL of its Web UI."""
    configured = credentials.temporal_connection(settings.temporal)
    if configured is not None:
        yield configured, None
        return
    async with EmbeddedTemporal(folders.temporal, ui_port=0) as server:
        yield TemporalConnection(server.address), server.ui_url


def temporal_or_up(settings: Settings) -> TemporalConnection:
    """The Temporal that is configured, or else that of a ``tickborg up`` with these settings.

    Raises:
        SettingsError: none is configured, and no ``up`` has ever run here.
    """
    own = last_address(Folders.of_up(settings).temporal)
    if credentials.temporal_connection(settings.temporal) is None and own is not None:
        return TemporalConnection(own, when_away=CHECK_UP)
    return servers.temporal(settings)


@asynccontextmanager
async def transport_or_own(settings: Settings, folders: Folders) -> AsyncIterator[Transport]:
    """The RabbitMQ that is configured, or one of our own."""
    if settings.rabbitmq.is_configured:
        async with transport(settings) as configured:
            yield configured
        return
    async with EmbeddedRabbitMQ(folders.rabbitmq) as node, AmqpTransport(node.url) as own:
        yield own
