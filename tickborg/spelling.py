"""What was probably meant by a word that is not known."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from tickborg.texts.shortening import shorten

_LONGEST_WORD = 64
"""Characters; nothing known is longer, and comparing takes time that grows with the square."""
_LIKENESS = 0.7
"""Of :class:`difflib.SequenceMatcher`: one wrong letter in five is alike, two in five are not."""
_SHORTEST_PART = 3
_QUOTED_LENGTH = 60


def nearest(word: str, known: Collection[str]) -> str | None:
    """The one of ``known`` most like ``word``, in any case; None if none is much like it, or several are."""
    if len(word) > _LONGEST_WORD:
        return None
    folded = word.casefold()
    by_folded = {name.casefold(): name for name in known}
    matches = get_close_matches(folded, by_folded, n=1, cutoff=_LIKENESS) or _completions(folded, by_folded)
    return by_folded[matches[0]] if len(matches) == 1 else None


def _completions(word: str, known: Iterable[str]) -> list[str]:
    """The names that ``word`` is the beginning or the end of."""
    if len(word) < _SHORTEST_PART:
        return []
    return [name for name in known if name.startswith(word) or name.endswith(word)]


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The end of a sentence about an unknown ``word``: ``; did you mean "meshmc"?``, or nothing."""
    meant = nearest(word, known)
    return f'; did you mean "{meant}"?' if meant else ""


def quoted(text: str) -> str:
    """``text`` in quotes, on one line, of a length that can be read."""
    return f'"{shorten(text, _QUOTED_LENGTH)}"'
