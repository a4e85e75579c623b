"""Markdown as GitHub shows it: tables, no foreign HTML but a few harmless tags, HTML comments invisible."""

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HARMLESS = re.compile(r"(</?(?:details|summary|br|sub|sup|kbd|b|i|p)(?: open| /)?>)")


def to_html(text: str) -> str:
    """HTML that is safe to put into a page, whoever wrote `text`."""
    rendered: str = _PARSER.render(text)
    return rendered


def harmless(html: str) -> str:
    """`html` with its comments gone and all but a few bare tags escaped."""
    parts = _HARMLESS.split(_COMMENT.sub("", html))
    return "".join(part if _HARMLESS.fullmatch(part) else escape(part) for part in parts)


def _render_html(_self: object, tokens: Sequence[Token], index: int, *_more: object) -> str:
    return harmless(tokens[index].content)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "breaks": False}).enable(["table", "strikethrough"])
    parser.add_render_rule("html_block", _render_html)
    parser.add_render_rule("html_inline", _render_html)
    return parser


_PARSER = _parser()
