"""A broker that is short of disk takes no messages, for hours perhaps, and is otherwise alive."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from messaging.amqp import AmqpTransport
from messaging.live import LiveLogs
from messaging.log_envelope import outgoing
from messaging.log_publisher import Batching, LogPublisher
from messaging.spool import SpoolFolder
from messaging.stats_publisher import StatsPublisher
from tests.support.broker import RabbitMQNode
from tests.support.build_logs import ATTEMPT, START, new_start, numbered
from tests.support.eventually import eventually
from tests.support.log_pipeline import collector, ended, running, until_sent, until_written, written
from tests.support.patience import PATIENCE_SECONDS
from tickborg.errors import UnavailableError
from tickborg.messages import STATS_QUEUE, BuildLogStatus, Event, EventMessage, EventName


@pytest.fixture
async def publishing(rabbitmq: RabbitMQNode) -> AsyncIterator[AmqpTransport]:
    """The connection of a process that publishes."""
    async with AmqpTransport(rabbitmq.url, confirm_seconds=1) as transport:
        await transport.available()
        yield transport
        await rabbitmq.end_alarm()


async def until_refused(transport: AmqpTransport) -> None:
    """Return when a message is refused without being written into a connection that nobody reads."""

    async def refused() -> bool:
        try:
            await transport.publish(outgoing(START))
        except UnavailableError as error:
            return "short of memory or disk and takes no messages for now" in str(error)
        return False

    await eventually(refused)


async def until_counted(transport: AmqpTransport, name: EventName) -> int:
    """How many events of a name one message has that is on the stats queue."""
    async with transport.subscribe(STATS_QUEUE, 1) as subscription:
        (delivery,) = await subscription.batch(PATIENCE_SECONDS)
        events = EventMessage.model_validate_json(delivery.body).events
        return sum(event.count for event in events if event.name is name)


async def test_a_disk_alarm_costs_no_line(
    rabbitmq: RabbitMQNode, publishing: AmqpTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Builds go on, their lines lie in the spool, and are sent in order when the alarm is over."""
    monkeypatch.setattr("messaging.amqp.FOLLOW_SECONDS", 0.1)
    other, batching = new_start(), Batching(seconds=0.01, lines=50)
    async with (
        LogPublisher(publishing, SpoolFolder(tmp_path / "spool"), batching=batching) as logs,
        StatsPublisher(publishing, "builder-1") as stats,
        AmqpTransport(rabbitmq.url) as hearing,
        running(collector(hearing, tmp_path).run()),
    ):
        log = await logs.open(START)
        await log.write(numbered(1, 100))
        await until_written(tmp_path, ATTEMPT, 100)
        await rabbitmq.alarm()
        for first in range(101, 3001, 100):
            await log.write(numbered(first, first + 99))
        await until_refused(publishing)
        with pytest.raises(UnavailableError, match="no answer in time"):
            async with asyncio.timeout(PATIENCE_SECONDS), LiveLogs(publishing).follow(ATTEMPT):
                pass  # whoever watches a log is not kept waiting, and has the file of it
        available = asyncio.create_task(publishing.available())
        late = await logs.open(other)
        await late.write(numbered(1, 50))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await stats.notify(Event(name=EventName.BUILD_COMPLETED))
            await late.close(BuildLogStatus.FAILURE)
            await log.close(BuildLogStatus.SUCCESS)
        assert not available.done()
        assert written(tmp_path, other.attempt_id) == []
        await rabbitmq.end_alarm()
        await available
        assert (await ended(tmp_path, ATTEMPT)).complete
        assert (await ended(tmp_path, other.attempt_id)).complete
        await until_sent(tmp_path / "spool")
        assert await until_counted(hearing, EventName.BUILD_COMPLETED) == 1
    assert written(tmp_path, ATTEMPT) == numbered(1, 3000)
    assert written(tmp_path, other.attempt_id) == numbered(1, 50)
