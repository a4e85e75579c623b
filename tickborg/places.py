"""What stands at the paths of a tree, as far as finding projects needs to know (design, section 7)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

ROOT = "."


class PlaceKind(StrEnum):
    """What a path stands for; the values are nouns for people."""

    FOLDER = "folder"
    FILE = "file"
    LINK = "symbolic link"
    SUBMODULE = "submodule"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Place:
    """What a path stands for, and what is in it if that is a folder."""

    kind: PlaceKind
    children: Mapping[str, PlaceKind] = field(default_factory=dict)
    """By name, what lies directly in a folder. A byte that is not UTF-8 is a lone surrogate, as in Python."""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files in it, and of the links: one may well stand for a build file."""
        return self._named(PlaceKind.FILE, PlaceKind.LINK)

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of the folders in it."""
        return self._named(PlaceKind.FOLDER)

    def _named(self, *kinds: PlaceKind) -> tuple[str, ...]:
        return tuple(sorted(name for name, kind in self.children.items() if kind in kinds))


NOWHERE = Place(PlaceKind.NOTHING)


class Tree(Protocol):
    """The files of a commit, or of a folder on disk."""

    def at(self, path: str) -> Place:
        """What stands at a normalised path; a link also where the path only leads through one."""

    def content(self, path: str) -> bytes:
        """What the file at ``path`` holds."""

    def paths(self) -> Iterable[bytes]:
        """Every file, link and submodule."""


def steps_to(path: str) -> Iterator[str]:
    """The names that lead to a normalised path, from the root on; none to the root itself."""
    return iter(() if path == ROOT else path.split("/"))


def is_text(name: str) -> bool:
    """Whether a name is UTF-8, without which no project can have it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
