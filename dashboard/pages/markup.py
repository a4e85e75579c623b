"""HTML that nothing in it can break out of: whatever is not markup already is escaped where it is put in.

A title, a project's name and a line of a log are other people's. There is one way to make markup,
:func:`element`, and it takes text for text; forgetting to escape is not possible, only escaping twice.
"""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from tickborg.texts.shortening import visible

_VOID = frozenset({"br", "link", "meta"})
"""Elements without content and end (https://html.spec.whatwg.org/multipage/syntax.html#void-elements)."""
_SAFE_BEGINNINGS = ("https://", "http://", "/", "#")


class Html(str):
    """Text that is markup already. What is joined or formatted from it is plain text again."""

    __slots__ = ()


Content: TypeAlias = "str | Iterable[Content] | None"
"""What can stand in an element: text, markup (:class:`Html`), several of them, or nothing."""

NOTHING = Html()


def element(name: str, /, *content: Content, **attributes: str | bool | None) -> Html:
    """An element of HTML.

    Args:
        name: of the element, one of ours and never from outside.
        content: text is escaped, and its control and format characters are made visible.
        attributes: ``class_="x"`` is ``class="x"``, ``data_line="1"`` is ``data-line="1"``; True is an
            attribute without a value; those that are None, False or empty are left out.
    """
    present = {key: None if value is True else str(value) for key, value in attributes.items() if value}
    opening = f"<{name}{''.join(map(_attribute, present, present.values()))}>"
    return Html(opening if name in _VOID else f"{opening}{together(*content)}</{name}>")


def together(*content: Content) -> Html:
    """All of ``content``, one after the other."""
    return Html("".join(map(_as_html, content)))


def text(content: str) -> Html:
    """``content`` escaped, its control and format characters made visible."""
    return Html(escape(visible(content)))


def link(url: str, *content: Content, **attributes: str | bool | None) -> Html:
    """A link to one of our pages or to the web; of any other URL, as ``javascript:…``, only the content."""
    if not url.startswith(_SAFE_BEGINNINGS):
        return together(*content)
    return element("a", *content, href=url, **attributes)


def prose(sentences: str) -> Html:
    """Lines of text in which what stands between backticks is code."""
    first, *more = map(_line_of_prose, sentences.split("\n"))
    return together(first, ((element("br"), line) for line in more))


def shell(commands: Iterable[str]) -> Html:
    """Commands to be copied as a whole."""
    return element("pre", element("code", Html("\n".join(map(together, commands)))))


def _line_of_prose(sentence: str) -> Html:
    pieces = sentence.split("`")
    if len(pieces) % 2 == 0:
        return text(sentence)
    return together(element("code", piece) if place % 2 else piece for place, piece in enumerate(pieces))


def _as_html(content: Content) -> str:
    if content is None:
        return ""
    if isinstance(content, Html):
        return content
    if isinstance(content, str):
        return text(content)
    return "".join(map(_as_html, content))


def _attribute(key: str, value: str | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is None else f' {name}="{escape(visible(value))}"'
