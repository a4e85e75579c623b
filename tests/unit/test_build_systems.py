"""The table of the seven build systems (design, section 7)."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg.build_systems import Step, StepName, build_folder, check_steps, commands, detect, tools
from tickborg.jobs import BuildMode
from tickborg.projects import BuildSystem, Check, Project


def project(build_system: BuildSystem, **fields: object) -> Project:
    """A project with the given build system and fields."""
    return Project.model_validate({"name": "p", "path": "p", "build_system": build_system, **fields})


def texts(built: Project, mode: BuildMode = BuildMode.TEST, files: tuple[str, ...] = ()) -> list[str]:
    """Each step as ``name: command``."""
    return [f"{step.name}: {step.text}" for step in commands(built, mode, jobs=2, files=files)]


TABLE: dict[BuildSystem, list[str]] = {
    BuildSystem.CMAKE: [
        "configure: cmake -S . -B build -DCMAKE_BUILD_TYPE=Release",
        "build: cmake --build build --config Release -j 2",
        "test: ctest --test-dir build --output-on-failure",
    ],
    BuildSystem.MESON: [
        "configure: meson setup build",
        "build: meson compile -C build",
        "test: meson test -C build",
    ],
    BuildSystem.AUTOTOOLS: [
        "configure: autoreconf -fi",
        "configure: ./configure",
        "build: make -j2",
        "test: make check",
    ],
    BuildSystem.CARGO: ["build: cargo build --release", "test: cargo test --release"],
    BuildSystem.GRADLE: ["build: gradle assemble", "test: gradle check"],
    BuildSystem.MAKE: ["build: make -j2", "test: make check"],
    BuildSystem.CUSTOM: ["build: sh -c './go && ./stop'"],
}


@pytest.mark.parametrize("build_system", BuildSystem)
def test_every_build_system_runs_the_commands_of_the_design(build_system: BuildSystem) -> None:
    """Each row of the design's table is what is run, and all seven have one."""
    assert texts(project(build_system, command="./go && ./stop")) == TABLE[build_system]


@pytest.mark.parametrize("build_system", BuildSystem)
def test_a_build_runs_everything_but_the_tests(build_system: BuildSystem) -> None:
    """Mode ``build`` leaves out the test step and nothing else."""
    built = project(build_system, command="./go && ./stop")
    assert texts(built, BuildMode.BUILD) == [
        line for line in TABLE[build_system] if not line.startswith("test:")
    ]


@pytest.mark.parametrize("build_system", BuildSystem)
def test_a_test_command_takes_the_place_of_the_systems_own(build_system: BuildSystem) -> None:
    """The project's own test command is run instead of the build system's, after the build."""
    built = project(build_system, command="true", test_command=("./check", "all of it"))
    lines = texts(built)
    assert lines[-1] == "test: ./check 'all of it'"
    assert [line for line in lines if line.startswith("test:")] == lines[-1:]


def test_a_configure_script_that_is_there_is_not_made_again() -> None:
    """With a ``configure`` in the folder, autoreconf is not run."""
    lines = texts(project(BuildSystem.AUTOTOOLS), BuildMode.BUILD, files=("configure", "configure.ac"))
    assert lines == ["configure: ./configure", "build: make -j2"]


def test_the_gradle_wrapper_is_preferred() -> None:
    """A project that brings its own gradle is built by it."""
    lines = texts(project(BuildSystem.GRADLE), files=("gradlew", "build.gradle"))
    assert lines == ["build: ./gradlew assemble", "test: ./gradlew check"]


@pytest.mark.parametrize(
    ("build_system", "expected"),
    [
        (
            BuildSystem.CMAKE,
            [
                "configure: cmake -S . -B build -DCMAKE_BUILD_TYPE=Release A=1",
                "build: cmake --build build --config Release -j 2 B=2 docs",
                "test: ctest --test-dir build --output-on-failure",
            ],
        ),
        (
            BuildSystem.MESON,
            [
                "configure: meson setup build A=1",
                "build: meson compile -C build B=2 docs",
                "test: meson test -C build",
            ],
        ),
        (
            BuildSystem.AUTOTOOLS,
            [
                "configure: autoreconf -fi",
                "configure: ./configure A=1",
                "build: make -j2 B=2 docs",
                "test: make check B=2",
            ],
        ),
        (BuildSystem.CARGO, ["build: cargo build --release B=2 docs", "test: cargo test --release B=2 docs"]),
        (BuildSystem.GRADLE, ["build: gradle assemble B=2 docs", "test: gradle check B=2 docs"]),
        (BuildSystem.MAKE, ["build: make -j2 B=2 docs", "test: make check B=2"]),
        (BuildSystem.CUSTOM, ["build: sh -c go"]),
    ],
)
def test_arguments_go_to_the_step_they_are_for(build_system: BuildSystem, expected: list[str]) -> None:
    """Configure arguments and build arguments come last; make's tests get variables and no targets."""
    built = project(build_system, command="go", configure_args=("A=1",), build_args=("B=2", "docs"))
    assert texts(built) == expected


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        ((), "build"),
        (("src", "CMakeLists.txt"), "build"),
        (("build",), "build.tickborg"),
        (("BUILD",), "build.tickborg"),
        (("build", "build.tickborg"), "build.tickborg-2"),
        (("build", "build.tickborg", "build.tickborg-2"), "build.tickborg-3"),
    ],
)
def test_the_build_folder_is_never_one_of_the_projects_own(files: tuple[str, ...], folder: str) -> None:
    """A project that has a ``build`` already is built in another folder."""
    assert build_folder(files) == folder


def test_all_steps_of_a_build_agree_on_the_folder() -> None:
    """Configure, build and test use the same folder when ``build`` is taken."""
    for build_system in (BuildSystem.CMAKE, BuildSystem.MESON):
        assert all("build.tickborg" in line for line in texts(project(build_system), files=("build",)))


@given(st.sets(st.sampled_from(["build", "Build", "build.tickborg", "build.tickborg-2", "src"])))
def test_a_build_folder_is_new_whatever_there_is(files: set[str]) -> None:
    """Whatever the project's folder holds, the build folder is not in it, in any case of letters."""
    assert build_folder(files).casefold() not in {name.casefold() for name in files}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (("CMakeLists.txt", "meson.build"), BuildSystem.CMAKE),
        (("meson.build", "configure.ac"), BuildSystem.MESON),
        (("configure.ac", "Cargo.toml"), BuildSystem.AUTOTOOLS),
        (("configure", "Makefile"), BuildSystem.AUTOTOOLS),
        (("Cargo.toml", "gradlew"), BuildSystem.CARGO),
        (("gradlew", "Makefile"), BuildSystem.GRADLE),
        (("build.gradle",), BuildSystem.GRADLE),
        (("build.gradle.kts", "Makefile"), BuildSystem.GRADLE),
        (("Makefile",), BuildSystem.MAKE),
        (("GNUmakefile",), BuildSystem.MAKE),
        (("cmakelists.txt", "MAKEFILE", "cargo.toml"), None),
        (("README.md", "src"), None),
        ((), None),
    ],
)
def test_a_build_system_is_recognised_by_its_files(
    files: tuple[str, ...], expected: BuildSystem | None
) -> None:
    """The first of the design's order wins, and names are compared as they are written."""
    assert detect(files) is expected


@pytest.mark.parametrize(
    ("build_system", "files", "expected"),
    [
        (BuildSystem.CMAKE, (), ("cmake",)),
        (BuildSystem.MESON, (), ("meson", "ninja")),
        (BuildSystem.AUTOTOOLS, (), ("autoreconf", "make")),
        (BuildSystem.AUTOTOOLS, ("configure",), ("make",)),
        (BuildSystem.CARGO, (), ("cargo",)),
        (BuildSystem.GRADLE, (), ("gradle",)),
        (BuildSystem.GRADLE, ("gradlew",), ("java",)),
        (BuildSystem.MAKE, (), ("make",)),
        (BuildSystem.CUSTOM, (), ("sh",)),
    ],
)
def test_the_tools_a_build_needs_are_known(
    build_system: BuildSystem, files: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    """What must be installed depends on what the project brings along."""
    assert tools(project(build_system), files) == expected


def test_a_check_is_its_command() -> None:
    """An evaluation check is one step, run as it is written."""
    check = Check(name="format", command=("make", "check-format"))
    assert check_steps(check) == (Step(StepName.CHECK, ("make", "check-format")),)


@given(st.lists(st.text(min_size=1), min_size=1))
def test_a_steps_text_is_what_a_shell_would_read_back(argv: list[str]) -> None:
    """The text of a step, typed into a shell, is the step."""
    assert shlex.split(Step(StepName.BUILD, tuple(argv)).text) == argv
