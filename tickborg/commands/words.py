"""Words of a line, and what is dropped from them before they are read."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from tickborg.commands.grammar import FILLERS
from tickborg.commands.values import Place

_PIECE = re.compile(r"[^,;]*[,;]+|[^,;]+")
_SIGNS_OF_NAMES = "._+-"
_ENDS = frozenset(".!?")
_STARS = re.compile(r"((?:\\?\*)+)[.,;:!?)]*")
"""``*``, which is no punctuation behind a verb: whoever writes it names something, if nothing that there is.

GitHub does not show the ``\\`` before it.
"""


@dataclass(frozen=True)
class Word:
    """What stands between white space."""

    text: str
    place: Place
    exact: bool = False
    """Written as code, between backticks: it is a name, and nothing is dropped from it."""


@dataclass(frozen=True)
class Term(Word):
    """A word without the punctuation around it."""

    apart: bool = False
    """Whether there is punctuation between it and the word before."""

    @property
    def folded(self) -> str:
        """As it is compared: in lower case, and "" of what is code, which is no word of the language."""
        return "" if self.exact else self.text.casefold()


def terms(words: Iterable[Word]) -> Iterator[Term]:
    """The words up to the end of the first sentence: a full stop, ``!`` or ``?`` after a word."""
    apart, begun = False, False
    for word in chain.from_iterable(map(_at_commas, words)):
        if word.exact:
            yield Term(word.text, word.place, exact=True, apart=apart)
            apart, begun = False, True
            continue
        if begun and (stars := _STARS.fullmatch(word.text)):
            yield Term(stars.group(1), word.place, apart=True)
        before, core, after = _parts(word.text)
        apart = apart or bool(before)
        if core and core.casefold() not in FILLERS:
            place = Place(line=word.place.line, column=word.place.column + len(before))
            yield Term(core, place, apart=apart)
            apart, begun = False, True
        if begun and not _ENDS.isdisjoint(after):
            return
        apart = apart or bool(after)


def _at_commas(word: Word) -> Iterator[Word]:
    """What commas and semicolons part, each with those behind it."""
    if word.exact:
        yield word
        return
    for piece in _PIECE.finditer(word.text):
        place = Place(line=word.place.line, column=word.place.column + piece.start())
        yield Word(piece.group(), place)


def _parts(text: str) -> tuple[str, str, str]:
    """Punctuation, the word itself, punctuation; without a letter or digit it is all punctuation.

    A name may begin with a full stop, and end with a sign but for that.
    """
    if not any(map(str.isalnum, text)):
        return "", "", text
    start, end = 0, len(text)
    while not (text[start].isalnum() or text[start] in _SIGNS_OF_NAMES):
        start += 1
    while text[end - 1] == "." or not (text[end - 1].isalnum() or text[end - 1] in _SIGNS_OF_NAMES):
        end -= 1
    return text[:start], text[start:end], text[end:]
