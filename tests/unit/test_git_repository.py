"""The builder of test repositories makes what git itself understands."""

import os
import subprocess
from pathlib import Path

from tests.support.git_repository import File, GitRepository, executable, submodule, symlink


def git(path: Path, *arguments: str) -> str:
    """Run git on the repository at ``path`` and return what it printed."""
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(path), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def test_git_accepts_every_kind_of_entry(tmp_path: Path) -> None:
    """A repository with files, folders, links, submodules and odd names passes git's own check."""
    repository = GitRepository.create(tmp_path / "origin")
    repository.commit(
        {
            "a/b/c.txt": "text\n",
            "a.txt": "sorts before the folder a\n",
            "run.sh": executable("#!/bin/sh\n"),
            "link": symlink("a/b"),
            "vendor": submodule("1" * 40),
            "with space\nand newline": "",
        }
    )
    head = repository.commit({b"caf\xe9": b"\x00\xff", b"a": None}, message=b"not utf-8: \xe9")
    git(repository.path, "fsck", "--strict", "--no-dangling")
    assert repository.files(head) == {
        b"a.txt": File(b"sorts before the folder a\n"),
        b"caf\xe9": File(b"\x00\xff"),
        b"link": symlink("a/b"),
        b"run.sh": executable("#!/bin/sh\n"),
        b"vendor": submodule("1" * 40),
        b"with space\nand newline": File(b""),
    }


def test_a_file_and_a_folder_take_each_others_place(tmp_path: Path) -> None:
    """A path given a file loses the folder that was there, and the other way round."""
    repository = GitRepository.create(tmp_path / "origin")
    repository.commit({"a/b": "1", "c": "2"})
    head = repository.commit({"a": "file", "c/d": "folder"})
    assert set(repository.files(head)) == {b"a", b"c/d"}


def test_ids_depend_on_what_is_committed_only(tmp_path: Path) -> None:
    """Two repositories with the same commits have the same shas."""
    shas = []
    for name in ("one", "two"):
        repository = GitRepository.create(tmp_path / name)
        repository.commit({"a": "1"})
        shas.append(repository.commit({"a": "2"}))
    assert shas[0] == shas[1]


def test_a_bare_clone_has_all_refs_and_can_be_fetched_from(tmp_path: Path) -> None:
    """What is fetched from a bare clone by a ref of a pull request is the commit that was put there."""
    origin = GitRepository.create(tmp_path / "origin")
    base = origin.commit({"a": "1"})
    origin.branch("topic", base)
    head = origin.commit({"a": "2"}, branch="topic")
    origin.set_ref("refs/pull/7/head", head)
    server = origin.bare_clone(tmp_path / "server.git")
    assert server.branches() == {"main", "topic"}
    assert git(tmp_path, "ls-remote", server.url, "refs/pull/7/head").split()[0] == head


def test_a_merge_has_the_parents_it_is_given_and_a_checkout_the_files(tmp_path: Path) -> None:
    """Parents are taken as given, in order, and ``check_out`` writes the work tree."""
    repository = GitRepository.create(tmp_path / "origin")
    first = repository.commit({"a": "1"})
    other = repository.commit({"b": "2"}, branch="other", parents=())
    merge = repository.commit({"b": "2"}, parents=(first, other))
    repository.check_out("main")
    assert git(repository.path, "rev-list", "--parents", "-1", merge).split() == [merge, first, other]
    assert (repository.path / "b").read_text() == "2"
    assert git(repository.path, "status", "--porcelain") == ""
