"""The words of the lines of a passage, with their places in the comment as it was written."""

import re
from collections.abc import Iterator

from activities.clients.comments.blocks import Passage
from activities.clients.comments.spans import Kind, Span, Spans
from tickborg.commands.values import Place
from tickborg.commands.words import Word

_WORD = re.compile(r"\S+")
_LINE = re.compile(r"^[ \t]*(.*)$", re.MULTILINE)
_MARK = "@"
_NO_WORD = re.compile(r"<(?:!--|br\s*/?>)", re.IGNORECASE)
"""How HTML begins that stands for no word: a comment, or the end of a line."""


class PassageWords:
    """The words of a passage, line by line."""

    def __init__(self, passage: Passage, spans: Spans) -> None:
        self._text = passage.text
        self._spans = spans
        self._first_line = passage.first_line
        self._lines = [line.span(1) for line in _LINE.finditer(passage.text)]

    def of_line(self, number: int, source: str) -> tuple[Word, ...]:
        """The words of the line ``number`` of the comment; none if it begins within code, a link or HTML.

        Args:
            number: counted from 0.
            source: the line as it was written. It begins with marks, blanks and an ``@``, and the line of the
                passage is what is left of it without marks and blanks.
        """
        start, end = self._lines[number - self._first_line]
        if self._spans.hide(start):
            return ()
        shift = source.index(_MARK) - self._text.index(_MARK, start)
        return tuple(
            Word(text, Place(line=number + 1, column=position + shift + 1), exact=exact)
            for text, position, exact in self._pieces(start, end)
        )

    def _pieces(self, start: int, end: int) -> Iterator[tuple[str, int, bool]]:
        """Each word with its position in the passage, and whether it is code or something else to be kept."""
        for span in self._spans.between(start, end):
            yield from self._words(start, span.start)
            yield from self._words_within(span, end)
            start = span.end
        yield from self._words(start, end)

    def _words(self, start: int, end: int, *, exact: bool = False) -> Iterator[tuple[str, int, bool]]:
        for word in _WORD.finditer(self._text, start, max(start, end)):
            yield word.group(), word.start(), exact

    def _words_within(self, span: Span, end: int) -> Iterator[tuple[str, int, bool]]:
        """What is in a code span, word by word, and what else is no text as it was written.

        GitHub does not show ``<project>``, and whoever copied that from a list of commands did not mean none.
        """
        text = self._text[span.start : span.end]
        if span.kind is Kind.CODE:
            fence = len(text) - len(text.lstrip("`"))
            yield from self._words(span.start + fence, min(span.end - fence, end), exact=True)
        elif not _NO_WORD.match(text):
            yield self._text[span.start : min(span.end, end)], span.start, True
