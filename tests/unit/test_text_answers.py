"""What buttons, pushes and ``status`` are answered (design, sections 6 and 8)."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.github_markdown import Page
from tests.support.samples import (
    ATTEMPT,
    BASE,
    DASHBOARD,
    HEAD,
    NOON,
    REPO,
    build_view,
    check_result,
    pull_request_view,
)
from tickborg.external_ids import BuildReference
from tickborg.github import CHECK_OUTPUT_LIMIT, COMMENT_LIMIT, STATUS_DESCRIPTION_LIMIT, CommitStatus
from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, EvaluationOutcome, Origin, SkippedBuild
from tickborg.systems import System
from tickborg.texts import answers, button_answers, notices, push_statuses, reasons
from tickborg.texts.status_reply import Moment, status_of
from tickborg.views import PullRequestView

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

LINUX, MAC = System.X86_64_LINUX, System.AARCH64_DARWIN
BUILD = BuildReference(
    origin=Origin(branch="main"), project="cgit", system=LINUX, mode=BuildMode.BUILD, n="ab1", run_id="r"
)
MANY = [f"project-{n}" for n in range(300)]
MOMENT = Moment(NOON + timedelta(minutes=3), DASHBOARD, {LINUX: 12})


def _not_made(projects: Sequence[str], reason: str) -> str:
    """What is said of projects that are not built on a Mac."""
    return "\n\n".join(
        answers.not_made([SkippedBuild(project=p, system=MAC, reason=reason) for p in projects])
    )


SENTENCES: dict[str, Callable[[], str]] = {
    "closed, cancelling": answers.closed_cancel,
    "order failed": lambda: notices.order_failed(["cgit"], "GitHub answered 502 Bad Gateway"),
    "order failed, unnamed": lambda: notices.order_failed([], "no space left"),
    "awaits approval": lambda: notices.awaits_approval(["cgit"]),
    "awaits approval, unnamed": lambda: notices.awaits_approval([]),
    "older than the head": lambda: notices.older_than_head(["cgit"], HEAD),
    "older than the head, cancelling": lambda: notices.older_cancel(HEAD),
    "nothing to build": lambda: notices.nothing_to_build(["cgit"], "merge conflict in cgit/main.c"),
    "not built": lambda: notices.not_built([], "cancelled by @grace"),
    "all skipped": lambda: notices.all_skipped(
        [
            SkippedBuild(project="cgit", reason=reasons.draft(reasons.command("tickbot"))),
            SkippedBuild(project="cmark", system=MAC, reason=reasons.no_such_builder(MAC)),
        ]
    ),
    "nothing changed": lambda: notices.nothing_changed(HEAD, "tickbot"),
    "no project at the base": lambda: notices.no_projects(["cgit"], "main", BASE, "tickbot"),
    "no projects at the base": lambda: notices.no_projects(["cgit", "meshmc"], "main", BASE, "tickbot"),
    "dropped": lambda: notices.dropped(["cgit", "meshmc"]),
    "dropped, unnamed": lambda: notices.dropped([]),
    "dropped, very many": lambda: notices.dropped(MANY),
    "old head": lambda: notices.old_head("cgit", LINUX, HEAD),
    "old commit": lambda: notices.old_commit(HEAD),
    "button failed": lambda: notices.button_failed("GitHub answered 403 Forbidden"),
    "button of a branch refused": lambda: button_answers.may_not_press("eve", "main"),
    "button of a closed one": lambda: button_answers.closed(7),
    "button cancels nothing": lambda: button_answers.nothing_to_cancel("cgit"),
    "button failed, on its check run": lambda: button_answers.failed("GitHub answered 403 Forbidden"),
    "project file of a commit": lambda: button_answers.cannot_be_built(BUILD, HEAD, "line 1: bad\nline 2"),
    "project not in a commit": lambda: button_answers.cannot_be_built(BUILD, HEAD, ""),
    "commit gone": lambda: button_answers.gone(BUILD, HEAD),
    "above a summary": lambda: button_answers.above("- **Project:** `cgit`\n", button_answers.closed(7)),
    "taken back": lambda: notices.taken_back(["cgit"], "maya"),
    "all taken back": lambda: notices.taken_back([], "maya"),
    "cancels nothing": lambda: notices.cancels_nothing("cgit", LINUX),
    "may not press": lambda: notices.may_not_press("eve", "cgit", MAC),
    "no builders": lambda: notices.no_builders("cgit", MAC),
    "may not cancel": lambda: notices.may_not_cancel("eve"),
    "may not rebuild": lambda: notices.may_not_rebuild("eve"),
    "closed": answers.closed,
    "bad project file": lambda: answers.bad_project_file(
        "main", ".tickborg.toml line 1: is bad\nline 2: too"
    ),
    "not made": lambda: _not_made(["cgit"], reasons.not_for_system()),
    "much not made": lambda: _not_made(MANY, reasons.not_for_system()),
    "not tested": lambda: _not_made(["cgit"], reasons.tests_elsewhere()),
    "not for them": lambda: _not_made(["cgit"], reasons.order_for_writers(MAC)),
    "not all said": lambda: answers.whole(["x" * COMMENT_LIMIT] * 2, "<!-- end -->", ["The status."]),
    "nothing to retry": lambda: answers.nothing_to_retry(HEAD, under_way=0),
    "nothing to retry yet": lambda: answers.nothing_to_retry(HEAD, under_way=2),
    "nothing failed yet": lambda: answers.nothing_failed_yet(HEAD),
    "checks run again later": lambda: answers.checks_run_again_later(HEAD),
    "checks run again now": lambda: answers.checks_run_again_now(HEAD),
    "may not run again": lambda: answers.may_not_run_again([("cgit", MAC)]),
    "may not run much again": lambda: answers.may_not_run_again([(f"p{n}", MAC) for n in range(7)]),
    "not run again in doubt": lambda: answers.not_run_again_in_doubt([("cgit", MAC)], HEAD),
    "in doubt": lambda: _not_made(["cgit"], reasons.head_in_doubt()),
    "no builders by now": lambda: answers.no_builders_by_now(
        [("cgit", MAC), ("cmark", MAC), ("cmark", System.X86_64_WINDOWS)]
    ),
    "nothing to cancel": lambda: answers.nothing_to_cancel([]),
    "nothing to cancel of a project": lambda: answers.nothing_to_cancel(["cgit"]),
    "nothing to cancel of very many": lambda: answers.nothing_to_cancel(MANY),
    "failed": lambda: answers.internal_error("GitHub answered 410 Gone"),
    "stood last": lambda: answers.stood_last(f"{DASHBOARD}/acme/mono/pull/7"),
    "nothing known": lambda: answers.nothing_known("tickbot"),
}


@pytest.mark.parametrize("what", SENTENCES)
def test_what_is_answered(what: str, snapshot: "SnapshotAssertion") -> None:
    """Each says what happened, to what, and what to do."""
    assert SENTENCES[what]() == snapshot


def test_what_does_not_fit_into_an_answer_costs_nothing_else() -> None:
    """What was asked beside it is there, and so is what is short; how much is missing is said."""
    sections = ["first", *["x" * 1_000] * 100, "last"]
    body = answers.whole(sections, "<!-- end -->", ["s" * 9_000, "help"])
    assert len(body) <= COMMENT_LIMIT
    assert body.startswith("first\n\nxxx")
    kept = body.count("x" * 1_000)
    assert f"last\n\n{100 - kept} more paragraphs would not fit in here." in body
    assert body.endswith(f"\n\n{'s' * 9_000}\n\nhelp\n\n<!-- end -->")


def test_a_check_run_s_answer_keeps_to_the_limit() -> None:
    """The newest stands above what was said before, the end of which may go."""
    first = button_answers.above("x" * CHECK_OUTPUT_LIMIT, "one")
    second = button_answers.above(first, "two")
    assert [len(first), len(second)] == [CHECK_OUTPUT_LIMIT] * 2
    assert ("one" in second, "two" in second) == (False, True)


NOWHERE = (push_statuses.no_builders((MAC,)),)
PUSHES: dict[str, Callable[[], CommitStatus]] = {
    "nothing": lambda: push_statuses.looked_at(REPO, HEAD, (), (), DASHBOARD),
    "three": lambda: push_statuses.looked_at(REPO, HEAD, ("cgit", "cmark", "meshmc"), (), DASHBOARD),
    "many": lambda: push_statuses.looked_at(REPO, HEAD, [f"project-{n}" for n in range(90)], (), DASHBOARD),
    "nowhere": lambda: push_statuses.looked_at(REPO, HEAD, ("cgit",), NOWHERE, DASHBOARD),
    "many nowhere": lambda: push_statuses.looked_at(
        REPO,
        HEAD,
        [f"project-{n}" for n in range(90)],
        (push_statuses.no_builders(list(System)), push_statuses.built_with(HEAD)),
        DASHBOARD,
    ),
    "a long name nowhere": lambda: push_statuses.looked_at(REPO, HEAD, ["x" * 200], NOWHERE, DASHBOARD),
    "older": lambda: push_statuses.looked_at(
        REPO, HEAD, ("cgit",), [push_statuses.built_with(HEAD)], DASHBOARD
    ),
    "bad file": lambda: push_statuses.bad_project_file(REPO, HEAD, "line 1: bad\nline 2: worse", DASHBOARD),
    "failed": lambda: push_statuses.internal_error(REPO, HEAD, "GitHub answered 410 Gone", DASHBOARD),
}


@pytest.mark.parametrize("what", PUSHES)
def test_what_the_status_of_a_push_says(what: str, snapshot: "SnapshotAssertion") -> None:
    """Its context is another than that of pull requests."""
    status = PUSHES[what]()
    assert len(status.description) <= STATUS_DESCRIPTION_LIMIT
    assert f"{status.context} {status.state}: {status.description}" == snapshot


STANDING: dict[str, PullRequestView] = {
    "evaluating": pull_request_view(base_sha=None),
    "building": pull_request_view(
        build_view("cgit", outcome=BuildOutcome.SUCCESS),
        build_view(
            "cmark",
            stage=BuildStage.RUNNING,
            attempt_id=ATTEMPT,
            builder="builder-1",
            started_at=NOON + timedelta(minutes=1),
        ),
        build_view("meshmc"),
        build_view("meshmc", MAC, stage=BuildStage.WAITING, reason=f"no {MAC} builder is online"),
        build_view("meshmc", mode=BuildMode.TEST, reason=reasons.after_build()),
        build_view("launcher", reason=reasons.others_first()),
        evaluation=EvaluationOutcome.EVALUATED,
    ),
    "failed": pull_request_view(
        build_view("cgit", outcome=BuildOutcome.FAILURE, reason="`make` exited with status 2"),
        evaluation=EvaluationOutcome.EVALUATED,
    ),
    "not built": pull_request_view(
        evaluation=EvaluationOutcome.EVALUATED,
        changed_projects=("cgit", "cmark"),
        skipped=(
            SkippedBuild(project="cgit", system=MAC, reason=reasons.no_such_builder(MAC)),
            SkippedBuild(project="cmark", system=MAC, reason=reasons.no_such_builder(MAC)),
            SkippedBuild(project="cgit", reason=reasons.draft(reasons.command("tickbot"))),
        ),
    ),
    "built all the same": pull_request_view(
        build_view("cgit", outcome=BuildOutcome.SUCCESS),
        evaluation=EvaluationOutcome.EVALUATED,
        changed_projects=("cgit", "cmark"),
        skipped=tuple(
            SkippedBuild(project=name, reason=reasons.draft(reasons.command("tickbot")))
            for name in ("cgit", "cmark")
        ),
    ),
    "a check did not pass": pull_request_view(
        build_view("cgit", outcome=BuildOutcome.SUCCESS),
        evaluation=EvaluationOutcome.EVALUATED,
        checks=(check_result(outcome=BuildOutcome.FAILURE),),
    ),
    "checks did not pass": pull_request_view(
        evaluation=EvaluationOutcome.EVALUATED,
        checks=tuple(check_result(f"check-{n}", BuildOutcome.FAILURE) for n in range(30)),
    ),
    "a check did not pass, as an earlier version remembers it": pull_request_view(
        build_view("cgit", outcome=BuildOutcome.SUCCESS),
        evaluation=EvaluationOutcome.EVALUATED,
        failed_checks=("format",),
    ),
    "conflict after builds": pull_request_view(
        build_view("cgit", outcome=BuildOutcome.SUCCESS),
        base_sha=None,
        built_on_sha=BASE,
        evaluation=EvaluationOutcome.CONFLICT,
        conflicts=("cgit/main.c",),
        conflict_count=1,
    ),
    "asked for before there is a merge": pull_request_view(
        waiting=(
            notices.command(BuildMode.TEST, ["meshmc"]),
            notices.command(BuildMode.BUILD, []),
            notices.command(BuildMode.BUILD, [f"project-{n}" for n in range(30)]),
        )
    ),
    "asked for in vain": pull_request_view(
        evaluation=EvaluationOutcome.EVALUATED,
        notices=(notices.dropped(["cgit"]), notices.may_not_cancel("eve")),
    ),
}


@pytest.mark.parametrize("what", STANDING)
def test_how_a_pull_request_stands(what: str, snapshot: "SnapshotAssertion") -> None:
    """State, age, builder, queue, and what is not built and why."""
    assert status_of(STANDING[what], MOMENT) == snapshot


def test_a_status_is_a_table_for_github_too() -> None:
    """As it is rendered there: a row for each build, whatever a reason has in it."""
    odd = build_view("a|b", stage=BuildStage.WAITING, reason="| <b> `x` |\n@everyone")
    page = Page(status_of(pull_request_view(odd, build_view("cgit")), MOMENT))
    assert page.elements.count("tr") == 3
    assert not page.automatic


def test_a_very_long_status_is_cut() -> None:
    """A table of sixty rows is long enough."""
    many = pull_request_view(*(build_view(f"project-{n}") for n in range(100)))
    assert "and 40 more builds." in status_of(many, MOMENT)
