"""Trees read byte for byte, and what differs between two."""

from pathlib import Path

import pygit2
import pytest
from hypothesis import given, settings

from activities.clients.git.object_store import open_repository
from activities.clients.git.trees import Entry, Trees, display
from tests.support.git_histories import ThreeSides, three_sides
from tests.support.git_repository import GitRepository, submodule, symlink


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    """A repository that trees are stored in."""
    return GitRepository.create(tmp_path_factory.mktemp("trees") / "repository.git", bare=True)


@given(sides=three_sides())
@settings(max_examples=60)
def test_changed_paths_are_those_of_libgit2s_diff(repository: GitRepository, sides: ThreeSides) -> None:
    """Each changed path comes once; of a rename both sides, of a file that became a folder all."""
    before, after = (repository.store_tree(files) for files in (sides.ours, sides.theirs))
    repo = open_repository(repository.path)
    paths = list(Trees(repo).changed_paths(Entry.of_tree(before), Entry.of_tree(after)))
    trees = (repo[tree].peel(pygit2.Tree) for tree in (before, after))
    deltas = list(next(trees).diff_to_tree(next(trees)).deltas)
    assert len(paths) == len(set(paths))
    assert set(paths) == {side.raw_path for delta in deltas for side in (delta.old_file, delta.new_file)}


def test_names_are_bytes(repository: GitRepository) -> None:
    """A name that is not UTF-8 comes out as it is stored."""
    before = repository.store_tree({b"a": "1"})
    after = repository.store_tree(
        {b"a": "1", b"caf\xe9/x\ny": "2", b"l": symlink("a"), b"s": submodule("1" * 40)}
    )
    trees = Trees(open_repository(repository.path))
    changed = trees.changed_paths(Entry.of_tree(before), Entry.of_tree(after))
    assert set(changed) == {b"caf\xe9/x\ny", b"l", b"s"}


def test_a_tree_that_was_made_has_gits_own_id(repository: GitRepository, tmp_path: Path) -> None:
    """Folders sort as if their names ended with a slash, and the id is the hash that git gives."""
    stored = repository.store_tree({"a/x": "1", "a.txt": "2", "a-b": "3", "a0": "4"})
    trees = Trees(open_repository(repository.path))
    made = trees.write_root(trees.folder(Entry.of_tree(stored)))
    assert made.id.hex() == stored


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (b"src/main.c", "src/main.c"),
        ("src/grün.c".encode(), "src/grün.c"),
        (b"caf\xe9", r"caf\xe9"),
    ],
)
def test_paths_are_shown_as_text(path: bytes, shown: str) -> None:
    """Bytes that are not UTF-8 are escaped one by one."""
    assert display(path) == shown
