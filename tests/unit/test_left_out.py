"""What somebody cancelled before it was planned is left out, as far as nobody asks for it again."""

import pytest

from tests.support.samples import REPO, build_view
from tickborg.jobs import BuildMode, PlannedBuild
from tickborg.left_out import LeftOutBuild
from tickborg.memory import PullRequestMemory
from tickborg.requests import BuildOrder
from tickborg.systems import System

LINUX, MAC = System.X86_64_LINUX, System.AARCH64_DARWIN


def left_out(memory: PullRequestMemory) -> set[str]:
    """Which builds of cgit and cmark are, in words."""
    builds = [
        PlannedBuild(project=project, system=system, mode=mode)
        for project in ("cgit", "cmark")
        for system in (LINUX, MAC)
        for mode in BuildMode
    ]
    return {f"{each.project} on {each.system}" for each in builds if memory.what_is_left_out.covers(each)}


@pytest.mark.parametrize(
    ("projects", "systems", "still"),
    [
        ((), (LINUX, MAC), set()),
        ((), (MAC,), {"cgit on x86_64-linux"}),
        (("cgit",), (LINUX,), set()),
        (("cgit",), (MAC,), {"cgit on x86_64-linux"}),
        (("cmark",), (LINUX, MAC), {"cgit on x86_64-linux"}),
    ],
)
def test_one_build_is_left_out_until_it_is_asked_for(
    projects: tuple[str, ...], systems: tuple[System, ...], still: set[str]
) -> None:
    """By name or with all others; on its own system, and in whatever mode."""
    memory = PullRequestMemory(repo=REPO, number=7)
    memory.leave_out(LeftOutBuild(project="cgit", system=LINUX))
    assert left_out(memory) == {"cgit on x86_64-linux"}
    memory.want_again(BuildOrder(projects=projects, systems=systems))
    assert left_out(memory) == still


@pytest.mark.parametrize("cancelled", [*BuildMode, None])
def test_what_was_asked_for_in_another_mode_is_not_left_out(cancelled: BuildMode | None) -> None:
    """Unless an earlier version has cancelled it, and does not say in which mode."""
    memory = PullRequestMemory(repo=REPO, number=7)
    memory.leave_out(LeftOutBuild(project="cgit", system=LINUX, mode=cancelled))
    out = memory.what_is_left_out
    left = {mode for mode in BuildMode if out.covers_made(build_view("cgit", LINUX, None, mode=mode))}
    assert left == ({cancelled} if cancelled else set(BuildMode))
    assert left_out(memory) == {"cgit on x86_64-linux"}
    assert not out.covers_made(build_view("cgit", MAC, None))


def test_a_project_is_left_out_everywhere() -> None:
    """Until somebody asks for it, wherever that is."""
    memory = PullRequestMemory(repo=REPO, number=7, left_out=("cgit",))
    assert left_out(memory) == {"cgit on x86_64-linux", "cgit on aarch64-darwin"}
    assert memory.what_is_left_out.covers_made(build_view("cgit", MAC, None))
    memory.want_again(BuildOrder(projects=("cgit",), systems=(MAC,)))
    assert left_out(memory) == set()
