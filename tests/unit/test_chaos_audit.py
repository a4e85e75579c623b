"""The auditor of a chaos run: what it lets pass, and that it catches each promise that is broken."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.audit import PROMISES, verdicts, violations
from tests.chaos.calamities import Fault
from tests.chaos.case import Case
from tests.chaos.evidence import (
    CommentSeen,
    DeliverySeen,
    Evidence,
    LogSeen,
    OutputSeen,
    PullSeen,
    RunSeen,
    StatusSeen,
    WorkflowSeen,
)
from tests.chaos.ledger import Done, Head, Ledger
from tests.chaos.plan import Act, Close, Due, Open, Plan, Press, Push, PushTrunk, Reopen, Say
from tests.chaos.recipes import TRUNK, Recipe
from tests.support.samples import REPO
from tickborg.github import SUMMARY_MARKER, reply_marker
from tickborg.labels import INTERNAL_ERROR_LABEL
from tickborg.messages import BuildLogStatus

HEAD, OLD, MAIN = "1" * 40, "2" * 40, "3" * 40
ASH, BIRCH = Recipe(2), Recipe(3, status=1)
LOGS = "http://ci/logs"
OWNER = f"pr/{REPO}/1"
SAID = Say(1, "alice", "@tickbot status")
CONTEXT = "tickborg-eval"

Change = Callable[[Evidence], Evidence]


def run(number: int, project: str, sha: str = HEAD, **fields: object) -> RunSeen:
    """A check run that is completed, of the build of that number."""
    branch = " (push to main)" if sha == MAIN else ""
    owner = f"push/{REPO}/main" if sha == MAIN else OWNER
    values: dict[str, object] = {
        "id": number,
        "name": f"{project} on x86_64-linux{branch}",
        "sha": sha,
        "status": "completed",
        "conclusion": "failure" if project == "birch" else "success",
        "external_id": f"{owner} {project}/x86_64-linux/build n{number} run-{number}",
        "details_url": f"{LOGS}/attempt-{number}",
        **fields,
    }
    return RunSeen(**values)  # type: ignore[arg-type]


def log(number: int, project: str, sha: str = HEAD, **fields: object) -> LogSeen:
    """The whole log of it."""
    recipe = {"ash": ASH, "birch": BIRCH, TRUNK: ASH}[project]
    values: dict[str, object] = {
        "attempt": f"attempt-{number}",
        "sha": sha,
        "project": project,
        "status": BuildLogStatus.FAILURE if project == "birch" else BuildLogStatus.SUCCESS,
        "complete": True,
        "holes": 0,
        "lines": (f"$ cd {project}", *recipe.printed(project)),
        **fields,
    }
    return LogSeen(**values)  # type: ignore[arg-type]


def status(state: str, description: str = "", sha: str = HEAD) -> StatusSeen:
    """A status of the evaluation."""
    return StatusSeen(sha, CONTEXT, state, description)


def ledger(*acts: Act) -> Ledger:
    """One pull request that was pushed to once, a question, a push to the default branch, and ``acts``."""
    recipes = (("ash", ASH), ("birch", BIRCH))
    made = Ledger()
    for head in (
        Head(OLD, 1, {"ash": ASH}),
        Head(HEAD, 1, dict(recipes)),
        Head(MAIN, None, {TRUNK: ASH}),
    ):
        made.heads[head.sha] = head
    made.done += [
        Done(Open(1, "alice", (("ash", ASH),)), OLD),
        Done(Push(1, recipes), HEAD),
        Done(PushTrunk(ASH), MAIN),
        Done(SAID, HEAD, comment_id=50),
        *(Done(act, HEAD) for act in acts),
    ]
    return made


LABELS = frozenset({"project: ash", "project: birch", "scope: docs"})

GOOD = Evidence(
    pulls=(PullSeen(1, is_open=True, draft=False, head_sha=HEAD, settled=True, labels=LABELS),),
    statuses=(
        status("pending", "starting", OLD),
        status("error", "superseded", OLD),
        status("pending", "starting"),
        status("success", "2 projects"),
        StatusSeen(MAIN, "tickborg-push", "success", "1 project"),
    ),
    runs=(
        run(1, "ash", OLD, conclusion="cancelled"),
        run(2, "ash"),
        run(3, "birch"),
        run(4, TRUNK, MAIN),
    ),
    comments=(
        CommentSeen(50, 1, by_bot=False, body=SAID.words, seen=True),
        CommentSeen(51, 1, by_bot=True, body=f"All is well\n{reply_marker(50)}"),
        CommentSeen(52, 1, by_bot=True, body=f"❌ **1 of 2 builds failed**\n{SUMMARY_MARKER}"),
    ),
    workflows=(
        WorkflowSeen(OWNER, "owner", "RUNNING"),
        *(WorkflowSeen(f"build/{number}", f"run-{number}", "COMPLETED") for number in (1, 2, 3, 4)),
    ),
    logs=(
        log(1, "ash", OLD, status=BuildLogStatus.LOST, complete=False, lines=("ash: line 1 of 2",)),
        log(2, "ash"),
        log(3, "birch"),
        log(4, TRUNK, MAIN),
    ),
    deliveries=(DeliverySeen("guid", "push", (502, 202)),),
    queued={"build-logs": 0},
    outputs=(OutputSeen("worker-1.0", lines=7),),
    struck=("temporal stopped", "events doubled", "events doubled"),
)
FAULTS = tuple(Fault(1, victim, what, 2) for victim, what in map(str.split, GOOD.struck))


def case_of(done: Ledger, evidence: Evidence, *planned: Act) -> Case:
    """A case in which people did what they had planned, and had planned some more."""
    acts = [*(each.act for each in done.done), *planned]
    return Case(REPO, Plan(1, tuple(Due(0, act) for act in acts), FAULTS), done, evidence)


def found(evidence: Evidence, *acts: Act) -> list[tuple[str, str]]:
    """The names of the promises that were broken, and what was found."""
    names = {(promise.__doc__ or "").split("\n")[0]: promise.__name__ for promise in PROMISES}
    case = case_of(ledger(*acts), evidence)
    return [(names[each.promise], f"{each.subject}: {each.found}") for each in violations(case)]


def with_run(number: int, **fields: object) -> Change:
    """The same with one check run changed."""
    return lambda good: replace(
        good,
        runs=tuple(replace(each, **fields) if each.id == number else each for each in good.runs),  # type: ignore[arg-type]
    )


def with_pull(**fields: object) -> Change:
    """The same with the pull request changed."""
    return lambda good: replace(good, pulls=(replace(good.pulls[0], **fields),))  # type: ignore[arg-type]


def with_comment(number: int, **fields: object) -> Change:
    """The same with one comment changed."""
    return lambda good: replace(
        good,
        comments=tuple(replace(each, **fields) if each.id == number else each for each in good.comments),  # type: ignore[arg-type]
    )


def with_log(number: int, **fields: object) -> Change:
    """The same with one log changed."""
    return lambda good: replace(
        good,
        logs=tuple(
            replace(each, **fields) if each.attempt == f"attempt-{number}" else each  # type: ignore[arg-type]
            for each in good.logs
        ),
    )


def about_builds(evidence: Evidence, *acts: Act) -> list[tuple[str, str]]:
    """What was found, but that there are no comments of people who order something, or nothing to look at."""
    vain = ("the comment is not there", "it shows nothing")
    return [each for each in found(evidence, *acts) if not each[1].endswith(vain)]


def with_field(good: Evidence, field: str, values: object) -> Evidence:
    """The same with other values of one kind."""
    changes: dict[str, Any] = {field: values}
    return replace(good, **changes)


def without(field: str, place: int) -> Change:
    """The same without one of what it has."""

    def change(good: Evidence) -> Evidence:
        values = list(getattr(good, field))
        del values[place]
        return with_field(good, field, tuple(values))

    return change


def plus(field: str, *values: object) -> Change:
    """The same with something more."""
    return lambda good: with_field(good, field, (*getattr(good, field), *values))


def of_all(*changes: Change) -> Change:
    """All of the changes."""

    def change(good: Evidence) -> Evidence:
        for each in changes:
            good = each(good)
        return good

    return change


BROKEN: list[tuple[str, Change]] = [
    ("every_fault_struck", without("struck", 0)),
    ("every_fault_struck", without("struck", 2)),
    ("everything_is_there", without("pulls", 0)),
    ("everything_is_there", without("comments", 0)),
    ("everything_is_there", with_pull(is_open=False)),
    ("everything_is_there", with_pull(head_sha=OLD)),
    ("everything_rests", plus("restless", "workflow build/9")),
    ("everything_rests", with_pull(settled=False)),
    ("one_final_status", plus("statuses", status("pending", "starting"))),
    ("one_final_status", lambda good: replace(good, statuses=good.statuses[:2])),
    ("nothing_said_twice", plus("statuses", status("success", "3 projects"))),
    ("nothing_said_twice", plus("statuses", status("success", "1 project", OLD))),
    ("one_final_status", lambda good: replace(good, statuses=(*good.statuses[:3], status("failure", "no")))),
    ("no_status_left_pending", without("statuses", 1)),
    ("one_completed_check_run", of_all(without("runs", 1), without("workflows", 2))),
    ("one_completed_check_run", with_run(2, conclusion="failure")),
    ("one_completed_check_run", with_run(3, conclusion="success")),
    ("one_completed_check_run", with_run(2, conclusion="cancelled")),
    ("one_completed_check_run", plus("runs", run(9, "ash"))),
    ("nothing_unasked", plus("runs", run(9, "cedar"))),
    ("nothing_unasked", plus("runs", run(9, "birch", sha="9" * 40))),
    ("pushes_are_built", with_run(4, conclusion="cancelled")),
    ("pushes_are_built", without("statuses", -1)),
    ("pushes_are_built", plus("runs", run(9, TRUNK, MAIN))),
    ("no_check_run_left", with_run(1, status="in_progress", conclusion=None)),
    ("no_check_run_left", with_run(1, status="queued", conclusion=None)),
    ("one_check_run_a_build", plus("runs", replace(run(9, "ash"), external_id=run(2, "ash").external_id))),
    ("one_check_run_a_build", plus("workflows", WorkflowSeen("build/9", "run-9", "COMPLETED"))),
    ("one_check_run_a_build", without("workflows", 1)),
    ("labels_say_what_is_changed", with_pull(labels=LABELS - {"project: ash"})),
    ("labels_say_what_is_changed", with_pull(labels=LABELS | {"project: elm"})),
    ("one_summary_comment", without("comments", 2)),
    ("summaries_say_how_it_ended", with_comment(52, body=f"✅ **All builds succeeded**\n{SUMMARY_MARKER}")),
    ("summaries_say_how_it_ended", with_comment(52, body=f"🔨 **1 of 2 builds done**\n{SUMMARY_MARKER}")),
    ("one_summary_comment", plus("comments", CommentSeen(53, 1, by_bot=True, body=SUMMARY_MARKER))),
    (
        "every_comment_answered_once",
        lambda good: replace(
            good, comments=(CommentSeen(50, 1, by_bot=False, body=SAID.words), good.comments[2])
        ),
    ),
    ("every_comment_answered_once", plus("comments", CommentSeen(54, 1, by_bot=True, body=reply_marker(50)))),
    ("every_comment_answered_once", plus("comments", CommentSeen(54, 1, by_bot=True, body=reply_marker(7)))),
    ("no_workflow_failed", plus("workflows", WorkflowSeen("comment/1", "c", "FAILED", "bug"))),
    ("no_workflow_failed", plus("workflows", WorkflowSeen("comment/1", "c", "TERMINATED"))),
    ("no_workflow_failed", plus("workflows", WorkflowSeen("comment/1", "c", "RUNNING"))),
    ("no_workflow_failed", without("workflows", 0)),
    ("logs_are_whole", without("logs", 1)),
    ("logs_are_whole", with_log(2, lines=("ash: line 1 of 2",))),
    ("logs_are_whole", with_log(2, lines=("ash: line 1 of 2", "ash: line 1 of 2", "ash: line 2 of 2"))),
    ("logs_are_whole", with_log(2, lines=("ash: line 2 of 2", "ash: line 1 of 2"))),
    ("logs_are_whole", with_log(1, lines=("ash: line 2 of 2",))),
    ("logs_are_whole", with_log(2, complete=False)),
    ("logs_are_whole", with_log(1, holes=1)),
    ("logs_are_whole", with_log(1, status=None)),
    ("logs_are_whole", with_log(1, sha="9" * 40)),
    ("nothing_waits_in_queues", plus("spooled", "a.spool")),
    ("nothing_waits_in_queues", lambda good: replace(good, queued={"tickborg.dead-letter": 1})),
    ("every_event_taken", plus("deliveries", DeliverySeen("other", "push", (502, 503)))),
    ("no_fault_of_its_own", with_pull(labels=LABELS | {INTERNAL_ERROR_LABEL})),
    ("no_fault_of_its_own", plus("outputs", OutputSeen("worker-1.1", 1, ("bug in activity merge",)))),
    ("no_fault_of_its_own", plus("calls_unknown", "GET /nowhere")),
    ("no_process_left", plus("orphans", "bwrap")),
    ("no_process_left", plus("endings", "logs-1 ended by itself with status 1")),
    ("no_process_left", plus("left", "workspaces/builder-1/x")),
]


def test_what_is_right_is_let_pass() -> None:
    """An old head that was superseded, a builder that was killed, and an event that failed once."""
    assert found(GOOD) == []


@pytest.mark.parametrize(("promise", "change"), BROKEN)
def test_each_broken_promise_is_caught(promise: str, change: Change) -> None:
    """By its name, whatever else is found."""
    assert promise in {name for name, _ in found(change(GOOD))}


def test_every_promise_has_an_example() -> None:
    """A promise that is not seen broken may be one that cannot be."""
    assert {promise.__name__ for promise in PROMISES} - {"everything_was_done"} == {
        name for name, _ in BROKEN
    }


def test_what_was_planned_and_not_done_is_told() -> None:
    """A storm in which people did nothing shows nothing; but there may be no button to press."""
    planned: list[Act] = [Push(1, ()), Press(1, "maya")]
    [violation] = violations(case_of(ledger(), GOOD, *planned))
    assert (violation.subject, violation.found) == (str(planned[0]), "0 times instead of 1")


def test_a_promise_without_anything_to_look_at_is_not_kept() -> None:
    """A run without a single log shows nothing about logs."""
    silent = replace(GOOD, queued={})
    assert found(silent) == [
        ("nothing_waits_in_queues", "this run: there was nothing to look at, so it shows nothing")
    ]


def test_it_is_counted_what_was_looked_at() -> None:
    """All logs and all check runs, for one: each run that came to an end has a log."""
    counts = {verdict.promise: verdict.looked_at for verdict in verdicts(case_of(ledger(), GOOD))}
    assert counts["No line of a log is lost or doubled, and no log of a build."] == 8
    assert min(counts.values()) == 1


@pytest.mark.parametrize("act", [Press(1, "maya"), Reopen(1), Say(1, "maya", "@tickbot retry")])
def test_what_was_asked_for_again_may_be_done_again(act: Act) -> None:
    """But only so often."""
    workflows = plus("workflows", *(WorkflowSeen(f"build/{n}", f"run-{n}", "COMPLETED") for n in (9, 10)))
    logged = plus("logs", log(9, "ash"), log(10, "ash"))
    twice = of_all(plus("runs", run(9, "ash")), logged, workflows)(GOOD)
    thrice = plus("runs", run(10, "ash"))(twice)
    assert "one_completed_check_run" not in {name for name, _ in found(twice, act)}
    assert "one_completed_check_run" in {name for name, _ in found(thrice, act)}


def test_after_a_cancel_nothing_has_to_be_built() -> None:
    """It may have come before anything was begun; the status may say so."""
    cancelled = of_all(
        with_run(2, conclusion="cancelled"),
        without("statuses", 3),
        plus("statuses", status("error", "cancelled by maya")),
    )(GOOD)
    assert about_builds(cancelled, Say(1, "maya", "@tickbot cancel")) == []
    assert about_builds(cancelled) != []


def test_a_conflict_is_told_unless_a_cancel_may_have_come_before() -> None:
    """That ends the evaluation, at whatever it was."""
    silent = without("comments", 2)(GOOD)
    made, cancelled = ledger(), ledger(Say(1, "maya", "@tickbot cancel"))
    for each in (made, cancelled):
        each.heads[HEAD] = replace(each.heads[HEAD], conflicting=True)
    broken = [{found.promise for found in violations(case_of(each, silent))} for each in (made, cancelled)]
    due = "Every pull request has one summary comment, if there is anything to say."
    assert [due in each for each in broken] == [True, False]


def test_what_was_asked_for_on_the_last_head_must_be_built() -> None:
    """And what was asked for before a push, or before it was closed, need not be."""
    order = Say(1, "maya", "@tickbot build cedar")
    assert about_builds(GOOD, order) == [("one_completed_check_run", "#1 cedar: no check run")]
    assert about_builds(GOOD, order, Close(1), Reopen(1)) == []
    assert about_builds(GOOD, order, Push(1, ())) == []


def test_a_build_of_the_default_branch_is_held_to_the_recipe_of_then() -> None:
    """A later push that changes something else has the recipe of the push before it."""
    made = ledger()
    made.heads["4" * 40] = Head("4" * 40, None, {})
    assert made.recipe("4" * 40, TRUNK) == ASH


def test_a_comment_that_nobody_was_told_of_need_not_be_answered() -> None:
    """GitHub keeps no record of it; that the pull request is in order is all that can be asked for."""
    silent = replace(GOOD, comments=(CommentSeen(50, 1, by_bot=False, body=SAID.words), GOOD.comments[2]))
    made = ledger()
    made.done[-1] = replace(made.done[-1], heard=False)
    assert violations(case_of(made, silent)) == []
