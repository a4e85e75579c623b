"""Three-way merges in memory, with no work tree and, nearly always, with no index (design, section 4).

**Trees decide** where they can. Only folders that both sides changed are entered, so that a merge costs what
the two changes have in common and not what the repository holds. What both sides changed *in place* (a file
in all three trees) libgit2 merges file by file.

**libgit2 decides** the rest (:mod:`activities.clients.merge.libgit2_merge`), with its rename detection:
wherever both sides added a path or both deleted one, or one side deleted what the other changed, or a
name is a file here and a folder there.

Why both give the same answer. Rename detection pairs a path that one side deleted with a path that the same
side added. If no path was deleted or added by both sides, and none deleted by one and changed by the other,
then of each such pair the other side has the old path unchanged and the new one not at all: libgit2 takes
the rename as it stands, which is what the deletion and the addition come to when taken apart. The tests ask
libgit2 about random histories.

A merge is a function of three trees, so that a builder finds the tree that the evaluation found. Hence of
criss-cross histories one merge base is used, as ``git merge -s resolve`` does, and ``.gitattributes`` are
not read: a file is merged by lines unless it is binary.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from activities.clients.git.trees import Entry, Trees, changed_entries, join
from activities.clients.merge.libgit2_merge import ConflictError, WholeMerge, merge_files
from activities.clients.merge.three_trees import Three, ThreeFolders


@dataclass(frozen=True)
class MergedTree:
    """What a merge of trees gave: a tree, or the conflicts that prevented it."""

    tree: str | None
    """40 hex digits: a tree of the :class:`Trees` that were merged; None: there are conflicts."""
    conflicts: tuple[bytes, ...] = ()
    """Paths, sorted."""
    whole_merge: bool = False
    """True: trees alone did not decide it, and libgit2 was asked about all that differs."""


def merge_trees(trees: Trees, *, ancestor: str, ours: str, theirs: str) -> MergedTree:
    """Merge two trees that come from ``ancestor``; ids are 40 hex digits.

    Raises:
        DamagedMirrorError: an object is missing from the store.
        RefusedError: folders are nested too deep.
    """
    root = Three(*(Entry.of_tree(tree) for tree in (ancestor, ours, theirs)))
    merge = _TreeMerge(trees)
    try:
        plan = merge.plan(b"", root)
    except _UndecidedError:
        return _outcome(partial(WholeMerge(trees).merge, root), whole_merge=True)
    return _outcome(partial(merge.carry_out, plan), whole_merge=False)


def _outcome(merge: Callable[[], Entry], *, whole_merge: bool) -> MergedTree:
    try:
        return MergedTree(merge().id.hex(), whole_merge=whole_merge)
    except ConflictError as conflict:
        return MergedTree(None, conflict.paths, whole_merge)


class _UndecidedError(Exception):
    """Trees alone do not decide this merge."""


@dataclass(frozen=True)
class _Overlap:
    """A file that both sides changed in place."""

    path: bytes


_Plan = Entry | _Overlap | dict[bytes, "_Plan"] | None
"""What a merge puts in a place: what one side has, a file yet to be merged, or a folder of such."""


class _TreeMerge:
    """A merge as far as trees decide it: planned, then carried out, so that nothing is done in vain."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        self._overlaps: dict[bytes, Three] = {}

    def plan(self, path: bytes, three: Three) -> _Plan:
        """What the merge puts at ``path``.

        Raises:
            _UndecidedError: that is libgit2's to say.
        """
        ancestor, ours, theirs = three
        if ours == theirs:
            self._require_in_place(path, ancestor, ours)
            return ours
        if theirs == ancestor:
            return ours
        if ours == ancestor:
            return theirs
        if three.no_files:
            folders = ThreeFolders.of(self._trees, three)
            planned = {name: self.plan(join(path, name), inner) for name, inner in folders.differing()}
            return dict(folders.ours) | planned
        if three.all_files:
            self._overlaps[path] = three
            return _Overlap(path)
        raise _UndecidedError

    def carry_out(self, plan: _Plan) -> Entry:
        """Make the merged tree.

        Raises:
            ConflictError: a file that both sides changed cannot be merged.
        """
        merged = merge_files(self._trees, self._overlaps)
        return self._made(plan, merged) or self._trees.write_root({})

    def _require_in_place(self, path: bytes, before: Entry | None, after: Entry | None) -> None:
        """What both sides did alike is decided unless it added or deleted a path: see this module's head."""
        if before == after:
            return
        if before is None or after is None or before.is_folder != after.is_folder:
            raise _UndecidedError
        for name, old, new in changed_entries(self._trees.folder(before), self._trees.folder(after)):
            self._require_in_place(join(path, name), old, new)

    def _made(self, plan: _Plan, merged: Mapping[bytes, Entry]) -> Entry | None:
        if isinstance(plan, _Overlap):
            return merged[plan.path]
        if not isinstance(plan, dict):
            return plan
        entries = {name: self._made(inner, merged) for name, inner in plan.items()}
        return self._trees.write(entries)
