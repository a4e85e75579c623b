"""What somebody cancelled before it was planned is left out, as far as nobody asks for it again."""

import pytest

from tests.support.samples import REPO
from tickborg.jobs import BuildMode, PlannedBuild
from tickborg.memory import PullRequestMemory
from tickborg.requests import BuildOrder
from tickborg.systems import System

LINUX, MAC = System.X86_64_LINUX, System.AARCH64_DARWIN
CGIT = PlannedBuild(project="cgit", system=LINUX)


def left_out(memory: PullRequestMemory) -> set[str]:
    """Which builds of cgit and cmark are, in words."""
    builds = [
        PlannedBuild(project=project, system=system, mode=mode)
        for project in ("cgit", "cmark")
        for system in (LINUX, MAC)
        for mode in (BuildMode.BUILD, BuildMode.TEST)
    ]
    covers = memory.what_is_left_out.covers
    return {f"{each.mode} {each.project} on {each.system}" for each in builds if covers(each)}


@pytest.mark.parametrize(
    ("projects", "systems", "still"),
    [
        ((), (LINUX, MAC), set()),
        ((), (MAC,), {"build cgit on x86_64-linux"}),
        (("cgit",), (LINUX,), set()),
        (("cgit",), (MAC,), {"build cgit on x86_64-linux"}),
        (("cmark",), (LINUX, MAC), {"build cgit on x86_64-linux"}),
    ],
)
def test_one_build_is_left_out_until_it_is_asked_for(
    projects: tuple[str, ...], systems: tuple[System, ...], still: set[str]
) -> None:
    """By name or with all others; on its own system, and in whatever mode."""
    memory = PullRequestMemory(repo=REPO, number=7)
    memory.leave_out(CGIT)
    assert left_out(memory) == {"build cgit on x86_64-linux"}
    memory.want_again(BuildOrder(projects=projects, systems=systems, mode=BuildMode.TEST))
    assert left_out(memory) == still


def test_a_cancelled_test_is_left_out_and_no_build() -> None:
    """Which is not what was cancelled, whether somebody asked for it or nobody did."""
    memory = PullRequestMemory(repo=REPO, number=7)
    memory.leave_out(CGIT.model_copy(update={"mode": BuildMode.TEST}))
    assert left_out(memory) == {"test cgit on x86_64-linux"}


def test_a_project_is_left_out_everywhere() -> None:
    """Until somebody asks for it, wherever that is."""
    memory = PullRequestMemory(repo=REPO, number=7, left_out=("cgit",))
    assert left_out(memory) == {
        f"{mode} cgit on {system}" for mode in ("build", "test") for system in (LINUX, MAC)
    }
    memory.want_again(BuildOrder(projects=("cgit",), systems=(MAC,)))
    assert left_out(memory) == set()
