"""Which paths a builder materialises (design, section 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.samples import build_job, project
from tickborg.materialised import Materialised
from tickborg.projects import Needed

WANTED = Materialised.of(
    build_job(
        project=project("meshmc", path="apps/meshmc", also=("cmake/**", "shared/*.h")),
        needs=(Needed.of(project("nbt", path="libs/nbt", also=("**/nbt.proto",))),),
    )
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"apps/meshmc/src/main.c", True),
        (b"apps/other/main.c", False),
        (b"libs/nbt/nbt.c", True),
        (b"libs/other/other.c", False),
        (b"cmake/a/b.cmake", True),
        (b"shared/x.h", True),
        (b"shared/x.c", False),
        (b"any/where/nbt.proto", True),
        (b"Makefile", True),
        (b".clang-format", True),
    ],
)
def test_a_job_wants_its_project_its_needs_their_also_and_the_top(path: bytes, *, expected: bool) -> None:
    """Nothing else is written into a workspace."""
    assert WANTED.wants(path) is expected


def test_folders_without_anything_wanted_are_not_entered() -> None:
    """A walk passes by what no path and no glob can lead into."""
    narrow = Materialised([project("meshmc", path="apps/meshmc", also=("shared/*.h",))])
    entered = {folder: narrow.descend(folder) for folder in (b"", b"apps", b"apps/other", b"shared", b"libs")}
    assert entered == {b"": True, b"apps": True, b"apps/other": False, b"shared": True, b"libs": False}


def test_a_folder_wanted_as_a_whole_says_so() -> None:
    """Below it nothing need be asked."""
    assert (WANTED.wants_all(b"apps/meshmc/src"), WANTED.wants_all(b"apps")) == (True, False)


def test_a_project_at_the_root_wants_everything() -> None:
    """The path ``.`` is the whole repository."""
    everything = Materialised([project(path=".")])
    assert everything.wants_all(b"")
    assert everything.wants(b"a/b/c")


NAMES = st.lists(st.sampled_from([b"a", b"b", b"apps", b"meshmc", b"shared", b"x.h"]), min_size=1, max_size=4)


@given(names=NAMES)
def test_every_wanted_path_is_come_to(names: list[bytes]) -> None:
    """Each folder on the way to a wanted path is entered."""
    if WANTED.wants(b"/".join(names)):
        assert all(WANTED.descend(b"/".join(names[:depth])) for depth in range(len(names)))
