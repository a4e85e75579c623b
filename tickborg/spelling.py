"""What was probably meant by a word that is not known."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from difflib import SequenceMatcher
from functools import cached_property
from heapq import nlargest

from tickborg.texts.shortening import shorten

_LONGEST_WORD = 64
"""Characters; nothing known is longer, and comparing takes time that grows with the square."""
_LIKENESS = 0.7
"""Of :class:`difflib.SequenceMatcher`: one wrong letter in five is alike, two in five are not."""
_COMPARED = 30
"""Names that a word is compared with to the letter: the ones that are made of most of its letters."""
_SHORTEST_PART = 3
_QUOTED_LENGTH = 60

_Letters = frozenset[tuple[str, int]]
"""The letters of a word, each with how many of the same there are up to it."""


class KnownNames:
    """The names there are, to find among them what was meant by a word that is none.

    Finding it takes time that grows with their number, and little of it: to count the letters that a word
    and a name have in common is quick, and only the few that have most are compared any further.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.casefold(): name for name in names}

    def exactly(self, word: str) -> str | None:
        """The one that ``word`` is, in any case."""
        return self._names.get(word.casefold())

    def nearest(self, word: str) -> str | None:
        """The one most like ``word``, in any case; None if none is much like it, or several are."""
        if len(word) > _LONGEST_WORD:
            return None
        folded = word.casefold()
        found = self._most_like(folded) or self._completions(folded)
        return self._names[found[0]] if len(found) == 1 else None

    @cached_property
    def _letters(self) -> dict[str, _Letters]:
        return {name: _letters_of(name) for name in self._names}

    def _most_like(self, word: str) -> list[str]:
        """At most one name, as like ``word`` as the matcher says."""
        matcher = SequenceMatcher(b=word)
        best: tuple[float, str] | None = None
        for bound, name in nlargest(_COMPARED, self._candidates(word)):
            if best is not None and bound < best[0]:
                break
            matcher.set_seq1(name)
            likeness = matcher.ratio()
            if likeness >= _LIKENESS and (best is None or (likeness, name) > best):
                best = likeness, name
        return [best[1]] if best is not None else []

    def _candidates(self, word: str) -> Iterator[tuple[float, str]]:
        """Names that may be like ``word``, each with how much so at most."""
        letters = _letters_of(word)
        for name, others in self._letters.items():
            bound = 2 * len(letters & others) / (len(letters) + len(others) or 1)
            if bound >= _LIKENESS:
                yield bound, name

    def _completions(self, word: str) -> list[str]:
        """The names that ``word`` is the beginning or the end of."""
        if len(word) < _SHORTEST_PART:
            return []
        return [name for name in self._names if name.startswith(word) or name.endswith(word)]


def nearest(word: str, known: Collection[str]) -> str | None:
    """The one of ``known`` most like ``word``, in any case; None if none is much like it, or several are."""
    return KnownNames(known).nearest(word)


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The end of a sentence about an unknown ``word``: ``; did you mean "meshmc"?``, or nothing."""
    meant = nearest(word, known)
    return f'; did you mean "{meant}"?' if meant else ""


def quoted(text: str) -> str:
    """``text`` in quotes, on one line, of a length that can be read."""
    return f'"{shorten(text, _QUOTED_LENGTH)}"'


def _letters_of(word: str) -> _Letters:
    seen: Counter[str] = Counter()
    letters = []
    for letter in word:
        seen[letter] += 1
        letters.append((letter, seen[letter]))
    return frozenset(letters)
