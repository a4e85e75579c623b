"""What a comment looks like on GitHub, line by line, found out from HTML and not as the bot does."""

from html.parser import HTMLParser

from markdown_it import MarkdownIt

_PARSER = MarkdownIt("commonmark", {"breaks": True}).enable(["table", "strikethrough"])
_PARSER.add_render_rule("html_block", lambda *_: "")
_PARSER.add_render_rule("html_inline", lambda *_: "<wbr>")
_NOT_TEXT = frozenset({"a", "blockquote", "code", "pre", "table"})
_MARKS = frozenset({"em", "strong"})
"""Elements that are no sign of their own before the first word."""
_VOID = frozenset({"br", "hr", "img", "wbr"})
_SIGN = "\N{REPLACEMENT CHARACTER}"
"""What stands for something that is shown, and is no text."""


def shown_lines(markdown: str) -> list[str]:
    """The lines of text that a reader sees, without quotes, code, tables, links and HTML."""
    reader = _Reader()
    reader.feed(_PARSER.render(markdown + "\n\n"))
    reader.close()
    return [line.strip() for line in reader.lines]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines = [""]
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"a", "img", "s", "wbr"}:
            self.lines[-1] += _SIGN
        elif tag not in _MARKS | {"code"}:
            self.lines.append("")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open.remove(tag)
            if tag not in _MARKS | {"a", "code", "s"}:
                self.lines.append("")

    def handle_data(self, data: str) -> None:
        self.lines[-1] += _SIGN if _NOT_TEXT & set(self._open) else data.replace("\n", " ")
