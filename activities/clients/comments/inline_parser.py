"""Markdown's code spans, links and HTML, read in time that grows with a passage's length only.

What of markdown-it-py's would let somebody stop the bot by writing a comment is replaced or left out
(``benchmarks/hostile_comments.py`` has the comments that do it): ``<!--`` is looked at to the end of the text
each time, and brackets within brackets are tried again at each level. The rules are meant to be run silently,
so that they say where a link or an image ends without looking into it: images within images would be read by
recursion without end.
"""

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, html_inline

_DEEPEST = 5
"""Brackets within brackets; those around deeper ones are no link."""


class InlineParser(MarkdownIt):
    """GitHub's flavour, as far as it decides which characters are code, a link or HTML."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"maxNesting": _DEEPEST})
        self.inline.ruler.at("html_inline", _html_inline)
        self.inline.ruler.enableOnly(
            ["text", "escape", "backticks", "link", "image", "autolink", "html_inline"]
        )

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Where a link leads does not matter."""
        return url

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002
        """GitHub makes a link of any URL, and removes the dangerous ones later."""
        return True


def _html_inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """A tag or comment; a comment ends at the first ``-->`` (https://spec.commonmark.org/0.31.2/#raw-html)."""
    start = state.pos
    if not state.src.startswith("<!--", start):
        return html_inline(state, silent)
    first_end = start + len("<!")  # `<!-->` and `<!--->` are whole comments
    if state.html_terminator_last("-->") < first_end:
        return False
    state.pos = state.src.index("-->", first_end) + len("-->")
    return True
