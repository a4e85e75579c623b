"""What the summary comment says, read as the author of the pull request (design, section 8)."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.github_markdown import Page
from tests.support.samples import (
    BASE,
    DASHBOARD,
    build_view,
    check_result,
    pull_request,
    pull_request_view,
)
from tickborg.github import COMMENT_LIMIT, SUMMARY_MARKER
from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, EvaluationOutcome, SkippedBuild
from tickborg.systems import System
from tickborg.texts import reasons
from tickborg.texts.comments import is_due, summary
from tickborg.views import PullRequestView

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

LINUX, MAC = System.X86_64_LINUX, System.AARCH64_DARWIN
SUCCESS, FAILURE = BuildOutcome.SUCCESS, BuildOutcome.FAILURE
EVALUATED = EvaluationOutcome.EVALUATED
FAILED_MAKE: dict[str, Any] = {"failed_command": "make -j2", "reason": "`make -j2` exited with status 2"}
DRAFT = reasons.draft(reasons.command("tickbot"))

SAID: dict[str, PullRequestView] = {
    "evaluating": pull_request_view(base_sha=None),
    "building before the evaluation has ended": pull_request_view(build_view()),
    "building": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view("cmark", stage=BuildStage.RUNNING, attempt_id="0a1b2c3d-0000-4000-8000-00000000beef"),
        build_view("meshmc"),
        evaluation=EVALUATED,
    ),
    "waiting": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view(
            "cgit", MAC, stage=BuildStage.WAITING, reason=f"no {MAC} builder is online; waiting up to 6 h"
        ),
        evaluation=EVALUATED,
    ),
    "one success": pull_request_view(build_view(outcome=SUCCESS), evaluation=EVALUATED),
    "successes": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view("cgit", MAC, outcome=SUCCESS, mode=BuildMode.TEST),
        build_view("meshmc", outcome=SUCCESS),
        build_view("meshmc", outcome=SUCCESS, mode=BuildMode.TEST),
        evaluation=EVALUATED,
    ),
    "one failure": pull_request_view(build_view(outcome=FAILURE, **FAILED_MAKE), evaluation=EVALUATED),
    "failures": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view("cmark", outcome=FAILURE, mode=BuildMode.TEST, **FAILED_MAKE),
        build_view("meshmc", outcome=FAILURE, **FAILED_MAKE),
        build_view("meshmc", MAC, outcome=BuildOutcome.TIMED_OUT, duration=timedelta(hours=1)),
        build_view("nbt", outcome=FAILURE, reproduce=(), reason="the merge has no folder `nbt`"),
        build_view("zlib", MAC),
        evaluation=EVALUATED,
    ),
    "the one build not made": pull_request_view(
        build_view(outcome=BuildOutcome.CANCELLED, reason="no builder came online"), evaluation=EVALUATED
    ),
    "one of two builds not made": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view("meshmc", outcome=BuildOutcome.SKIPPED, reason="cmake is not installed on the builder b1"),
        evaluation=EVALUATED,
    ),
    "not made": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view(
            "cgit", MAC, outcome=BuildOutcome.CANCELLED, attempt_id=None, reason="no builder came online"
        ),
        build_view("meshmc", outcome=BuildOutcome.SKIPPED, reason="cmake is not installed on the builder b1"),
        evaluation=EVALUATED,
    ),
    "the bot's fault": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view("meshmc", outcome=BuildOutcome.UNEXPECTED_ERROR, reason="3 builders stopped answering"),
        evaluation=EVALUATED,
    ),
    "skipped": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        evaluation=EVALUATED,
        skipped=(
            SkippedBuild(project="cgit", system=MAC, reason=reasons.system_for_writers(MAC, "tickbot")),
            SkippedBuild(project="cgit", system=LINUX, reason=reasons.no_such_builder(LINUX)),
            SkippedBuild(project="meshmc", system=LINUX, reason=reasons.no_such_builder(LINUX)),
        ),
    ),
    "built all the same": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view("meshmc", mode=BuildMode.TEST, outcome=SUCCESS),
        evaluation=EVALUATED,
        changed_projects=("cgit", "meshmc"),
        skipped=tuple(SkippedBuild(project=name, reason=DRAFT) for name in ("cgit", "meshmc")),
    ),
    "a check failed, the build succeeded": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        evaluation=EVALUATED,
        checks=(check_result(outcome=FAILURE), check_result("licences", SUCCESS)),
    ),
    "a check failed before the builds are done": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view("cmark"),
        evaluation=EVALUATED,
        checks=(check_result(outcome=FAILURE),),
    ),
    "a build and checks failed": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view("cmark", outcome=FAILURE, **FAILED_MAKE),
        evaluation=EVALUATED,
        checks=(check_result(outcome=FAILURE), check_result("spelling", BuildOutcome.TIMED_OUT)),
    ),
    "a check that builds wait for failed": pull_request_view(
        evaluation=EVALUATED,
        changed_projects=("cgit", "meshmc"),
        skipped=tuple(
            SkippedBuild(project=name, reason=reasons.check_failed()) for name in ("cgit", "meshmc")
        ),
        checks=(check_result(outcome=FAILURE),),
    ),
    "a check failed, and no project is changed": pull_request_view(
        evaluation=EVALUATED, checks=(check_result(outcome=FAILURE),)
    ),
    "a check is under way": pull_request_view(build_view("cgit", outcome=SUCCESS), checks=(check_result(),)),
    "checks and builds are under way": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view("cmark"),
        checks=(check_result(), check_result("licences")),
    ),
    "checks are under way": pull_request_view(
        build_view("cgit", outcome=SUCCESS), checks=(check_result(), check_result("licences"))
    ),
    "the bot failed at a check": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        evaluation=EVALUATED,
        checks=(check_result(outcome=BuildOutcome.UNEXPECTED_ERROR, reason="3 builders stopped answering"),),
    ),
    "the bot failed at checks": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        evaluation=EVALUATED,
        checks=tuple(check_result(name, BuildOutcome.UNEXPECTED_ERROR) for name in ("format", "licences")),
    ),
    "checks that were not run": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        evaluation=EVALUATED,
        checks=tuple(
            check_result(
                name, BuildOutcome.CANCELLED, attempt_id=None, duration=None, reason="no builder came online"
            )
            for name in ("format", "licences")
        ),
    ),
    "a check that was not run": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        evaluation=EVALUATED,
        checks=(check_result(outcome=BuildOutcome.CANCELLED, reason="no builder came online"),),
    ),
    "draft": pull_request_view(
        evaluation=EVALUATED,
        changed_projects=("cgit", "meshmc"),
        skipped=tuple(SkippedBuild(project=name, reason=DRAFT) for name in ("cgit", "meshmc")),
    ),
    "many projects": pull_request_view(
        evaluation=EVALUATED,
        changed_projects=tuple(f"p{n}" for n in range(40)),
        skipped=tuple(
            SkippedBuild(project=f"p{n}", reason=reasons.too_many(40, 15, "`x`")) for n in range(40)
        ),
    ),
    "nowhere to build": pull_request_view(
        evaluation=EVALUATED,
        changed_projects=("cgit",),
        skipped=tuple(
            SkippedBuild(project="cgit", system=system, reason=reasons.no_such_builder(system))
            for system in (LINUX, MAC)
        ),
    ),
    "nothing changed": pull_request_view(evaluation=EVALUATED),
    "conflict": pull_request_view(
        evaluation=EvaluationOutcome.CONFLICT, conflicts=("cmark/src/main.c",), conflict_count=1
    ),
    "conflicts": pull_request_view(
        evaluation=EvaluationOutcome.CONFLICT,
        conflicts=tuple(f"cmark/src/{n}.c" for n in range(5)),
        conflict_count=12,
    ),
    "conflict after builds": pull_request_view(
        build_view("cgit", outcome=SUCCESS),
        build_view("cmark", outcome=FAILURE, **FAILED_MAKE),
        build_view("meshmc", stage=BuildStage.RUNNING, attempt_id="0a1b2c3d-0000-4000-8000-00000000beef"),
        base_sha=None,
        built_on_sha=BASE,
        evaluation=EvaluationOutcome.CONFLICT,
        conflicts=("cmark/src/main.c",),
        conflict_count=1,
    ),
    "evaluated again after a conflict": pull_request_view(
        build_view("cgit", outcome=SUCCESS), base_sha=None, built_on_sha=None
    ),
    "conflict of unknown files": pull_request_view(evaluation=EvaluationOutcome.CONFLICT),
    "bad project file": pull_request_view(
        evaluation=EvaluationOutcome.BAD_PROJECT_FILE,
        evaluation_reason='.tickborg.toml line 3: is bad\n.tickborg.toml line 9, key "x": is worse',
    ),
    "failed": pull_request_view(
        evaluation=EvaluationOutcome.FAILED, evaluation_reason="GitHub answered 410 Gone", base_sha=None
    ),
    "closed": pull_request_view(evaluation=EvaluationOutcome.CLOSED, evaluation_reason="closed"),
    "superseded": pull_request_view(
        evaluation=EvaluationOutcome.SUPERSEDED, evaluation_reason="superseded by abc1234"
    ),
}


@pytest.mark.parametrize("what", SAID)
def test_what_the_summary_says(what: str, snapshot: "SnapshotAssertion") -> None:
    """The whole comment."""
    assert summary(SAID[what], DASHBOARD) == snapshot


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("evaluating", False),
        ("nothing changed", False),
        ("superseded", False),
        ("building", True),
        ("draft", True),
        ("conflict", True),
        ("bad project file", True),
        ("failed", True),
    ],
)
def test_a_comment_is_made_when_there_is_something_to_say(what: str, *, expected: bool) -> None:
    """And once it is there it is kept true, whatever there is to say."""
    assert is_due(SAID[what], commented=False) is expected
    assert is_due(SAID[what], commented=True)


NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "@ada",
            "a|b",
            "`",
            "```",
            "<!-- x",
            "</details>",
            "x\n| y |",
            "#7",
            "![x](https://x.y)",
            "x" * 9_000,
        ]
    ),
)
NAMES = st.text("abcXYZ019._+-", min_size=1, max_size=41)
BUILDS = st.builds(
    build_view,
    NAMES,
    st.sampled_from(System),
    st.sampled_from([None, *BuildOutcome]),
    mode=st.sampled_from([BuildMode.BUILD, BuildMode.TEST]),
    reason=NASTY,
    reproduce=st.lists(NASTY, max_size=3).map(tuple),
    failed_command=st.one_of(st.none(), NASTY),
)
CHECKS = st.builds(
    check_result,
    NAMES,
    st.sampled_from([None, *BuildOutcome]),
    reason=NASTY,
    reproduce=st.lists(NASTY, max_size=3).map(tuple),
    failed_command=st.one_of(st.none(), NASTY),
)
VIEWS = st.builds(
    lambda builds, times, **fields: pull_request_view(*(builds * times), **fields),
    st.lists(BUILDS, max_size=6),
    st.sampled_from([1, 50]),
    pull=st.builds(lambda base, title: pull_request(base_ref=base, title=title), NASTY, NASTY),
    evaluation=st.sampled_from([None, *EvaluationOutcome]),
    evaluation_reason=NASTY,
    conflicts=st.lists(NASTY, max_size=40).map(tuple),
    conflict_count=st.integers(0, 10**6),
    skipped=st.lists(st.builds(SkippedBuild, project=NAMES, reason=NASTY), max_size=30).map(tuple),
    checks=st.lists(CHECKS, max_size=4).map(tuple),
    base_sha=st.sampled_from([None, BASE]),
    built_on_sha=st.sampled_from([None, BASE]),
)


@settings(max_examples=50)
@given(view=VIEWS)
def test_no_summary_is_broken_too_long_or_a_nuisance(view: PullRequestView) -> None:
    """Nobody is pinged, no table is torn, every link is the bot's, and the marker is there."""
    comment = summary(view, DASHBOARD)
    page = Page(comment)
    assert len(comment) <= COMMENT_LIMIT
    assert comment.endswith(SUMMARY_MARKER)
    assert not page.automatic
    assert all(link.startswith(DASHBOARD) for link in page.links)
    columns = page.elements.count("th")
    assert page.elements.count("td") == columns * max(page.elements.count("tr") - 1, 0)
    assert page.elements.count("table") == bool(view.builds and _shows_a_table(view))


def _shows_a_table(view: PullRequestView) -> bool:
    return bool(view.builds)


def test_the_most_important_builds_are_in_the_table(snapshot: "SnapshotAssertion") -> None:
    """Of thousands of projects, those that failed come first, and the rest is counted."""
    builds = [build_view(f"p{n:04}", outcome=FAILURE if n % 1_000 == 7 else SUCCESS) for n in range(3_000)]
    comment = summary(pull_request_view(*builds, evaluation=EVALUATED), DASHBOARD)
    rows = [line for line in comment.split("\n") if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows[:4]] == ["p0007", "p1007", "p2007", "p0000"]
    assert [line for line in comment.split("\n") if "2,940" in line] == snapshot


def test_a_failure_that_is_not_reproduced_in_the_comment_is_counted(snapshot: "SnapshotAssertion") -> None:
    """There is a word about each, and where to look: ten have their commands."""
    builds = [build_view(f"p{n:02}", outcome=FAILURE, **FAILED_MAKE) for n in range(11)]
    checks = [check_result(f"c{n:02}", FAILURE) for n in range(12)]
    said = {}
    for what, view in {
        "one more": pull_request_view(*builds, evaluation=EVALUATED),
        "more": pull_request_view(*builds, *builds[:4], evaluation=EVALUATED, checks=tuple(checks)),
        "one more check": pull_request_view(evaluation=EVALUATED, checks=tuple(checks[:11])),
        "very many checks": pull_request_view(evaluation=EVALUATED, checks=tuple(checks * 2)),
    }.items():
        comment = summary(view, DASHBOARD)
        assert comment.count("<details>") == 10 * bool(view.builds) + 10 * bool(view.checks)
        said[what] = [
            line for line in comment.split("\n") if " more " in line or line.endswith(" more check")
        ]
    assert said == snapshot


def test_what_there_is_no_room_for_is_counted(snapshot: "SnapshotAssertion") -> None:
    """Whatever takes the room, each part of the comment says that it has more."""
    long = {"failed_command": "make", "reproduce": (f"make {'x' * 900}",) * 6}
    names = [f"{'p' * 37}{n:04}" for n in range(60)]
    builds = [build_view(name, system, FAILURE, **long) for name in names for system in System]
    view = pull_request_view(
        *builds,
        evaluation=EVALUATED,
        skipped=tuple(SkippedBuild(project=name, reason=f"{name} {'y' * 250}") for name in "abc"),
        checks=tuple(check_result(f"c{n}", FAILURE, **long) for n in range(3)),
    )
    comment = summary(view, f"{DASHBOARD}/{'d' * 200}")
    assert len(comment) <= COMMENT_LIMIT
    assert [line for line in comment.split("\n") if " more" in line and "|" not in line] == snapshot


def test_a_cut_in_the_list_of_conflicts_is_told(snapshot: "SnapshotAssertion") -> None:
    """File names may be as long as they like."""
    paths = tuple(f"{n}{'/long' * 800}" for n in range(30))
    view = pull_request_view(evaluation=EvaluationOutcome.CONFLICT, conflicts=paths, conflict_count=30)
    comment = summary(view, DASHBOARD)
    assert len(comment) <= COMMENT_LIMIT
    assert comment.split("\n")[-4] == snapshot


@pytest.mark.parametrize("attempt", range(3))
def test_every_attempt_has_its_log(attempt: int) -> None:
    """A link for each build that a builder began."""
    ids = [f"0a1b2c3d-0000-4000-8000-00000000000{n}" for n in range(3)]
    builds = [build_view(f"p{n}", outcome=SUCCESS, attempt_id=ids[n]) for n in range(3)]
    assert f"{DASHBOARD}/logs/{ids[attempt]}" in Page(summary(pull_request_view(*builds), DASHBOARD)).links
