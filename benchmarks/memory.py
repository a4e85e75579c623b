"""What ``tickborg up`` keeps in memory when there is nothing to do."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping

import httpx2
import psutil

from benchmarks.deployment import Deployment, tickborg_up
from benchmarks.ground import Ground
from benchmarks.measurement import Measured, Sample, Unit
from emulator.rendering import check_runs_of, statuses_of
from emulator.state import PullRequest

NAME = "memory"
TARGET_MB = 600
LOOK_SECONDS = 0.25
PATIENCE_SECONDS = 60.0

OURS, TEMPORAL, RABBITMQ, RESIDENT = "tickborg", "Temporal", "RabbitMQ", "all, as resident set size"
_MB = 1024 * 1024


def measure(ground: Ground) -> list[Measured]:
    """Look again and again at a ``tickborg up``, with servers of its own, that has built one pull request.

    Memory is the proportional share (PSS) of each process: a page that two have in common counts half for
    each, so that the sum is what the machine has to give. The resident set size counts it twice.
    """
    looks = asyncio.run(_measure(ground))

    def sample(name: str) -> Sample:
        return Sample(name, tuple(look[name] for look in looks))

    everything = tuple(sum(look[part] for part in (OURS, TEMPORAL, RABBITMQ)) for look in looks)
    return [
        Measured(
            NAME,
            Sample("all processes of tickborg up, idle", everything),
            Unit.MEGABYTES,
            target=TARGET_MB,
            within=tuple(map(sample, (OURS, TEMPORAL, RABBITMQ, RESIDENT))),
        )
    ]


async def _measure(ground: Ground) -> list[Mapping[str, float]]:
    async with tickborg_up(ground, "memory") as deployment:
        await _build_one(deployment)
        looks = []
        for _ in range(ground.sizes.memory_looks):
            await asyncio.sleep(LOOK_SECONDS)
            looks.append(_look(psutil.Process(deployment.pid)))
        return looks


async def _build_one(deployment: Deployment) -> None:
    pull, delivery = deployment.propose("edit-0")
    async with httpx2.AsyncClient(trust_env=False) as http:
        url = str(deployment.app.webhook_url)
        answer = await http.post(url, content=delivery.body, headers=delivery.request_headers)
        answer.raise_for_status()
    await deployment.github.until(lambda: _is_built(pull), within=PATIENCE_SECONDS)


def _is_built(pull: PullRequest) -> bool:
    statuses = statuses_of(pull.repository, pull.head_sha)
    runs = check_runs_of(pull.repository, pull.head_sha)
    done = [status.state == "success" for status in statuses] + [run.status == "completed" for run in runs]
    return bool(statuses) and bool(runs) and all(done)


def _look(up: psutil.Process) -> Mapping[str, float]:
    """Megabytes of each part."""
    megabytes: defaultdict[str, float] = defaultdict(float)
    for part, process in _processes(up):
        memory = process.memory_full_info()
        megabytes[part] += getattr(memory, "pss", memory.rss) / _MB
        megabytes[RESIDENT] += memory.rss / _MB
    return megabytes


def _processes(up: psutil.Process) -> Iterator[tuple[str, psutil.Process]]:
    """All processes, and what each is part of: a server is a child of ours, with all that it started."""
    yield OURS, up
    for child in up.children():
        part = TEMPORAL if child.name() == "temporal" else RABBITMQ
        yield part, child
        for inner in child.children(recursive=True):
            yield part, inner
