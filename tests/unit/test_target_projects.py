"""The projects of a commit, whatever its tree holds (design, section 7)."""

from pathlib import Path

import pytest

from activities.clients.git.object_store import open_repository
from activities.clients.git.target_projects import CommittedTree, read_projects
from activities.clients.git.trees import Entry, Trees
from tests.support.git_repository import Changes, File, GitRepository, submodule, symlink
from tickborg.github import RepositoryName
from tickborg.places import NOWHERE, Place, PlaceKind
from tickborg.project_file import ProjectFileError
from tickborg.projects import PROJECT_FILE, ProjectSet

REPO = RepositoryName(owner="acme", name="mono")
ONE = '[[project]]\nname = "one"\npath = "{}"\nbuild-system = "make"\n'


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    """Where trees are stored."""
    return GitRepository.create(tmp_path / "repository.git", bare=True)


def tree_of(repository: GitRepository, files: Changes) -> tuple[Trees, Entry]:
    """A stored tree, opened."""
    return Trees(open_repository(repository.path)), Entry.of_tree(repository.store_tree(files))


def projects_of(repository: GitRepository, files: Changes) -> ProjectSet:
    """The projects of a tree of ``files``."""
    return read_projects(*tree_of(repository, files), REPO)


def fault_of(repository: GitRepository, files: Changes) -> str:
    """Why the project file of ``files`` cannot be used."""
    with pytest.raises(ProjectFileError) as refused:
        projects_of(repository, files)
    return str(refused.value)


def test_what_stands_where_is_told_from_the_tree(repository: GitRepository) -> None:
    """Links are not followed, and names that are not UTF-8 are told apart."""
    files: Changes = {
        "lib/a/Makefile": "all:\n",
        "lib/up": symlink("../.."),
        "vendor": submodule("1" * 40),
        b"caf\xe9/x": "1",
        "README": "",
    }
    tree = CommittedTree(*tree_of(repository, files))
    folder = PlaceKind.FOLDER
    assert tree.at(".").children == {
        "lib": folder,
        "vendor": PlaceKind.SUBMODULE,
        "caf\udce9": folder,
        "README": PlaceKind.FILE,
    }
    assert tree.at("lib/a") == Place(folder, {"Makefile": PlaceKind.FILE})
    assert tree.at("lib/up") == tree.at("lib/up/etc") == Place(PlaceKind.LINK)
    assert tree.at("README/x") == tree.at("nowhere/at/all") == NOWHERE
    assert (tree.content("lib/a/Makefile"), tree.content("lib/up"), tree.content("no")) == (
        b"all:\n",
        b"",
        b"",
    )
    assert set(tree.paths()) == {b"lib/a/Makefile", b"lib/up", b"vendor", b"caf\xe9/x", b"README"}


@pytest.mark.parametrize("path", ["out", "out/etc", "in", "in/a"])
def test_a_project_behind_a_link_is_refused(repository: GitRepository, path: str) -> None:
    """Whether the link leads out of the repository or not: nothing that changes is at such a path."""
    files: Changes = {
        PROJECT_FILE: ONE.format(path),
        "out": symlink("../.."),
        "in": symlink("lib"),
        "lib/a/Makefile": "all:\n",
    }
    reason = f'"{path}" is a symbolic link or leads through one; name the folder itself'
    assert fault_of(repository, files) == f'.tickborg.toml line 3, project "one", key "path": {reason}'


@pytest.mark.parametrize(
    ("entry", "kind"), [(symlink("/etc/passwd"), "symbolic link"), (submodule("1" * 40), "submodule")]
)
def test_a_project_file_that_is_no_file_is_refused(repository: GitRepository, entry: File, kind: str) -> None:
    """It is not followed anywhere."""
    said = fault_of(repository, {PROJECT_FILE: entry, "Makefile": "all:\n"})
    assert said == f".tickborg.toml: is no file but a {kind}; commit a file of that name"


def test_a_project_file_that_is_a_folder_is_refused(repository: GitRepository) -> None:
    """Nor is it looked into."""
    assert "is no file but a folder" in fault_of(repository, {f"{PROJECT_FILE}/x": "1"})


def test_folders_with_odd_names_are_projects_if_their_names_are_text(repository: GitRepository) -> None:
    """Spaces and line breaks are of a path, and not of a name; links and submodules are none."""
    files: Changes = {
        "a b/Makefile": "all:\n",
        "new\nline/Makefile": "all:\n",
        b"caf\xe9/Makefile": "all:\n",
        "link": symlink("a b"),
        "vendor": submodule("1" * 40),
        "linked/meson.build": symlink("../meson.build"),
    }
    found = projects_of(repository, files)
    assert {project.path: (project.name, project.build_system.value) for project in found.projects} == {
        "a b": ("a-b", "make"),
        "new\nline": ("new-line", "make"),
        "linked": ("linked", "meson"),
    }
    assert found.detected


def test_a_root_project_is_named_after_the_repository(repository: GitRepository) -> None:
    """And is all that there is."""
    found = projects_of(repository, {"Makefile": "all:\n", "lib/Makefile": "all:\n"})
    assert [(project.name, project.path) for project in found.projects] == [("mono", ".")]
