"""Globs over the paths of a tree: many globs, many paths, and folders that need not be entered.

A glob is relative to the repository's root. ``*``, ``?`` and ``[…]`` stand for characters of one name, and
``**`` for any number of folders. A glob that matches a folder covers all below it, as in ``.gitignore``:
``cmake``, ``cmake/`` and ``cmake/**`` all cover what is in ``cmake``. Unlike there, a glob without a slash
is no different from others: ``VERSION`` is the one at the top, ``**/VERSION`` is any.
https://git-scm.com/docs/gitignore#_pattern_format
"""

import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

_ANY_FOLDERS = "**"
_WILD = re.compile(r"[*?\[]")
_PART = re.compile(r"\*+|\?|\[[!^]?\]?+[^\]]*\]|\[|[^*?\[]+", re.DOTALL)
_RANGE = re.compile(r".-.|.", re.DOTALL)


def check_glob(glob: str) -> None:
    """See that ``glob`` can be understood.

    Raises:
        ValueError: it cannot; the message is the end of a sentence that begins with the glob.
    """
    for name in glob.split("/"):
        _name_pattern(name)


@dataclass(eq=False)
class _Node(Generic[T]):
    """A place in the trie of all globs, reached by the names of folders."""

    named: dict[str, "_Node[T]"] = field(default_factory=dict)
    """Where a name leads that is written out."""
    wild: dict[str, tuple[re.Pattern[str], "_Node[T]"]] = field(default_factory=dict)
    """Where names that a pattern matches lead; by the pattern's text."""
    any_folders: "_Node[T] | None" = None
    """What follows ``**`` here: reached without any name."""
    stays: bool = False
    """True: this is the end of a ``**``, where every name leads back to."""
    values: set[T] = field(default_factory=set)
    """What belongs to the globs that end here."""

    @property
    def leads_on(self) -> bool:
        """Whether any name leads anywhere from here."""
        return self.stays or bool(self.named) or bool(self.wild)

    def after(self, name: str) -> Iterator["_Node[T]"]:
        """The places that ``name`` leads to."""
        if self.stays:
            yield self
        if name in self.named:
            yield self.named[name]
        for pattern, node in self.wild.values():
            if pattern.match(name):
                yield node


@dataclass(frozen=True)
class _State(Generic[T]):
    """What is known of a folder: the globs that cover it, and where in the trie those are that may yet."""

    values: frozenset[T]
    nodes: tuple[_Node[T], ...]


class GlobMap(Generic[T]):
    """Which values belong to a path: those of the globs that match it or a folder it is in.

    What is found out about a folder is kept, so that asking for all paths of a tree costs about one look-up
    a path. A path is bytes, as git has it; what is not UTF-8 in it is matched by wildcards only.
    """

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._folders: dict[bytes, _State[T]] = {}

    def add_glob(self, glob: str, value: T) -> None:
        """Let ``value`` belong to what ``glob``, which is normalised, matches.

        Raises:
            ValueError: the glob cannot be understood.
        """
        node = self._root
        names = _names_of(glob)
        if names[-1:] == [_ANY_FOLDERS]:
            names[-1] = "*"  # what is below a matched name is covered anyhow
        for name in names:
            node = _step_by_glob(node, name)
        self._end(node, value)

    def add_folder(self, path: str, value: T) -> None:
        """Let ``value`` belong to ``path``, none of whose characters is special, and to all below it."""
        node = self._root
        for name in _names_of(path):
            node = node.named.setdefault(name, _Node())
        self._end(node, value)

    def of(self, path: bytes) -> frozenset[T]:
        """The values that belong to ``path``, which is no folder."""
        folder, _, name = path.rpartition(b"/")
        state = self._state(folder)
        return self._enter(state, name).values

    def of_folder(self, folder: bytes) -> frozenset[T]:
        """The values that belong to all of ``folder``; ``b""`` is the root."""
        return self._state(folder).values

    def may_have_below(self, folder: bytes) -> bool:
        """Whether a path below ``folder`` can have values that the folder itself has not."""
        return bool(self._state(folder).nodes)

    def _end(self, node: _Node[T], value: T) -> None:
        node.values.add(value)
        self._folders.clear()

    def _state(self, folder: bytes) -> _State[T]:
        """What is known of ``folder``. Iterative: a path may have thousands of folders."""
        unknown: list[bytes] = []
        while (state := self._known(folder)) is None:
            folder, _, name = folder.rpartition(b"/")
            unknown.append(name)
        for name in reversed(unknown):
            folder = folder + b"/" + name if folder else name
            state = self._enter(state, name)
            self._folders[folder] = state
        return state

    def _known(self, folder: bytes) -> _State[T] | None:
        if not folder and folder not in self._folders:
            self._folders[folder] = _state_at([self._root], frozenset())
        return self._folders.get(folder)

    def _enter(self, state: _State[T], name: bytes) -> _State[T]:
        if not state.nodes:
            return state
        text = name.decode(errors="surrogateescape")
        return _state_at((after for node in state.nodes for after in node.after(text)), state.values)


def _state_at(nodes: Iterable[_Node[T]], values: frozenset[T]) -> _State[T]:
    """The state of being at ``nodes``, and wherever a ``**`` leads from there without a name."""
    reached: dict[_Node[T], None] = {}
    found: set[T] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached[node] = None
            found |= node.values
            if node.any_folders is not None:
                waiting.append(node.any_folders)
    leading_on = tuple(node for node in reached if node.leads_on)
    return _State(values | found if found else values, leading_on)


def _names_of(path: str) -> list[str]:
    return [] if path == "." else path.split("/")


def _step_by_glob(node: _Node[T], name: str) -> _Node[T]:
    if name == _ANY_FOLDERS:
        if node.stays:  # ** twice is ** once
            return node
        node.any_folders = node.any_folders or _Node(stays=True)
        return node.any_folders
    pattern = _name_pattern(name)
    if pattern is None:
        return node.named.setdefault(name, _Node())
    return node.wild.setdefault(name, (pattern, _Node()))[1]


def _name_pattern(name: str) -> re.Pattern[str] | None:
    """What matches one name as ``name`` does; None if nothing in it is special.

    What follows each ``*`` but the last is taken where it first occurs, once and for all (an atomic group):
    a later place leaves less for the rest, and without going back the time stays linear in the stars.

    Raises:
        ValueError: a bracket in it cannot be understood.
    """
    if not _WILD.search(name):
        return None
    first, *rest = _between_stars(name)
    if not rest:
        return re.compile(first + r"\Z", re.DOTALL)
    *middle, last = rest
    found = "".join(f"(?>.*?{piece})" for piece in middle)
    return re.compile(rf"{first}{found}.*{last}\Z", re.DOTALL)


def _between_stars(name: str) -> list[str]:
    """The patterns of what stands between the stars of ``name``."""
    pieces = [""]
    for part in _PART.findall(name):
        if part.startswith("*"):
            pieces.append("")
        else:
            pieces[-1] += _part_pattern(part)
    return pieces


def _part_pattern(part: str) -> str:
    if part == "?":
        return "."
    if part == "[":
        raise ValueError("has a [ without its ]; write [[] for the character itself")
    return _class_pattern(part[1:-1]) if part.startswith("[") else re.escape(part)


def _class_pattern(inside: str) -> str:
    """The pattern of ``[inside]``."""
    if "[:" in inside:
        raise ValueError("has a named class such as [:alpha:]; write the characters or a range")
    negated = inside.startswith(("!", "^"))
    ranges = "".join(map(_range_pattern, _RANGE.findall(inside[negated:])))
    return f"[{'^' if negated else ''}{ranges}]"


def _range_pattern(characters: str) -> str:
    first, last = characters[0], characters[-1]
    if first > last:
        raise ValueError(f"has the range {characters}, which runs backwards")
    return re.escape(first) if len(characters) == 1 else f"{re.escape(first)}-{re.escape(last)}"
