"""What an owner remembers of very many builds: no payload comes near Temporal's limit (design, section 4)."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter

from tests.support.samples import (
    HEAD,
    MERGE,
    NOON,
    REPO,
    build_result,
    build_view,
    merge_report,
    project,
    pull_request,
)
from tests.support.temporal_limits import PAYLOAD_LIMIT
from tickborg import build_waves
from tickborg.build_records import (
    BUILDS_LIMIT,
    DELIVERIES_LIMIT,
    REPRODUCTIONS_LIMIT,
    BuildRecord,
    OwnerMemory,
)
from tickborg.build_waves import CHILDREN_LIMIT, RUNNING_LIMIT, STARTS_AT_ONCE, fitting
from tickborg.external_ids import BuildReference
from tickborg.github import Permission
from tickborg.jobs import BuildMode, BuildOutcome, BuildPlan, BuildRequest, BuildsWanted, Origin, PlannedBuild
from tickborg.memory import PullRequestMemory
from tickborg.planning import plan_builds
from tickborg.policy import Policy
from tickborg.projects import ProjectSet
from tickborg.push_memory import PushMemory
from tickborg.push_superseded import COMMITS_LIMIT, PROJECTS_LIMIT
from tickborg.requests import ButtonOrder, Request
from tickborg.sources import Source
from tickborg.systems import System

MANY = 300
NAMES = [f"project-{n:03}" for n in range(MANY)]
POLICY = Policy(systems=tuple(System), max_auto_builds=MANY)
LINUX, ARM = System.X86_64_LINUX, System.AARCH64_LINUX
SUCCESS, FAILURE = BuildOutcome.SUCCESS, BuildOutcome.FAILURE


@cache
def plan(permission: Permission = Permission.WRITE) -> BuildPlan:
    """Of a change of 300 projects, each of which needs the one before, on all systems."""
    projects = ProjectSet(
        projects=tuple(
            project(name, path=f"libraries/{name}", needs=(before,) if before else ())
            for name, before in zip(NAMES, ["", *NAMES], strict=False)
        )
    )
    return plan_builds(pull_request(), merge_report(projects, tuple(NAMES)), POLICY, permission)


def size(value: object) -> int:
    """Bytes of the payload that Temporal is given."""
    [payload] = pydantic_data_converter.payload_converter.to_payloads([value])
    return len(payload.data)


def fill(memory: OwnerMemory, source: Source, builds: Sequence[PlannedBuild], outcome: BuildOutcome) -> None:
    """Let builds be wanted, made, and end."""
    memory.take_source(source, builds)
    result = build_result(
        outcome,
        builder="builder-1.example.org",
        reason="`cmake --build build --config Release -j 2` exited with status 2",
        failed_command="cmake --build build --config Release -j 2",
    )
    for build in builds:
        memory.add(source, build, NOON, asked=False)
    for record in memory.unstarted():
        record.begin(f"abcd{memory.children}")
        memory.children += 1
        memory.end(record, result)


def test_a_plan_says_once_what_its_builds_have_in_common() -> None:
    """2,100 builds; or as many sentences why they are not made, for a stranger."""
    assert len(plan().builds) == MANY * len(System)
    for planned in (plan(), plan(Permission.READ)):
        assert size(BuildsWanted(n="1", plan=planned, policy=POLICY)) < PAYLOAD_LIMIT / 4


def test_a_workflow_task_can_start_as_many_builds_as_it_may() -> None:
    """Also of the project that needs all others; GRPC takes 4 MB."""
    job = Source.of_plan(plan()).job(plan().builds[-1])
    assert len(job.needs) == MANY - 1
    request = BuildRequest(job=job, n="1", owner_id="pr/acme/mono/7", policy=POLICY)
    assert STARTS_AT_ONCE * size(request) < PAYLOAD_LIMIT


def test_an_owner_of_very_many_builds_can_continue_as_new() -> None:
    """And be asked for all it knows, although all of it went wrong; its next run knows the same."""
    memory = PullRequestMemory(repo=REPO, number=7)
    memory.believe(pull_request())
    memory.plan(BuildsWanted(n="1", plan=plan(), policy=POLICY))
    fill(memory, Source.of_plan(plan()), plan().builds, FAILURE)
    assert len(memory.builds) == MANY * len(System)
    assert max(size(memory), size(memory.view())) < PAYLOAD_LIMIT * 0.4
    assert PullRequestMemory.model_validate_json(memory.model_dump_json()) == memory


def test_a_branch_leaves_no_more_behind_than_temporal_takes() -> None:
    """Of more builds than are remembered the first that ended are forgotten, and none that runs.

    Nor more of what was superseded, however many pushes of very many projects came one after the other.
    """
    memory = PushMemory(repo=REPO, branch="main")
    origin = {"origin": Origin(branch="main"), "merge": MERGE.model_copy(update={"base_sha": HEAD})}
    source = Source.of_plan(plan()).model_copy(update=origin)
    fill(memory, source, plan().builds, FAILURE)
    running = memory.builds.popitem()
    running[1].view = running[1].view.model_copy(update={"stage": "running"})
    memory.builds = dict([running]) | memory.builds
    tests = [build.model_copy(update={"mode": BuildMode.TEST}) for build in plan().builds]
    fill(memory, source, tests, FAILURE)
    assert len(memory.builds) == BUILDS_LIMIT
    assert running[0] in memory.builds
    for commit in range(COMMITS_LIMIT):
        names = (f"{name}-of-a-library-{n}" for name in NAMES for n in range(5))
        views = [build_view(name, head_sha=f"{commit:040}") for name in names]
        memory.supersede(BuildRecord(view=view) for view in views)
    assert PROJECTS_LIMIT / 2 < sum(map(len, memory.superseded.values())) <= PROJECTS_LIMIT
    assert max(size(memory), size(memory.view())) < PAYLOAD_LIMIT * 0.7


def test_all_buttons_of_a_commit_can_be_pressed_at_once() -> None:
    """*Re-run all checks* of a pushed commit is one request."""
    run_id = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    orders = tuple(
        ButtonOrder(
            button="rerun",
            head_sha=HEAD,
            build=BuildReference(
                origin=Origin(branch="main"),
                project=build.project,
                system=build.system,
                mode=build.mode,
                n="abcd1234",
                run_id=run_id,
            ),
        )
        for build in plan().builds
    )
    assert size(Request(id=run_id, by="ada", orders=orders)) < PAYLOAD_LIMIT / 3


def test_the_commands_of_the_first_failures_are_remembered() -> None:
    """With the folder they ran in; every check run has its own."""
    memory = OwnerMemory(repo=REPO)
    fill(memory, Source.of_plan(plan()), plan().builds[: REPRODUCTIONS_LIMIT + 5], FAILURE)
    told = [record.view for record in memory.builds.values() if record.view.reproduce]
    assert len(told) == REPRODUCTIONS_LIMIT
    assert (told[0].path, len(told[0].reproduce)) == ("libraries/project-000", 2)
    fill(memory, Source.of_plan(plan()), plan().builds[-1:], SUCCESS)
    assert not list(memory.builds.values())[-1].view.reproduce


def test_deliveries_are_remembered_in_numbers_that_can_be_carried_on() -> None:
    """Whoever floods a pull request with comments makes nothing grow without end."""
    memory = OwnerMemory(repo=REPO)
    memory.seen = {str(n): NOON for n in range(DELIVERIES_LIMIT + 5)}
    memory.forget_deliveries(NOON)
    assert (len(memory.seen), "4" in memory.seen, "5" in memory.seen) == (DELIVERIES_LIMIT, False, True)


def test_what_a_head_is_built_of_is_joined_and_never_mixed() -> None:
    """An order adds projects to those of the plan; another base begins anew."""
    memory = OwnerMemory(repo=REPO)
    source = Source.of_plan(plan())
    memory.take_source(source, plan().builds[:1])
    memory.take_source(source, plan().builds[-1:])
    kept = memory.source_of(None)
    assert kept is not None
    assert {each.name for each in kept.projects.projects} == set(NAMES)
    other = source.model_copy(update={"merge": MERGE.model_copy(update={"base_sha": HEAD})})
    memory.take_source(other, plan().builds[:1])
    kept = memory.source_of(None)
    assert kept is not None
    assert [each.name for each in kept.projects.projects] == NAMES[:1]


def waiting(*systems: System, asked: bool = False) -> list[BuildRecord]:
    """Builds that are still to be started."""
    memory = OwnerMemory(repo=REPO)
    for n, system in enumerate(systems):
        build = PlannedBuild(project=NAMES[n], system=system)
        memory.add(Source.of_plan(plan()), build, NOON, asked=asked)
    return memory.unstarted()


def test_a_system_without_builders_takes_no_room_from_another() -> None:
    """Each has room of its own, as long as there is any."""
    free = waiting(LINUX, ARM, LINUX)
    assert fitting(free, [LINUX] * (RUNNING_LIMIT - 1), 0) == free[:2]
    assert fitting(free, [ARM] * RUNNING_LIMIT, 0) == [free[0], free[2]]


def test_what_is_ending_takes_room_only_from_all() -> None:
    """A new head is built at once, while the builds of the old one end; but Temporal has its limit."""
    free = waiting(LINUX, ARM)
    assert fitting(free, [], RUNNING_LIMIT) == free
    assert fitting(free, [], CHILDREN_LIMIT - 1) == free[:1]
    assert fitting(free, [LINUX], CHILDREN_LIMIT - 1) == []


def test_what_somebody_asked_for_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan of hundreds may have come before."""
    monkeypatch.setattr(build_waves, "RUNNING_LIMIT", 1)
    planned, asked_for = waiting(LINUX), waiting(LINUX, asked=True)
    assert fitting([*planned, *asked_for], [], 0) == asked_for


def test_what_waits_in_memory_waits_no_longer_than_what_found_no_builder() -> None:
    """Or three hundred builds would wait for a system without builders one after the other."""
    memory = OwnerMemory(repo=REPO, policy=POLICY)
    source = Source.of_plan(plan())
    for name, system, later in (("project-000", ARM, 0), ("project-001", LINUX, 0), ("project-002", ARM, 1)):
        wanted_at = NOON + timedelta(seconds=later)
        memory.add(source, PlannedBuild(project=name, system=system), wanted_at, asked=False)
    result = build_result(BuildOutcome.CANCELLED, attempt_id=None, reason="no builder came online")
    memory.give_up_waiting(ARM, result, NOON + POLICY.builder_wait)
    first, *others = memory.builds.values()
    assert (first.view.outcome, first.view.reason) == (BuildOutcome.CANCELLED, "no builder came online")
    assert [record.done for record in others] == [False, False]


def test_what_is_done_meanwhile_is_done_for_whoever_waits() -> None:
    """As itself, or as a test that builds it first; but not what ended before, or came to no result."""
    source = Source.of_plan(plan())
    first, second, third = plan().builds[:3]
    memory = PullRequestMemory(repo=REPO, number=7)
    fill(memory, source, [first], SUCCESS)
    before = memory.ends
    fill(memory, source, [second.model_copy(update={"mode": BuildMode.TEST})], FAILURE)
    fill(memory, source, [third], BuildOutcome.CANCELLED)
    done = [memory.has_done_since(source.commit, build, before) for build in (first, second, third)]
    assert done == [False, True, False]
