"""Which projects and areas a change touches (design, sections 7 and 8)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.samples import project, project_set
from tickborg.changes import SUBJECT_LENGTH_LIMIT, SUBJECTS_LIMIT, change_facts
from tickborg.projects import ProjectSet

FOLDERS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)


def touched(projects: ProjectSet, *paths: bytes) -> tuple[str, ...]:
    """The projects that a change of ``paths`` touches."""
    return change_facts(projects, paths, []).touched


def longest_owner(folders: list[str], path: str) -> str | None:
    """The naive model: of all folders that hold ``path``, the longest."""
    owners = [
        folder for folder in folders if path == folder or path.startswith(folder + "/") or folder == "."
    ]
    return max(owners, key=lambda folder: 0 if folder == "." else len(folder), default=None)


@given(folders=st.lists(st.one_of(FOLDERS, st.just(".")), unique=True), paths=st.lists(FOLDERS))
def test_the_longest_owning_path_wins(folders: list[str], paths: list[str]) -> None:
    """A path belongs to the innermost project around it, as the naive model says."""
    projects = project_set(*(project(folder.replace("/", "-"), path=folder) for folder in folders))
    expected = {owner.replace("/", "-") for path in paths if (owner := longest_owner(folders, path))}
    assert set(touched(projects, *(path.encode() for path in paths))) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"meshmc/src/main.c", ("meshmc",)),
        (b"meshmc/libs/nbt/x.c", ("nbt",)),
        (b"meshmc2/src/main.c", ()),
        (b"cmake/x.cmake", ("cgit", "meshmc")),
        (b"meshmc", ("meshmc",)),
        (b"nbt.version", ("nbt",)),
        (b"README", ()),
        (b"meshmc/caf\xe9", ("meshmc",)),
    ],
)
def test_a_path_touches_its_owner_and_whoever_names_it_also(path: bytes, expected: tuple[str, ...]) -> None:
    """Folders own by prefix of whole names, a submodule by its own, ``also`` besides; bytes are bytes."""
    projects = project_set(
        project("meshmc", also=("cmake/**",)),
        project("nbt", path="meshmc/libs/nbt", also=("*.version",)),
        project("cgit", also=("cmake",)),
    )
    assert touched(projects, path) == expected


def test_two_projects_may_share_a_folder() -> None:
    """A folder that is built in two ways is a change of both."""
    projects = project_set(project("cmake-way", path="x"), project("meson-way", path="x"))
    assert touched(projects, b"x/y") == ("cmake-way", "meson-way")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b".github/workflows/x.yml", ("ci",)),
        (b"ci/run.sh", ("ci",)),
        (b"docs/index.html", ("docs",)),
        (b"lib/README.md", ("docs",)),
        (b".github/README.md", ("ci", "docs")),
        (b"README.md", ("docs",)),
        (b"Makefile", ("root",)),
        (b"ci", ("root",)),
        (b"lib/ci/run.sh", ()),
    ],
)
def test_areas_are_named_by_folder_suffix_and_place(path: bytes, expected: tuple[str, ...]) -> None:
    """``.github`` and ``ci`` are ci, ``docs`` and ``*.md`` docs, other files at the top root."""
    assert change_facts(ProjectSet(), [path], []).areas == expected


def test_facts_stay_small_however_large_the_change() -> None:
    """First lines are bounded in number and length, paths are only counted."""
    facts = change_facts(ProjectSet(), [b"a/b"] * 3, ["x" * 10_000] * 10_000)
    assert (facts.path_count, len(facts.subjects)) == (3, SUBJECTS_LIMIT)
    assert {len(subject) for subject in facts.subjects} == {SUBJECT_LENGTH_LIMIT}


def test_a_huge_change_of_a_huge_repository_takes_no_time() -> None:
    """A hundred thousand paths among three hundred projects with globs are told apart within seconds."""
    projects = project_set(
        *(
            project(f"p{n}", path=f"lib/p{n}", also=("cmake/**", f"shared/{n}/*.h", "**/*.proto"))
            for n in range(300)
        )
    )
    paths = [b"lib/p%d/src/%d/%d.c" % (n % 400, n % 20, n) for n in range(100_000)]
    before = time.process_time()
    assert len(touched(projects, *paths)) == 300
    assert time.process_time() - before < 10
