"""Lines out of whatever bytes a build prints (design, section 10)."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg.log_lines import MAX_LINE, TAIL_BYTES, TAIL_LINE_LENGTH, TAIL_LINES, LineAssembler, Tail


def assembled(*chunks: bytes) -> list[str]:
    """All lines of ``chunks``, fed one after the other."""
    assembler = LineAssembler()
    lines = [line for chunk in chunks for line in assembler.feed(chunk)]
    return lines + assembler.finish()


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"one", ["one"]),
        (b"one\n", ["one"]),
        (b"one\n\ntwo", ["one", "", "two"]),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b"10%\r50%\r100%\n", ["10%", "50%", "100%"]),
        (b"10%\r50%\r", ["10%", "50%"]),
        (b"\r", [""]),
        (b"a\0b\n\0", ["a␀b", "␀"]),
        (b"caf\xe9\n\xff\xfe\n", ["caf\ufffd", "\ufffd\ufffd"]),
        (b"cut \xe2\x82", ["cut \ufffd"]),
        (b"\x1b[31mred\x1b[0m\tand \x07\n", ["\x1b[31mred\x1b[0m\tand \x07"]),
        ("vertical\vform\ffeed\x1c\x85\u2028\u2029\n".encode(), ["vertical\vform\ffeed\x1c\x85\u2028\u2029"]),
    ],
)
def test_lines_end_where_a_terminal_would_end_them(output: bytes, lines: list[str]) -> None:
    """Line feeds, carriage returns and their pair end a line; nothing else does, and nothing is lost."""
    assert assembled(output) == lines


def test_a_line_is_given_as_soon_as_it_is_complete() -> None:
    """A line break gives the line at once, except a CR that may yet become CRLF."""
    assembler = LineAssembler()
    assert assembler.feed(b"one\ntw") == ["one"]
    assert assembler.feed(b"o\r") == []
    assert assembler.feed(b"\nthree\r") == ["two"]
    assert assembler.feed(b"four") == ["three"]
    assert assembler.finish() == ["four"]
    assert assembler.finish() == []


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_it_does_not_matter_how_output_is_cut(output: bytes, cuts: list[int]) -> None:
    """Any bytes, cut anywhere, give the same lines as in one piece."""
    places = [0, *sorted(cuts), len(output)]
    chunks = [output[start:end] for start, end in pairwise(places)]
    assert assembled(*chunks) == assembled(output)


@given(st.text(alphabet="añ€🎈 ", max_size=60), st.integers(0, 240))
def test_a_character_may_be_cut_in_two(text: str, cut: int) -> None:
    """A character whose bytes come in two pieces is that character."""
    output = text.encode()
    assert assembled(output[:cut], output[cut:]) == ([text] if text else [])


@given(st.binary())
def test_no_line_has_a_line_break_or_nul_and_every_line_can_be_sent(output: bytes) -> None:
    """Whatever is printed, the lines can be joined by line feeds, encoded, and split again."""
    lines = assembled(output)
    assert "\n".join(lines).encode().decode().split("\n") == (lines or [""])
    assert not any("\0" in line or "\r" in line for line in lines)


@pytest.mark.parametrize(
    ("length", "pieces"),
    [
        (MAX_LINE - 1, [MAX_LINE - 1]),
        (MAX_LINE, [MAX_LINE]),
        (MAX_LINE + 1, [MAX_LINE, 1]),
        (3 * MAX_LINE, [MAX_LINE] * 3),
    ],
)
@pytest.mark.parametrize("chunk", [1000, 65536, 1 << 20])
def test_an_overlong_line_is_continued_on_the_next(length: int, pieces: list[int], chunk: int) -> None:
    """A line of more than 64 Ki characters becomes several, and an exact fit adds no empty one."""
    output = b"x" * length + b"\nnext\n"
    lines = assembled(*(output[place : place + chunk] for place in range(0, len(output), chunk)))
    assert [len(line) for line in lines] == [*pieces, 4]


def test_a_line_without_end_is_not_collected() -> None:
    """100 MB without a line break are passed on piece by piece, and hardly any of it is held back."""
    assembler = LineAssembler()
    chunk = b"x" * 65536
    given_out = sum(len(line) for _ in range(1600) for line in assembler.feed(chunk))
    assert given_out >= 1600 * len(chunk) - MAX_LINE


def test_it_keeps_up_with_a_build_that_prints_much() -> None:
    """100 MB of short lines take far less than the seconds a build takes to print them."""
    chunk = b"a line of a log that is as long as most of them are, more or less\n" * 993
    assembler = LineAssembler()
    started = time.process_time()
    count = sum(len(assembler.feed(chunk)) for _ in range(100_000_000 // len(chunk)))
    assert count > 1_500_000
    assert time.process_time() - started < 5


def test_a_tail_has_the_last_lines() -> None:
    """Only the last lines are kept, in order, however they came."""
    tail = Tail()
    tail.add([f"line {n}" for n in range(1000)])
    tail.add(["last"])
    assert tail.lines() == (*(f"line {n}" for n in range(1001 - TAIL_LINES, 1000)), "last")


def test_a_tail_is_bounded_in_bytes() -> None:
    """Long lines are shortened with a mark, and the oldest give way until all fit."""
    tail = Tail()
    tail.add(["é" * 100_000] * TAIL_LINES)
    lines = tail.lines()
    assert all(len(line) == TAIL_LINE_LENGTH and line.endswith("…") for line in lines)
    assert sum(len(line.encode()) + 1 for line in lines) <= TAIL_BYTES
    assert len(lines) == TAIL_BYTES // (2 * (TAIL_LINE_LENGTH - 1) + 3 + 1)


def test_an_empty_tail_is_empty() -> None:
    """A build that prints nothing has no last lines."""
    assert Tail().lines() == ()
