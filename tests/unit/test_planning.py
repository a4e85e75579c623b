"""What is built without being asked for, and what not and why (design, section 7)."""

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.clients.comments.parsing import parse
from tests.support.samples import MERGE, merge_report, project, project_set, pull_request
from tickborg.commands.values import Build
from tickborg.github import Permission, PullRequest
from tickborg.jobs import BuildMode, BuildPlan, MergeReport, SkippedBuild
from tickborg.planning import (
    changed_projects,
    held_by_checks,
    plan_builds,
    plan_checks,
    says_work_in_progress,
    title_matters,
)
from tickborg.policy import Policy
from tickborg.projects import ChangeFacts, Check
from tickborg.sources import Source
from tickborg.systems import System
from tickborg.texts import statuses

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

LINUX, MAC, BSD = System.X86_64_LINUX, System.AARCH64_DARWIN, System.X86_64_FREEBSD
POLICY = Policy(systems=(LINUX, MAC))
LONGEST_HANDLE = "t" * 39
PROJECTS = project_set(
    "cgit", project("cmark", needs=("nbt",)), project("launcher", needs=("cmark",)), project("nbt")
)


def plan(
    report: MergeReport,
    policy: Policy = POLICY,
    permission: Permission = Permission.WRITE,
    pull: PullRequest | None = None,
    *,
    approved: bool = False,
) -> BuildPlan:
    """The plan for a pull request by somebody with ``permission``."""
    return plan_builds(pull or pull_request(), report, policy, permission, approved=approved)


def built(planned: BuildPlan) -> list[str]:
    """The builds as ``project on system``."""
    return [f"{build.project} on {build.system}" for build in planned.builds]


@pytest.mark.parametrize(
    ("touched", "subjects", "expected"),
    [
        ((), (), []),
        (("cgit",), (), ["cgit"]),
        (("nbt",), (), ["cmark", "launcher", "nbt"]),
        ((), ("feat(cgit): x",), ["cgit"]),
        ((), ("CGit: x",), ["cgit"]),
        ((), ("feat(nonsense): x", "docs: y"), []),
        (("cgit",), ("nbt: x",), ["cgit", "cmark", "launcher", "nbt"]),
    ],
)
def test_changed_are_touched_named_and_all_that_need_them(
    touched: tuple[str, ...], subjects: tuple[str, ...], expected: list[str]
) -> None:
    """Paths, scopes of commits and needs, followed to the end; a scope that is no project is no project."""
    changes = ChangeFacts(touched=touched, subjects=subjects)
    assert [each.name for each in changed_projects(changes, PROJECTS)] == expected


def test_each_changed_project_is_built_on_each_system() -> None:
    """In order of names, then of the policy's systems; without anyone having asked for tests."""
    planned = plan(merge_report(PROJECTS, ("cgit", "launcher")))
    assert built(planned) == [
        f"{name} on {system}" for name in ("cgit", "launcher") for system in (LINUX, MAC)
    ]
    assert planned.changed_projects == ("cgit", "launcher")
    assert {job.mode for job in planned.builds} == {BuildMode.BUILD}
    assert not planned.skipped


def test_a_job_says_all_that_a_builder_must_know() -> None:
    """Pull request, refs, merge, author, and every need, however far away."""
    planned = plan(merge_report(PROJECTS, ("launcher",)), Policy())
    assert [each.name for each in planned.projects.projects] == ["cmark", "launcher", "nbt"]
    (build,) = planned.builds
    job = Source.of_plan(planned).job(build)
    assert (job.origin.pull, job.head_ref, job.base_ref, job.merge) == (7, "refs/pull/7/head", "main", MERGE)
    assert (job.author, [each.name for each in job.needs]) == ("ada", ["cmark", "nbt"])


def test_tests_are_run_where_the_operator_wants_them() -> None:
    """Where builds are tested by themselves, they are on the test systems only."""
    policy = Policy(systems=(LINUX, MAC), automatic_tests=True, test_systems=(LINUX,))
    planned = plan(merge_report(PROJECTS, ("cgit",)), policy)
    assert [job.mode for job in planned.builds] == [BuildMode.TEST, BuildMode.BUILD]


def test_a_project_may_name_its_systems(snapshot: "SnapshotAssertion") -> None:
    """Those it does not name are not missed; one without builders is explained."""
    projects = project_set(project("cgit", systems=(MAC, BSD)))
    planned = plan(merge_report(projects, ("cgit",)))
    assert built(planned) == [f"cgit on {MAC}"]
    assert planned.skipped == snapshot


def test_who_may_not_push_is_told_who_can_ask(snapshot: "SnapshotAssertion") -> None:
    """Other people's changes are built on the primary systems, and the rest is explained."""
    planned = plan(merge_report(PROJECTS, ("cgit",)), permission=Permission.READ)
    assert built(planned) == [f"cgit on {LINUX}"]
    assert planned.skipped == snapshot


HELD = {
    "draft": (pull_request(draft=True), POLICY),
    "work in progress": (pull_request(title="WIP: x"), POLICY),
    "first contribution": (pull_request(), Policy(require_approval=True)),
    "too many": (pull_request(), Policy(max_auto_builds=2)),
}


@pytest.mark.parametrize("why", HELD)
def test_what_holds_back_all_builds_is_said_of_each(why: str, snapshot: "SnapshotAssertion") -> None:
    """Nothing is built, and every changed project is listed with the reason and what to do."""
    pull, policy = HELD[why]
    planned = plan(merge_report(PROJECTS, ("nbt",)), policy, Permission.READ, pull)
    assert not planned.builds
    expected = tuple(SkippedBuild(project=name, reason=planned.held) for name in ("cmark", "launcher", "nbt"))
    assert planned.skipped == expected
    assert planned.held == snapshot


@pytest.mark.parametrize("why", HELD)
def test_the_command_that_is_advised_can_be_copied(why: str) -> None:
    """It is whole in a status, however many projects it is about, and means just those."""
    pull, policy = HELD[why]
    names = tuple(f"project-number-{n}" for n in range(20))
    named = policy.model_copy(update={"handle": LONGEST_HANDLE})
    planned = plan(merge_report(project_set(*names), names), named, Permission.READ, pull)
    [command] = re.findall("`(.+)`", statuses.evaluated(pull, planned, "").description)
    parsed = parse(command, LONGEST_HANDLE)
    [build] = parsed.commands
    assert isinstance(build, Build)
    assert (build.projects, build.systems, parsed.errors) == ((), (), ())


def test_nothing_is_held_where_nothing_changed() -> None:
    """A draft that touches no project says so, and not that it is a draft."""
    planned = plan(merge_report(PROJECTS), pull=pull_request(draft=True))
    assert (planned.held, planned.skipped) == ("", ())


def test_a_maintainers_approval_lets_a_first_contribution_in() -> None:
    """It is per head, so that the owner of the pull request knows of it."""
    report = merge_report(PROJECTS, ("cgit",))
    assert built(plan(report, Policy(require_approval=True), Permission.READ, approved=True)) == [
        f"cgit on {LINUX}"
    ]


def test_a_failed_check_holds_back_all_builds(snapshot: "SnapshotAssertion") -> None:
    """A check with ``gate = true`` has the same effect as a draft."""
    held = held_by_checks(plan(merge_report(PROJECTS, ("cgit",))))
    assert (held.builds, [each.project for each in held.skipped]) == ((), ["cgit"])
    assert held.held == snapshot


def test_a_conflict_has_no_plan() -> None:
    """It is for the caller to see that there is none."""
    with pytest.raises(ValueError, match="nothing to build"):
        plan(MergeReport(base_sha="b" * 40, conflicts=("a",), conflict_count=1))


def test_checks_run_on_the_first_primary_system_with_builders() -> None:
    """Each in the whole repository, with its own name and no project's build."""
    check = Check(name="format", command=("make", "check-format"))
    report = merge_report(PROJECTS.model_copy(update={"checks": (check,)}))
    policy = Policy(systems=(MAC, LINUX), primary_systems=(BSD, LINUX, MAC))
    (job,) = plan_checks(report, plan(report), policy)
    assert (job.mode, job.check, job.system, job.project.path) == (BuildMode.CHECK, check, LINUX, ".")
    assert plan_checks(report, plan(report), Policy(systems=(MAC,))) == ()


@pytest.mark.parametrize("touched", [(), ("cgit",)])
def test_a_newcomers_checks_wait_for_approval_as_builds_do(touched: tuple[str, ...]) -> None:
    """A check runs what a contributor wrote, even where no project is changed."""
    check = Check(name="format", command=("make", "check-format"))
    report = merge_report(PROJECTS.model_copy(update={"checks": (check,)}), touched)
    newcomer = pull_request(author_association="NONE")
    policy = Policy(require_approval=True)
    waiting = plan_builds(newcomer, report, policy, Permission.READ)
    assert waiting.awaits_approval
    assert "a maintainer" in waiting.held
    assert plan_checks(report, waiting, policy) == ()
    let_in = plan_builds(newcomer, report, policy, Permission.READ, approved=True)
    assert len(plan_checks(report, let_in, policy)) == 1


def test_where_nothing_waits_nothing_is_said_to() -> None:
    """A newcomer who changes no project of a repository without checks; still, others may not build it."""
    plan = plan_builds(
        pull_request(author_association="NONE"),
        merge_report(PROJECTS),
        Policy(require_approval=True),
        Permission.READ,
    )
    assert plan.awaits_approval
    assert not plan.held


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("WIP: x", True),
        ("wip: x", True),
        ("WIP x", True),
        ("[WIP] x", True),
        ("x [wip]", True),
        ("  [Wip]x", True),
        ("WIP", True),
        ("Wipe the disk", False),
        ("wip-tool: x", False),
        ("x WIP: y", False),
        ("", False),
    ],
)
def test_titles_that_say_work_in_progress(title: str, *, expected: bool) -> None:
    """``WIP`` as the first word, or in brackets anywhere, in any case."""
    assert says_work_in_progress(title) is expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("WIP: x", "x", True),
        ("x", "x on macos", True),
        ("x", "x!", False),
        ("Fix the cgit, now", "fix the CGIT now", False),
    ],
)
def test_titles_are_compared_by_what_comes_of_them(before: str, after: str, *, expected: bool) -> None:
    """A new title is evaluated again when the verdict or the labels may change."""
    assert title_matters(before, after) is expected


NAMES = st.lists(st.sampled_from(["cgit", "cmark", "launcher", "nbt"]), unique=True).map(tuple)


@given(touched=NAMES, permission=st.sampled_from(Permission), draft=st.booleans(), limit=st.integers(0, 5))
def test_every_changed_project_is_built_or_explained(
    touched: tuple[str, ...],
    permission: Permission,
    limit: int,
    *,
    draft: bool,
) -> None:
    """Nothing that changed is passed over in silence, and nothing is built twice."""
    policy = Policy(systems=(LINUX, MAC), max_auto_builds=limit)
    planned = plan(merge_report(PROJECTS, touched), policy, permission, pull_request(draft=draft))
    told = {build.project for build in planned.builds} | {each.project for each in planned.skipped}
    assert told == set(planned.changed_projects)
    assert len(set(built(planned))) == len(planned.builds)
    assert bool(planned.held) <= (not planned.builds)


def test_a_failed_check_lets_no_newcomer_in() -> None:
    """What decides whether it passes is the newcomer's own code."""
    awaiting = BuildPlan(pull=pull_request(), merge=MERGE, awaits_approval=True)
    assert held_by_checks(awaiting).awaits_approval
