"""The bot with all it needs embedded, before an emulated GitHub: for ``demo``, ``try`` and the tests."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client

from activities.attempt import Builder
from activities.clients.github.transport import AppCredentials
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Limits, NoSandbox, found_toolchains
from cli import schedules
from cli.bot import BotSettings, Listen, RunningBot, running_bot
from cli.embedded_rabbitmq import EmbeddedRabbitMQ, find_programs
from cli.embedded_temporal import EmbeddedTemporal
from cli.folders import Folders
from cli.host import host_system
from cli.services import Builders, GitHubAccess
from cli.temporal_client import TemporalConnection, connect
from emulator import EmulatedGitHub, serve
from emulator.state import App
from messaging.amqp import AmqpTransport
from messaging.in_process import InProcessTransport
from messaging.transport import Transport
from tickborg.errors import PermanentError
from tickborg.policy import Policy
from tickborg.served_repositories import ServedRepositories

_RECONCILED_EVERY = timedelta(seconds=15)
"""A Temporal that a busy machine kept from answering for a moment costs the person who waits no more."""

_PACE = timedelta(seconds=1)
"""There is no other builder that a full disk, say, could be left to, and a person who waits."""


@dataclass(frozen=True)
class EmbeddedBot:
    """A bot that runs, and the servers around it."""

    client: Client
    transport: Transport
    bot: RunningBot
    github: EmulatedGitHub
    github_url: str
    temporal_ui: str | None
    broker: str
    """What carries logs and stats, for a person."""
    sandbox: str
    """What builds run in, for a person."""


async def trusting_runner(grace: timedelta) -> tuple[ProcessRunner, str]:
    """A runner for code that the person at this machine trusts: sandboxed where that works, and its name."""
    toolchains = found_toolchains(os.environ)
    sandboxed = ProcessRunner(Bubblewrap(Limits(), toolchains=toolchains), grace=grace)
    try:
        await sandboxed.probe()
    except PermanentError:
        return ProcessRunner(NoSandbox(Limits(), toolchains=toolchains), grace=grace), NoSandbox.name
    return sandboxed, Bubblewrap.name


@asynccontextmanager
async def embedded_bot(  # noqa: PLR0913 - what it is, and two ways to have it lighter
    github: EmulatedGitHub, app: App, folders: Folders, policy: Policy, *, quick: bool, ui: bool
) -> AsyncIterator[EmbeddedBot]:
    """Serve ``github`` and run the bot for the repositories on it.

    Args:
        github: what people act on.
        app: the bot's App on it.
        folders: where all state goes.
        policy: what the bot decides by.
        quick: without RabbitMQ, which takes seconds to start.
        ui: with Temporal's Web UI.
    """
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        temporal = await enter(EmbeddedTemporal(folders.temporal, ui_port=0 if ui else None))
        transport, broker = await _transport(stack, folders, quick=quick)
        github_url = await enter(serve(github))
        runner, sandbox = await trusting_runner(timedelta(seconds=10))
        host = Builder(identity=f"{socket.gethostname()}-1", jobs=os.cpu_count() or 1)
        client = await connect(TemporalConnection(temporal.address))
        settings = BotSettings(
            github=GitHubAccess(
                app=AppCredentials(app.id, app.private_key),
                api_url=github_url,
                git_url=github_url,
            ),
            webhook_secret=app.webhook_secret.encode(),
            # Whoever presses Ctrl-C waits for no build.
            builders=Builders(
                host=host,
                runner=runner,
                systems=(host_system(),),
                concurrent_builds=2,
                grace=timedelta(),
                pace=_PACE,
            ),
            folders=folders,
            policy=policy,
            served=ServedRepositories(patterns=tuple(sorted(_full_names(github)))),
            listen=Listen(),
        )
        bot = await enter(running_bot(client, transport, settings))
        app.webhook_url = f"{bot.webhook_url}/github-webhook"
        await schedules.ensure(client, schedules.reconcile(_RECONCILED_EVERY))
        yield EmbeddedBot(client, transport, bot, github, github_url, temporal.ui_url, broker, sandbox)


def _full_names(github: EmulatedGitHub) -> set[str]:
    return {repository.full_name for repository in github.repositories.values()}


async def _transport(stack: AsyncExitStack, folders: Folders, *, quick: bool) -> tuple[Transport, str]:
    if quick or find_programs() is None:
        return InProcessTransport(), "in this process (RabbitMQ is not installed)"
    node = await stack.enter_async_context(EmbeddedRabbitMQ(folders.rabbitmq))
    return await stack.enter_async_context(AmqpTransport(node.url)), f"RabbitMQ at {node.url}"


def policy_of_this_machine(policy: Policy | None = None) -> Policy:
    """A policy that builds on this machine's system and nowhere else."""
    system = host_system()
    base = policy or Policy()
    return base.model_copy(update={"systems": (system,), "primary_systems": (system,)})
