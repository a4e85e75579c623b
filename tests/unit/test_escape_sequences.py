"""What a program prints can colour the terminal of whoever looks, and do nothing else to it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg.escape_sequences import with_colours, without_sequences

RED, NORMAL = "\x1b[31m", "\x1b[m"
PIECES = st.sampled_from(
    ["\x1b", "[", "]", "0;", "31m", "m", "2J", "c", "P", "\\", "\x07", "\x9b", "\t", "a", "é"]
)


@pytest.mark.parametrize(
    ("printed", "plain", "coloured"),
    [
        ("plain", "plain", "plain"),
        ("a\tb", "a\tb", "a\tb"),
        (f"{RED}red{NORMAL}", "red", f"{RED}red{NORMAL}{NORMAL}"),
        ("\x1b[1;38;5;9mbold", "bold", f"\x1b[1;38;5;9mbold{NORMAL}"),
        ("\x1b[2Jgone", "gone", f"gone{NORMAL}"),
        ("\x1b]0;your shell\x07title", "title", f"title{NORMAL}"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link", f"link{NORMAL}"),
        ("\x1bcreset", "reset", f"reset{NORMAL}"),
        ("\x1b(0line", "line", f"line{NORMAL}"),
        ("cut off \x1b[3", "cut off ␛[3", f"cut off ␛[3{NORMAL}"),
        ("\x9b2J\x07\b\x00", "\\u009b2J␇␈␀", "\\u009b2J␇␈␀"),
    ],
)
def test_colours_stay_or_go_and_the_rest_goes(printed: str, plain: str, coloured: str) -> None:
    """Sequences vanish, and what is left of a control character can be seen."""
    assert without_sequences(printed) == plain
    assert with_colours(printed) == coloured


@given(st.lists(PIECES).map("".join))
def test_nothing_but_colours_reaches_a_terminal(printed: str) -> None:
    """However sequences are cut, nested and left open."""
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", without_sequences(printed))
    rest = re.sub(r"\x1b\[[0-9;:]*m", "", with_colours(printed))
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", rest)
