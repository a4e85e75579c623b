"""What projects may be called, and what they are called that do not say so (design, section 7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg.detection import detect_projects
from tickborg.github import LABEL_LIMIT
from tickborg.project_names import LABEL_PREFIX, fault_of_name, fitting_name
from tickborg.projects import BuildSystem


@pytest.mark.parametrize("name", ["meshmc", "libnbt++", "a", "x" * 41, "Qt5.15_lts-2"])
def test_names_that_fit(name: str) -> None:
    """Letters, digits and four signs, as long as a label can take."""
    assert fault_of_name(name) is None
    assert len(LABEL_PREFIX + name) <= LABEL_LIMIT


@pytest.mark.parametrize(
    "name", ["", "x" * 42, "a b", "a/b", "é", "all", "On", "AND", "please", "a\n", "a:b"]
)
def test_names_that_do_not_fit(name: str) -> None:
    """Nothing that a label, a command or a line cannot take."""
    assert fault_of_name(name) is not None


@given(text=st.text(), taken=st.sets(st.text("ab-2", max_size=3)))
def test_any_text_gives_a_name_that_fits_and_is_free(text: str, taken: set[str]) -> None:
    """However odd a folder is called, and however many are alike."""
    folded = {name.casefold() for name in taken}
    name = fitting_name(text, folded)
    assert fault_of_name(name) is None
    assert name.casefold() not in folded


def test_a_root_with_a_build_file_is_one_project() -> None:
    """It is named after the repository, and what its folders hold is part of it."""
    (project,) = detect_projects("acme/My Repo", ["Cargo.toml"], {"lib": ["Makefile"]}).projects
    assert (project.name, project.path, project.build_system) == ("My-Repo", ".", BuildSystem.CARGO)


def test_otherwise_each_folder_with_a_build_file_is_one() -> None:
    """In order of the folders; those without are none."""
    detected = detect_projects(
        "mono", ["README"], {"z": ["meson.build"], "a": ["Makefile"], "docs": ["x.md"]}
    )
    assert [(each.name, each.path, each.build_system) for each in detected.projects] == [
        ("a", "a", BuildSystem.MAKE),
        ("z", "z", BuildSystem.MESON),
    ]
    assert detected.detected


def test_a_folder_whose_name_fits_keeps_it() -> None:
    """One that has to be renamed gives way, whichever comes first."""
    folders = {folder: ["Makefile"] for folder in ("a b", "a-b", "A-B", "all")}
    names = {each.path: each.name for each in detect_projects("mono", [], folders).projects}
    assert names == {"a b": "a-b-3", "A-B": "A-B", "a-b": "a-b-2", "all": "all-2"}


@given(folders=st.sets(st.text(min_size=1, max_size=50), max_size=8))
def test_detected_names_are_all_different_and_fit(folders: set[str]) -> None:
    """Whatever folders there are, in any case."""
    projects = detect_projects("mono", [], {folder: ["Makefile"] for folder in folders}).projects
    assert {each.path for each in projects} == folders
    assert len({each.name.casefold() for each in projects}) == len(folders)
    assert all(fault_of_name(each.name) is None for each in projects)


def test_nothing_to_build_is_no_project() -> None:
    """An empty repository has none."""
    assert detect_projects("mono", [], {}).projects == ()
