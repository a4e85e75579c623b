"""Buttons on checks of a head that is evaluated again, or cannot be merged any more (design, section 6)."""

import threading

import pytest

from activities.ports import Exit
from tests.support import asking
from tests.support.fake_builder import Scripted
from tests.support.fake_repositories import BASE_SHA
from tests.support.workflow_bench import HEAD, MAINTAINER, NUMBER, REPO, Bench
from tickborg.github import CheckConclusion, CheckRun, CheckStatus
from tickborg.texts import reasons
from tickborg.texts.statuses import EVALUATION_CONTEXT

SUCCESS = CheckConclusion.SUCCESS
FORBIDDEN = "`cgit` will not be built: merge conflict in cgit/main.c"
NEXT_BASE = "e" * 40


async def in_conflict(bench: Bench, ended: CheckConclusion = SUCCESS) -> CheckRun:
    """A build of a head that could be merged, and cannot be any more since its target has moved on."""
    await bench.open("cgit")
    run = await bench.until_check_run("cgit", ended)
    await bench.until_ended("Evaluation")
    bench.repositories.conflict(HEAD, "cgit/main.c")
    await asking.comment(bench, "@tickbot eval")
    await bench.until_commented("Merge conflict")
    await bench.until_ended("Evaluation", 2)
    return run


async def test_a_merge_that_nobody_wants_any_more_is_not_run_again(bench: Bench) -> None:
    """A conflict forbids it as it forbids any build; the summary says so, and the check run."""
    run = await in_conflict(bench)
    await asking.press(bench, run)
    await bench.until_commented(FORBIDDEN)
    await bench.until(lambda: FORBIDDEN in bench.check_run_history("cgit")[0][-1].summary or None)
    assert len(bench.check_run_history("cgit")) == 1


async def test_all_checks_of_a_head_in_conflict_are_not_left_queued(bench: Bench) -> None:
    """It is evaluated again, and nothing is built that would end GitHub's waiting: the check run is told."""
    await in_conflict(bench)
    await asking.press_all(bench)
    forbidden = "What was asked for will not be built: merge conflict in cgit/main.c"
    await bench.until(lambda: forbidden in bench.check_run_history("cgit")[0][-1].summary or None)
    await bench.until_ended("Evaluation", 3)


async def test_what_failed_of_a_merge_that_nobody_wants_any_more_is_not_retried(bench: Bench) -> None:
    """The one who asked is told why."""
    bench.floor.script["make"] = Scripted(exit=Exit(2))
    await in_conflict(bench, CheckConclusion.FAILURE)
    await asking.comment(bench, "@tickbot retry")
    told = await bench.until(
        lambda: next((each.body for each in bench.github.bot_comments(REPO, NUMBER)[1:]), None)
    )
    assert told is not None
    assert told.startswith(f"@{MAINTAINER}: {FORBIDDEN}")
    assert len(bench.check_run_history("cgit")) == 1


async def test_what_is_run_again_waits_for_a_merge(bench: Bench) -> None:
    """The conflict is gone by then: the head is evaluated for it, and the new merge is built."""
    run = await in_conflict(bench)
    bench.repositories.touch(HEAD, "cgit", base_sha=NEXT_BASE)
    await asking.press(bench, run)
    await bench.until(lambda: len(bench.check_run_history("cgit")) == 2 or None)
    await bench.until_check_run("cgit", SUCCESS)
    await bench.until_commented(f"base `main` at {NEXT_BASE[:7]}")


async def merging_again(bench: Bench) -> threading.Event:
    """Have the head evaluated a second time, up to its merge, which waits until the event is set."""
    gate = bench.repositories.hold(HEAD)
    await asking.comment(bench, "@tickbot eval")

    def merging() -> bool | None:
        said = bench.github.status(HEAD, EVALUATION_CONTEXT)
        return (said is not None and said.description == "merging with main") or None

    await bench.until(merging)
    return gate


@pytest.mark.parametrize("base_sha", [BASE_SHA, NEXT_BASE])
async def test_a_cancelled_build_does_not_come_back_with_an_evaluation(bench: Bench, base_sha: str) -> None:
    """Which was under way, and had yet to say what is built; whatever it merges with."""
    bench.floor.hold("cgit")
    await bench.open("cgit", "cmark")
    running = await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await bench.until_check_run("cmark", SUCCESS)
    await bench.until_ended("Evaluation")
    bench.repositories.touch(HEAD, "cgit", "cmark", base_sha=base_sha)
    gate = await merging_again(bench)
    await asking.press(bench, running, "cancel", by="ada")
    await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    gate.set()
    bench.floor.release("cgit")
    await bench.until_ended("Evaluation", 2)
    assert len(bench.check_run_history("cgit")) == 1
    summary = await bench.until_commented(f"base `main` at {base_sha[:7]}")
    assert "cancelled" in summary
    assert ("cancelled before it began" in summary) == (base_sha == NEXT_BASE)


async def test_a_cancelled_build_that_is_asked_for_again_comes_back(bench: Bench) -> None:
    """While the evaluation still has to say what is built."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    running = await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await bench.until_ended("Evaluation")
    bench.repositories.touch(HEAD, "cgit", base_sha=NEXT_BASE)
    gate = await merging_again(bench)
    await asking.press(bench, running, "cancel", by="ada")
    cancelled = await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    await asking.press(bench, cancelled)
    bench.floor.release("cgit")
    gate.set()
    await bench.until_check_run("cgit", SUCCESS)
    await bench.until_ended("Evaluation", 2)
    assert "cancelled before it began" not in await bench.until_commented(f"base `main` at {NEXT_BASE[:7]}")


async def test_what_somebody_else_asked_for_is_not_cancelled_with_a_build(bench: Bench) -> None:
    """A test of the same project waits behind it; a new base takes it away, and brings it back."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    running = await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await bench.until_ended("Evaluation")
    await asking.until_seen(bench, await asking.comment(bench, "@tickbot test cgit", by="eve"))
    status = await asking.answer_to(bench, await asking.comment(bench, "@tickbot status"))
    assert reasons.after_build() in status
    bench.repositories.touch(HEAD, "cgit", base_sha=NEXT_BASE)
    gate = await merging_again(bench)
    await asking.press(bench, running, "cancel", by="ada")
    await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    gate.set()
    await bench.until_ended("Evaluation", 2)
    bench.floor.release("cgit")
    summary = (await bench.until_check_run("cgit", SUCCESS)).summary
    assert "make check" in summary
    assert NEXT_BASE[:7] in summary


async def test_a_cancelled_test_takes_no_build_with_it(bench: Bench) -> None:
    """Which nobody has cancelled, and which the evaluation under way calls for on a new base."""
    await bench.open("cgit")
    await bench.until_check_run("cgit", SUCCESS)
    await bench.until_ended("Evaluation")
    bench.floor.hold("cgit")
    await asking.until_seen(bench, await asking.comment(bench, "@tickbot test cgit", by="eve"))
    running = await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    bench.repositories.touch(HEAD, "cgit", base_sha=NEXT_BASE)
    gate = await merging_again(bench)
    await asking.press(bench, running, "cancel", by="ada")
    await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    bench.floor.release("cgit")
    gate.set()
    await bench.until_ended("Evaluation", 2)
    assert NEXT_BASE[:7] in (await bench.until_check_run("cgit", SUCCESS)).summary
    assert len(bench.check_run_history("cgit")) == 3
