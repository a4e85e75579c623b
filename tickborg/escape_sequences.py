"""What terminals take for commands in what a program prints.

https://ecma-international.org/publications-and-standards/standards/ecma-48/ (SGR is in section 8.3.117).
"""

import re

from tickborg.texts.shortening import visible

ESCAPE = "\x1b"

SEQUENCE = re.compile(
    r"""
      \x1b\[ (?P<sgr> [0-9;:]* ) m                  # select graphic rendition
    | \x1b\[ [0-?]* [ -/]* [@-~]                    # any other control sequence
    | \x1b[]PX^_] [^\x07\x1b]* (?: \x07 | \x1b\\ )  # control strings: titles, hyperlinks
    | \x1b [ -/]* [0-OQ-WYZ\\`-~]                   # other escape sequences
    """,
    re.VERBOSE,
)
"""One sequence; the group ``sgr`` has the numbers of one that is about colours, and is None otherwise."""

_NORMAL = "\x1b[m"


def without_sequences(line: str) -> str:
    """``line`` as plain text: tabs are kept, other control characters are made visible."""
    return _visible_but_tabs(SEQUENCE.sub("", line) if ESCAPE in line else line)


def with_colours(line: str) -> str:
    """``line`` for a terminal: its colours, which end with it, and nothing else that one would obey."""
    if ESCAPE not in line:
        return _visible_but_tabs(line)
    pieces, end = [], 0
    for sequence in SEQUENCE.finditer(line):
        pieces.append(_visible_but_tabs(line[end : sequence.start()]))
        if sequence["sgr"] is not None:
            pieces.append(sequence.group())
        end = sequence.end()
    return "".join((*pieces, _visible_but_tabs(line[end:]), _NORMAL))


def _visible_but_tabs(text: str) -> str:
    return "\t".join(map(visible, text.split("\t"))) if "\t" in text else visible(text)
