"""Markdown that nothing in it can break out of: file names, reasons and logs are other people's.

GitHub's flavour: https://github.github.com/gfm/. It turns ``@name`` into a ping, ``#7`` into a reference and
URLs into links after all escapes are resolved, so only a character in between prevents these.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from tickborg.texts.shortening import shorten, visible

_PLAIN = re.compile(r"[^`|\\\s](?:[^`|\\]*[^`|\\\s])?")
"""What is the same between backticks as it is outside of them, in a table too."""
_MARKUP = re.compile(r"[\\`*\[\]<>|~&\"]|(?<![^\W_])_|_(?![^\W_])|^[^\w\s]")
"""What may mean something; an underscore between letters or digits does not."""
_AUTOMATIC = re.compile(r"(?<=[@#])(?=\w)|(?<=GH-)(?=\d)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
"""Places within what GitHub makes a link of by itself."""
_NOTHING = "\N{ZERO WIDTH SPACE}"
_COLOUR = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_BACKTICKS = re.compile(r"`+")
_SHORTEST_FENCE = 3
_LONGEST_LINE = 1_000
"""Characters of a line in a block: one line must not take the place of all others."""


def code(text: str) -> str:
    """``text`` as inline code, on one line, in prose or in a table."""
    text = visible(text)
    return f"`{text}`" if _PLAIN.fullmatch(text) else html_code(text)


def html_code(text: str) -> str:
    """``text`` as inline code where only HTML is read, as in a ``<summary>``."""
    return f"<code>{''.join(map(_reference, visible(text)))}</code>"


def _reference(character: str) -> str:
    """ASCII that is no letter or digit as a character reference, which is no markup to any reader."""
    if character.isalnum() or character in " -/" or not character.isascii():
        return character
    return f"&#{ord(character)};"


def prose(text: str) -> str:
    """``text`` as a sentence on one line, to stand behind other text; what is between backticks is code."""
    text = visible(text)
    pieces = text.split("`")
    if len(pieces) % 2 == 0 or not all(piece.strip() for piece in pieces[1::2]):
        return _escaped(text)
    return "".join(code(piece) if place % 2 else _escaped(piece) for place, piece in enumerate(pieces))


def _escaped(text: str) -> str:
    # References are put in last: the & of one must not be taken for text, nor its # for an issue's.
    parted = _AUTOMATIC.sub(_NOTHING, text)
    return _MARKUP.sub(lambda match: f"&#{ord(match.group())};", parted)


def link(text: str, url: str) -> str:
    """A link, of a text without markup to a URL without parentheses (see :mod:`tickborg.texts.links`)."""
    return f"[{text}]({url})"


def block(lines: Iterable[str], room: int, *, language: str, keep_last: bool = False) -> str:
    """``lines`` as they are in a fenced block of at most ``room`` characters; "" if not one line fits.

    The fence is longer than any run of backticks within. Colours are left out, of a line that was written
    over again and again only its last state is shown, and other control characters are made visible.

    Args:
        lines: may have line breaks in them.
        room: at most so many characters, fences included.
        language: what the block is marked as, for highlighting.
        keep_last: when not all lines fit, leave out the first ones rather than the last ones.
    """
    shown = [_as_printed(part) for line in lines for part in line.split("\n")]
    fence = _fence(shown)
    room -= 2 * len(fence) + len(language) + len("\n\n")
    kept = fitting(reversed(shown), room)[::-1] if keep_last else fitting(shown, room)
    return "\n".join((fence + language, *kept, fence)) if kept else ""


def fitting(lines: Iterable[str], room: int, size: Callable[[str], int] = len) -> list[str]:
    """The first of ``lines`` that together have at most ``room``, a line break before each included."""
    kept: list[str] = []
    for line in lines:
        room -= size(line) + len("\n")
        if room < 0:
            break
        kept.append(line)
    return kept


def _as_printed(line: str) -> str:
    states = [state for state in _COLOUR.sub("", line).split("\r") if state]
    columns = (shorten(column, _LONGEST_LINE) for column in (states or [""])[-1].split("\t"))
    return "\t".join(columns)[:_LONGEST_LINE]


def _fence(lines: Sequence[str]) -> str:
    runs = (len(run) for line in lines for run in _BACKTICKS.findall(line))
    return "`" * max(_SHORTEST_FENCE, 1 + max(runs, default=0))
