"""Nothing that is put into a page can be anything but text there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.logs.ansi import line_to_html
from dashboard.pages.markdown import markdown
from dashboard.pages.markup import Html, element, link, prose, together
from tests.support.html_tree import Node, parse
from tickborg.texts.markdown import code
from tickborg.texts.markdown import prose as prose_of_github
from tickborg.texts.shortening import visible

HOSTILE = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                "<script>",
                "</span>",
                "&lt;",
                "\"'",
                "onload=",
                "<!--",
                "]]>",
                "\x1b[31m",
                "\x1b]8;;x\x07",
                "\0",
            ]
        )
    ).map("".join),
)
CLASSES = {
    "bold",
    "dim",
    "italic",
    "underlined",
    *(f"{ground}-{n}" for ground in ("fg", "bg") for n in range(16)),
}


def whole(html: str) -> list[Node | str]:
    """What a browser makes of it."""
    return parse(html).children


@given(HOSTILE, HOSTILE)
def test_text_stays_text(text: str, value: str) -> None:
    """In an element and in an attribute, whatever it is."""
    (node,) = whole(element("p", text, "", [text], title=value))
    assert isinstance(node, Node)
    assert node.text == visible(text) * 2
    assert all(isinstance(child, str) for child in node.children)
    assert node.attributes == ({"title": visible(value)} if value else {})


def test_only_markup_of_ours_is_markup() -> None:
    """What was formatted from markup is text again, so a forgotten call escapes twice and not never."""
    bold = element("b", "1 < 2")
    assert together(bold, "<b>") == "<b>1 &lt; 2</b>&lt;b&gt;"
    assert element("p", f"{bold}") == "<p>&lt;b&gt;1 &amp;lt; 2&lt;/b&gt;</p>"


def test_elements_without_content_have_no_end() -> None:
    """A browser would take `</meta>` for an error."""
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_attributes_without_a_value_are_left_out_or_stand_alone() -> None:
    """True stands alone; False, None and empty text are not there."""
    assert element("p", hidden=True, id=None, class_="", open=False) == "<p hidden></p>"


def test_prose_has_code_and_lines() -> None:
    """As reasons are written; an odd backtick is one."""
    assert prose("run `make <x>`\nor `not") == "run <code>make &lt;x&gt;</code><br>or `not"


@given(
    st.one_of(HOSTILE, st.lists(st.sampled_from(["*", "<code>", "</code>", "`", "a ", "**"])).map("".join))
)
def test_markdown_of_others_is_no_more_than_code_and_emphasis(text: str) -> None:
    """Whatever somebody gets into a notice."""
    for node in parse(markdown(text)).all():
        assert node.name in {"code", "em", "strong"}
        assert not node.attributes


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (code("a`b"), "<code>a`b</code>"),
        (
            f"{code('x')} and {prose_of_github('<b> @me http://x')}",
            "<code>x</code> and &lt;b&gt; @me http://x",
        ),
        ("[l](http://x) ![i](y) <http://q>", "[l](http://x) ![i](y) &lt;http://q&gt;"),
        ("</code> a", "&lt;/code&gt; a"),
    ],
)
def test_markdown_of_ours_is_read(text: str, html: str) -> None:
    """As GitHub shows it, without links of its own."""
    assert markdown(text) == html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " https://x", "", "vbscript:x"])
def test_a_link_leads_to_the_web_or_to_a_page(url: str) -> None:
    """Of any other URL only the content is shown."""
    assert link(url, "GitHub") == "GitHub"


def test_a_good_link_is_one() -> None:
    """To the web, to a page of ours, or to a place in this one."""
    assert link('https://e.org/?"', "x") == '<a href="https://e.org/?&quot;">x</a>'
    assert link("/logs/1", "x") == '<a href="/logs/1">x</a>'
    assert link("#L1", "x") == '<a href="#L1">x</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("ask with `@tickbot build <a>`.", "ask with <code>@tickbot build &lt;a&gt;</code>."),
        ("a ` b", "a ` b"),
        ("", ""),
    ],
)
def test_backticks_are_code(text: str, html: str) -> None:
    """As in the comment, where Markdown does it; a single one is itself."""
    assert prose(text) == html


@pytest.mark.parametrize(
    ("line", "html"),
    [
        ("plain <b> & \"'", "plain &lt;b&gt; &amp; &quot;&#x27;"),
        ("\x1b[31mred\x1b[0m.", '<span class="fg-1">red</span>.'),
        ("\x1b[1;92mbright\x1b[m.", '<span class="bold fg-10">bright</span>.'),
        (
            "\x1b[41;37mon red\x1b[49m white",
            '<span class="bg-1 fg-7">on red</span><span class="fg-7"> white</span>',
        ),
        ("\x1b[38;5;12mindexed\x1b[39m.", '<span class="fg-12">indexed</span>.'),
        ("\x1b[38;5;200mmany\x1b[38;2;1;31;4mmore", "manymore"),
        ("\x1b[38:5:3mcolons\x1b[38:2::1:31:4m!", '<span class="fg-3">colons</span>!'),
        ("\x1b[4:3mcurly\x1b[24m.", '<span class="underlined">curly</span>.'),
        ("\x1b[1;2;3mx\x1b[22my", '<span class="bold dim italic">x</span><span class="italic">y</span>'),
        ("\x1b[31", "␛[31"),
        ("\x1b[31m", ""),
        ("a\x1b[2Kb\x1b[10;20Hc\x1b(Bd\x1b7e", "abcde"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://e.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never ended", "␛]0;never ended"),
        ("a\tb\bc\x7f\x9bd\u202ee", "a\tb␈c␡\\u009bd\\u202ee"),
        ("\x1b[;;m\x1b[999999999999mx", "x"),
    ],
)
def test_colours_are_kept_and_other_sequences_are_not(line: str, html: str) -> None:
    """Basic colours become classes, and control characters that are no sequence can be seen."""
    assert line_to_html(line) == html


@given(HOSTILE)
def test_a_line_is_text_and_spans_of_our_classes(line: str) -> None:
    """Whatever a build prints."""
    for node in whole(line_to_html(line)):
        if isinstance(node, Node):
            assert node.name == "span"
            assert set(node.attributes) == {"class"}
            assert set(node.attributes["class"].split()) <= CLASSES
            assert all(isinstance(child, str) for child in node.children)
            assert "\x1b" not in node.text


def test_a_line_of_nothing_but_sequences_is_read_in_no_time() -> None:
    """The longest line there is, made to be looked at again and again."""
    for sequence in ("\x1b[", "\x1b]", "\x1b[1", "\x1b[38;5", "\x1b"):
        assert isinstance(line_to_html(sequence * (65_536 // len(sequence))), Html)
