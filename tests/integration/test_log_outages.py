"""Builds print on while RabbitMQ, a collector or another builder is away, and while a disk is full."""

from contextlib import AsyncExitStack
from pathlib import Path

from cli.loopback import claim_port
from messaging.amqp import AmqpTransport
from messaging.log_collector import LogCollector
from messaging.log_publisher import Batching, LogPublisher
from messaging.log_store import LogStore
from messaging.spool import SpoolFolder
from messaging.transport import Transport
from tests.support.broker import RabbitMQNode
from tests.support.build_logs import ATTEMPT, START, end, new_start, numbered
from tests.support.counted import Counted
from tests.support.eventually import eventually
from tests.support.log_pipeline import collector, ended, running, until_sent, until_written, written
from tests.support.log_processes import (
    BUILDER,
    COLLECTOR,
    DYING_COLLECTOR,
    LOUD_BUILDER,
    line_of,
    process,
)
from tickborg.messages import LOGS_QUEUE, BuildLogStatus, Event, EventName

FULL_DISK = ("bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--size", str(256 * 1024), "--tmpfs")
"""Runs what follows, a folder and a command, with a disk of 256 KiB in the place of the folder."""


def publisher(transport: Transport, spool: Path) -> LogPublisher:
    """A publisher that sends soon."""
    return LogPublisher(transport, SpoolFolder(spool), batching=Batching(seconds=0.01, lines=50))


def files(spool: Path) -> list[Path]:
    """The files of a spool."""
    return list(spool.glob("*.spool"))


async def until_spooled(spool: Path, text: bytes) -> None:
    """Return when a spool holds a text."""

    async def found() -> bool:
        return any(text in path.read_bytes() for path in files(spool))

    await eventually(found)


async def until_heard(transport: AmqpTransport, count: int) -> None:
    """Return when so many collectors are there."""

    async def there() -> bool:
        return (await transport.look_at(LOGS_QUEUE)).consumers == count

    await eventually(there)


async def test_a_broker_stopped_in_good_order_costs_no_line(rabbitmq: RabbitMQNode, tmp_path: Path) -> None:
    """Nor does the builder that is killed -9 meanwhile: the next one of its host sends what it had spooled.

    Both are attempts of one build, the second where the first had been given up: each keeps its log.
    """
    second, ours, theirs = new_start(), tmp_path / "spool", tmp_path / "spool-of-the-killed"
    async with AsyncExitStack() as stack:
        transport = await stack.enter_async_context(AmqpTransport(rabbitmq.url))
        logs = await stack.enter_async_context(publisher(transport, ours))
        await stack.enter_async_context(running(collector(transport, tmp_path).run()))
        log = await logs.open(second)
        await log.write(numbered(1, 300))
        await until_written(tmp_path, second.attempt_id, 300)
        await rabbitmq.stop()
        await log.write(numbered(301, 600))
        async with process(BUILDER, rabbitmq.url, str(theirs), "200"):
            await until_spooled(theirs, b"line 200")
        await logs.abandon(end(BuildLogStatus.LOST, None))
        await log.write(numbered(601, 900))
        await log.close(BuildLogStatus.SUCCESS)
        await rabbitmq.start()
        assert (await ended(tmp_path, second.attempt_id)).complete
        await stack.enter_async_context(publisher(transport, theirs))
        await until_sent(theirs)
        await until_sent(ours)
        assert (await ended(tmp_path, ATTEMPT)).status is BuildLogStatus.LOST
        await until_written(tmp_path, ATTEMPT, 200)
    assert written(tmp_path, second.attempt_id) == numbered(1, 900)
    assert written(tmp_path, ATTEMPT) == numbered(1, 200)


async def test_a_collector_killed_before_it_acknowledges_is_replaced_by_the_one_that_waits(
    rabbitmq: RabbitMQNode, tmp_path: Path
) -> None:
    """What the first had written comes again, to the second, and is not written twice."""
    arguments = (rabbitmq.url, str(tmp_path))
    async with (
        AmqpTransport(rabbitmq.url) as transport,
        publisher(transport, tmp_path / "spool") as logs,
        process(DYING_COLLECTOR, *arguments) as first,
    ):
        await transport.available()
        await until_heard(transport, 1)
        async with process(COLLECTOR, *arguments):
            await until_heard(transport, 2)
            log = await logs.open(START)
            await log.write(numbered(1, 500))
            assert await first.wait() == -9
            await log.write(numbered(501, 700))
            await log.close(BuildLogStatus.SUCCESS)
            assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, ATTEMPT) == numbered(1, 700)


async def test_a_builder_whose_disk_is_full_too_goes_on(rabbitmq: RabbitMQNode, tmp_path: Path) -> None:
    """Its first lines are in the spool, the others marked as lost and counted, and the log has an end."""
    spool, stats = tmp_path / "spool", Counted()
    spool.mkdir()
    async with AmqpTransport(rabbitmq.url) as transport:
        await transport.available()
        await rabbitmq.alarm()
        try:
            within = (*FULL_DISK, str(spool))
            async with process(LOUD_BUILDER, rabbitmq.url, str(spool), "2", within=within) as builder:
                assert await line_of(builder)
                await rabbitmq.end_alarm()
                collecting = LogCollector(transport, LogStore(tmp_path / "logs"), stats, gap_seconds=0.5)
                async with running(collecting.run()):
                    metadata = await ended(tmp_path / "logs", ATTEMPT)
                    await stats.notified.wait()
        finally:
            await rabbitmq.end_alarm()
    lost = sum(hole.last - hole.first + 1 for hole in metadata.holes)
    assert (metadata.status, metadata.line_count, metadata.complete) == (BuildLogStatus.SUCCESS, 2000, False)
    assert metadata.started_at == START.started_at
    assert 0 < lost < 2000
    assert stats.events == [Event(name=EventName.LOG_LINES_LOST, count=lost)]
    kept = written(tmp_path / "logs", ATTEMPT)
    assert kept.count("x" * 999) == 2000 - lost


async def test_a_build_that_prints_much_while_rabbitmq_is_away_needs_no_memory(tmp_path: Path) -> None:
    """Of 25 MB, only those that are just on their way to the disk; 200 MB need as little."""
    nowhere = f"amqp://127.0.0.1:{claim_port()}/"
    async with process(LOUD_BUILDER, nowhere, str(tmp_path), "26") as builder:
        grown = int(await line_of(builder))
    (spooled,) = files(tmp_path)
    assert spooled.stat().st_size > 25_000_000
    assert grown < 12 * 1024
    spooled.unlink()
