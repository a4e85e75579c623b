"""The commands of every build system, and how one is recognised (design, section 7).

A table in code: what a builder runs is what a check run tells an author to run, so both read it here.
"""

import shlex
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, count

from tickborg.jobs import BuildMode
from tickborg.projects import BuildSystem, Check, Project

BUILD_FILES: tuple[tuple[BuildSystem, frozenset[str]], ...] = (
    (BuildSystem.CMAKE, frozenset({"CMakeLists.txt"})),
    (BuildSystem.MESON, frozenset({"meson.build"})),
    (BuildSystem.AUTOTOOLS, frozenset({"configure.ac", "configure"})),
    (BuildSystem.CARGO, frozenset({"Cargo.toml"})),
    (BuildSystem.GRADLE, frozenset({"gradlew", "build.gradle", "build.gradle.kts"})),
    (BuildSystem.MAKE, frozenset({"Makefile", "GNUmakefile"})),
)
"""The files that give a build system away, first match wins; ``custom`` is never detected."""


class StepName(StrEnum):
    """What a step is for."""

    CONFIGURE = "configure"
    BUILD = "build"
    TEST = "test"
    CHECK = "check"


@dataclass(frozen=True)
class Step:
    """One command of a build, run in the project's folder (a check: at the workspace's root)."""

    name: StepName
    argv: tuple[str, ...]

    @property
    def text(self) -> str:
        """The command as a person would type it."""
        return shlex.join(self.argv)


def detect(files: Collection[str]) -> BuildSystem | None:
    """The build system of a folder with ``files`` (names, case-exact) directly in it, or None."""
    return next((system for system, names in BUILD_FILES if not names.isdisjoint(files)), None)


def build_files_among(files: Collection[str]) -> tuple[str, ...]:
    """Those of ``files`` that :func:`detect` goes by, sorted."""
    return next(
        (tuple(found) for _, names in BUILD_FILES if (found := sorted(names.intersection(files)))), ()
    )


def commands(project: Project, mode: BuildMode, *, jobs: int, files: Collection[str]) -> tuple[Step, ...]:
    """What to run to build ``project``, and in mode ``test`` to test it as well, in this order.

    ``configure_args`` are for cmake, meson and autotools, the only ones that have a configure step;
    ``custom`` takes no arguments, for its command is a whole script.

    Args:
        project: its ``test_command``, if it has one, takes the place of the build system's own.
        mode: ``build`` or ``test``; for ``check`` see :func:`check_steps`.
        jobs: how many compilers may run at once.
        files: names of what lies directly in the project's folder.
    """
    steps = tuple(_STEPS[project.build_system](project, jobs, files))
    if mode is not BuildMode.TEST:
        return tuple(step for step in steps if step.name is not StepName.TEST)
    if not project.test_command:
        return steps
    build = tuple(step for step in steps if step.name is not StepName.TEST)
    return (*build, Step(StepName.TEST, project.test_command))


def check_steps(check: Check) -> tuple[Step, ...]:
    """What to run, at the workspace's root, for an evaluation check."""
    return (Step(StepName.CHECK, check.command),)


def tools(project: Project, files: Collection[str]) -> tuple[str, ...]:
    """The programs without which ``project`` cannot be built here, by name.

    Compilers are not among them: which one is wanted is the build's own affair, and so is its complaint.
    """
    if project.build_system is BuildSystem.GRADLE and "gradlew" in files:
        return ("java",)
    if project.build_system is BuildSystem.AUTOTOOLS and "configure" in files:
        return ("make",)
    return _TOOLS[project.build_system]


def build_folder(files: Collection[str]) -> str:
    """The folder to build in: ``build``, unless the project has a file or folder of that name.

    Names are compared without case, since on macOS Bazel's ``BUILD`` is in the way of ``build``.
    """
    taken = {name.casefold() for name in files}
    spares = (f"build.tickborg-{n}" for n in count(2))
    candidates = chain(("build", "build.tickborg"), spares)
    return next(name for name in candidates if name not in taken)


def _cmake(project: Project, jobs: int, files: Collection[str]) -> Iterator[Step]:
    folder = build_folder(files)
    configure = ("cmake", "-S", ".", "-B", folder, "-DCMAKE_BUILD_TYPE=Release", *project.configure_args)
    build = ("cmake", "--build", folder, "--config", "Release", "-j", str(jobs), *project.build_args)
    yield Step(StepName.CONFIGURE, configure)
    yield Step(StepName.BUILD, build)
    yield Step(StepName.TEST, ("ctest", "--test-dir", folder, "--output-on-failure"))


def _meson(project: Project, _jobs: int, files: Collection[str]) -> Iterator[Step]:
    folder = build_folder(files)
    yield Step(StepName.CONFIGURE, ("meson", "setup", folder, *project.configure_args))
    yield Step(StepName.BUILD, ("meson", "compile", "-C", folder, *project.build_args))
    yield Step(StepName.TEST, ("meson", "test", "-C", folder))


def _autotools(project: Project, jobs: int, files: Collection[str]) -> Iterator[Step]:
    if "configure" not in files:
        yield Step(StepName.CONFIGURE, ("autoreconf", "-fi"))
    yield Step(StepName.CONFIGURE, ("./configure", *project.configure_args))
    yield from _make(project, jobs, files)


def _cargo(project: Project, _jobs: int, _files: Collection[str]) -> Iterator[Step]:
    yield Step(StepName.BUILD, ("cargo", "build", "--release", *project.build_args))
    # Features and packages chosen for the build are chosen for its tests too, or all is built twice.
    yield Step(StepName.TEST, ("cargo", "test", "--release", *project.build_args))


def _gradle(project: Project, _jobs: int, files: Collection[str]) -> Iterator[Step]:
    gradle = "./gradlew" if "gradlew" in files else "gradle"
    yield Step(StepName.BUILD, (gradle, "assemble", *project.build_args))
    yield Step(StepName.TEST, (gradle, "check", *project.build_args))


def _make(project: Project, jobs: int, _files: Collection[str]) -> Iterator[Step]:
    # `CC=clang` must hold for the tests as well, or make compiles again; a target must not.
    variables = (argument for argument in project.build_args if _is_variable(argument))
    yield Step(StepName.BUILD, ("make", f"-j{jobs}", *project.build_args))
    yield Step(StepName.TEST, ("make", "check", *variables))


def _is_variable(argument: str) -> bool:
    return "=" in argument and not argument.startswith("-")


def _custom(project: Project, _jobs: int, _files: Collection[str]) -> Iterator[Step]:
    yield Step(StepName.BUILD, ("sh", "-c", project.command))


_STEPS: dict[BuildSystem, Callable[[Project, int, Collection[str]], Iterator[Step]]] = {
    BuildSystem.CMAKE: _cmake,
    BuildSystem.MESON: _meson,
    BuildSystem.AUTOTOOLS: _autotools,
    BuildSystem.CARGO: _cargo,
    BuildSystem.GRADLE: _gradle,
    BuildSystem.MAKE: _make,
    BuildSystem.CUSTOM: _custom,
}

_TOOLS: dict[BuildSystem, tuple[str, ...]] = {
    BuildSystem.CMAKE: ("cmake",),
    BuildSystem.MESON: ("meson", "ninja"),
    BuildSystem.AUTOTOOLS: ("autoreconf", "make"),
    BuildSystem.CARGO: ("cargo",),
    BuildSystem.GRADLE: ("gradle",),
    BuildSystem.MAKE: ("make",),
    BuildSystem.CUSTOM: ("sh",),
}
