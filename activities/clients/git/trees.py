"""Trees of a git object store, byte for byte.

libgit2's own tree objects decode names and refuse some; here a name is the bytes that git stores
(https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_tree_objects), and a tree is read with one
look-up and no object per entry.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pygit2
from pygit2.enums import FileMode, ObjectType

from activities.clients.git.object_store import DamageNamed
from tickborg.errors import RefusedError

MAX_DEPTH = 300
"""Folders in folders. A walk recurses, here and in libgit2, and whoever opens a pull request makes trees."""

_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
_OVERHEAD = len(" ") + len("\0") + 20
_SHOWN_PATH = 80


class Entry(NamedTuple):
    """What a name in a tree stands for."""

    mode: int
    id: bytes
    """The 20 bytes of the object's id; of a submodule: of a commit that is elsewhere."""

    @property
    def is_folder(self) -> bool:
        """Whether it is a tree; a file, symbolic link or submodule is not."""
        return self.mode == FileMode.TREE

    @classmethod
    def of_tree(cls, tree: str) -> "Entry":
        """The tree with this id of 40 hex digits."""
        return cls(FileMode.TREE, bytes.fromhex(tree))


Entries = Mapping[bytes, Entry]
"""A folder: its entries by name."""


class Trees:
    """The trees of one repository, and those made from them. All are kept in memory.

    Not for two threads at once: each opens the repository for itself.
    """

    def __init__(self, repo: pygit2.Repository) -> None:
        self.repo = repo
        self._odb = repo.odb
        self._known: dict[bytes, Entries] = {}

    def blob(self, blob: bytes) -> bytes:
        """What a file holds, or where a symbolic link points.

        Raises:
            DamagedMirrorError: it is missing or broken.
        """
        return self._content(blob)

    def folder(self, entry: Entry | None) -> Entries:
        """The entries of ``entry`` if it is a folder, and none otherwise.

        Raises:
            DamagedMirrorError: it is missing or broken.
            RefusedError: it is malformed.
        """
        if entry is None or not entry.is_folder:
            return {}
        if entry.id not in self._known:
            self._known[entry.id] = _parse(self._content(entry.id))
        return self._known[entry.id]

    def write(self, entries: Mapping[bytes, Entry | None]) -> Entry | None:
        """Make a folder of those entries that are there; None if none is: git knows no empty folders."""
        there = {name: entry for name, entry in entries.items() if entry is not None}
        return self.write_root(there) if there else None

    def write_root(self, entries: Entries) -> Entry:
        """Make a tree, which may be empty."""
        content = _serialised(entries)
        head = b"tree %d\0" % len(content)
        tree = hashlib.sha1(head + content, usedforsecurity=False).digest()
        self._known[tree] = entries
        return Entry(FileMode.TREE, tree)

    def store(self, entries: Entries) -> pygit2.Oid:
        """Put a tree into the repository, where libgit2 finds it; nothing refers to it.

        Raises:
            InfrastructureError: there is no space left.
        """
        with DamageNamed():
            return self._odb.write(ObjectType.TREE, _serialised(entries))

    def changed_paths(self, before: Entry | None, after: Entry | None) -> Iterator[bytes]:
        """Paths of what differs between two folders, each once, descending only where they differ.

        There is no rename detection: of a rename both sides are changed paths (design, section 7).

        Raises:
            RefusedError: folders are nested deeper than :data:`MAX_DEPTH`.
        """
        yield from self._changed(b"", self.folder(before), self.folder(after))

    def _content(self, object_id: bytes) -> bytes:
        with DamageNamed():
            return self._odb.read(pygit2.Oid(raw=object_id))[1]

    def _changed(self, folder: bytes, before: Entries, after: Entries) -> Iterator[bytes]:
        for name, old, new in changed_entries(before, after):
            path = join(folder, name)
            inner = self.folder(old), self.folder(new)
            if any(entry is not None and not entry.is_folder for entry in (old, new)):
                yield path
            if any(inner):
                yield from self._changed(path, *inner)


def changed_entries(before: Entries, after: Entries) -> Iterator[tuple[bytes, Entry | None, Entry | None]]:
    """The names that stand for different things in two folders, and what for; None: not there."""
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old != new:
            yield name, old, new


def join(folder: bytes, name: bytes) -> bytes:
    """The path of ``name`` in ``folder``; ``b""`` is the root.

    Raises:
        RefusedError: it is nested deeper than :data:`MAX_DEPTH`.
    """
    if not folder:
        return name
    if folder.count(b"/") >= MAX_DEPTH:
        raise RefusedError(f"{display(folder[:_SHOWN_PATH])}… is nested deeper than {MAX_DEPTH} folders")
    return folder + b"/" + name


def display(path: bytes) -> str:
    r"""A path for people: UTF-8, and ``\xe9`` for each byte that is not."""
    return path.decode(errors="backslashreplace")


def _parse(content: bytes) -> Entries:
    """Read a tree's entries.

    Raises:
        RefusedError: it is no tree as git writes them.
    """
    found = _ENTRY.findall(content)
    if sum(len(mode) + len(name) + _OVERHEAD for mode, name, _ in found) != len(content):
        raise RefusedError("a tree of the commit is malformed: git fsck says which")
    return {name: Entry(int(mode, 8), object_id) for mode, name, object_id in found}


def _serialised(entries: Entries) -> bytes:
    ordered = sorted(entries.items(), key=_order)
    return b"".join(b"%o %b\0%b" % (entry.mode, name, entry.id) for name, entry in ordered)


def _order(item: tuple[bytes, Entry]) -> bytes:
    """Git sorts a folder as if its name ended with a slash."""
    name, entry = item
    return name + b"/" if entry.is_folder else name
