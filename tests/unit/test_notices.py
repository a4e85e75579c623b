"""For how long the summary says that something is not done: as long as that is true."""

import pytest

from tests.support.samples import HEAD, MERGE, NOON, REPO, project, project_set, pull_request
from tickborg.jobs import BuildMode, BuildOutcome, BuildResult, PlannedBuild
from tickborg.memory import PullRequestMemory
from tickborg.order_memory import ABOUT_LIMIT
from tickborg.requests import BuildOrder, NoticedBuild
from tickborg.sources import Source
from tickborg.systems import System

LINUX, MAC = System.X86_64_LINUX, System.AARCH64_DARWIN
CGIT = PlannedBuild(project="cgit", system=LINUX)
CMARK = PlannedBuild(project="cmark", system=LINUX)
TESTS = PlannedBuild(project="cgit", system=LINUX, mode=BuildMode.TEST)
SOURCE = Source.of_pull(pull_request(), MERGE, project_set("cgit", "cmark"))


@pytest.fixture
def memory() -> PullRequestMemory:
    """What is known of a pull request whose head has been heard of."""
    memory = PullRequestMemory(repo=REPO, number=7)
    memory.believe(pull_request())
    return memory


def noticed(build: PlannedBuild) -> NoticedBuild:
    """What a notice is about that says of ``build`` that it is not made."""
    return NoticedBuild(project=build.project, system=build.system, mode=build.mode)


def begin(memory: PullRequestMemory, build: PlannedBuild, *, asked: bool = True) -> None:
    """Let a build begin."""
    memory.add(SOURCE, build, NOON, asked=asked)


def end(memory: PullRequestMemory, build: PlannedBuild, outcome: BuildOutcome) -> None:
    """Let a build begin by itself, and end."""
    begin(memory, build, asked=False)
    record = next(record for record in memory.builds.values() if record.planned == build)
    record.begin("1")
    memory.end(record, BuildResult(outcome=outcome))
    memory.end_build("1", outcome)


@pytest.mark.parametrize("asked_for", [CGIT, TESTS])
def test_a_notice_is_taken_back_when_somebody_asks_for_the_same_and_gets_it(
    memory: PullRequestMemory, asked_for: PlannedBuild
) -> None:
    """The newer word about the same project on the same system counts."""
    memory.notice("not built", [noticed(TESTS)])
    memory.notice("may not", [])
    begin(memory, asked_for)
    assert memory.notices == ("may not",)
    assert memory.builds_noticed == {}


def test_a_notice_outlives_what_nobody_asked_for(memory: PullRequestMemory) -> None:
    """Tests that were asked for are not run because the same thing is built by itself."""
    memory.notice("not tested", [noticed(TESTS)])
    end(memory, CGIT, BuildOutcome.SUCCESS)
    assert memory.notices == ("not tested",)


@pytest.mark.parametrize(
    ("outcome", "left"), [(BuildOutcome.SUCCESS, []), (BuildOutcome.FAILURE, ["not built"])]
)
def test_a_notice_is_taken_back_when_the_same_thing_has_come_out_well(
    memory: PullRequestMemory, outcome: BuildOutcome, left: list[str]
) -> None:
    """There is nothing to ask for any more."""
    memory.notice("not built", [noticed(CGIT)])
    end(memory, CGIT, outcome)
    assert list(memory.notices) == left


def test_that_a_button_was_the_wrong_one_stays_true_when_something_has_come_out_well(
    memory: PullRequestMemory,
) -> None:
    """Whoever pressed it is to read that; until somebody asks again."""
    memory.notice("wrong button", [NoticedBuild(project="cgit", system=LINUX)])
    end(memory, CGIT, BuildOutcome.SUCCESS)
    assert memory.notices == ("wrong button",)


def test_a_notice_about_several_builds_is_taken_back_with_the_last(memory: PullRequestMemory) -> None:
    """Also when the same was said of each of them by itself."""
    memory.notice("not built", [noticed(CGIT)])
    memory.notice("not built", [noticed(CMARK)])
    said = []
    for build in (CGIT, CMARK):
        begin(memory, build)
        said.append(memory.notices)
    assert said == [("not built",), ()]


def test_builds_of_others_take_nothing_back(memory: PullRequestMemory) -> None:
    """Neither another project, nor another system."""
    memory.notice("not built", [noticed(CGIT)])
    begin(memory, CMARK)
    begin(memory, CGIT.model_copy(update={"system": MAC}))
    assert memory.notices == ("not built",)


def test_what_notices_are_about_is_bounded_and_goes_with_them(memory: PullRequestMemory) -> None:
    """It is part of one payload; of very many builds a notice is said until there is a new head."""
    memory.notice("all", [NoticedBuild(project=f"p{n}", system=LINUX) for n in range(ABOUT_LIMIT + 1)])
    for n in range(6):
        memory.notice(f"not built {n}", [noticed(CGIT)])
    assert list(memory.builds_noticed) == list(memory.notices) == [f"not built {n}" for n in range(1, 6)]
    memory.believe(pull_request(head_sha=HEAD[::-1]))
    assert (memory.notices, memory.builds_noticed) == ((), {})


def test_an_order_of_no_project_means_what_is_changed(memory: PullRequestMemory) -> None:
    """But for what somebody has cancelled since."""
    memory.changed_projects = ("cgit", "cmark")
    order = BuildOrder(systems=(LINUX, MAC), without=("cgit",), mode=BuildMode.TEST)
    meant = list(memory.meant_by(order))
    assert [str(each.project) for each in meant] == ["cmark", "cmark"]
    assert {(each.system, each.mode) for each in meant} == {(LINUX, BuildMode.TEST), (MAC, BuildMode.TEST)}


@pytest.mark.parametrize("where", [{"systems": (LINUX, MAC)}, {"systems": (LINUX,), "doubted": (MAC,)}])
def test_an_order_means_no_build_that_is_never_made(
    memory: PullRequestMemory, where: dict[str, tuple[System, ...]]
) -> None:
    """What is said of it would never be taken back: where a project is not built, nobody can ask for that."""
    order = BuildOrder(projects=("cgit", "cmark", "meshmc"), **where)
    known = project_set(project("cgit", systems=(LINUX,)), "cmark")
    expected = [("cgit", LINUX), ("cmark", LINUX), ("cmark", MAC), ("meshmc", LINUX), ("meshmc", MAC)]
    assert [(each.project, each.system) for each in memory.meant_by(order, known)] == expected
    begin(memory, CGIT, asked=False)
    memory.take_source(Source.of_pull(pull_request(), MERGE, known), [CGIT])
    assert [(each.project, each.system) for each in memory.meant_by(order)][:2] == [
        ("cgit", LINUX),
        ("cmark", LINUX),
    ]
