"""What a merge of three trees makes of each thing that two sides can do."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from activities.clients.git.object_store import DamagedMirrorError, open_repository
from activities.clients.git.trees import MAX_DEPTH, Entry, Trees
from activities.clients.merge.tree_merge import MergedTree, merge_trees
from tests.support.git_repository import Changes, File, GitRepository, executable, submodule, symlink
from tickborg.errors import RefusedError

TEXT = "".join(f"line {number}\n" for number in range(12))
FIRST = TEXT.replace("line 0\n", "first\n")
LAST = TEXT.replace("line 11\n", "last\n")
BOTH = FIRST.replace("line 11\n", "last\n")


@dataclass
class Merges:
    """Merges trees of one repository."""

    repository: GitRepository

    def merge(self, ancestor: Changes, ours: Changes, theirs: Changes) -> MergedTree:
        """Merge what two sides made of ``ancestor``; each is given as what it changed."""
        base = self.repository.commit(ancestor, parents=())
        sides = [self.repository.commit(side, parents=(base,)) for side in (ours, theirs)]
        self.trees = Trees(open_repository(self.repository.path))
        ids = [self.repository.tree(commit) for commit in (base, *sides)]
        return merge_trees(self.trees, ancestor=ids[0], ours=ids[1], theirs=ids[2])

    def files(self, merged: MergedTree) -> dict[bytes, File]:
        """The files of a merge that had no conflict."""
        assert merged.tree is not None, merged.conflicts
        return dict(self._files(b"", Entry.of_tree(merged.tree)))

    def _files(self, folder: bytes, entry: Entry) -> list[tuple[bytes, File]]:
        found: list[tuple[bytes, File]] = []
        for name, inner in self.trees.folder(entry).items():
            if inner.is_folder:
                found += self._files(folder + name + b"/", inner)
            else:
                content = inner.id.hex().encode() if inner.mode == 0o160000 else self.trees.blob(inner.id)
                found.append((folder + name, File(content, inner.mode)))
        return found


@pytest.fixture
def merges(tmp_path: Path) -> Merges:
    """Merges in a repository of its own."""
    return Merges(GitRepository.create(tmp_path / "repository.git", bare=True))


def test_changes_in_different_places_are_merged_by_trees(merges: Merges) -> None:
    """Each side's changes, additions, deletions, links and modes come into the merge."""
    ancestor: Changes = {"a/one": "1", "a/two": "2", "b/run": "#!", "c": "3", "d/e/f": "4"}
    ours: Changes = {"a/one": "changed", "new/file": "5", "d/e/f": None}
    theirs: Changes = {
        "a/two": None,
        "b/run": executable("#!"),
        "c": symlink("a/one"),
        "sub": submodule("1" * 40),
    }
    merged = merges.merge(ancestor, ours, theirs)
    assert not merged.whole_merge
    assert merges.files(merged) == {
        b"a/one": File(b"changed"),
        b"new/file": File(b"5"),
        b"b/run": executable("#!"),
        b"c": symlink("a/one"),
        b"sub": submodule("1" * 40),
    }


def test_a_file_that_both_changed_is_merged_by_lines(merges: Merges) -> None:
    """Changes of different lines come together, and no index of the whole is needed for it."""
    merged = merges.merge({"a/b": TEXT, "c": "1"}, {"a/b": FIRST}, {"a/b": LAST})
    assert not merged.whole_merge
    assert merges.files(merged) == {b"a/b": File(BOTH.encode()), b"c": File(b"1")}


def test_a_mode_and_a_content_come_together(merges: Merges) -> None:
    """One side made a file executable, the other changed it: it is both."""
    merged = merges.merge({"a": TEXT}, {"a": executable(TEXT)}, {"a": FIRST})
    assert merges.files(merged) == {b"a": executable(FIRST)}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param("ours\n", "theirs\n", id="the same line"),
        pytest.param(b"\0ours", b"\0theirs", id="binary"),
        pytest.param(symlink("x"), symlink("y"), id="links"),
        pytest.param(symlink("x"), FIRST, id="link and file"),
        pytest.param(submodule("1" * 40), submodule("2" * 40), id="submodules"),
    ],
)
def test_a_file_that_cannot_be_merged_is_a_conflict(
    merges: Merges, ours: str | bytes | File, theirs: str | bytes | File
) -> None:
    """The conflict names the file, and the whole need not be merged to know it."""
    merged = merges.merge({"a/b": TEXT, "c": "1"}, {"a/b": ours}, {"a/b": theirs})
    assert merged == MergedTree(None, (b"a/b",), whole_merge=False)


def test_conflicts_are_sorted_and_their_names_are_bytes(merges: Merges) -> None:
    """Names with spaces, line breaks and bytes that are no UTF-8 come out as they are in the tree."""
    names = [b"z", b"caf\xe9", b"a b\nc", b"sub/\xff\xfe"]
    merged = merges.merge(
        dict.fromkeys(names, "1\n"), dict.fromkeys(names, "2\n"), dict.fromkeys(names, "3\n")
    )
    assert merged.conflicts == tuple(sorted(names))


def test_names_that_are_not_utf8_survive_a_merge_by_libgit2(merges: Merges) -> None:
    """A rename of such a file, changed by the other side, is followed."""
    ours: Changes = {b"caf\xe9/old": None, b"caf\xe9/\xff": TEXT}
    merged = merges.merge({b"caf\xe9/old": TEXT}, ours, {b"caf\xe9/old": LAST})
    assert merged.whole_merge
    assert merges.files(merged) == {b"caf\xe9/\xff": File(LAST.encode())}


def test_a_rename_that_the_other_side_did_not_touch_is_merged_by_trees(merges: Merges) -> None:
    """Taking the deletion and the addition apart is the same as following the rename."""
    merged = merges.merge({"old/a": TEXT, "b": "1"}, {"old": None, "new/a": FIRST}, {"b": "2"})
    assert not merged.whole_merge
    assert merges.files(merged) == {b"new/a": File(FIRST.encode()), b"b": File(b"2")}


def test_a_change_follows_a_rename(merges: Merges) -> None:
    """What one side renamed and the other changed is asked of libgit2, which finds the rename."""
    ancestor: Changes = {"old": TEXT, "same/folder/file": "1", "same/other": "2"}
    merged = merges.merge(ancestor, {"old": None, "new/name": FIRST}, {"old": LAST, "same/other": "3"})
    assert merged.whole_merge
    assert merges.files(merged) == {
        b"new/name": File(BOTH.encode()),
        b"same/folder/file": File(b"1"),
        b"same/other": File(b"3"),
    }


@pytest.mark.parametrize(
    ("ours", "theirs", "conflicts"),
    [
        pytest.param({"a": None}, {"a": LAST}, (b"a",), id="deleted and changed"),
        pytest.param({"b": "1"}, {"b": "2"}, (b"b",), id="added twice"),
        pytest.param({"a": None, "b": TEXT}, {"a": None}, (b"a", b"b"), id="renamed and deleted"),
        pytest.param({"a": None, "b": TEXT}, {"a": None, "c": TEXT}, (b"a", b"b", b"c"), id="renamed twice"),
    ],
)
def test_what_libgit2_calls_a_conflict_is_one(
    merges: Merges, ours: Changes, theirs: Changes, conflicts: tuple[bytes, ...]
) -> None:
    """Deletions and additions that meet are libgit2's to decide."""
    assert merges.merge({"a": TEXT, "z": "1"}, ours, theirs) == MergedTree(None, conflicts, whole_merge=True)


@pytest.mark.parametrize("between", [{}, {"n-1": "sorts between n and n/"}])
def test_a_file_and_a_folder_of_one_name_are_a_conflict(merges: Merges, between: dict[str, str]) -> None:
    """libgit2 drops the file if another change sorts between the two; here it never is."""
    merged = merges.merge({"z": "1"}, {"n": "file\n", **between}, {"n/inner": "folder\n"})
    assert merged == MergedTree(None, (b"n",), whole_merge=True)


def test_a_folder_may_take_the_place_of_a_file(merges: Merges) -> None:
    """If only one side did it, there is nothing to decide."""
    merged = merges.merge({"n": "1", "m/x": "2"}, {"n/inner": "3"}, {"m": "4"})
    assert not merged.whole_merge
    assert merges.files(merged) == {b"n/inner": File(b"3"), b"m": File(b"4")}


def test_what_both_sides_did_alike_is_done_once(merges: Merges) -> None:
    """The same change, addition and deletion on both sides is no conflict."""
    alike: Changes = {"a": "changed", "added": "2", "gone": None}
    merged = merges.merge({"a": "1", "gone": "unlike", "b": "1"}, alike, {**alike, "b": "2"})
    assert merges.files(merged) == {b"a": File(b"changed"), b"added": File(b"2"), b"b": File(b"2")}


def test_a_merge_may_leave_nothing(merges: Merges) -> None:
    """The empty tree is a tree."""
    merged = merges.merge({"a/b": "1", "c": "2"}, {"a": None}, {"c": None})
    assert merged.tree == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def test_a_file_added_to_a_folder_that_the_other_side_renamed_stays(merges: Merges) -> None:
    """As libgit2 has it; git would call it a conflict and propose to move the file."""
    merged = merges.merge({"old/a": TEXT}, {"old": None, "new/a": TEXT}, {"old/b": "1"})
    assert set(merges.files(merged)) == {b"new/a", b"old/b"}


def test_folders_nested_without_end_are_refused(merges: Merges) -> None:
    """A walk stops before it, or libgit2, runs out of stack."""
    deep = "/".join("d" * (MAX_DEPTH + 10))
    with pytest.raises(RefusedError, match="nested deeper than 300 folders"):
        merges.merge({"a": "1"}, {"a": None}, {"a": "2", f"{deep}/file": "1"})


def test_an_object_that_is_missing_is_damage(merges: Merges) -> None:
    """The mirror is to blame then, which its owner mends by making a new one."""
    merges.merge({"a/b": "1", "c": "1"}, {"a/b": "2"}, {"a/c": "3"})
    missing = "1" * 40
    tree = merges.repository.tree(merges.repository.head())
    with pytest.raises(DamagedMirrorError, match="1111111"):
        merge_trees(merges.trees, ancestor=tree, ours=missing, theirs="2" * 40)


def test_a_malformed_tree_is_refused(merges: Merges) -> None:
    """A tree that git would not write cannot be merged in part."""
    merges.merge({"a": "1"}, {"a": "2"}, {"b": "3"})
    broken = str(merges.trees.repo.odb.write(2, b"100644 a\0too short"))
    with pytest.raises(RefusedError, match="malformed"):
        merge_trees(
            merges.trees,
            ancestor=merges.repository.tree(merges.repository.head()),
            ours=broken,
            theirs="2" * 40,
        )
