"""From an event in some process to a number that Prometheus reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from activities.ports import Stats
from cli.http_server import listening
from messaging.amqp import AmqpTransport
from messaging.backoff import Backoff
from messaging.metrics import Metrics
from messaging.metrics_page import PATH, metrics_application
from messaging.stats_collector import StatsCollector
from messaging.stats_publisher import BUFFER_EVENTS, NoStats, StatsPublisher
from messaging.topology import STATS
from messaging.transport import OutgoingMessage, Transport
from tests.support.broker import Connect, RabbitMQNode
from tests.support.eventually import eventually
from tests.support.log_pipeline import running
from tests.support.patience import PATIENCE_SECONDS
from tests.support.unreliable_transport import Trouble, UnreliableTransport
from tickborg.messages import DEAD_LETTER_QUEUE, Event, EventName


def as_the_activities_see_it(publisher: StatsPublisher, none: NoStats) -> tuple[Stats, Stats]:
    """Mypy refuses this if one of them is not what the Protocol says."""
    return publisher, none


@asynccontextmanager
async def collecting(transport: Transport) -> AsyncIterator[Metrics]:
    """Metrics into which a collector counts."""
    metrics = Metrics()
    try:
        async with running(StatsCollector(transport, metrics, Backoff(first=0.01)).run()):
            yield metrics
    finally:
        metrics.close()


async def until(metrics: Metrics, name: str, expected: float, **labels: str) -> None:
    """Return when a sample has reached a value."""

    async def reached() -> bool:
        return (metrics.registry.get_sample_value(name, labels) or 0) >= expected

    await eventually(reached)
    assert metrics.registry.get_sample_value(name, labels) == expected


async def test_an_event_can_be_read_by_prometheus(connect: Connect) -> None:
    """Over HTTP, in its text format."""
    async with (
        connect() as transport,
        StatsPublisher(transport, "builder-1") as stats,
        collecting(transport) as metrics,
        listening(metrics_application(metrics), host="127.0.0.1", port=0, setting="") as url,
        httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client,
    ):
        await stats.notify(
            Event(name=EventName.BUILD_COMPLETED, system="x86_64-linux", outcome="Failure", seconds=3)
        )
        await until(metrics, "tickborg_events_total", 1, event="BuildCompleted")
        answer = await client.get(url + PATH)
        nothing = await client.get(url + "/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'tickborg_builds_completed_total{outcome="Failure",system="x86_64-linux"} 1.0' in answer.text
    assert nothing.status_code == 404


async def test_hundreds_of_events_are_each_counted_once(connect: Connect) -> None:
    """However they are batched."""
    async with (
        connect() as transport,
        StatsPublisher(transport, "webhook") as stats,
        collecting(transport) as metrics,
    ):
        for _ in range(999):
            await stats.notify(Event(name=EventName.JOB_RECEIVED, event="push"))
        await until(metrics, "tickborg_events_total", 999, event="JobReceived")


async def test_what_is_no_event_is_dead_lettered_and_counted(connect: Connect) -> None:
    """The events behind it are counted as ever."""
    async with (
        connect() as transport,
        StatsPublisher(transport, "webhook") as stats,
        collecting(transport) as metrics,
        transport.subscribe(DEAD_LETTER_QUEUE, 10) as dead_letters,
    ):
        await transport.available()
        await transport.publish(OutgoingMessage(STATS, "", "bad", b'{"sender":"x","events":[{"name":"No"}]}'))
        await stats.notify(Event(name=EventName.SUPERSEDED))
        await until(metrics, "tickborg_events_total", 1, event="Superseded")
        await until(metrics, "tickborg_messages_refused_total", 1, queue="stats-events")
        (dead,) = await dead_letters.batch()
    assert b'"No"' in dead.body


async def test_leaving_sends_what_is_left(connect: Connect) -> None:
    """A process that ends in good order is counted to its last event."""
    async with connect() as transport:
        await transport.available()
        async with StatsPublisher(transport, "worker") as stats:
            await stats.notify(Event(name=EventName.MERGE_CONFLICT))
        async with collecting(transport) as metrics:
            await until(metrics, "tickborg_events_total", 1, event="MergeConflict")


async def test_a_message_that_comes_twice_is_counted_once() -> None:
    """Kept but unconfirmed, it is sent again under the same id."""
    transport = UnreliableTransport([Trouble.UNCONFIRMED, Trouble.REFUSED, Trouble.UNCONFIRMED])
    async with (
        StatsPublisher(transport, "worker", Backoff(first=0)) as stats,
        collecting(transport) as metrics,
    ):
        await stats.notify(Event(name=EventName.SUPERSEDED))
        await until(metrics, "tickborg_stats_messages_total", 2, result="repeated")
        await until(metrics, "tickborg_events_total", 1, event="Superseded")


async def test_counting_never_waits_for_a_broker_that_is_away() -> None:
    """Memory is bounded: the oldest events make room, and are counted as dropped."""
    transport = UnreliableTransport()
    transport.go_away()
    async with collecting(transport) as metrics, StatsPublisher(transport, "worker") as stats:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(BUFFER_EVENTS // 100 + 3):
                await stats.notify(*[Event(name=EventName.SUPERSEDED)] * 100)
        assert stats.dropped == 300
        transport.come_back()
        await until(metrics, "tickborg_events_total", BUFFER_EVENTS, event="Superseded")


async def test_events_of_a_process_without_a_broker_are_given_up_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It ends soon, and says in its log what was not counted."""
    monkeypatch.setattr("messaging.stats_publisher.CLOSE_SECONDS", 0.01)
    transport = UnreliableTransport()
    transport.go_away()
    async with asyncio.timeout(PATIENCE_SECONDS), StatsPublisher(transport, "worker") as stats:
        await stats.notify(Event(name=EventName.SUPERSEDED))


async def test_counting_goes_on_after_the_broker_forgot_everything(rabbitmq: RabbitMQNode) -> None:
    """The consumer and the publisher notice, and declare what they need anew."""
    async with (
        AmqpTransport(rabbitmq.url) as transport,
        StatsPublisher(transport, "worker") as stats,
        collecting(transport) as metrics,
    ):
        await stats.notify(Event(name=EventName.COMMAND_RECEIVED))
        await until(metrics, "tickborg_events_total", 1, event="CommandReceived")
        await rabbitmq.forget_everything()
        await stats.notify(Event(name=EventName.COMMAND_RECEIVED))
        await until(metrics, "tickborg_events_total", 2, event="CommandReceived")
