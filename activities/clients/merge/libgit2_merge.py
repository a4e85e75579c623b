"""What is asked of libgit2 where trees do not decide a merge (design, section 4).

libgit2 compares what differs between three trees and nothing else, but reads all of them into an index to
find it. So it is handed only what differs, and the rest is put back afterwards: the answer is the same (the
tests ask both ways), and the time is that of the change and not of the repository.

Where the answer differs from git's: what one side added to a folder that the other renamed stays where it
was added, which git calls a conflict; and a file that both sides moved, or that one side moved and the other
made a link, is now and then a conflict to one and not to the other.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pygit2
from pygit2.enums import MergeFlag

from activities.clients.git.object_store import DamageNamed
from activities.clients.git.trees import Entry, Trees, changed_entries, join
from activities.clients.merge.three_trees import NOWHERE, Three, ThreeFolders

_NO_RENAMES = MergeFlag(0)

_Nested = Mapping[bytes, Any]
"""A folder: an :class:`Entry` for each file by name, and such a mapping for each folder."""


class ConflictError(Exception):
    """A merge has conflicts."""

    def __init__(self, paths: Iterable[bytes]) -> None:
        self.paths = tuple(sorted(set(paths)))
        super().__init__(f"{len(self.paths)} paths conflict")


def merge_files(trees: Trees, files: Mapping[bytes, Three]) -> dict[bytes, Entry]:
    """Merge files that both sides changed in place, by path.

    Raises:
        ConflictError: some cannot be merged.
    """
    return _merge(trees, files, _NO_RENAMES) if files else {}


class WholeMerge:
    """libgit2's merge of three trees, with rename detection."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees

    def merge(self, root: Three) -> Entry:
        """The merged tree.

        Raises:
            ConflictError: there is none.
            RefusedError: folders are nested too deep.
        """
        lost = list(self._collisions(b"", root))
        try:
            merged = _merge(self._trees, dict(self._differing(b"", root)), MergeFlag.FIND_RENAMES)
        except ConflictError as conflict:
            raise ConflictError([*conflict.paths, *lost]) from None
        if lost:
            raise ConflictError(lost)
        return self._completed(root, _nested(merged)) or self._trees.write_root({})

    def _differing(self, path: bytes, three: Three) -> Iterator[tuple[bytes, Three]]:
        """The files below the folder ``path`` that are not the same on all sides."""
        for name, inner in ThreeFolders.of(self._trees, three).differing():
            place = join(path, name)
            if not inner.no_files:
                yield place, inner.files
            if not inner.no_folders:
                yield from self._differing(place, inner)

    def _completed(self, three: Three, merged: _Nested) -> Entry | None:
        """The folder ``three``, with ``merged`` and with what :meth:`_differing` passed over."""
        folders = ThreeFolders.of(self._trees, three)
        differing = dict(folders.differing())
        entries: dict[bytes, Entry | None] = dict(folders.ours)
        for name in differing.keys() | merged.keys():
            entries[name] = self._placed(differing.get(name, NOWHERE), merged.get(name, {}))
        return self._trees.write(entries)

    def _placed(self, three: Three, merged: Entry | _Nested) -> Entry | None:
        return merged if isinstance(merged, Entry) else self._completed(three, merged)

    def _collisions(self, path: bytes, three: Three) -> Iterator[bytes]:
        """Where one side adds a file and the other a folder of the same name.

        libgit2 1.9 sees this only if no changed path sorts between ``n`` and ``n/…``, as ``n-1`` does;
        otherwise it drops the file without a word.
        """
        ancestor, ours, theirs = three
        if ours is None or theirs is None or ours == theirs or ancestor in {ours, theirs}:
            return
        if ours.is_folder and theirs.is_folder:
            for name, inner in ThreeFolders.of(self._trees, three).differing():
                yield from self._collisions(join(path, name), inner)
        elif ours.is_folder != theirs.is_folder and (ancestor is None or ancestor.is_folder):
            folder = ours if ours.is_folder else theirs
            if self._adds(path, ancestor, folder):
                yield path

    def _adds(self, path: bytes, before: Entry | None, after: Entry | None) -> bool:
        """Whether a file is at or in ``after`` that was not there in ``before``."""
        if after is None or before == after:
            return False
        if not after.is_folder:
            return before is None or before.is_folder
        folders = self._trees.folder(before), self._trees.folder(after)
        return any(self._adds(join(path, name), old, new) for name, old, new in changed_entries(*folders))


def _merge(trees: Trees, files: Mapping[bytes, Three], flags: MergeFlag) -> dict[bytes, Entry]:
    """Have libgit2 merge these files, which are all it sees.

    Each side is handed over as one tree whose names are whole paths. libgit2 lists a tree's files by path,
    so it makes no difference to it, and that is one object to store where folders would be hundreds.
    """
    ancestor, ours, theirs = (_store(trees, files, side) for side in range(3))
    with DamageNamed():
        index = trees.repo.merge_trees(ancestor, ours, theirs, flags=flags)
    if index.conflicts is not None:
        entries = (entry for conflict in index.conflicts for entry in conflict if entry is not None)
        raise ConflictError(os.fsencode(entry.path) for entry in entries)
    return {os.fsencode(entry.path): Entry(entry.mode, entry.id.raw) for entry in index}


def _store(trees: Trees, files: Mapping[bytes, Three], side: int) -> pygit2.Oid:
    there = {path: entry for path, three in files.items() if (entry := three[side]) is not None}
    return trees.store(there)


def _nested(files: Mapping[bytes, Entry]) -> _Nested:
    root: dict[bytes, Any] = {}
    for path, entry in files.items():
        *folders, name = path.split(b"/")
        place = root
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = entry
    return root
