"""Which projects a repository has that does not say so itself (design, section 7)."""

from collections.abc import Collection, Mapping, Sequence

from tickborg.build_systems import detect
from tickborg.project_names import fault_of_name, fitting_name
from tickborg.projects import BuildSystem, Project, ProjectSet


def detect_projects(repository: str, root: Sequence[str], folders: Mapping[str, Sequence[str]]) -> ProjectSet:
    """Find projects by their build files.

    A root with a build file is one project, named after the repository; otherwise each top-level folder
    with one is a project, named after the folder as far as the rule for names allows.

    Args:
        repository: the repository's name; an owner before it is passed over.
        root: names of the files at the top.
        folders: names of the files in each top-level folder, by the folder's name.
    """
    build_system = detect(root)
    if build_system is not None:
        name = fitting_name(repository.rpartition("/")[2], taken=())
        return ProjectSet(projects=(Project(name=name, path=".", build_system=build_system),), detected=True)
    found = {folder: system for folder in sorted(folders) if (system := detect(folders[folder])) is not None}
    names = _names(found)
    return ProjectSet(
        projects=tuple(_project(names[folder], folder, found[folder]) for folder in found), detected=True
    )


def _project(name: str, folder: str, build_system: BuildSystem) -> Project:
    return Project(name=name, path=folder, build_system=build_system)


def _names(folders: Collection[str]) -> dict[str, str]:
    """A name for each of ``folders``. Those that fit as they are come first: they keep their own."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for folder in sorted(folders, key=lambda folder: (fault_of_name(folder) is not None, folder)):
        names[folder] = fitting_name(folder, taken)
        taken.add(names[folder].casefold())
    return names
