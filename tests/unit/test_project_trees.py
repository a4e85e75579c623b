"""What `tickborg config check` reads: folders, work trees, branches, and files by themselves."""

import os
import subprocess
from pathlib import Path

import pytest

from cli.project_trees import FolderTree, source_of
from tests.support.git_repository import GitRepository
from tickborg.errors import RefusedError
from tickborg.places import NOWHERE, Place, PlaceKind
from tickborg.projects import PROJECT_FILE

FOLDER, FILE, LINK = PlaceKind.FOLDER, PlaceKind.FILE, PlaceKind.LINK


def write(root: Path, **files: str) -> Path:
    """Write files, in whose names ``__`` is a slash, into a folder."""
    for name, text in files.items():
        file = root / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


@pytest.fixture
def mono(tmp_path: Path) -> GitRepository:
    """A work tree that git ignores something of, and whose ``main`` has other files than are on disk."""
    repository = GitRepository.create(tmp_path / "mono")
    repository.commit({".gitignore": "out/\n", "old/Makefile": "", "lib/Makefile": ""})
    repository.check_out("main")
    (repository.path / "old/Makefile").unlink()
    write(repository.path, new__Makefile="", out__Makefile="")
    return repository


def test_a_folder_is_read_as_a_commit_is(tmp_path: Path) -> None:
    """Links are not followed; pipes and what git keeps for itself are left out."""
    write(tmp_path, lib__a__Makefile="all:\n", README="")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "lib/up").symlink_to("../..")
    (tmp_path / "caf\udce9").mkdir()
    (tmp_path / ".git").mkdir()
    tree = FolderTree(tmp_path)
    assert tree.at(".") == Place(FOLDER, {"lib": FOLDER, "README": FILE, "caf\udce9": FOLDER})
    assert tree.at("lib") == Place(FOLDER, {"a": FOLDER, "up": LINK})
    assert tree.at("lib/up") == tree.at("lib/up/etc") == Place(LINK)
    assert tree.at("README/x") == tree.at("nowhere/at/all") == NOWHERE
    assert tree.content("lib/a/Makefile") == b"all:\n"
    assert set(tree.paths()) == {b"lib/a/Makefile", b"lib/up", b"README"}


def test_of_a_work_tree_the_files_on_disk_count_that_git_would_add(mono: GitRepository) -> None:
    """What is new counts, what is ignored or gone does not."""
    source = source_of(mono.path, None)
    assert source.tree.at(".").folders == ("lib", "new", "old")
    assert (source.tree.at("old").children, source.tree.at("out")) == ({}, NOWHERE)
    assert (source.repository, source.commit) == ("mono", None)
    assert source.place == f"the files in {mono.path}, without those that git ignores"


def test_a_repository_within_is_a_submodule(mono: GitRepository) -> None:
    """Whether it is added already or not: its files are another repository's."""
    inner = GitRepository.create(mono.path / "inner")
    inner.commit({"Makefile": ""})
    inner.check_out("main")
    assert source_of(mono.path, None).tree.at("inner") == Place(PlaceKind.SUBMODULE)


def test_a_branch_is_read_from_its_commit(mono: GitRepository) -> None:
    """Whatever is on disk; and from anywhere within the repository."""
    for path in (mono.path, mono.path / "lib", mono.path / ".git"):
        source = source_of(path, "main")
        assert source.tree.at(".").folders == ("lib", "old")
        assert source.commit == mono.head("main")
        assert source.place == f"main ({mono.head('main')[:7]}) of {path}"


def test_of_a_bare_repository_its_current_branch_is_read(mono: GitRepository, tmp_path: Path) -> None:
    """There is nothing else."""
    bare = mono.bare_clone(tmp_path / "bare.git")
    source = source_of(bare.path, None)
    assert (source.repository, source.commit) == ("bare", mono.head("main"))


def test_a_folder_within_a_repository_is_taken_for_itself(mono: GitRepository) -> None:
    """As a sample monorepo in the tree of something else is."""
    source = source_of(mono.path / "lib", None)
    assert (source.tree.at(".").files, source.repository) == (("Makefile",), "lib")
    assert source.place == f"the folder {mono.path / 'lib'}, which is within the repository mono"


def test_a_file_of_any_name_is_read_as_the_project_file_of_its_folder(tmp_path: Path) -> None:
    """So that a new one can be tried before it is in place."""
    write(tmp_path, **{PROJECT_FILE: "old"}, proposal="new", a__Makefile="")
    tree = source_of(tmp_path / "proposal", None).tree
    assert tree.at(".").children[PROJECT_FILE] is FILE
    assert tree.content(PROJECT_FILE) == b"new"
    assert tree.at("a").files == ("Makefile",)


def test_what_cannot_be_read_is_refused(mono: GitRepository, tmp_path: Path) -> None:
    """With what to do."""
    write(tmp_path, plain__x="")
    empty = GitRepository.create(tmp_path / "empty.git", bare=True)
    (tmp_path / "broken/.git").mkdir(parents=True)
    complaints = {
        (tmp_path / "gone", None): "there is no such file or folder; name a repository, a folder or a file",
        (tmp_path / "plain", "main"): "is no git repository; leave out --ref to read the folder",
        (tmp_path / "plain/x", "main"): "is a file; name the repository to read a branch of it",
        (mono.path, "mian"): 'has no such branch, tag or commit; did you mean "main"?',
        (mono.path, "topic"): "has no such branch, tag or commit; it has main",
        (empty.path, None): "has no commit yet; make one and try again",
        (tmp_path / "broken", None): "is no git repository that can be read: fatal: not a git repository",
    }
    for (path, ref), complaint in complaints.items():
        with pytest.raises(RefusedError) as refused:
            source_of(path, ref)
        assert complaint in str(refused.value)
        assert str(path) in str(refused.value)


def test_a_work_tree_is_left_as_it_is(mono: GitRepository) -> None:
    """Not even git's index is refreshed."""
    index = mono.path / ".git/index"
    before = (index.read_bytes(), index.stat().st_mtime_ns)
    tree = source_of(mono.path, None).tree
    list(tree.paths())
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before
    status = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(mono.path), "status", "--porcelain"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert status.stdout == " D old/Makefile\n?? new/\n"
