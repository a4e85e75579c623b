"""The projects of a branch, read from its tree (design, section 7)."""

from collections.abc import Mapping

from pygit2.enums import FileMode

from activities.clients.git.trees import Entries, Entry, Trees
from tickborg.detection import detect_projects
from tickborg.github import RepositoryName
from tickborg.project_file import ProjectFileError, read_project_file
from tickborg.projects import PROJECT_FILE, ProjectSet

_FILES = frozenset({FileMode.BLOB, FileMode.BLOB_EXECUTABLE})
_ROOT = "."


def projects_or_fault(trees: Trees, root: Entry, repo: RepositoryName) -> tuple[ProjectSet, str | None]:
    """The projects of the tree ``root``; or none, and why they cannot be known."""
    try:
        return read_projects(trees, root, repo), None
    except ProjectFileError as error:
        return ProjectSet(), str(error)


def read_projects(trees: Trees, root: Entry, repo: RepositoryName) -> ProjectSet:
    """The projects that ``root``, a branch's tree, names in its project file, or else has.

    Raises:
        ProjectFileError: the project file cannot be used.
    """
    entries = trees.folder(root)
    project_file = entries.get(PROJECT_FILE.encode())
    if project_file is None:
        return _detected(trees, entries, repo)
    if project_file.mode not in _FILES:
        raise ProjectFileError(f"{PROJECT_FILE} is no file: a link, folder or submodule cannot be read")
    return read_project_file(trees.blob(project_file.id), lambda path: _files_in(trees, root, path))


def _detected(trees: Trees, root: Entries, repo: RepositoryName) -> ProjectSet:
    folders: Mapping[str, tuple[str, ...]] = {
        folder: _file_names(trees.folder(entry))
        for name, entry in root.items()
        if entry.is_folder and (folder := _text(name)) is not None
    }
    return detect_projects(str(repo), _file_names(root), folders)


def _files_in(trees: Trees, root: Entry, path: str) -> tuple[str, ...]:
    """Names of the files in the folder ``path``; none if there is no such folder."""
    folder: Entry | None = root
    for name in () if path == _ROOT else path.split("/"):
        folder = trees.folder(folder).get(name.encode())
    return _file_names(trees.folder(folder))


def _file_names(entries: Entries) -> tuple[str, ...]:
    names = (_text(name) for name, entry in entries.items() if entry.mode in _FILES | {FileMode.LINK})
    return tuple(sorted(name for name in names if name is not None))


def _text(name: bytes) -> str | None:
    """A name as text; None for one that is not UTF-8, which no project and no build file can have."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return None
