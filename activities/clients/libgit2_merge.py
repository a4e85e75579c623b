"""What is asked of libgit2 where trees do not decide a merge (design, section 4).

libgit2 compares what differs between three trees and nothing else, but reads all of them into an index to
find it. So it is handed trees that hold only what differs, and the rest is put back afterwards: the answer
is the same (the tests ask both ways), the time is that of the change and not of the repository.

Where the answer differs from git's: what one side added to a folder that the other renamed stays where it
was added, which git calls a conflict.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping

import pygit2
from pygit2.enums import MergeFlag

from activities.clients.git_trees import Entry, Trees, changed_entries, join
from activities.clients.object_store import damage_named
from activities.clients.three_trees import Three, ThreeFolders

NO_RENAMES = MergeFlag(0)


class ConflictError(Exception):
    """A merge has conflicts."""

    def __init__(self, paths: Iterable[bytes]) -> None:
        self.paths = tuple(sorted(set(paths)))
        super().__init__(f"{len(self.paths)} paths conflict")


def merge_files(repo: pygit2.Repository, trees: Trees, files: Mapping[bytes, Three]) -> dict[bytes, Entry]:
    """Merge files that both sides changed in place, by path.

    libgit2 knows them by number: where no rename is looked for, a file's path decides nothing.

    Raises:
        ConflictError: some cannot be merged.
    """
    if not files:
        return {}
    path_of = {b"%08x" % number: path for number, path in enumerate(files)}
    sides = (
        trees.write({number: files[path][side] for number, path in path_of.items()}) for side in range(3)
    )
    try:
        merged = trees.folder(_merge(repo, Three(*sides), NO_RENAMES))
    except ConflictError as conflict:
        raise ConflictError(path_of[number] for number in conflict.paths) from None
    return {path_of[number]: entry for number, entry in merged.items()}


class WholeMerge:
    """libgit2's merge of three trees, with rename detection."""

    def __init__(self, repo: pygit2.Repository, trees: Trees) -> None:
        self._repo = repo
        self._trees = trees

    def merge(self, root: Three) -> Entry:
        """The merged tree.

        Raises:
            ConflictError: there is none.
            RefusedError: folders are nested too deep.
        """
        lost = list(self._collisions(b"", root))
        differing = self._differing(b"", root)
        try:
            merged = self._merge(differing)
        except ConflictError as conflict:
            raise ConflictError([*conflict.paths, *lost]) from None
        if lost:
            raise ConflictError(lost)
        return self._completed(root, merged) or self._trees.write_root({})

    def _merge(self, differing: Three) -> Entry:
        for side in differing:  # libgit2 recurses too, but on a stack that ends the process
            deque(self._trees.changed_paths(None, side), maxlen=0)
        sides = (side or self._trees.write_root({}) for side in differing)
        return _merge(self._repo, Three(*sides), MergeFlag.FIND_RENAMES)

    def _differing(self, path: bytes, three: Three) -> Three:
        """``three`` without what no side changed; that can only be inside a folder that all have."""
        if not three.all_folders:
            return three
        kept: tuple[dict[bytes, Entry | None], ...] = ({}, {}, {})
        for name, inner in ThreeFolders.of(self._trees, three).names():
            if not inner.unchanged:
                for side, entry in zip(kept, self._differing(join(path, name), inner), strict=True):
                    side[name] = entry
        return Three(*(self._trees.write(side) for side in kept))

    def _completed(self, three: Three, merged: Entry | None) -> Entry | None:
        """``merged`` with what :meth:`_differing` left out of ``three``."""
        if not three.all_folders:
            return merged
        inside = self._trees.folder(merged)
        names = ThreeFolders.of(self._trees, three).names()
        return self._trees.write(
            {
                name: inner.ours if inner.unchanged else self._completed(inner, inside.get(name))
                for name, inner in names
            }
        )

    def _collisions(self, path: bytes, three: Three) -> Iterator[bytes]:
        """Where one side adds a file and the other a folder of the same name.

        libgit2 1.9 sees this only if no changed path sorts between ``n`` and ``n/…``, as ``n-1`` does;
        otherwise it drops the file without a word.
        """
        ancestor, ours, theirs = three
        if ours is None or theirs is None or ours == theirs or ancestor in {ours, theirs}:
            return
        if ours.is_folder and theirs.is_folder:
            for name, inner in ThreeFolders.of(self._trees, three).names():
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


def _merge(repo: pygit2.Repository, sides: Three, flags: MergeFlag) -> Entry:
    ancestor, ours, theirs = (pygit2.Oid(raw=side.id) for side in sides if side is not None)
    with damage_named():
        index = repo.merge_trees(ancestor, ours, theirs, flags=flags)
        if index.conflicts is None:
            return Entry.of_tree(str(index.write_tree(repo)))
    entries = (entry for conflict in index.conflicts for entry in conflict if entry is not None)
    raise ConflictError(os.fsencode(entry.path) for entry in entries)
