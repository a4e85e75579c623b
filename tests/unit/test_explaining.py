"""What would be built and why, and what is no project and why not (design, section 7)."""

import pytest

from tests.support.fake_tree import Content, FakeTree
from tickborg.explaining import Explanation, explain
from tickborg.places import PlaceKind
from tickborg.project_file import ProjectFileError
from tickborg.projects import PROJECT_FILE

TWO = """
[[project]]
name = "meshmc"
path = "apps/meshmc"
also = ["cmake/**", "shared/*.h"]
needs = ["nbt"]
[[project]]
name = "nbt"
path = "libs/nbt"
build-system = "meson"
"""
FILES: dict[str, Content] = {
    PROJECT_FILE: TWO,
    "apps/meshmc/configure.ac": "",
    "apps/meshmc/configure": "",
    "apps/meshmc/build/x": "",
    "libs/nbt/main.c": "",
    "cmake/Find.cmake": "",
    "shared/a.h": "",
    "tools/Makefile": "",
    "docs/index.md": "",
    "vendor": PlaceKind.SUBMODULE,
    "link": PlaceKind.LINK,
}


def explained(files: dict[str, Content]) -> Explanation:
    """What is said of a repository ``acme/mono``."""
    return explain(FakeTree(files), "mono", jobs=3)


def reasons(explanation: Explanation) -> dict[str, str]:
    """Why each folder is no project."""
    return {other.name: other.reason for other in explanation.others}


def test_it_is_said_whether_a_build_system_was_named_or_found_and_by_what() -> None:
    """All the files that give it away; a link may be one, and a named one needs none."""
    files = {**FILES, "apps/meshmc/CMakeLists.txt": PlaceKind.LINK}
    for tree, build_files in [(FILES, ("configure", "configure.ac")), (files, ("CMakeLists.txt",))]:
        meshmc, nbt = explained(tree).projects
        assert (meshmc.project.name, meshmc.build_files) == ("meshmc", build_files)
        assert (nbt.project.build_system, nbt.build_files) == ("meson", ())


def test_commands_are_those_that_a_builder_would_run() -> None:
    """They depend on what is in the folder: `configure` is there, and a folder named build is in the way."""
    files: dict[str, Content] = {
        PROJECT_FILE: '[[project]]\nname = "a"\npath = "."\n',
        "CMakeLists.txt": "",
        "build/x": "",
    }
    (project,) = explained(files).projects
    assert [step.text for step in project.steps] == [
        "cmake -S . -B build.tickborg -DCMAKE_BUILD_TYPE=Release",
        "cmake --build build.tickborg --config Release -j 3",
        "ctest --test-dir build.tickborg --output-on-failure",
    ]
    meshmc, _ = explained(FILES).projects
    assert [step.text for step in meshmc.steps] == ["./configure", "make -j3", "make check"]


def test_each_folder_that_is_no_project_has_its_reason() -> None:
    """Around a project, counted for one, able to be one, a submodule, or simply not named."""
    assert reasons(explained(FILES)) == {
        "apps": "around meshmc",
        "cmake": "counted for meshmc, by also",
        "docs": "not named in .tickborg.toml",
        "libs": "around nbt",
        "shared": "not named in .tickborg.toml",
        "tools": "has Makefile, but is not named in .tickborg.toml",
        "vendor": "a submodule, whose files are in another repository",
    }


def test_without_a_file_the_reason_is_that_nothing_was_found() -> None:
    """Or that what was found has a name that no project can have."""
    files: dict[str, Content] = {
        "a/Makefile": "",
        "docs/x": "",
        "caf\udce9/Makefile": "",
        "vendor": PlaceKind.SUBMODULE,
    }
    explanation = explained(files)
    assert [each.project.path for each in explanation.projects] == ["a"]
    assert explanation.detected
    assert reasons(explanation) == {
        "docs": "no build file",
        "caf\udce9": "no name in UTF-8",
        "vendor": "a submodule, whose files are in another repository",
    }


def test_all_folders_are_part_of_a_project_that_is_the_whole_repository() -> None:
    """Whether it was found or is named."""
    files: dict[str, Content] = {"Cargo.toml": "", "a/Makefile": "", "b/x": ""}
    part = "part of mono, the whole repository"
    assert reasons(explained(files)) == {"a": part, "b": part}


def test_what_is_probably_not_meant_is_said() -> None:
    """A folder that is not there, and globs that match nothing; neither is an error."""
    files = {
        PROJECT_FILE: TWO.replace("cmake/**", "cmak/**").replace("libs/nbt", "lib/nbt"),
        "apps/meshmc/Makefile": "",
    }
    assert explained(files).doubts == (
        'project "nbt": there is no folder "lib/nbt", so nothing counts as its own change',
        'project "meshmc": also "cmak/**" matches no file',
        'project "meshmc": also "shared/*.h" matches no file',
    )
    assert explained(FILES).doubts == ()


def test_a_bad_file_is_refused_as_an_evaluation_refuses_it() -> None:
    """There is one reading of project files."""
    with pytest.raises(ProjectFileError, match=r"line 3, project \"a\", key \"path\""):
        explained({PROJECT_FILE: '[[project]]\nname = "a"\npath = "/etc"\n'})
