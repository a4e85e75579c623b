"""What within a passage is no text: code, links and HTML, with their places."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Any

from markdown_it.rules_inline import StateInline

from activities.clients.comments.blocks import quoting_depth
from activities.clients.comments.inline_parser import InlineParser

_PARSER = InlineParser()
_BEGINNING = re.compile(r"[`\[!<\\]")
"""What may begin a span, or make the next character begin none."""


class Kind(StrEnum):
    """What a span is, by the character it begins with."""

    CODE = "`"
    LINK = "["
    IMAGE = "!"
    ANGLED = "<"
    """HTML, or a link in angle brackets."""


_KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}


@dataclass(frozen=True)
class Span:
    """Characters ``start`` to ``end`` of a passage."""

    kind: Kind
    start: int
    end: int


class Spans:
    """The spans of a passage that are in no other span, in their order."""

    def __init__(self, text: str, spans: Iterable[Span]) -> None:
        self._spans = tuple(spans)
        self._starts = [span.start for span in self._spans]
        self._ends = [span.end for span in self._spans]
        tags = (text[span.start : span.end] if span.kind is Kind.ANGLED else "" for span in self._spans)
        self._depths = list(accumulate(map(quoting_depth, tags)))

    def hide(self, position: int) -> bool:
        """Whether the character there is in the middle of a span, or between tags that quote or show code."""
        before = bisect_left(self._starts, position)
        return before > 0 and (self._ends[before - 1] > position or self._depths[before - 1] > 0)

    def between(self, start: int, end: int) -> tuple[Span, ...]:
        """The spans that begin at ``start`` or later, and before ``end``."""
        return self._spans[bisect_left(self._starts, start) : bisect_left(self._starts, end)]


def read_spans(text: str, references: Mapping[str, Any]) -> Spans:
    """The spans of the text of a passage; ``references`` are those of all its comment."""
    return Spans(text, _spans(text, references))


def _spans(text: str, references: Mapping[str, Any]) -> Iterator[Span]:
    state = StateInline(text, _PARSER, dict(references), [])
    rules = _PARSER.inline.ruler.getRules("")
    while found := _BEGINNING.search(text, state.pos):
        start = state.pos = found.start()
        if not any(rule(state, True) for rule in rules):  # noqa: FBT003
            state.pos = start + 1
        elif (kind := _KINDS.get(text[start])) and not _is_unmatched(text[start : state.pos]):
            yield Span(kind, start, state.pos)


def _is_unmatched(text: str) -> bool:
    """Backticks that nothing answers are text."""
    return not text.strip("`")
