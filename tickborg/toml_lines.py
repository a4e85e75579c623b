"""On which line of a TOML document something stands, which ``tomllib`` does not tell.

A scanner finds where statements begin and end, for which only strings, comments and brackets matter, and
``tomllib`` reads each statement by itself. Where the two do not agree on what the document holds, no line
is given at all: a wrong one is worse than none.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_PIECE = re.compile(
    r"""
      \"{3} (?: [^\\] | \\. )*? \"{3} \"{0,2}   # up to two quotes may stand before the closing three
    | '{3} .*? '{3} '{0,2}
    | \" (?: [^\"\\] | \\. )* \"
    | ' [^']* '
    | \# [^\n]*
    | [\[{\]}\n]
    | [^\"'\#\[{\]}\n]+
    """,
    re.DOTALL | re.VERBOSE,
)
_TOP = ("", 0)


class TomlLines:
    """Where the keys of a document's top stand, and those of the tables in its arrays.

    Args:
        text: a document that ``tomllib`` accepts.
        document: what ``tomllib`` made of it.
    """

    def __init__(self, text: str, document: Mapping[str, object]) -> None:
        self._tables: dict[str, list[int]] = {}
        self._keys: dict[tuple[str, int], dict[str, int]] = {_TOP: {}}
        self._open: tuple[str, int] | None = _TOP
        """The table that the next key belongs to; None for one that nobody asks about."""
        for statement in _statements(text.replace("\r\n", "\n")):
            self._take(statement)
        self._reliable = self._agrees_with(document)

    def of_key(self, key: str) -> int | None:
        """The line on which ``key`` first stands at the document's top, as a key or in a header."""
        return self._keys[_TOP].get(key) if self._reliable else None

    def of_table(self, array: str, index: int) -> int | None:
        """The line on which the table number ``index``, from 0, of ``array`` begins.

        Tables written in one statement, ``array = [{…}, {…}]``, all begin where the statement does.
        """
        lines = self._tables.get(array, [])
        return lines[index] if self._reliable and index < len(lines) else self.of_key(array)

    def of_key_in(self, array: str, index: int, key: str) -> int | None:
        """The line on which ``key`` of that table stands; where it is missing, the table's own."""
        line = self._keys.get((array, index), {}).get(key)
        return line if self._reliable and line is not None else self.of_table(array, index)

    def _take(self, statement: "_Statement") -> None:
        """Note what a statement defines. One statement has one key, however it is dotted, or none."""
        for key, value in tomllib.loads(statement.text).items():
            if statement.text.lstrip().startswith("["):
                self._enter(key, value, statement.line)
            elif self._open is not None:
                self._keys[self._open].setdefault(key, statement.line)

    def _enter(self, name: str, value: object, line: int) -> None:
        """Note the header of a table: ``value`` is an empty table, wrapped as the header says."""
        self._keys[_TOP].setdefault(name, line)
        self._open = None
        if value == [{}]:
            tables = self._tables.setdefault(name, [])
            tables.append(line)
            self._open = (name, len(tables) - 1)
            self._keys[self._open] = {}
        elif isinstance(value, dict) and value and name in self._tables:
            last = self._keys[name, len(self._tables[name]) - 1]
            last.setdefault(next(iter(value)), line)

    def _agrees_with(self, document: Mapping[str, object]) -> bool:
        if set(self._keys[_TOP]) != set(document):
            return False
        return all(self._array_agrees(name, document[name]) for name in self._tables)

    def _array_agrees(self, name: str, array: object) -> bool:
        if not isinstance(array, Sequence) or len(array) != len(self._tables[name]):
            return False
        return all(set(self._keys[name, index]) == set(table) for index, table in enumerate(array))


@dataclass(frozen=True)
class _Statement:
    line: int
    """Counted from 1."""
    text: str


def _statements(text: str) -> Iterator[_Statement]:
    """The statements of a valid document; those of blank lines and comments are empty."""
    line = first_line = 1
    depth = 0
    pieces: list[str] = []
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece == "\n" and depth == 0:
            yield _Statement(first_line, "".join(pieces))
            pieces.clear()
            first_line = line + 1
        else:
            pieces.append(piece)
            depth += (piece in {"[", "{"}) - (piece in {"]", "}"})
        line += piece.count("\n")
    yield _Statement(first_line, "".join(pieces))
