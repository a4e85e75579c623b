"""Markdown on the emulator's pages."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.markdown import to_html

TAGS = ["<script>", "</script>", "<!--", "-->", "<details>", "<img src=x onerror=y>", "<p onclick=x>"]
MARKS = ["[a](", ")", "javascript:", "`", "```\n", "\n\n", "<", ">", '"', "&", "text", "|a|\n|-|\n"]


class Tags(HTMLParser):
    """The tags and attributes of a text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.add(tag)
        self.attributes.update(attrs)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** `code`", "<p><strong>bold</strong> <code>code</code></p>"),
        ("<!-- hidden -->\nshown", "<p>shown</p>"),
        ("a <!-- hidden --> b", "<p>a  b</p>"),
        ("a<br>b<sub>c</sub>", "<p>a<br>b<sub>c</sub></p>"),
        ("<details open><summary>More</summary>", "<details open><summary>More</summary>"),
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("<p class=x>", "&lt;p class=x&gt;"),
        ("`<!-- code -->`", "<p><code>&lt;!-- code --&gt;</code></p>"),
    ],
)
def test_what_is_harmless_is_rendered(text: str, html: str) -> None:
    """Tables, emphasis and a few tags are shown; comments are not; the rest is text."""
    assert to_html(text).strip() == html.strip()


@given(st.lists(st.sampled_from(TAGS + MARKS)).map("".join))
def test_nothing_active_gets_through(text: str) -> None:
    """Whatever is written, the HTML has no script, no image of its own and no handler."""
    found = Tags()
    found.feed(to_html(text))
    assert not found.tags & {"script", "img", "iframe", "style", "object"}
    assert not [name for name in found.attributes if name.startswith("on")]
    assert not (found.attributes.get("href") or "").startswith("javascript:")
