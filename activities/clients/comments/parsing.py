"""From the body of a comment to its commands (design, section 6)."""

import re
from collections.abc import Iterable, Iterator, Sequence

from markdown_it.common.utils import MD_TRIM_CHARS

from activities.clients.comments.blocks import read_blocks
from activities.clients.comments.passage_words import PassageWords
from activities.clients.comments.spans import read_spans
from tickborg.commands.handle import in_any_case, is_handle, mentions
from tickborg.commands.reading import read_lines
from tickborg.commands.values import ParsedComment
from tickborg.commands.words import Word

_LINE_BREAK = re.compile(r"\r\n?|\n")
_NEXT_LINE = "\x85"
_ODD = str.maketrans(dict.fromkeys(set(MD_TRIM_CHARS) - set(" \t\r\n"), _NEXT_LINE) | {"\0": "\ufffd"})
"""No NUL, as Markdown has it; and no white space that the parser trims, lines and all, from a paragraph."""

_UNSEEN = "\\xad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\ufeff"
"""For a class of a pattern: characters without width, which editors and chats leave behind."""
_HAS_UNSEEN = re.compile(f"[{_UNSEEN}]")


def parse(body: str, handle: str) -> ParsedComment:
    """The commands of a comment, and what is wrong with them. Pure; raises nothing, whatever the body is.

    A command begins a line, as GitHub shows it: of a paragraph, a heading or an item of a list. What GitHub
    shows as a quote, as code, as a table or as a link, or does not show at all, asks for nothing.

    Args:
        body: as GitHub sends it.
        handle: the bot's name, without ``@``.
    """
    if not mentions(body, handle):
        return ParsedComment()
    lines = _LINE_BREAK.split(body.translate(_ODD))
    shown = _without_unseen(lines, handle) if _HAS_UNSEEN.search(body) else lines
    candidates = _candidates(shown, handle)
    if not candidates:
        return ParsedComment()
    return read_lines(_addressed(lines, shown, candidates, handle), handle)


def _without_unseen(lines: Iterable[str], handle: str) -> Sequence[str]:
    """The lines without what nobody sees between a handle and the marks and blanks that begin its line."""
    before = re.compile(rf"((?:[\s>*_#+\-.)\d]*\s)?)[{_UNSEEN}][{_UNSEEN}\s]*(?=[*_]*@{in_any_case(handle)})")
    return [
        line[: found.end(1)] + line[found.end() :] if (found := before.match(line)) else line
        for line in lines
    ]


def _candidates(lines: Iterable[str], handle: str) -> frozenset[int]:
    """The numbers, from 0, of lines that begin with the handle behind whatever marks a list or a heading."""
    opening = re.compile(rf"[\s>*_#+\-.)\d]*@{in_any_case(handle)}")
    return frozenset(number for number, line in enumerate(lines) if opening.match(line))


def _addressed(
    lines: Sequence[str], shown: Sequence[str], candidates: frozenset[int], handle: str
) -> Iterator[Sequence[Word]]:
    """The words of each candidate that GitHub shows as a line of text beginning with the handle."""
    blocks = read_blocks("\n".join(shown))
    for passage in blocks.passages:
        numbers = sorted(candidates.intersection(passage.lines))
        if not numbers:
            continue
        passage_words = PassageWords(passage, read_spans(passage.text, blocks.references))
        for number in numbers:
            words = passage_words.of_line(number, lines[number])
            if words and is_handle(words[0].text, handle):
                yield words
