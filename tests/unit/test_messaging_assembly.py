"""Whatever order, doubling and cutting messages arrive in, one log comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.log_assembly import (
    AnyLogMessage,
    Assembly,
    Ending,
    Header,
    Hole,
    LateStart,
    Lines,
    Piece,
    Progress,
    assemble,
)
from tests.support.build_logs import START, end, lines
from tickborg.messages import BuildLogMsg, BuildLogStatus


def text(assembly: Assembly) -> list[str]:
    """The lines that are written."""
    return [line for piece in assembly.pieces if isinstance(piece, Lines) for line in piece.text.split("\n")]


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[int, list[list[AnyLogMessage]]]:
    """A line count, and batches of messages that hold each of its lines at least once, in any order."""
    count = draw(st.integers(0, 30))
    whole = [lines(number, number) for number in range(1, count + 1)]
    ranges = st.tuples(st.integers(1, max(count, 1)), st.integers(0, 5))
    extra = (
        [lines(first, min(first + more, count)) for first, more in draw(st.lists(ranges))] if count else []
    )
    ends = [end(BuildLogStatus.SUCCESS, count)] * draw(st.integers(1, 2))
    messages: list[AnyLogMessage] = draw(st.permutations([START, *whole, *extra, *ends]))
    sizes = draw(st.lists(st.integers(1, 10), min_size=len(messages)))
    batches: list[list[AnyLogMessage]] = []
    rest = list(messages)
    for size in sizes:
        batches.append(rest[:size])
        rest = rest[size:]
    return count, [batch for batch in batches if batch]


@given(deliveries())
def test_every_line_is_written_once_and_in_order(case: tuple[int, list[list[AnyLogMessage]]]) -> None:
    """Messages may be shuffled, doubled, cut differently and delivered in any batches."""
    count, batches = case
    progress = Progress()
    waiting: list[AnyLogMessage] = []
    written: list[Piece] = []
    for batch in batches:
        assembly = assemble(progress, [*waiting, *batch])
        progress, waiting = assembly.progress, assembly.waiting
        written += assembly.pieces
    assert text(Assembly(written)) == [f"line {number}" for number in range(1, count + 1)]
    assert isinstance(written[0], Header)
    assert isinstance(written[-1], Ending)
    assert progress == Progress(count + 1, ended=True)
    assert not waiting


def test_a_message_behind_a_gap_waits() -> None:
    """Nothing is written out of order."""
    assembly = assemble(Progress(), [START, lines(1, 3), lines(5, 6)])
    assert text(assembly) == ["line 1", "line 2", "line 3"]
    assert assembly.waiting == [lines(5, 6)]
    assert assembly.lost_lines == 0


def test_a_gap_that_is_given_up_becomes_a_hole() -> None:
    """What never came is marked and counted, and the log goes on behind it."""
    assembly = assemble(Progress(4), [lines(10, 11)], give_up_before=10)
    assert assembly.pieces == [Hole(4, 9), Lines(10, 2, "line 10\nline 11")]
    assert assembly.lost_lines == 6
    assert assembly.progress == Progress(12, holes=1)


def test_only_gaps_before_the_message_that_waited_too_long_are_given_up() -> None:
    """A younger message behind another gap goes on waiting."""
    assembly = assemble(Progress(1), [lines(3, 3), lines(9, 9)], give_up_before=3)
    assert assembly.pieces == [Hole(1, 2), Lines(3, 1, "line 3")]
    assert assembly.waiting == [lines(9, 9)]


def test_lines_missing_before_the_end_are_a_hole() -> None:
    """The end says how many lines there were."""
    last = end(BuildLogStatus.FAILURE, 9)
    assembly = assemble(Progress(8), [last], give_up_before=10)
    assert assembly.pieces == [Hole(8, 9), Ending(last)]


def test_a_log_whose_start_is_lost_still_has_a_header() -> None:
    """What the first message knows is better than no log."""
    assembly = assemble(Progress(), [lines(1, 1)], give_up_before=1)
    assert assembly.pieces == [Header(None, lines(1, 1)), Lines(1, 1, "line 1")]


def test_a_start_that_comes_after_the_header_completes_the_metadata() -> None:
    """A spool may be sent long after the log was said to be lost."""
    assembly = assemble(Progress(1), [START])
    assert assembly.pieces == [LateStart(START)]
    assert assembly.progress == Progress(1)


def test_lines_after_the_builder_was_given_up_are_still_written() -> None:
    """A builder that is restarted sends what it had spooled, and its own end counts."""
    lost = end(BuildLogStatus.LOST, None)
    first = assemble(Progress(3), [lost])
    assert first.pieces == [Ending(lost)]
    assert not first.progress.ended
    second = assemble(first.progress, [lines(3, 4), end(BuildLogStatus.SUCCESS, 4)])
    assert text(second) == ["line 3", "line 4"]
    assert second.progress.ended


@pytest.mark.parametrize("message", [START, lines(1, 9), lines(5, 20), end(BuildLogStatus.LOST, None)])
def test_nothing_belongs_to_a_log_that_has_ended(message: AnyLogMessage) -> None:
    """Redelivered messages of a finished log vanish."""
    assembly = assemble(Progress(10, ended=True), [message])
    assert assembly.pieces == []
    assert assembly.waiting == []
    assert assembly.progress == Progress(10, ended=True)


def test_an_empty_line_is_a_line() -> None:
    """Output of nothing but a line break counts."""
    empty = BuildLogMsg(attempt_id=START.attempt_id, identity="b", system="s", line_number=1, output="")
    assert assemble(Progress(1), [empty]).pieces == [Lines(1, 1, "")]
