"""From a webhook to what people see of it, and to builders having work."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping

import httpx2
from temporalio.client import Client

from benchmarks.deployment import Deployment, tickborg_up
from benchmarks.ground import Ground
from benchmarks.measurement import Measured, Sample, since
from benchmarks.processes import write_secret
from benchmarks.timeline import timeline
from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect
from cli.watching import settled
from emulator.rendering import check_runs_of, statuses_of
from emulator.state import PullRequest

NAME = "webhook"
STATUS, STATUS_MS = "first pending status", 150
DISPATCHED, DISPATCHED_MS = "all builds dispatched", 600
CHECK_RUN = "first check run queued"
BEFORE_STATUS = ("webhook durable in Temporal", "evaluation began", "settings and pull request read")
BEFORE_DISPATCHED = ("merge begun", "merge done", "owner told what to build", "first build began")

PATIENCE_SECONDS = 60.0


def measure(ground: Ground) -> list[Measured]:
    """Open pull requests one after the other, each when the bot is through with the one before.

    ``tickborg up`` is a process of its own, so are Temporal and RabbitMQ; the emulated GitHub is in ours. The
    clock runs from the moment the webhook is posted. A status and a check run are there when GitHub shows
    them. A build is dispatched when Temporal has scheduled its activity on the builders' queue: its history
    says when, and when all that comes before was.
    """
    moments = asyncio.run(_measure(ground))

    def samples(*names: str) -> tuple[Sample, ...]:
        return tuple(Sample(name, moments[name]) for name in names)

    status, dispatched = samples(STATUS, DISPATCHED)
    return [
        Measured(NAME, status, target=STATUS_MS, within=samples(*BEFORE_STATUS)),
        Measured(NAME, dispatched, target=DISPATCHED_MS, within=samples(*BEFORE_DISPATCHED, CHECK_RUN)),
    ]


async def _measure(ground: Ground) -> Mapping[str, tuple[float, ...]]:
    """Milliseconds to each moment, for each pull request that counts."""
    folder = ground.subfolder("webhook-servers")
    async with (
        EmbeddedTemporal(folder / "temporal") as temporal,
        ground.rabbitmq(folder / "rabbitmq") as rabbitmq,
    ):
        write_secret(folder / "url", rabbitmq)
        servers = f'[temporal]\naddress = "{temporal.address}"\n[rabbitmq]\nurl_file = "{folder}/url"'
        client = await connect(TemporalConnection(temporal.address))
        async with tickborg_up(ground, "webhook", servers=servers) as deployment:
            return await _open_all(ground, deployment, client)


async def _open_all(
    ground: Ground, deployment: Deployment, client: Client
) -> Mapping[str, tuple[float, ...]]:
    moments: defaultdict[str, tuple[float, ...]] = defaultdict(tuple)
    async with httpx2.AsyncClient(trust_env=False) as http:
        for number in range(ground.sizes.warm_up + ground.sizes.pull_requests):
            passed = await _open(deployment, client, http, f"edit-{number}")
            if number >= ground.sizes.warm_up:
                for moment, at in passed.items():
                    moments[moment] += (at,)
    return moments


async def _open(
    deployment: Deployment, client: Client, http: httpx2.AsyncClient, branch: str
) -> Mapping[str, float]:
    """Milliseconds to each moment of one pull request."""
    github = deployment.github
    pull, delivery = deployment.propose(branch)
    seen: dict[str, float] = {}
    began, posted_at = time.perf_counter(), time.time()

    def look() -> bool:
        for name in _shown(pull):
            seen.setdefault(name, since(began))
        return len(seen) == 2  # noqa: PLR2004 - the status and the check run

    looking = asyncio.create_task(github.until(look, within=PATIENCE_SECONDS))
    url = str(deployment.app.webhook_url)
    answer = await http.post(url, content=delivery.body, headers=delivery.request_headers)
    answer.raise_for_status()
    await looking
    await settled(github, client, pull, within=PATIENCE_SECONDS)
    passed = await timeline(client, deployment.repo, pull.number)
    return seen | {name: (at - posted_at) * 1000 for name, at in passed.items()}


def _shown(pull: PullRequest) -> list[str]:
    shown = []
    if statuses_of(pull.repository, pull.head_sha):
        shown.append(STATUS)
    if check_runs_of(pull.repository, pull.head_sha):
        shown.append(CHECK_RUN)
    return shown
