"""What would be built of a tree and why, for whoever writes its project file (design, section 7)."""

from collections.abc import Iterator
from dataclasses import dataclass

from tickborg.build_systems import Step, build_files_among, commands
from tickborg.globs import GlobMap
from tickborg.jobs import BuildMode
from tickborg.places import ROOT, PlaceKind, Tree, is_text
from tickborg.project_finding import find_projects
from tickborg.projects import Check, Project, ProjectSet
from tickborg.texts import project_doubts


@dataclass(frozen=True)
class ExplainedProject:
    """A project, and how it is known how to build it."""

    project: Project
    build_files: tuple[str, ...]
    """What its build system was detected by; nothing: the project file names it."""
    steps: tuple[Step, ...]
    """All commands there are, those of its tests included."""


@dataclass(frozen=True)
class OtherFolder:
    """A folder at the top that is no project, and why not."""

    name: str
    reason: str


@dataclass(frozen=True)
class Explanation:
    """All that is to say about the projects of a tree."""

    projects: tuple[ExplainedProject, ...] = ()
    checks: tuple[Check, ...] = ()
    others: tuple[OtherFolder, ...] = ()
    doubts: tuple[str, ...] = ()
    """What is allowed, and probably not meant."""
    detected: bool = False
    """There is no project file."""
    jobs: int = 1
    """How many compilers the builder runs at once whose commands these are."""


def explain(tree: Tree, repository: str, *, jobs: int) -> Explanation:
    """Find the projects of ``tree`` as an evaluation does, and explain them.

    Args:
        tree: the whole repository.
        repository: its name.
        jobs: how many compilers a builder runs at once.

    Raises:
        ProjectFileError: the project file cannot be used.
    """
    found = find_projects(tree, repository)
    projects = found.projects
    return Explanation(
        projects=tuple(
            _explained(tree, project, jobs, named=project.name in found.named)
            for project in projects.projects
        ),
        checks=projects.checks,
        others=tuple(_others(tree, projects)),
        doubts=(*_absent(tree, projects), *_idle_globs(tree, projects)),
        detected=projects.detected,
        jobs=jobs,
    )


def _explained(tree: Tree, project: Project, jobs: int, *, named: bool) -> ExplainedProject:
    place = tree.at(project.path)
    return ExplainedProject(
        project=project,
        build_files=() if named else build_files_among(place.files),
        steps=commands(project, BuildMode.TEST, jobs=jobs, files=tuple(place.children)),
    )


def _others(tree: Tree, projects: ProjectSet) -> Iterator[OtherFolder]:
    """The folders at the top that are no project, and the submodules, which look like folders."""
    paths = {project.path for project in projects.projects}
    covering: GlobMap[str] = GlobMap()
    for project in projects.projects:
        for glob in project.also:
            covering.add_glob(glob, project.name)
    for name, kind in sorted(tree.at(ROOT).children.items()):
        if kind in {PlaceKind.FOLDER, PlaceKind.SUBMODULE} and name not in paths:
            all_in_it = name.encode(errors="surrogateescape") + b"/\0"
            counted_by = sorted(covering.of(all_in_it))
            yield OtherFolder(name, _why_no_project(tree, projects, name, kind, counted_by))


def _why_no_project(
    tree: Tree, projects: ProjectSet, name: str, kind: PlaceKind, counted_by: list[str]
) -> str:
    whole = [project.name for project in projects.projects if project.path == ROOT]
    inner = [project.name for project in projects.projects if project.path.startswith(f"{name}/")]
    build_files = build_files_among(tree.at(name).files)
    if whole:
        return project_doubts.part_of(whole)
    if inner:
        return project_doubts.holds(inner)
    if counted_by:
        return project_doubts.counts_for(counted_by)
    if kind is PlaceKind.SUBMODULE:
        return project_doubts.SUBMODULE
    if projects.detected:
        return project_doubts.NO_BUILD_FILE if is_text(name) else project_doubts.NO_TEXT
    return project_doubts.not_named(build_files)


def _absent(tree: Tree, projects: ProjectSet) -> Iterator[str]:
    for project in projects.projects:
        if tree.at(project.path).kind is PlaceKind.NOTHING:
            yield project_doubts.absent(project)


def _idle_globs(tree: Tree, projects: ProjectSet) -> Iterator[str]:
    """Globs that match nothing, which a mistyped one does."""
    globs: GlobMap[tuple[str, str]] = GlobMap()
    idle = {(project.name, glob): None for project in projects.projects for glob in project.also}
    for name, glob in idle:
        globs.add_glob(glob, (name, glob))
    for path in tree.paths() if idle else ():
        for matched in globs.of(path):
            idle.pop(matched, None)
    return (project_doubts.idle_glob(name, glob) for name, glob in idle)
