"""What was probably meant by a word that is not known."""

from collections.abc import Collection
from difflib import get_close_matches

from tickborg.texts.shortening import shorten

_LONGEST_WORD = 64
"""Characters; nothing known is longer, and comparing takes time that grows with the square."""
_QUOTED_LENGTH = 60


def nearest(word: str, known: Collection[str]) -> str | None:
    """The one of ``known`` most like ``word``, in any case; None if none is much like it."""
    if len(word) > _LONGEST_WORD:
        return None
    by_folded = {name.casefold(): name for name in known}
    matches = get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[matches[0]] if matches else None


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The end of a sentence about an unknown ``word``: ``; did you mean "meshmc"?``, or nothing."""
    meant = nearest(word, known)
    return f'; did you mean "{meant}"?' if meant else ""


def quoted(text: str) -> str:
    """``text`` in quotes, on one line, of a length that can be read."""
    return f'"{shorten(text, _QUOTED_LENGTH)}"'
