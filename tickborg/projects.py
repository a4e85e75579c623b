"""What a monorepo is made of: projects, checks, and the file that names them (design, section 7)."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from pydantic import Field

from tickborg.systems import System
from tickborg.values import Value

PROJECT_FILE = ".tickborg.toml"
DEFAULT_TIMEOUT = timedelta(hours=1)


class BuildSystem(StrEnum):
    """How a project is built; the commands are in :mod:`tickborg.build_systems`."""

    CMAKE = "cmake"
    MESON = "meson"
    AUTOTOOLS = "autotools"
    CARGO = "cargo"
    GRADLE = "gradle"
    MAKE = "make"
    CUSTOM = "custom"


class Project(Value):
    """One project of the monorepo. Paths are relative to the repository's root, with ``/``."""

    name: str
    path: str
    """The folder whose changes are the project's own; ``.`` is the whole repository."""
    also: tuple[str, ...] = ()
    """More globs that count as its changes, and are materialised with it."""
    needs: tuple[str, ...] = ()
    """Names of projects: when one of them changes, this one is rebuilt."""
    build_system: BuildSystem
    configure_args: tuple[str, ...] = ()
    build_args: tuple[str, ...] = ()
    command: str = ""
    test_command: tuple[str, ...] = ()
    timeout: timedelta = DEFAULT_TIMEOUT
    systems: tuple[System, ...] | None = None
    """None: every system a builder exists for."""
    network: bool = False


class Needed(Value):
    """What a build takes of a project that its own one needs: no more, for a job is sent many times."""

    name: str
    path: str
    also: tuple[str, ...] = ()

    @classmethod
    def of(cls, project: Project) -> "Needed":
        """The part of ``project`` that is materialised."""
        return cls(name=project.name, path=project.path, also=project.also)


class Check(Value):
    """An evaluation check: a command run on a builder, with a commit status of its own."""

    name: str
    command: tuple[str, ...]
    gate: bool = False
    """Whether builds wait until it has passed."""


class ProjectSet(Value):
    """All projects and checks of one tree, and where they come from."""

    projects: tuple[Project, ...] = ()
    checks: tuple[Check, ...] = ()
    detected: bool = False
    """True: there is no project file, and the projects were found by their build files."""

    def named(self, name: str) -> Project | None:
        """The project called ``name``, or None; of thousands, thousands can be looked up."""
        return self._by_name.get(name)

    def all_named(self, names: Iterable[str]) -> list[Project]:
        """The projects called ``names``, in that order; names that are none's are left out."""
        return [project for name in names if (project := self.named(name)) is not None]

    @cached_property
    def _by_name(self) -> Mapping[str, Project]:
        # A set of other projects is made anew: `model_copy` would take this along.
        return {project.name: project for project in reversed(self.projects)}


class ChangeFacts(Value):
    """What a merge changes, small enough for a history whatever the size of the change."""

    touched: tuple[str, ...] = ()
    """Names of the projects that own a changed path, or whose ``also`` matches one; sorted."""
    areas: tuple[str, ...] = ()
    """Those of ``ci``, ``docs`` and ``root`` that a changed path lies in; sorted (design, section 8)."""
    subjects: tuple[str, ...] = ()
    """First lines of the commits from merge base to head, newest first, bounded in number and length."""
    path_count: int = Field(default=0, ge=0)
