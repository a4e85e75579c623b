"""Which lines of a comment are text, and which are quotes, code, tables or HTML."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it.rules_block import StateBlock, reference
from markdown_it.token import Token

from activities.clients.comments.block_parser import block_parser
from activities.clients.comments.inline_parser import InlineParser

_BLOCK_PARSER = block_parser()
_INLINE_PARSER = InlineParser()
_BLANK_LINE = "\n\n"
"""Behind it the parser may look at the character after the last, which is an error where there is none:
https://github.com/executablebooks/markdown-it-py/issues/415."""
_HTML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_QUOTING = re.compile(r"<(/?)(?:blockquote|code|pre|q|samp|tt)(?![\w-])", re.IGNORECASE)


@dataclass(frozen=True)
class Passage:
    """A paragraph or heading that is neither quoted nor part of a table."""

    first_line: int
    """Counted from 0."""
    text: str
    """Without the marks before it; each of its lines is one of the source, or the end of one."""

    @property
    def lines(self) -> range:
        """The numbers of its lines, counted from 0."""
        return range(self.first_line, self.first_line + self.text.count("\n") + 1)


@dataclass(frozen=True)
class Blocks:
    """What a comment consists of."""

    passages: tuple[Passage, ...]
    references: Mapping[str, Any]
    """The parser's environment, with all ``[label]: url``, for links in the passages."""


def read_blocks(source: str) -> Blocks:
    """The passages of ``source``, in which only a line feed ends a line."""
    tokens: list[Token] = []
    _BLOCK_PARSER.block.parse(source + _BLANK_LINE, _BLOCK_PARSER, {}, tokens)
    references: dict[str, Any] = {}
    passages = []
    for paragraph, shown in _paragraphs(tokens):
        passage = _without_definitions(paragraph, references)
        if shown and passage.text:
            passages.append(passage)
    return Blocks(tuple(passages), references)


def _without_definitions(passage: Passage, references: dict[str, Any]) -> Passage:
    """What is left of a paragraph behind the definitions of links that it begins with."""
    line = 0
    if passage.text.startswith("["):
        state = StateBlock(passage.text, _INLINE_PARSER, references, [])
        while line < state.lineMax and reference(state, line, state.lineMax, silent=False):
            line = state.line
    return Passage(passage.first_line + line, "".join(passage.text.split("\n", line)[line:]))


def _paragraphs(tokens: Iterable[Token]) -> Iterator[tuple[Passage, bool]]:
    """Paragraphs and headings, and whether they are shown as text that nobody quotes."""
    quotes = 0
    quoted_by_html: list[int] = []
    """At what level each element that is still open was opened; the end of what it is in ends it."""
    for token in tokens:
        while quoted_by_html and token.level < quoted_by_html[-1]:
            quoted_by_html.pop()
        if token.type in {"blockquote_open", "blockquote_close"}:
            quotes += token.nesting
        elif token.type == "html_block":
            _count(quoted_by_html, token)
        elif token.type == "inline" and token.map:
            yield Passage(token.map[0], token.content), not (quotes or quoted_by_html)


def _count(quoted_by_html: list[int], block: Token) -> None:
    depth = quoting_depth(block.content)
    del quoted_by_html[max(0, len(quoted_by_html) + min(depth, 0)) :]
    quoted_by_html += [block.level] * depth


def quoting_depth(html: str) -> int:
    """How many more elements that quote or show code ``html`` opens than it closes."""
    tags = _QUOTING.findall(_HTML_COMMENT.sub("", html))
    return sum(-1 if slash else 1 for slash in tags)
