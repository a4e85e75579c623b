"""A log that loses lines in more places than anybody can use is cut, and costs no more from there on."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging import log_assembly
from messaging.in_process import InProcessTransport
from messaging.log_assembly import AnyLogMessage, Hole, Progress, assemble
from messaging.log_collector import LogCollector
from messaging.log_envelope import outgoing
from messaging.log_format import LogMetadata, log_path, metadata_path
from messaging.log_store import LogReader, LogStore
from tests.support.build_logs import ATTEMPT, START, end, lines
from tests.support.counted import Counted
from tests.support.log_pipeline import ended, running, written
from tests.support.written_logs import write
from tickborg.messages import LAST_LINE, BuildLogMsg, BuildLogStatus, Event, EventName

FEW = 3
"""Holes, where a test does not want hundreds."""

LAST = 40


@pytest.fixture(scope="module", autouse=True)
def _few_holes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_assembly, "HOLES_LIMIT", FEW)
        patch.setattr(os, "fsync", lambda _: None)  # no power is cut here
        yield


def found(folder: Path) -> LogMetadata:
    """The metadata of the log."""
    metadata = LogReader(folder).metadata(ATTEMPT)
    assert metadata is not None
    return metadata


def missing(metadata: LogMetadata) -> list[int]:
    """The numbers of the lines that are known to be missing."""
    return [number for gap in metadata.gaps for number in range(gap.first, gap.last + 1)]


@st.composite
def some_lines(draw: st.DrawFn) -> BuildLogMsg:
    """A few lines from anywhere in the log."""
    first = draw(st.integers(1, LAST))
    return lines(first, min(first + draw(st.integers(0, 3)), LAST))


@given(
    batches=st.lists(st.lists(some_lines(), min_size=1, max_size=6), max_size=6),
    deliveries=st.lists(st.integers(1, 2), min_size=6, max_size=6),
    torn=st.lists(st.integers(0, 200), min_size=6, max_size=6),
)
@settings(max_examples=40)
def test_every_line_is_there_or_known_to_be_missing(
    batches: Sequence[Sequence[BuildLogMsg]], deliveries: Sequence[int], torn: Sequence[int]
) -> None:
    """Whatever comes, twice, and whenever a collector is killed: in few ranges, and never in two of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, START)
        for batch, times, cut_off in zip(batches, deliveries, torn, strict=False):
            path, before = log_path(folder, ATTEMPT), log_path(folder, ATTEMPT).stat().st_size
            write(folder, *batch, give_up_before=LAST)
            # What was not acknowledged may be lost in a power cut, and comes again.
            os.truncate(path, max(before, path.stat().st_size - cut_off))
            for _ in range(times):
                write(folder, *batch, give_up_before=LAST)
        write(folder, end(BuildLogStatus.SUCCESS, LAST), give_up_before=LAST + 1)
        metadata, read = found(folder), LogReader(folder).read(ATTEMPT).lines
    present = {line.number: line.text for line in read if line.number}
    assert sorted([*present, *missing(metadata)]) == list(range(1, LAST + 1))
    assert present == {number: f"line {number}" for number in present}
    assert len(metadata.holes) <= FEW
    assert len(read) <= LAST
    assert metadata.complete == (not metadata.gaps)


@given(st.lists(st.integers(1, LAST_LINE), min_size=20, max_size=60, unique=True).map(sorted))
@settings(max_examples=40)
def test_what_a_hostile_builder_makes_of_a_log_does_not_grow_with_what_it_sends(
    numbers: Sequence[int],
) -> None:
    """Neither what is written of one batch, nor what is known of the log."""
    progress, waiting = Progress(1), [lines(number, number) for number in numbers]
    assembly = assemble(progress, waiting, LAST_LINE)
    assert not assembly.waiting
    assert sum(isinstance(piece, Hole) for piece in assembly.pieces) <= FEW + 1
    assert assembly.progress.next_line == numbers[-1] + 1
    again = assemble(assembly.progress, waiting, LAST_LINE)
    assert (again.pieces, again.progress) == ([], assembly.progress)


def test_nothing_is_waited_for_in_a_log_that_is_cut() -> None:
    """Its messages would be held for what will not be kept."""
    cut = Progress(10, holes=FEW, cut=True)
    assembly = assemble(cut, [lines(20, 21), lines(30, 30)])
    assert assembly.pieces == [Hole(10, 30, open=True)]
    assert assembly.lost_lines == 21
    assert not assembly.waiting


async def test_a_log_with_too_many_holes_says_so_wherever_one_looks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In its text, its metadata, the collector's log and two metrics; nothing but what is kept is read."""
    transport, stats = InProcessTransport(), Counted()
    second_lines: list[AnyLogMessage] = [lines(number, number) for number in range(2, 41, 2)]
    for message in (START, *second_lines, end(BuildLogStatus.SUCCESS, 50)):
        await transport.publish(outgoing(message))
    async with running(LogCollector(transport, LogStore(tmp_path), stats, gap_seconds=0).run()):
        metadata = await ended(tmp_path, ATTEMPT)
        await stats.notified.wait()
    rest = metadata.rest
    assert rest is not None
    assert ([hole.first for hole in metadata.holes], rest.first, rest.last) == ([1, 3, 5], 7, 50)
    assert (metadata.status, metadata.line_count, metadata.complete) == (BuildLogStatus.SUCCESS, 50, False)
    assert written(tmp_path, ATTEMPT)[-2:] == [
        "line 6",
        "[tickborg: lines were lost in too many places; from line 7 on none is kept]",
    ]
    assert stats.events == [
        Event(name=EventName.LOG_LINES_LOST, count=47),
        Event(name=EventName.LOG_CUT_SHORT),
    ]
    assert f"the log of attempt {ATTEMPT} lost lines in too many places" in caplog.text
    assert metadata_path(tmp_path, ATTEMPT).stat().st_size < 2_000


def test_a_cut_that_was_announced_but_not_written_is_forgotten(tmp_path: Path) -> None:
    """As any other hole is: killed in between, the collector waits once more, and the lines may come."""
    write(tmp_path, START, lines(2, 2), lines(4, 4), lines(6, 6), give_up_before=6)
    before = log_path(tmp_path, ATTEMPT).read_bytes()
    write(tmp_path, lines(8, 8), give_up_before=8)
    assert found(tmp_path).rest is not None
    log_path(tmp_path, ATTEMPT).write_bytes(before)
    write(tmp_path, lines(7, 8))
    assert (found(tmp_path).rest, written(tmp_path, ATTEMPT)[-2:]) == (None, ["line 7", "line 8"])
