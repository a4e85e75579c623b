"""Lines reach the broker or the spool, in order, whatever the broker does."""

import asyncio
import errno
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.ports import BuildLogs
from messaging import spool_drain
from messaging.backoff import Backoff
from messaging.log_collector import LogCollector
from messaging.log_envelope import outgoing
from messaging.log_publisher import Batching, LogPublisher
from messaging.log_route import NotKeptError
from messaging.log_store import LogReader, LogStore
from messaging.spool import SpoolFile, SpoolFolder, SpoolFullError
from messaging.spool_drain import SpoolDrain
from messaging.transport import Subscription
from tests.support.build_logs import ATTEMPT, START, end, lines, new_start, numbered
from tests.support.counted import Counted
from tests.support.eventually import eventually
from tests.support.log_pipeline import collector, ended, running, until_sent, written
from tests.support.unreliable_transport import Trouble, UnreliableTransport
from tickborg.errors import InfrastructureError
from tickborg.messages import (
    LOG_MESSAGE,
    LOGS_QUEUE,
    BuildLogMsg,
    BuildLogStart,
    BuildLogStatus,
    Event,
    EventName,
)

AT_ONCE = Batching(seconds=0)
NEVER = Batching(seconds=3600)
"""Time sends nothing but the first batch."""


def publisher(
    transport: UnreliableTransport, folder: Path, batching: Batching = AT_ONCE, limit: int = 1 << 20
) -> LogPublisher:
    """A publisher that retries at once."""
    spool = SpoolFolder(folder / "spool", limit)
    return LogPublisher(transport, spool, batching=batching, retry=Backoff(first=0))


def as_the_activities_see_it(publisher: LogPublisher) -> BuildLogs:
    """Mypy refuses this if the publisher is not what the Protocol says."""
    return publisher


async def messages(subscription: Subscription) -> AsyncIterator[BuildLogMsg]:
    """The lines messages that arrive."""
    while True:
        deliveries = await subscription.batch()
        await subscription.acknowledge(deliveries)
        for delivery in deliveries:
            message = LOG_MESSAGE.validate_json(delivery.body)
            if isinstance(message, BuildLogMsg):
                yield message


async def test_the_first_lines_are_sent_at_once_and_later_ones_in_batches(tmp_path: Path) -> None:
    """A viewer sees a build begin; after that, lines wait for company."""
    transport = UnreliableTransport()
    batching = Batching(seconds=3600, lines=4)
    async with (
        publisher(transport, tmp_path, batching) as logs,
        transport.subscribe(LOGS_QUEUE, 100) as subscription,
    ):
        log = await logs.open(START)
        arriving = messages(subscription)
        await log.write(["line 1"])
        assert (await anext(arriving)).output == "line 1"
        await log.write(numbered(2, 4))
        await log.write(numbered(5, 6))
        batch = await anext(arriving)
        assert (batch.line_number, batch.output) == (2, "line 2\nline 3\nline 4\nline 5")
        await log.close(BuildLogStatus.SUCCESS)
        assert (await anext(arriving)).output == "line 6"


async def test_a_batch_is_bounded_in_characters(tmp_path: Path) -> None:
    """Long lines make short batches."""
    transport = UnreliableTransport()
    batching = Batching(seconds=0, characters=10)
    async with (
        publisher(transport, tmp_path, batching) as logs,
        transport.subscribe(LOGS_QUEUE, 100) as subscription,
    ):
        log = await logs.open(START)
        await log.write(["123456", "789012", "3"])
        arriving = messages(subscription)
        assert [(await anext(arriving)).output for _ in range(2)] == ["123456\n789012", "3"]
        await log.close(BuildLogStatus.SUCCESS)


async def test_a_build_that_prints_faster_than_its_lines_are_kept_waits(tmp_path: Path) -> None:
    """Memory is bounded: write returns only when there is room again."""
    transport = UnreliableTransport()
    batching = Batching(seconds=0, lines=1, buffered_lines=5)
    async with publisher(transport, tmp_path, batching) as logs:
        log = await logs.open(START)
        transport.hold_confirms()
        await log.write(["line 1"])
        await transport.stalled.wait()
        writing = asyncio.create_task(log.write(numbered(2, 40)))
        finished, _ = await asyncio.wait([writing], timeout=0.05)
        assert not finished
        transport.confirm()
        await writing
        await log.close(BuildLogStatus.SUCCESS)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("x" * 21, "x" * 20 + " [tickborg: 1 more characters cut]"),
        ("half a \ud83d surrogate", "half a ? surrogate"),
        ("", ""),
    ],
)
async def test_a_line_that_cannot_be_sent_as_it_is_loses_as_little_as_possible(
    tmp_path: Path, line: str, kept: str
) -> None:
    """Neither a line without end nor one that UTF-8 cannot hold stops a log."""
    transport = UnreliableTransport()
    batching = Batching(seconds=0, line_characters=20)
    async with (
        publisher(transport, tmp_path, batching) as logs,
        transport.subscribe(LOGS_QUEUE, 100) as subscription,
    ):
        log = await logs.open(START)
        await log.write([line])
        assert (await anext(messages(subscription))).output == kept
        await log.close(BuildLogStatus.SUCCESS)


async def test_a_build_ends_though_the_broker_is_away(tmp_path: Path) -> None:
    """All of its log lies in the spool when close returns."""
    transport = UnreliableTransport()
    transport.go_away()
    async with publisher(transport, tmp_path) as logs:
        log = await logs.open(START)
        await log.write(numbered(1, 3))
        await log.close(BuildLogStatus.SUCCESS)
        (spooled,) = (tmp_path / "spool").iterdir()
        assert [line.split(b'"type":"')[1].split(b'"')[0] for line in spooled.read_bytes().splitlines()] == [
            b"start",
            b"lines",
            b"end",
        ]


async def test_the_spool_is_sent_when_the_broker_is_back(tmp_path: Path) -> None:
    """In order, and then it is gone."""
    transport = UnreliableTransport()
    async with (
        publisher(transport, tmp_path) as logs,
        running(collector(transport, tmp_path).run()),
    ):
        log = await logs.open(START)
        await log.write(numbered(1, 3))
        transport.go_away()
        await log.write(numbered(4, 6))
        await log.close(BuildLogStatus.SUCCESS)
        transport.come_back()
        assert (await ended(tmp_path, ATTEMPT)).complete
        await until_sent(tmp_path / "spool")
    assert written(tmp_path, ATTEMPT) == numbered(1, 6)


@given(
    script=st.lists(st.sampled_from(Trouble), max_size=40),
    writes=st.lists(st.integers(1, 7), min_size=1, max_size=12),
)
@settings(max_examples=60)
def test_no_line_is_lost_or_doubled_whatever_the_broker_does(
    script: Sequence[Trouble], writes: Sequence[int]
) -> None:
    """Every message may be refused, or kept without being confirmed, directly or from the spool."""

    async def publish_and_collect(folder: Path) -> None:
        transport = UnreliableTransport(script)
        async with (
            publisher(transport, folder, Batching(seconds=0, lines=2)) as logs,
            running(collector(transport, folder).run()),
        ):
            log = await logs.open(START)
            number = 1
            for count in writes:
                await log.write(numbered(number, number + count - 1))
                number += count
            await log.close(BuildLogStatus.SUCCESS)
            assert (await ended(folder, ATTEMPT)).complete
        assert written(folder, ATTEMPT) == numbered(1, sum(writes))

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(publish_and_collect(Path(folder)))


@given(
    script=st.lists(st.sampled_from(Trouble), max_size=40),
    limit=st.integers(0, 1500),
    count=st.integers(1, 40),
)
@settings(max_examples=40)
def test_what_is_lost_is_known_and_nothing_else_is_wrong(
    script: Sequence[Trouble], limit: int, count: int
) -> None:
    """With a spool too small, too, every line is in its place or in a hole, and the log has an end."""

    async def publish_and_collect(folder: Path) -> None:
        transport = UnreliableTransport(script)
        async with (
            publisher(transport, folder, Batching(seconds=0, lines=2), limit) as logs,
            running(collector(transport, folder, gap_seconds=0.02).run()),
        ):
            log = await logs.open(START)
            for number in range(1, count + 1):
                await log.write([f"line {number}"])
            await log.close(BuildLogStatus.SUCCESS)
            metadata = await ended(folder, ATTEMPT)
        lines = LogReader(folder).read(ATTEMPT).lines
        present = {line.number: line.text for line in lines if line.number}
        missing = {number for hole in metadata.holes for number in range(hole.first, hole.last + 1)}
        assert metadata.line_count == count
        assert present == {
            number: f"line {number}" for number in range(1, count + 1) if number not in missing
        }

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(publish_and_collect(Path(folder)))


async def test_a_spool_without_room_keeps_the_beginning_and_the_end(tmp_path: Path) -> None:
    """What is lost in between is marked in the log and known in its metadata."""
    transport = UnreliableTransport()
    transport.go_away()
    async with publisher(transport, tmp_path, Batching(seconds=0, lines=1), limit=700) as logs:
        log = await logs.open(START)
        await log.write(numbered(1, 20))
        await log.close(BuildLogStatus.SUCCESS)
        transport.come_back()
        async with running(collector(transport, tmp_path, gap_seconds=0.01).run()):
            metadata = await ended(tmp_path, ATTEMPT)
    (hole,) = metadata.holes
    assert hole.last == metadata.line_count == 20
    assert not metadata.complete
    kept = written(tmp_path, ATTEMPT)
    assert kept[:-1] == numbered(1, hole.first - 1)
    assert kept[-1] == f"[tickborg: lines {hole.first} to 20 were lost]"


async def test_lines_wait_for_room_while_the_spool_is_being_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RabbitMQ is there: a build that prints faster than it takes its lines waits, and loses none."""
    loop, full, require_room = asyncio.get_running_loop(), asyncio.Event(), SpoolFolder.require_room

    def watched(folder: SpoolFolder, size: int, *, reserve: bool) -> None:
        try:
            require_room(folder, size, reserve=reserve)
        except SpoolFullError:
            loop.call_soon_threadsafe(full.set)
            raise

    async def spooled() -> bool:
        return any(b"line 1" in file.read_bytes() for file in (tmp_path / "spool").glob("*.spool"))

    monkeypatch.setattr(SpoolFolder, "require_room", watched)
    transport = UnreliableTransport()
    transport.go_away()
    async with (
        publisher(transport, tmp_path, Batching(seconds=0, lines=1), limit=1_000) as logs,
        running(collector(transport, tmp_path).run()),
    ):
        log = await logs.open(START)
        await log.write(["line 1"])
        await eventually(spooled)
        transport.hold_confirms()
        transport.come_back()
        await transport.stalled.wait()
        await log.write(numbered(2, 40))
        await full.wait()
        transport.confirm()
        await log.close(BuildLogStatus.SUCCESS)
        assert (await ended(tmp_path, ATTEMPT)).complete


async def test_a_log_that_never_stops_printing_leaves_the_spool_when_the_broker_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its file would grow until nothing fits, and the others would never be sent."""
    read, line = SpoolFile.read, outgoing(lines(1, 1)).body
    drain = SpoolDrain(UnreliableTransport(), SpoolFolder(tmp_path))
    spooled = await drain.spool(ATTEMPT)
    await drain.append(spooled, line, reserve=False)

    def printed_meanwhile(file: SpoolFile, offset: int) -> tuple[list[bytes], int]:
        if not spooled.growing.locked():
            file.append(line)
        return read(file, offset)

    monkeypatch.setattr(SpoolFile, "read", printed_meanwhile)
    async with running(drain.run()):
        await until_sent(tmp_path)
    assert not await drain.append(spooled, line, reserve=False)


async def test_a_broken_spool_neither_hangs_nor_fails_a_build(tmp_path: Path) -> None:
    """A builder without a usable disk loses its log, and says so, but not its build."""
    (tmp_path / "spool").write_text("a file where the folder should be")
    transport = UnreliableTransport()
    transport.go_away()
    async with publisher(transport, tmp_path) as logs:
        log = await logs.open(START)
        await log.write(numbered(1, 3))
        await log.close(BuildLogStatus.SUCCESS)


async def test_a_log_that_nothing_took_is_said_counted_and_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its lines are lost, once; what it was the log of, and how it ended, is sent when the broker is back."""
    (tmp_path / "spool").write_text("a file where the folder should be")
    transport, stats = UnreliableTransport(), Counted()
    transport.go_away()
    async with publisher(transport, tmp_path, Batching(seconds=0, lines=1)) as logs:
        log = await logs.open(START)
        for line in numbered(1, 40):
            await log.write([line])
        await log.close(BuildLogStatus.SUCCESS)
        transport.come_back()
        collecting = LogCollector(transport, LogStore(tmp_path / "logs"), stats, gap_seconds=0.01)
        async with running(collecting.run()):
            metadata = await ended(tmp_path / "logs", ATTEMPT)
            await stats.notified.wait()
    assert (metadata.project, metadata.status, metadata.line_count) == ("meshmc", BuildLogStatus.SUCCESS, 40)
    assert [(hole.first, hole.last) for hole in metadata.holes] == [(1, 40)]
    assert stats.events == [Event(name=EventName.LOG_LINES_LOST, count=40)]
    assert caplog.text.count("the build goes on") == 1
    assert caplog.text.count("the log goes to the spool") == 1
    assert f"40 lines of the log of attempt {ATTEMPT} are lost" in caplog.text


async def test_a_spool_file_deleted_by_hand_is_sent_all_the_same(tmp_path: Path) -> None:
    """It is open, and what was promised to be kept is kept."""
    transport = UnreliableTransport()
    transport.go_away()
    async with (
        publisher(transport, tmp_path) as logs,
        running(collector(transport, tmp_path).run()),
    ):
        log = await logs.open(START)
        await log.write(numbered(1, 3))
        await log.close(BuildLogStatus.SUCCESS)
        for spooled in (tmp_path / "spool").iterdir():
            spooled.unlink()
        transport.come_back()
        assert (await ended(tmp_path, ATTEMPT)).complete


async def test_a_spool_file_that_cannot_be_read_does_not_hold_up_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad block costs one log."""
    transport, read = UnreliableTransport(), SpoolFile.read
    other = new_start()

    def refuse(file: SpoolFile, offset: int) -> tuple[list[bytes], int]:
        if file.path.name.startswith(str(ATTEMPT)):
            raise OSError(errno.EIO, "Input/output error")
        return read(file, offset)

    monkeypatch.setattr(SpoolFile, "read", refuse)
    transport.go_away()
    async with (
        publisher(transport, tmp_path) as logs,
        running(collector(transport, tmp_path).run()),
    ):
        for start in (START, other):
            log = await logs.open(start)
            await log.close(BuildLogStatus.SUCCESS)
        transport.come_back()
        assert (await ended(tmp_path, other.attempt_id)).complete


async def test_abandoning_fails_when_nothing_keeps_it(tmp_path: Path) -> None:
    """Temporal then tries the activity again; what is kept in memory meanwhile is one word, not many."""
    (tmp_path / "spool").write_text("a file where the folder should be")
    transport = UnreliableTransport()
    transport.go_away()
    async with publisher(transport, tmp_path) as logs, transport.subscribe(LOGS_QUEUE, 100) as subscription:
        for _ in range(3):
            with pytest.raises(NotKeptError):
                await logs.abandon(end(BuildLogStatus.LOST, None))
        transport.come_back()
        assert len(await subscription.batch()) == 1


async def test_a_closed_log_takes_no_more_lines(tmp_path: Path) -> None:
    """A line behind the end would never be shown."""
    async with publisher(UnreliableTransport(), tmp_path) as logs:
        log = await logs.open(START)
        await log.close(BuildLogStatus.SUCCESS)
        with pytest.raises(InfrastructureError, match="takes no more lines"):
            await log.write(["late"])


async def test_a_process_that_ends_keeps_what_was_written(tmp_path: Path) -> None:
    """Lines that waited for a batch are sent, but no end: how the build ends is not known."""
    transport = UnreliableTransport()
    async with publisher(transport, tmp_path, NEVER) as logs:
        log = await logs.open(START)
        await log.write(["line 1"])
        await log.write(["line 2"])
    async with transport.subscribe(LOGS_QUEUE, 100) as subscription:
        arrived = [LOG_MESSAGE.validate_json(each.body) for each in await subscription.batch()]
    outputs = [message.output for message in arrived if isinstance(message, BuildLogMsg)]
    assert "\n".join(outputs) == "line 1\nline 2"
    assert {message.type for message in arrived} == {"start", "lines"}


async def test_the_spool_of_a_dead_process_is_sent_by_the_next(tmp_path: Path) -> None:
    """The builder that is started again brings the log to its end."""
    transport = UnreliableTransport()
    transport.go_away()
    async with publisher(transport, tmp_path) as logs:
        log = await logs.open(START)
        await log.write(numbered(1, 3))
        await log.close(BuildLogStatus.CANCELLED)
    transport.come_back()
    async with publisher(transport, tmp_path), running(collector(transport, tmp_path).run()):
        assert (await ended(tmp_path, ATTEMPT)).status is BuildLogStatus.CANCELLED
    assert written(tmp_path, ATTEMPT) == numbered(1, 3)


def open_files(folder: Path) -> int:
    """How many files of a folder this process has open."""
    return sum(os.path.realpath(file).startswith(str(folder)) for file in Path("/proc/self/fd").iterdir())


async def test_a_long_outage_does_not_use_up_the_files_of_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Builds of a day have more logs than a process may have files; all are sent when the broker is back."""
    monkeypatch.setattr(spool_drain, "OPEN_FILES", 3)
    transport, starts = UnreliableTransport(), [new_start() for _ in range(12)]
    transport.go_away()
    async with (
        publisher(transport, tmp_path) as logs,
        running(collector(transport, tmp_path).run()),
    ):
        for start in starts:
            log = await logs.open(start)
            await log.write(numbered(1, 3))
            await log.close(BuildLogStatus.SUCCESS)
        assert open_files(tmp_path / "spool") <= 4
        transport.come_back()
        for start in starts:
            assert (await ended(tmp_path, start.attempt_id)).complete
        await until_sent(tmp_path / "spool")


async def test_the_spool_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    """Two builders of one host may share a folder: each sends its own."""
    away, there = UnreliableTransport(), UnreliableTransport()
    away.go_away()
    other: BuildLogStart = new_start()
    async with publisher(away, tmp_path) as first, publisher(there, tmp_path) as second:
        mine = await first.open(START)
        await mine.close(BuildLogStatus.SUCCESS)
        (spooled,) = (tmp_path / "spool").iterdir()
        async with publisher(there, tmp_path):
            log = await second.open(other)
            await log.close(BuildLogStatus.SUCCESS)
        assert spooled.exists()
