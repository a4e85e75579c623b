"""Commits and comparisons as the emulated GitHub reads them from a bare repository."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.git import GitStore, copy_bare, create_bare, signature

MAYA = signature("Maya", "maya@example.org")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GitStore]:
    """An empty bare repository."""
    create_bare(tmp_path / "mono.git")
    git = GitStore(tmp_path / "mono.git")
    yield git
    git.close()


def write(git: GitStore, files: dict[str, bytes | None], *parents: str) -> str:
    """A commit of `files` on top of `parents`."""
    return git.write(files, message="Change", author=MAYA, parents=list(parents))


def test_a_comparison_starts_at_the_merge_base(store: GitStore) -> None:
    """What the base did meanwhile is not part of what the head changes."""
    root = write(store, {"a": b"1\n"})
    base = write(store, {"b": b"1\n"}, root)
    head = write(store, {"c": b"1\n2\n"}, write(store, {"a": b"2\n"}, root))
    found = store.compare(base, head)
    assert (found.merge_base, len(found.ahead), found.behind) == (root, 2, 1)
    assert found.ahead[-1] == head
    assert {(file.filename, file.additions, file.deletions) for file in found.files} == {
        ("a", 1, 1),
        ("c", 2, 0),
    }


def test_histories_may_share_nothing(store: GitStore) -> None:
    """Two roots have no merge base; the head then adds all it has."""
    found = store.compare(write(store, {"a": b"1"}), write(store, {"b": b"1"}))
    assert found.merge_base is None
    assert [file.status for file in found.files] == ["added"]


def test_refs_are_resolved_as_github_does(store: GitStore) -> None:
    """Branches, tags, partial refs and full shas are found; short shas and trees are not."""
    sha = write(store, {"a": b"1"})
    for name in ("refs/heads/main", "refs/tags/v1", "refs/pull/1/head"):
        store.set_ref(name, sha)
    for ref in (sha, "main", "heads/main", "v1", "tags/v1", "pull/1/head", "refs/heads/main"):
        assert store.resolve(ref) == sha
    tree = store.commit(sha)
    assert tree is not None
    for unknown in (sha[:7], str(tree.tree_id), "0" * 40, "nope", "not a ref~"):
        assert store.resolve(unknown) is None


def test_a_files_mode_is_kept(store: GitStore) -> None:
    """Writing content changes no mode, and removing removes."""
    first = write(store, {"a": b"1", "dir/b": b"1"})
    second = write(store, {"a": None, "dir/b": b"2"}, first)
    assert [(file.filename, file.status) for file in store.changed_files(second)] == [
        ("a", "removed"),
        ("dir/b", "modified"),
    ]


def test_a_copy_has_every_branch(store: GitStore, tmp_path: Path) -> None:
    """A fork starts with the branches of what it forks, and gives back what it adds."""
    store.set_ref("refs/heads/main", write(store, {"a": b"1"}))
    store.set_ref("refs/heads/feature/x", write(store, {"x": b"1"}, str(store.branch("main"))))
    copy_bare(store.path, tmp_path / "fork.git")
    fork = GitStore(tmp_path / "fork.git")
    assert fork.branches() == store.branches()

    added = write(fork, {"y": b"1"}, str(fork.branch("main")))
    fork.set_ref("refs/heads/y", added)
    assert not store.has_commit(added)
    store.take(fork, "y", "refs/pull/1/head")
    assert store.ref("refs/pull/1/head") == added
    fork.close()
