"""Waiting until the bot has come to rest: everything is up, and nothing is under way any more."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aio_pika
from temporalio.client import Client

from cli.watching import settled
from emulator import EmulatedGitHub
from emulator.state import App, Delivery, PullRequest, Repository
from messaging.log_format import LogMetadata
from messaging.topology import QUEUES
from tests.chaos.catching_up import behind
from tests.chaos.survived import under_way
from tickborg.github import RepositoryName
from tickborg.hearing import may_start_something
from tickborg.messages import LOGS_QUEUE, STATS_QUEUE
from tickborg.names import RECONCILE_SCHEDULE, pull_request_id

_LOOK_AGAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Scene:
    """Where to look."""

    github: EmulatedGitHub
    app: App
    repository: Repository
    client: Client
    rabbitmq_url: str
    folder: Path

    @property
    def repo(self) -> RepositoryName:
        """The repository's name."""
        return RepositoryName.parse(self.repository.full_name)

    def open_pulls(self) -> list[PullRequest]:
        """The pull requests that are open."""
        return [pull for pull in self.repository.pulls if pull.state == "open"]

    def logs(self) -> Iterator[LogMetadata]:
        """What is known of each log in the store."""
        for path in sorted((self.folder / "logs").glob("*.json")):
            yield LogMetadata.model_validate_json(path.read_bytes())

    def spools(self) -> list[Path]:
        """Log lines that RabbitMQ has not been given."""
        return sorted(self.folder.glob("spool*/*.spool"))


@dataclass(frozen=True)
class Rested:
    """How it came to rest."""

    settled: frozenset[int]
    """Open pull requests whose owners had said all."""
    restless: tuple[str, ...]
    """Who did not."""


async def come_to_rest(scene: Scene, *, within: float) -> Rested:
    """Wait until nothing is under way, but no longer than ``within`` seconds in all."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    restless: list[str] = []

    async def rest(question: Callable[[Scene], Awaitable[list[str]]]) -> None:
        while busy := await question(scene):
            if loop.time() > deadline:
                restless.extend(busy)
                return
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    for question in (_behind, _events_untaken, _unfinished, _running):
        await rest(question)
    done: set[int] = set()
    # One after the other, and not before: each question costs the owner a workflow task.
    for pull in scene.open_pulls():
        if await _is_settled(scene, pull, deadline - loop.time()):
            done.add(pull.number)
    for question in (_running, _unlogged, _unsent):
        await rest(question)
    return Rested(frozenset(done), tuple(restless))


def answers(app: App) -> dict[str, list[Delivery]]:
    """What GitHub told of that may start something, by its id, with all attempts at it."""
    found: dict[str, list[Delivery]] = {}
    for delivery in app.deliveries:
        if may_start_something(delivery.event, delivery.action):
            found.setdefault(delivery.guid, []).append(delivery)
    return found


async def queue_lengths(url: str) -> dict[str, int]:
    """How many messages are ready in each queue."""
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        lengths = {}
        for queue in QUEUES:
            declared = await channel.declare_queue(queue.name, passive=True)
            lengths[queue.name] = declared.declaration_result.message_count or 0
        return lengths


async def _is_settled(scene: Scene, pull: PullRequest, within: float) -> bool:
    try:
        await settled(scene.github, scene.client, pull, within=max(1.0, within))
    except TimeoutError:
        return False
    return True


async def _behind(scene: Scene) -> list[str]:
    """What the bot has to catch up with: it looks at once, and not only when it is time to."""
    return await behind(scene.client)


async def _events_untaken(scene: Scene) -> list[str]:
    return [
        f"event {attempts[0].event} {guid}"
        for guid, attempts in answers(scene.app).items()
        if not any(each.succeeded for each in attempts)
    ]


async def _unfinished(scene: Scene) -> list[str]:
    """What a person sees to be under way."""
    now = under_way(scene.repository)
    return [*(f"check run {run}" for run in now.runs), *(f"evaluation of {sha}" for sha in now.heads)]


async def _running(scene: Scene) -> list[str]:
    """Workflows beside the owners of open pull requests."""
    owners = {pull_request_id(scene.repo, pull.number) for pull in scene.open_pulls()}
    running = [each.id async for each in scene.client.list_workflows('ExecutionStatus="Running"')]
    # Reconcile comes again and again.
    busy = [each for each in running if each not in owners and not each.startswith(RECONCILE_SCHEDULE)]
    return [f"workflow {each}" for each in busy]


async def _unlogged(scene: Scene) -> list[str]:
    return [f"log {log.attempt_id}" for log in scene.logs() if log.status is None]


async def _unsent(scene: Scene) -> list[str]:
    lengths = await queue_lengths(scene.rabbitmq_url)
    return [
        *(f"spool {path.name}" for path in scene.spools()),
        # What is refused stays where it is, for a person to look at.
        *(f"queue {name}: {lengths[name]}" for name in (LOGS_QUEUE, STATS_QUEUE) if lengths[name]),
    ]
