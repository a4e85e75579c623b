"""Text that fits on one line, with nothing invisible in it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg.texts.shortening import shorten, shorten_bytes, visible

FAMILY = "\U0001f468\N{ZERO WIDTH JOINER}\U0001f469\N{ZERO WIDTH JOINER}\U0001f467"
FLAG = "\U0001f1eb\U0001f1f7"
THUMB = "\U0001f44d\U0001f3fd"
ACCENT = "e\N{COMBINING ACUTE ACCENT}"

ODD = st.text(
    st.one_of(st.characters(), st.sampled_from(f"\n\t\x00\udc80\ud800\u202e{FAMILY}{FLAG}{THUMB}{ACCENT}"))
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\nb\tc\r", "a␊b␉c␍"),
        ("\x7f\x00", "␡␀"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u2028b\x85", "a\\u2028b\\u0085"),
        ("caf\udce9", "caf\\xe9"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\ue0041"),
        (FAMILY + FLAG + ACCENT, FAMILY + FLAG + ACCENT),
        ("naïve café 日本", "naïve café 日本"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, expected: str) -> None:
    """Control, format and undecodable characters have signs; accents and emoji stay."""
    assert visible(text) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("ab cd", 4, "ab…"),
        ("abcd", 1, "…"),
        ("x" + FAMILY, 5, "x…"),
        ("x" + FLAG + FLAG, 4, f"x{FLAG}…"),
        ("x" + FLAG + FLAG, 3, "x…"),
        ("x" + THUMB + "y", 3, "x…"),
        ("xx" + ACCENT + "y", 4, "xx…"),
        ("x" + "\N{COMBINING ACUTE ACCENT}" * 100, 50, "x" + "\N{COMBINING ACUTE ACCENT}" * 48 + "…"),
    ],
)
def test_text_is_cut_between_characters_as_people_see_them(text: str, limit: int, expected: str) -> None:
    """Families, flags, skin tones and accents are kept whole or left out; what is endless is cut anywhere."""
    assert shorten(text, limit) == expected


@given(text=ODD, limit=st.integers(1, 200))
def test_shortened_text_fits_on_one_visible_line(text: str, limit: int) -> None:
    """Nothing in it is invisible, cannot be encoded, or is over the limit."""
    short = shorten(text, limit)
    assert len(short) <= limit
    short.encode()
    assert not {unicodedata.category(each) for each in short} & {"Cc", "Cs", "Zl", "Zp"}
    assert short == visible(text) or short.endswith("…")


@given(text=ODD, limit=st.integers(3, 200))
def test_bytes_are_counted_where_bytes_are_the_limit(text: str, limit: int) -> None:
    """The rule is the same."""
    short = shorten_bytes(text, limit)
    assert len(short.encode()) <= limit
    assert short == visible(text) or short.endswith("…")
