"""A log on disk is recovered, tailed, numbered and kept from a second writer."""

import os
from pathlib import Path
from uuid import UUID

import pytest

from messaging.log_format import log_path, metadata_path, read_metadata
from messaging.log_store import LogLine, LogPosition, LogReader, LogStore
from messaging.log_writer import LogWriter
from tests.support.build_logs import ATTEMPT, NOON, START, end, lines, numbered
from tests.support.written_logs import write
from tickborg.errors import InfrastructureError
from tickborg.messages import BuildLogStatus


def texts(folder: Path) -> list[str]:
    """The lines of the log."""
    return [line.text for line in LogReader(folder).read(ATTEMPT).lines]


def test_a_log_begins_with_its_header(tmp_path: Path) -> None:
    """The file explains itself to somebody who finds it."""
    write(tmp_path, START.model_copy(update={"pr": 7, "identity": "evil\nname: x"}), lines(1, 2))
    assert log_path(tmp_path, ATTEMPT).read_text() == (
        "tickborg build log 1\n"
        f"attempt: {ATTEMPT}\n"
        "project: meshmc\n"
        "system: x86_64-linux\n"
        "repo: owner/monorepo\n"
        "pull request: 7\n"
        f"head: {'1' * 40}\n"
        "builder: evil name: x\n"
        "started: 2026-01-31T12:00:00+00:00\n"
        "\n"
        "line 1\n"
        "line 2\n"
    )


def test_a_log_of_a_push_names_its_branch(tmp_path: Path) -> None:
    """In its header and in its metadata, where a page finds the way back."""
    write(tmp_path, START.model_copy(update={"branch": "release/1.2"}), lines(1, 1))
    metadata = LogReader(tmp_path).metadata(ATTEMPT)
    assert metadata is not None
    assert metadata.branch == "release/1.2"
    assert "\nbranch: release/1.2\n" in log_path(tmp_path, ATTEMPT).read_text()


def test_a_log_without_lines_is_a_log(tmp_path: Path) -> None:
    """A build that prints nothing has a header, an end and no lines."""
    write(tmp_path, START, end(BuildLogStatus.SUCCESS, 0))
    metadata = LogReader(tmp_path).metadata(ATTEMPT)
    assert metadata
    assert (metadata.status, metadata.line_count, metadata.complete) == (BuildLogStatus.SUCCESS, 0, True)
    assert (metadata.project, metadata.ended_at) == ("meshmc", NOON)
    assert texts(tmp_path) == []


def test_a_log_whose_builder_died_at_once_says_what_it_is_of(tmp_path: Path) -> None:
    """Killed before it could say so, the builder leaves it to the one who misses it."""
    lost = end(BuildLogStatus.LOST, None).model_copy(update={"of": START})
    write(tmp_path, lost, give_up_before=1)
    metadata = LogReader(tmp_path).metadata(ATTEMPT)
    assert metadata
    assert (metadata.project, metadata.head_sha) == (START.project, START.head_sha)
    assert (metadata.status, metadata.complete) == (BuildLogStatus.LOST, False)


def test_a_collector_that_was_killed_goes_on_behind_the_last_whole_line(tmp_path: Path) -> None:
    """A torn line was not acknowledged, so it comes again."""
    write(tmp_path, START, lines(1, 3))
    path = log_path(tmp_path, ATTEMPT)
    os.truncate(path, path.stat().st_size - 3)
    write(tmp_path, START, lines(1, 3), lines(4, 5), end(BuildLogStatus.SUCCESS, 5))
    assert texts(tmp_path) == numbered(1, 5)


def test_a_torn_header_is_written_again(tmp_path: Path) -> None:
    """Killed in its very first write, a collector leaves nothing to build upon."""
    write(tmp_path, START)
    os.truncate(log_path(tmp_path, ATTEMPT), 40)
    write(tmp_path, START, lines(1, 1))
    assert texts(tmp_path) == ["line 1"]


def test_holes_are_known_after_a_restart(tmp_path: Path) -> None:
    """The line that stands for lost ones is not counted as one of the build's."""
    write(tmp_path, START, lines(1, 2), lines(6, 6), give_up_before=6)
    write(tmp_path, lines(5, 8), end(BuildLogStatus.SUCCESS, 8))
    assert LogReader(tmp_path).read(ATTEMPT).lines == (
        LogLine(1, "line 1"),
        LogLine(2, "line 2"),
        LogLine(None, "[tickborg: lines 3 to 5 were lost]"),
        LogLine(6, "line 6"),
        LogLine(7, "line 7"),
        LogLine(8, "line 8"),
    )
    metadata = LogReader(tmp_path).metadata(ATTEMPT)
    assert metadata
    assert not metadata.complete
    assert metadata.line_count == 8


def test_a_hole_that_was_announced_but_not_written_is_forgotten(tmp_path: Path) -> None:
    """Killed between metadata and log, the collector waits for the lines once more, and they may come."""
    write(tmp_path, START, lines(1, 2))
    before = log_path(tmp_path, ATTEMPT).read_bytes()
    write(tmp_path, lines(6, 6), give_up_before=6)
    log_path(tmp_path, ATTEMPT).write_bytes(before)
    write(tmp_path, lines(3, 6))
    assert [line.number for line in LogReader(tmp_path).read(ATTEMPT).lines] == [1, 2, 3, 4, 5, 6]


def test_a_printed_line_cannot_pass_for_a_hole(tmp_path: Path) -> None:
    """Only the metadata says where lines are missing."""
    forged = lines(1, 1).model_copy(update={"output": "[tickborg: lines 1 to 9 were lost]"})
    write(tmp_path, START, forged, lines(2, 2))
    assert [line.number for line in LogReader(tmp_path).read(ATTEMPT).lines] == [1, 2]


def test_the_builders_own_end_replaces_a_lost_one(tmp_path: Path) -> None:
    """A builder given up may come back with the rest of its log."""
    write(tmp_path, START, lines(1, 2), end(BuildLogStatus.LOST, None))
    lost = read_metadata(tmp_path, ATTEMPT)
    write(tmp_path, lines(3, 4), end(BuildLogStatus.FAILURE, 4))
    failed = read_metadata(tmp_path, ATTEMPT)
    assert lost
    assert failed
    assert (lost.status, lost.complete) == (BuildLogStatus.LOST, False)
    assert (failed.status, failed.complete) == (BuildLogStatus.FAILURE, True)
    assert texts(tmp_path) == numbered(1, 4)


def test_a_late_start_completes_the_metadata(tmp_path: Path) -> None:
    """Its header stays as it had to be written."""
    write(tmp_path, lines(1, 1), give_up_before=1)
    write(tmp_path, START, end(BuildLogStatus.SUCCESS, 1))
    metadata = read_metadata(tmp_path, ATTEMPT)
    assert metadata
    assert (metadata.project, metadata.complete) == ("meshmc", True)
    assert "project" not in log_path(tmp_path, ATTEMPT).read_text()


def test_a_log_is_written_by_one_process_at_a_time(tmp_path: Path) -> None:
    """A second writer is refused instead of mixing its lines in."""
    first = LogWriter(tmp_path, ATTEMPT)
    with pytest.raises(InfrastructureError, match="another log collector"):
        LogWriter(tmp_path, ATTEMPT)
    first.close()
    LogWriter(tmp_path, ATTEMPT).close()


def test_only_so_many_logs_are_open(tmp_path: Path) -> None:
    """Hundreds of builds at once do not use up the file descriptors."""
    store = LogStore(tmp_path, open_logs=2)
    attempts = [UUID(int=number) for number in range(1, 6)]
    for attempt in attempts:
        store.writer(attempt)
        store.tidy()
    for attempt in attempts[:3]:
        LogWriter(tmp_path, attempt).close()
    with pytest.raises(InfrastructureError):
        LogWriter(tmp_path, attempts[4])
    store.close()


def test_a_reader_tails_a_growing_log(tmp_path: Path) -> None:
    """It sees whole lines only, each once, and goes on where it ended."""
    reader = LogReader(tmp_path)
    assert reader.read(ATTEMPT).next == LogPosition()
    write(tmp_path, START, lines(1, 2))
    first = reader.read(ATTEMPT)
    with log_path(tmp_path, ATTEMPT).open("ab") as file:
        file.write(b"line 3, half of i")
        file.flush()
        assert reader.read(ATTEMPT, first.next).lines == ()
        file.write(b"t\n")
    assert first.lines == (LogLine(1, "line 1"), LogLine(2, "line 2"))
    assert reader.read(ATTEMPT, first.next).lines == (LogLine(3, "line 3, half of it"),)


def test_a_reader_takes_a_long_log_in_pages(tmp_path: Path) -> None:
    """A page is about as long as asked for, and a line longer than a page comes whole."""
    long = lines(1, 1).model_copy(update={"output": "x" * 5_000 + "\nline 2\nline 3"})
    write(tmp_path, START, long)
    reader = LogReader(tmp_path)
    page = reader.read(ATTEMPT, limit=10)
    read: list[LogLine] = []
    while page.lines:
        read += page.lines
        page = reader.read(ATTEMPT, page.next, limit=10)
    assert read == [LogLine(1, "x" * 5_000), LogLine(2, "line 2"), LogLine(3, "line 3")]


def test_damaged_metadata_does_not_stop_a_log(tmp_path: Path) -> None:
    """It is passed over, and written anew when the log ends."""
    write(tmp_path, START, lines(1, 2))
    metadata_path(tmp_path, ATTEMPT).write_text("{")
    write(tmp_path, lines(3, 3), end(BuildLogStatus.SUCCESS, 3))
    assert texts(tmp_path) == numbered(1, 3)


@pytest.mark.parametrize(
    ("lines_wanted", "limit", "first"),
    [
        (3, 1 << 20, 8),
        (10, 1 << 20, 1),
        (99, 1 << 20, 1),
        (99, 20, 9),
        (99, 15, 9),
        (99, 14, 10),
        (99, 3, 11),
    ],
)
def test_a_reader_finds_where_the_end_of_a_log_begins(
    tmp_path: Path, lines_wanted: int, limit: int, first: int
) -> None:
    """So many lines, or as many whole ones as fit, numbered as if it had been read from its beginning."""
    write(tmp_path, START, lines(1, 10))
    reader = LogReader(tmp_path)
    read = reader.read(ATTEMPT, reader.tail(ATTEMPT, lines_wanted, limit))
    assert read.lines == tuple(LogLine(number, f"line {number}") for number in range(first, 11))
    assert read.next == reader.read(ATTEMPT).next


def test_the_end_of_a_log_is_numbered_behind_holes_and_torn_lines(tmp_path: Path) -> None:
    """A hole is one line of the file, and half a line none."""
    write(tmp_path, START, lines(1, 2), lines(6, 9), give_up_before=6)
    with log_path(tmp_path, ATTEMPT).open("ab") as file:
        file.write(b"half of li")
    reader = LogReader(tmp_path)
    assert [line.number for line in reader.read(ATTEMPT, reader.tail(ATTEMPT, 5)).lines] == [None, 6, 7, 8, 9]


def test_a_log_that_is_not_there_has_no_end_and_no_bytes(tmp_path: Path) -> None:
    """Nor has one whose header is not whole."""
    reader = LogReader(tmp_path)
    assert (reader.tail(ATTEMPT, 5), reader.size(ATTEMPT)) == (LogPosition(), None)
    assert reader.raw(ATTEMPT, 0, 100) == b""
    log_path(tmp_path, ATTEMPT).write_bytes(b"tickborg build log 1\natt")
    assert reader.tail(ATTEMPT, 5) == LogPosition()


def test_the_bytes_of_a_log_are_given_in_pieces(tmp_path: Path) -> None:
    """As they are, header included."""
    write(tmp_path, START, lines(1, 3))
    reader, whole = LogReader(tmp_path), log_path(tmp_path, ATTEMPT).read_bytes()
    assert reader.size(ATTEMPT) == len(whole)
    assert b"".join(reader.raw(ATTEMPT, offset, 100) for offset in range(0, 300, 100)) == whole
