"""The Markdown of :mod:`tickborg.texts.markdown`, for texts that GitHub shows and so do we.

Only code and emphasis become markup; whatever else is in it is text here, be it HTML or an image.
"""

from markdown_it import MarkdownIt
from markdown_it.token import Token

from dashboard.pages.markup import Html, element, together

_ELEMENTS = {"em_open": "em", "strong_open": "strong", "<code>": "code"}
_ENDS = frozenset({"em_close", "strong_close", "</code>"})
_BREAKS = frozenset({"softbreak", "hardbreak"})
_NOTHING = "\N{ZERO WIDTH SPACE}"
"""What keeps GitHub from making links by itself; there is nothing to keep us from."""

_PARSER = MarkdownIt("commonmark", {"html": True}).disable(["link", "image", "autolink"])


def markdown(text: str) -> Html:
    """A sentence or two."""
    (inline,) = _PARSER.parseInline(text.replace(_NOTHING, ""))
    return _together(inline.children or [])


def _together(tokens: list[Token]) -> Html:
    inside: list[list[Html | str]] = [[]]
    open_elements: list[str] = []
    for token in tokens:
        kind = token.content if token.type == "html_inline" else token.type
        if kind in _ELEMENTS:
            open_elements.append(_ELEMENTS[kind])
            inside.append([])
        elif kind in _ENDS and open_elements:
            content = inside.pop()
            inside[-1].append(element(open_elements.pop(), content))
        elif kind in _BREAKS:
            inside[-1].append(" ")
        else:
            inside[-1].append(element("code", token.content) if kind == "code_inline" else token.content)
    return together(*inside)
