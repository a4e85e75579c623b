"""Why a folder is no project, and what in a project file is allowed but probably not meant."""

from collections.abc import Sequence

from tickborg.projects import PROJECT_FILE, Project
from tickborg.spelling import quoted
from tickborg.texts.wording import listed

_NAMES_ROOM = 60

NO_BUILD_FILE = "no build file"
NO_TEXT = "no name in UTF-8"
SUBMODULE = "a submodule, whose files are in another repository"


def part_of(names: Sequence[str]) -> str:
    """A project is the whole repository."""
    return f"part of {listed(names, _NAMES_ROOM)}, the whole repository"


def holds(names: Sequence[str]) -> str:
    """There are projects in it."""
    return f"around {listed(names, _NAMES_ROOM)}"


def counts_for(names: Sequence[str]) -> str:
    """An ``also`` covers it."""
    return f"counted for {listed(names, _NAMES_ROOM)}, by also"


def not_named(build_files: Sequence[str]) -> str:
    """It could be one, or there is nothing in it to build by."""
    has = f"has {listed(build_files, _NAMES_ROOM)}, but is " if build_files else ""
    return f"{has}not named in {PROJECT_FILE}"


def absent(project: Project) -> str:
    """Its folder is not there."""
    there = f"there is no folder {quoted(project.path)}"
    return f"project {quoted(project.name)}: {there}, so nothing counts as its own change"


def idle_glob(project: str, glob: str) -> str:
    """An ``also`` is of no effect."""
    return f"project {quoted(project)}: also {quoted(glob)} matches no file"
