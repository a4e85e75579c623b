"""From a build's output to a file, over RabbitMQ and in one process alike."""

from pathlib import Path

import pytest

from messaging.live import LiveLogs
from messaging.log_collector import LogCollector
from messaging.log_format import log_path
from messaging.log_publisher import Batching, LogPublisher
from messaging.log_store import LogStore
from messaging.spool import SpoolFolder
from messaging.topology import LOGS
from messaging.transport import Delivery, OutgoingMessage, Transport
from tests.support.broker import Connect
from tests.support.build_logs import ATTEMPT, START, end, lines, new_start, numbered
from tests.support.counted import Counted
from tests.support.log_pipeline import collector, ended, running, until_written, written
from tickborg.messages import DEAD_LETTER_QUEUE, LOGS_QUEUE, BuildLogMsg, BuildLogStatus, Event, EventName


async def steal_lines(transport: Transport) -> None:
    """Take the lines of a published log off the queue, and leave its start and end."""
    async with transport.subscribe(LOGS_QUEUE, 100) as thief:
        seen: list[Delivery] = []
        while not any(b'"end"' in each.body for each in seen):
            seen += await thief.batch()
        await thief.acknowledge([each for each in seen if b'"lines"' in each.body])


def publisher(transport: Transport, folder: Path) -> LogPublisher:
    """A publisher that batches as in production, only faster."""
    return LogPublisher(transport, SpoolFolder(folder / "spool"), batching=Batching(seconds=0.01, lines=50))


async def test_a_log_arrives_whole_and_in_order(connect: Connect, tmp_path: Path) -> None:
    """Every line once, and metadata that say so."""
    output = [f"line {number}: ünïcödé \t \x1b[31mred\x1b[0m \r" for number in range(1, 1235)]
    async with (
        connect() as transport,
        publisher(transport, tmp_path) as logs,
        running(collector(transport, tmp_path).run()),
    ):
        log = await logs.open(START)
        for first in range(0, len(output), 100):
            await log.write(output[first : first + 100])
        await log.close(BuildLogStatus.FAILURE)
        metadata = await ended(tmp_path, ATTEMPT)
    assert written(tmp_path, ATTEMPT) == output
    assert metadata.complete
    assert (metadata.status, metadata.line_count, metadata.holes) == (BuildLogStatus.FAILURE, 1234, [])
    assert (metadata.project, metadata.repo, metadata.head_sha) == (
        "meshmc",
        "owner/monorepo",
        START.head_sha,
    )


async def test_a_build_that_prints_nothing_has_a_log(connect: Connect, tmp_path: Path) -> None:
    """Its header and its end are all there is."""
    async with (
        connect() as transport,
        publisher(transport, tmp_path) as logs,
        running(collector(transport, tmp_path).run()),
    ):
        log = await logs.open(START)
        await log.close(BuildLogStatus.SUCCESS)
        metadata = await ended(tmp_path, ATTEMPT)
    assert metadata.complete
    assert written(tmp_path, ATTEMPT) == []
    assert log_path(tmp_path, ATTEMPT).read_text().startswith("tickborg build log 1\n")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff not JSON",
        b'{"type":"unknown"}',
        b'{"type":"end","attempt_id":"../../etc/passwd","status":"success","ended_at":"2026-01-31T12:00:00Z"}',
        lines(1, 1).model_copy(update={"line_number": 0}).model_dump_json().encode(),
    ],
    ids=["not JSON", "unknown type", "attempt is no UUID", "line number 0"],
)
async def test_an_invalid_message_is_dead_lettered(connect: Connect, tmp_path: Path, body: bytes) -> None:
    """It is kept for a person to look at, and the log around it is written."""
    async with (
        connect() as transport,
        publisher(transport, tmp_path) as logs,
        running(collector(transport, tmp_path / "logs").run()),
        transport.subscribe(DEAD_LETTER_QUEUE, 10) as dead_letters,
    ):
        await transport.available()
        log = await logs.open(START)
        await log.write(["before"])
        await transport.publish(OutgoingMessage(LOGS, "logs.invalid", "invalid", body))
        await log.write(["after"])
        await log.close(BuildLogStatus.SUCCESS)
        assert (await ended(tmp_path / "logs", ATTEMPT)).complete
        (dead,) = await dead_letters.batch()
    assert dead.body == body
    assert sorted(path.suffix for path in (tmp_path / "logs").iterdir()) == [".json", ".log"]
    assert written(tmp_path / "logs", ATTEMPT) == ["before", "after"]


async def test_a_collector_restarted_in_mid_build_goes_on(connect: Connect, tmp_path: Path) -> None:
    """What it had not acknowledged comes again, and what it had written is not written twice."""
    async with connect() as transport, publisher(transport, tmp_path) as logs:
        log = await logs.open(START)
        for first in range(1, 501, 100):
            async with connect() as other, running(collector(other, tmp_path).run()):
                await log.write(numbered(first, first + 99))
                await until_written(tmp_path, ATTEMPT, first)
        await log.close(BuildLogStatus.SUCCESS)
        async with connect() as other, running(collector(other, tmp_path).run()):
            assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, ATTEMPT) == numbered(1, 500)


async def test_of_two_collectors_one_works_and_the_other_takes_over(connect: Connect, tmp_path: Path) -> None:
    """They never write the same log at the same time."""
    async with connect() as one, connect() as two, connect() as three, publisher(three, tmp_path) as logs:
        starts = [new_start() for _ in range(3)]
        opened = [await logs.open(start) for start in starts]
        async with running(collector(two, tmp_path).run()):
            async with running(collector(one, tmp_path).run()):
                for log in opened:
                    await log.write(numbered(1, 120))
                await until_written(tmp_path, starts[-1].attempt_id, 1)
            for log in opened:
                await log.write(numbered(121, 200))
                await log.close(BuildLogStatus.SUCCESS)
            for start in starts:
                assert (await ended(tmp_path, start.attempt_id)).complete
    for start in starts:
        assert written(tmp_path, start.attempt_id) == numbered(1, 200)


async def test_a_viewer_sees_lines_as_they_are_published(connect: Connect, tmp_path: Path) -> None:
    """Besides the collector, from the moment of looking on, and of one attempt only."""
    async with connect() as transport, publisher(transport, tmp_path) as logs:
        await transport.available()
        log = await logs.open(START)
        other = await logs.open(new_start())
        async with LiveLogs(transport).follow(ATTEMPT) as live:
            await other.write(["of another build"])
            await log.write(["seen"])
            message = await anext(live)
            while not isinstance(message, BuildLogMsg):
                message = await anext(live)
            assert (message.attempt_id, message.output) == (ATTEMPT, "seen")
        await log.close(BuildLogStatus.SUCCESS)
        await other.close(BuildLogStatus.SUCCESS)
        async with running(collector(transport, tmp_path).run()):
            assert (await ended(tmp_path, ATTEMPT)).complete


async def test_the_log_of_a_dead_builder_is_marked_lost(connect: Connect, tmp_path: Path) -> None:
    """What had been published is kept."""
    async with connect() as transport:
        await transport.available()
        async with publisher(transport, tmp_path / "builder") as logs:
            log = await logs.open(START)
            await log.write(numbered(1, 10))
        async with (
            publisher(transport, tmp_path / "worker") as logs,
            running(collector(transport, tmp_path).run()),
        ):
            await logs.abandon(end(BuildLogStatus.LOST, None))
            metadata = await ended(tmp_path, ATTEMPT)
    assert (metadata.status, metadata.complete) == (BuildLogStatus.LOST, False)
    assert written(tmp_path, ATTEMPT) == numbered(1, 10)


async def test_nothing_is_lost_while_the_disk_refuses(connect: Connect, tmp_path: Path) -> None:
    """Unwritten messages stay in the queue until there is a place for them."""
    folder = tmp_path / "logs"
    folder.write_text("a file where the folder should be")
    async with (
        connect() as transport,
        publisher(transport, tmp_path) as logs,
        connect() as other,
        running(collector(other, folder).run()),
    ):
        log = await logs.open(START)
        await log.write(numbered(1, 100))
        await log.close(BuildLogStatus.SUCCESS)
        folder.unlink()
        assert (await ended(folder, ATTEMPT)).complete
    assert written(folder, ATTEMPT) == numbered(1, 100)


async def test_what_could_not_be_written_is_kept_in_the_queue(
    connect: Connect, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk costs nothing, even if the collector dies meanwhile: /dev/full refuses every write.

    Operators hear of it from the first moment, for the queue grows.
    """
    log_path(tmp_path, ATTEMPT).symlink_to("/dev/full")
    stats = Counted()
    async with connect() as transport, publisher(transport, tmp_path) as logs:
        log = await logs.open(START)
        await log.write(numbered(1, 100))
        await log.close(BuildLogStatus.SUCCESS)
        async with running(collector(transport, tmp_path, stats).run()):
            await stats.notified.wait()
        log_path(tmp_path, ATTEMPT).unlink()
        async with running(collector(transport, tmp_path).run()):
            assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, ATTEMPT) == numbered(1, 100)
    assert {event.name for event in stats.events} == {EventName.LOGS_NOT_WRITTEN}
    assert f"cannot write logs to {tmp_path}: " in caplog.text


async def test_a_gap_that_never_fills_is_marked_and_counted(connect: Connect, tmp_path: Path) -> None:
    """Lost lines are the one thing that must not go unnoticed."""
    stats = Counted()
    async with connect() as transport:
        await transport.available()
        async with publisher(transport, tmp_path) as logs:
            log = await logs.open(START)
            await log.write(numbered(1, 10))
            await log.close(BuildLogStatus.SUCCESS)
        await steal_lines(transport)
        async with running(LogCollector(transport, LogStore(tmp_path), stats, gap_seconds=0.05).run()):
            metadata = await ended(tmp_path, ATTEMPT)
            await stats.notified.wait()
    assert stats.events == [Event(name=EventName.LOG_LINES_LOST, count=10)]
    assert not metadata.complete
    assert [(hole.first, hole.last) for hole in metadata.holes] == [(1, 10)]
    assert written(tmp_path, ATTEMPT) == ["[tickborg: lines 1 to 10 were lost]"]
