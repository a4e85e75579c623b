"""Merges of random trees, compared with libgit2's merge of the whole trees and with git's own."""

import os
import subprocess
from collections import Counter

import pytest
from hypothesis import Phase, given, settings

from activities.clients.git.object_store import open_repository
from activities.clients.git.trees import Entry, Trees
from activities.clients.merge.tree_merge import MergedTree, merge_trees
from tests.support.git_histories import ThreeSides, collides, kinds_of_change, three_sides
from tests.support.git_repository import GitRepository


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    """A repository that all examples store their trees in: what one leaves does not matter to another."""
    return GitRepository.create(tmp_path_factory.mktemp("merges") / "repository.git", bare=True)


class Merging:
    """One random merge, stored in ``repository``."""

    def __init__(self, repository: GitRepository, sides: ThreeSides) -> None:
        self.sides = sides
        self.ids = [repository.store_tree(files) for files in (sides.ancestor, sides.ours, sides.theirs)]
        self.trees = Trees(open_repository(repository.path))

    def merged(self) -> MergedTree:
        """What tickborg makes of it."""
        ancestor, ours, theirs = self.ids
        return merge_trees(self.trees, ancestor=ancestor, ours=ours, theirs=theirs)

    def merged_by_libgit2(self) -> tuple[str | None, frozenset[str]]:
        """What libgit2 makes of the whole trees: a tree, or the paths that conflict."""
        ancestor, ours, theirs = self.ids
        index = self.trees.repo.merge_trees(ancestor, ours, theirs)
        if index.conflicts is None:
            return str(index.write_tree(self.trees.repo)), frozenset()
        return None, frozenset(entry.path for conflict in index.conflicts for entry in conflict if entry)

    def collisions(self) -> frozenset[str]:
        """Names that are a file to one side and a folder to the other."""
        ours, theirs = self.sides.ours, self.sides.theirs
        return frozenset(
            path
            for files, others in ((ours, theirs), (theirs, ours))
            for path in files
            if collides(others, path)
        )

    def paths(self, tree: str) -> set[str]:
        """The files of a tree that was merged."""
        return {path.decode() for path in self.trees.changed_paths(None, Entry.of_tree(tree))}


KINDS_OF_CHANGE = {
    "add",
    "delete",
    "rename",
    "mode change",
    "symbolic link",
    "submodule",
    "file made a folder",
    "folder made a file",
    "the same change on both sides",
}
ENDINGS = {
    "merged by trees",
    "merged by libgit2",
    "conflict found by trees",
    "conflict found by libgit2",
}


def test_the_random_merges_have_everything_in_them(repository: GitRepository) -> None:
    """Every kind of change and every way to end is met often enough for the other tests to mean something."""
    met: Counter[str] = Counter()

    @given(sides=three_sides())
    @settings(max_examples=150, derandomize=True, database=None, phases=[Phase.generate], deadline=None)
    def meet(sides: ThreeSides) -> None:
        merged = Merging(repository, sides).merged()
        by = "libgit2" if merged.whole_merge else "trees"
        met.update(kinds_of_change(sides))
        met[f"merged by {by}" if merged.tree else f"conflict found by {by}"] += 1

    meet()
    seldom = {kind for kind in KINDS_OF_CHANGE | ENDINGS if met[kind] < 2}
    assert not seldom, met


@given(sides=three_sides())
@settings(max_examples=100)
def test_a_merge_is_what_libgit2_makes_of_the_whole_trees(
    repository: GitRepository, sides: ThreeSides
) -> None:
    """Tree and conflicts are libgit2's own, save that no file is dropped for a folder of its name."""
    merging = Merging(repository, sides)
    merged = merging.merged()
    tree, conflicts = merging.merged_by_libgit2()
    ours = frozenset(map(os.fsdecode, merged.conflicts))
    assert ours - conflicts <= merging.collisions()
    assert conflicts <= ours
    assert merged.tree == (None if ours else tree)


@given(sides=three_sides())
@settings(max_examples=80)
def test_a_clean_merge_has_every_file_that_a_side_added(repository: GitRepository, sides: ThreeSides) -> None:
    """What one side added is in the merge or in a conflict; nothing is lost without a word."""
    merging = Merging(repository, sides)
    merged = merging.merged()
    if merged.tree is None:
        return
    added = (sides.ours.keys() | sides.theirs.keys()) - sides.ancestor.keys()
    assert added <= merging.paths(merged.tree or "")


@given(sides=three_sides())
@settings(max_examples=150)
def test_what_trees_decide_is_what_git_decides(repository: GitRepository, sides: ThreeSides) -> None:
    """Where libgit2's rename detection has no say, ``git merge-tree`` finds the same tree or a conflict too.

    Git follows renamed folders, which libgit2 does not: that is turned off here.
    """
    merging = Merging(repository, sides)
    merged = merging.merged()
    if merged.whole_merge:
        return  # most are: to filter them out would be what Hypothesis calls unhealthy
    assert merged.tree == _merged_by_git(repository, merging.ids)


@given(sides=three_sides())
@settings(max_examples=150)
def test_it_makes_no_difference_which_side_is_merged_into_which(
    repository: GitRepository, sides: ThreeSides
) -> None:
    """Where trees decide, both ways give the same tree, and the same paths conflict.

    libgit2 is not so strict: of a file that one side renamed and made executable, and both edited alike, it
    takes the mode of ours.
    """
    merged = Merging(repository, sides).merged()
    if merged.whole_merge:
        return
    swapped = Merging(repository, ThreeSides(sides.ancestor, sides.theirs, sides.ours)).merged()
    assert merged == swapped


def _merged_by_git(repository: GitRepository, trees: list[str]) -> str | None:
    """The tree that ``git merge-tree`` finds, or None for a conflict."""
    ancestor = repository.commit_tree(trees[0])
    heads = [repository.commit_tree(tree, parents=[ancestor]) for tree in trees[1:]]
    options = ["-c", "merge.directoryRenames=false"]
    git = subprocess.run(
        ["git", "--git-dir", str(repository.path), *options, "merge-tree", "--write-tree", *heads],
        env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert git.returncode in {0, 1}, git.stderr
    return git.stdout.split()[0] if git.returncode == 0 else None
