"""Markdown read as GitHub reads it, as far as markdown-it knows GitHub's flavour (rich brings it)."""

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")
_PING = re.compile(r"(?<![\w/.&-])@\w")
_REFERENCE = re.compile(r"(?<![\w&/])#\d|\bGH-\d", re.IGNORECASE)
_URL = re.compile(r"\w://\w|\bwww\.\w", re.IGNORECASE)
_NOT_SEARCHED = frozenset({"code", "pre", "a"})
"""Elements whose text GitHub looks for no pings and references in."""


class Page(HTMLParser):
    """What a comment becomes: its elements, its text, and the text that GitHub looks for names in."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.codes: list[str] = []
        self._searched = ""
        self._open: list[str] = []
        self.feed(_PARSER.render(markdown))
        self.close()

    @property
    def automatic(self) -> list[str]:
        """What GitHub would make a link or a ping of by itself."""
        return [found for pattern in (_PING, _REFERENCE, _URL) for found in pattern.findall(self._searched)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append(tag)
        self._open.append(tag)
        if tag == "code":
            self.codes.append("")
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        """Note the end of an element."""
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data
        if "code" in self._open:
            self.codes[-1] += data
        self._searched += " " if _NOT_SEARCHED & set(self._open) else data
