"""Markdown that nothing in it can break out of."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.github_markdown import Page
from tickborg.texts.markdown import block, code, fitting, html_code, prose
from tickborg.texts.shortening import visible

NASTY = st.text(st.sampled_from("ab1 `|\\*_[](){}<>#@&;:/.!~\"'-+=\n\r\t\x1b$é"), max_size=30)
SNIPPETS = st.lists(
    st.sampled_from(
        [
            "@ada",
            "#7",
            "GH-7",
            "https://x.y",
            "www.x.y",
            "a@b.c",
            "<b>",
            "<!--",
            "-->",
            "`",
            "``",
            "|",
            "\\",
            "*a*",
            "_a_",
            "&amp;",
            "[x](http://y)",
            "![x](y)",
            "~~x~~",
            "</code>",
            "</details>",
            " ",
            "a",
            "\n",
            "acme/mono#7",
            "&#64;x",
        ]
    ),
    max_size=6,
).map("".join)
ANYTHING = st.one_of(NASTY, SNIPPETS)


def whole(text: str) -> str:
    """``text`` without the characters that only keep GitHub from making links."""
    return text.replace("\N{ZERO WIDTH SPACE}", "")


@given(text=ANYTHING.filter(lambda text: text != ""))
def test_code_is_code_wherever_it_stands(text: str) -> None:
    """In a sentence and in a table it is one element with exactly the text."""
    for markdown in (
        f"x {code(text)} y",
        f"| a | b |\n|---|---|\n| {code(text)} | end |",
        f"x {html_code(text)} y",
    ):
        page = Page(markdown)
        assert page.codes == [visible(text)]
        assert not page.links
        assert not page.automatic
    assert Page(f"| a | b |\n|---|---|\n| {code(text)} | end |").elements.count("td") == 2


@given(text=ANYTHING)
def test_prose_has_no_markup_but_code(text: str) -> None:
    """Other people's sentences are shown as they are; nobody is pinged, nothing linked."""
    page = Page(f"x: {prose(text)}")
    assert set(page.elements) <= {"p", "code"}
    assert not page.links
    assert not page.automatic
    expected = visible(text)
    if re.fullmatch(r"[^`]*(`[^`]*[^`\s][^`]*`[^`]*)*", expected):
        expected = expected.replace("`", "")
    assert " ".join(whole(page.text).split()) == " ".join(f"x: {expected}".split())


@given(text=ANYTHING)
def test_prose_stays_in_its_cell(text: str) -> None:
    """A table has as many cells as it was meant to have."""
    page = Page(f"| a | b |\n|---|---|\n| {prose(text)} | end |")
    assert [element for element in page.elements if element in {"th", "td", "tr"}] == [
        "tr",
        "th",
        "th",
        "tr",
        "td",
        "td",
    ]


LINES = st.lists(
    st.one_of(ANYTHING, st.sampled_from(["```", "~~~~", "    ````", "``` sh"])), min_size=1, max_size=8
)


@given(lines=LINES, keep_last=st.booleans())
def test_a_block_has_all_that_is_in_it(lines: list[str], keep_last: bool) -> None:  # noqa: FBT001 - generated
    """Nothing in it ends it, whatever fences there are, and it is followed by what comes after it."""
    page = Page(block(lines, 10_000, language="text", keep_last=keep_last) + "\n\nafter")
    assert page.elements == ["pre", "code", "p"]
    assert page.codes[0].count("\n") == sum(line.count("\n") + 1 for line in lines)


@given(lines=LINES, room=st.integers(0, 120), keep_last=st.booleans())
def test_a_block_fits(lines: list[str], room: int, keep_last: bool) -> None:  # noqa: FBT001 - generated
    """Lines are left out at one end until it does."""
    text = block(lines, room, language="text", keep_last=keep_last)
    assert len(text) <= room
    assert not text or Page(text).elements == ["pre", "code"]


def test_a_block_keeps_the_end_that_matters() -> None:
    """The first lines of commands, the last lines of a log."""
    lines = [f"line {number}" for number in range(100)]
    assert block(lines, 60, language="sh").split("\n")[1] == "line 0"
    assert block(lines, 60, language="sh", keep_last=True).split("\n")[-2] == "line 99"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://x\x07link\x1b]8;;\x1b\\", "link"),
        ("10%\r50%\r100%", "100%"),
        ("10%\r", "10%"),
        ("a\tb", "a\tb"),
        ("a\x07b\x1b", "a␇b␛"),
        ("x" * 5_000, "x" * 999 + "…"),
    ],
)
def test_a_line_is_shown_as_a_terminal_leaves_it(line: str, expected: str) -> None:
    """Without colours and earlier states; of odd characters a sign, of long lines the beginning."""
    assert block([line], 2_000, language="text") == f"```text\n{expected}\n```"


def test_room_counts_line_breaks() -> None:
    """Each line costs one more than it has."""
    assert fitting(["ab", "cd", "ef"], 6) == ["ab", "cd"]
    assert fitting(["é"], 2, size=lambda line: len(line.encode())) == []
