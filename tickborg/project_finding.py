"""The projects of a tree: those that its project file names, or else those it has (design, section 7)."""

from dataclasses import dataclass

from tickborg.detection import detect_projects
from tickborg.places import ROOT, PlaceKind, Tree, is_text
from tickborg.project_file import ProjectFileError, read_project_file
from tickborg.projects import PROJECT_FILE, ProjectSet


@dataclass(frozen=True)
class FoundProjects:
    """Projects, and how it is known how they are built."""

    projects: ProjectSet
    named: frozenset[str] = frozenset()
    """Names of those whose build system the project file names; those of the others were detected."""


def find_projects(tree: Tree, repository: str) -> FoundProjects:
    """The projects of ``tree``, which is the target branch's.

    Args:
        tree: the whole repository.
        repository: its name, after which a project is named that is all of it.

    Raises:
        ProjectFileError: the project file cannot be used.
    """
    root = tree.at(ROOT)
    kind = root.children.get(PROJECT_FILE)
    if kind is None:
        folders = {folder: tree.at(folder).files for folder in root.folders if is_text(folder)}
        return FoundProjects(detect_projects(repository, root.files, folders))
    if kind is not PlaceKind.FILE:
        raise ProjectFileError(f"{PROJECT_FILE}: is no file but a {kind}; commit a file of that name")
    file = read_project_file(tree.content(PROJECT_FILE), tree.at)
    return FoundProjects(file.projects, file.named)
