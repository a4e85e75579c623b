"""Two hundred messages that nobody should send, on a real broker, among those of a build."""

import asyncio
from itertools import cycle
from pathlib import Path
from random import Random

from messaging.amqp import AmqpTransport
from messaging.log_collector import LogCollector
from messaging.log_publisher import Batching, LogPublisher
from messaging.log_store import LogStore
from messaging.metrics import Metrics
from messaging.spool import SpoolFolder
from messaging.stats_collector import StatsCollector
from messaging.stats_publisher import StatsPublisher
from messaging.topology import LOGS, STATS
from messaging.transport import OutgoingMessage
from tests.support.broker import RabbitMQNode
from tests.support.build_logs import ATTEMPT, START, numbered
from tests.support.eventually import eventually
from tests.support.hostile_messages import hand_made
from tests.support.log_pipeline import ended, running, written
from tickborg.messages import DEAD_LETTER_QUEUE, BuildLogStatus, Event, EventName

COUNT = 200


def hostile() -> list[bytes]:
    """The classics, and noise that is the same in every run."""
    noise, classics = Random(7), hand_made()
    return classics + [noise.randbytes(noise.randint(1, 200)) for _ in range(COUNT - len(classics))]


async def send(transport: AmqpTransport, bodies: list[bytes]) -> None:
    """Publish bodies, half of them as logs and half as events."""
    for number, (exchange, body) in enumerate(zip(cycle([LOGS, STATS]), bodies)):
        await transport.publish(OutgoingMessage(exchange, f"logs.bad-{number}", f"bad-{number}", body))


async def dead(transport: AmqpTransport, count: int) -> list[bytes]:
    """That many dead letters."""
    found: list[bytes] = []
    async with transport.subscribe(DEAD_LETTER_QUEUE, count) as letters:
        while len(found) < count:
            found += [each.body for each in await letters.batch()]
    return found


def value(metrics: Metrics, name: str, **labels: str) -> float:
    """A counter."""
    return metrics.registry.get_sample_value(name, labels) or 0


async def test_the_bad_are_dead_lettered_logged_and_counted_and_the_good_are_whole(
    rabbitmq: RabbitMQNode, tmp_path: Path
) -> None:
    """No collector ends, no line and no event of a build is missing, and nothing is written but its log."""
    bad, metrics = hostile(), Metrics()
    async with (
        AmqpTransport(rabbitmq.url) as transport,
        LogPublisher(transport, SpoolFolder(tmp_path / "spool"), batching=Batching(seconds=0)) as logs,
        StatsPublisher(transport, "builder-1") as stats,
        running(LogCollector(transport, LogStore(tmp_path / "logs"), stats).run()) as collecting,
        running(StatsCollector(transport, metrics).run()) as counting,
    ):
        await transport.available()
        log = await logs.open(START)
        async with asyncio.TaskGroup() as group:
            group.create_task(send(transport, bad))
            for number in range(1, COUNT + 1):
                await log.write(numbered(number, number))
                await stats.notify(Event(name=EventName.SUPERSEDED))
                await asyncio.sleep(0)
        await log.close(BuildLogStatus.SUCCESS)
        assert sorted(await dead(transport, COUNT)) == sorted(bad)
        assert (await ended(tmp_path / "logs", ATTEMPT)).complete

        async def all_counted() -> bool:
            refused = value(metrics, "tickborg_messages_refused_total", queue="build-logs")
            return (refused, value(metrics, "tickborg_events_total", event="Superseded")) == (
                COUNT / 2,
                COUNT,
            )

        await eventually(all_counted)
        assert value(metrics, "tickborg_messages_refused_total", queue="stats-events") == COUNT / 2
        assert value(metrics, "tickborg_log_lines_lost_total") == 0
        assert not collecting.done()
        assert not counting.done()
    metrics.close()
    assert written(tmp_path / "logs", ATTEMPT) == numbered(1, COUNT)
    assert {path.stem for path in (tmp_path / "logs").iterdir()} == {str(ATTEMPT)}
