"""Buttons on checks: *Re-run*, *Cancel*, *Run tests*, *Re-run all checks* (design, sections 5 and 6)."""

from functools import partial

from activities.ports import Exit
from tests.support import asking
from tests.support.fake_builder import Scripted
from tests.support.workflow_bench import HEAD, LINUX, NEXT_HEAD, NUMBER, REPO, Bench
from tests.workflow.conftest import NewBench
from tickborg.github import CheckConclusion, CheckStatus, StatusState
from tickborg.names import pull_request_id
from tickborg.policy import Policy
from tickborg.systems import System

MAC = System.AARCH64_DARWIN


async def test_a_build_is_run_again(bench: Bench) -> None:
    """A new check run of the same name; the old one stays as it is."""
    bench.floor.script["make"] = Scripted(exit=Exit(2))
    await bench.open("cgit")
    failed = await bench.until_check_run("cgit", CheckConclusion.FAILURE)
    del bench.floor.script["make"]
    await asking.press(bench, failed, by="ada")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    old, new = bench.check_run_history("cgit")
    assert (old[-1].conclusion, new[-1].conclusion) == (CheckConclusion.FAILURE, CheckConclusion.SUCCESS)
    await bench.until_commented("✅ **The build succeeded**")


async def test_a_build_under_way_is_joined(bench: Bench) -> None:
    """Asking for what runs gets what runs."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    running = await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await asking.press(bench, running)
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    histories = await bench.end()
    assert len(histories.of("Build")) == 1


async def test_a_running_build_is_cancelled(bench: Bench) -> None:
    """By its author; the check run says who did it."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    running = await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await asking.press(bench, running, "cancel", by="ada")
    ended = await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    assert ended.title == "cancelled by @ada"


async def test_a_cancel_that_comes_too_late_is_answered(bench: Bench) -> None:
    """The page still showed the button when the build had ended."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    running = await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    bench.floor.release("cgit")
    await bench.until_commented("succeeded")
    await asking.press(bench, running, "cancel")
    await bench.until_commented("There is nothing to cancel: `cgit` on x86_64-linux has ended")


async def test_tests_are_run_after_a_build(bench: Bench) -> None:
    """The button is offered where the build succeeded and tests can be run."""
    await bench.open("cgit")
    built = await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await asking.press(bench, built, "test")
    await bench.until_commented("✅ tested")
    assert bench.floor.lines()[-1] == "make check"
    tested = await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert not tested.actions


async def test_the_button_of_an_older_head_is_answered(bench: Bench) -> None:
    """In the summary comment: nothing is built of what nobody will merge."""
    pull = await bench.open("cgit")
    old = await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.push(pull, NEXT_HEAD, "cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    await asking.press(bench, old)
    await bench.until_commented(f"`{HEAD[:7]}` is not the head any more")
    assert len(bench.check_run_history("cgit")) == 1


async def test_a_button_that_is_not_to_be_pressed_is_answered(new_bench: NewBench) -> None:
    """In the summary comment, and nothing is done."""
    bench = await new_bench(policy=Policy(systems=(LINUX, MAC)), builders=(LINUX, MAC))
    await bench.open("cgit", author="grace")
    built = await bench.until_check_run("cgit", CheckConclusion.SUCCESS, system=MAC)
    await asking.press(bench, built, by="eve")
    await bench.until_commented("@eve may not have `cgit` built on aarch64-darwin")
    assert len(bench.check_run_history("cgit", system=MAC)) == 1


async def test_all_checks_are_run_again(bench: Bench) -> None:
    """Evaluated again, with the target branch as it is, and everything is built once more."""
    await bench.open("cgit", "cmark")
    for project in ("cgit", "cmark"):
        await bench.until_check_run(project, CheckConclusion.SUCCESS)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await asking.press_all(bench)
    for project in ("cgit", "cmark"):
        await bench.until(partial(_finished_again, bench, project))
    histories = await bench.end()
    assert [len(histories.of(kind)) for kind in ("Evaluation", "Build", "Rerun")] == [2, 4, 1]


async def test_all_checks_of_a_head_that_is_nobodys(bench: Bench) -> None:
    """A commit without a pull request and without our check runs is nobody's business."""
    await asking.press_all(bench, NEXT_HEAD)
    histories = await bench.end()
    assert [run.type for run in histories.runs] == ["Rerun"]


async def test_a_button_of_a_pull_request_whose_owner_is_gone(bench: Bench) -> None:
    """Terminated, or lost with its cluster: it is started again, and builds what was asked for."""
    await bench.open("cgit")
    built = await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await bench.until_commented("succeeded")
    handle = bench.client.get_workflow_handle(pull_request_id(REPO, NUMBER))
    await handle.terminate("lost")
    await asking.press(bench, built)
    await bench.until(partial(_finished_again, bench, "cgit"))
    assert len(bench.github.bot_comments(REPO, NUMBER)) == 1
    await bench.note(handle.id)


def _finished_again(bench: Bench, project: str) -> bool | None:
    histories = bench.check_run_history(project)
    return sum(history[-1].status is CheckStatus.COMPLETED for history in histories) >= 2 or None


async def test_a_cancel_on_an_old_page_ends_no_newer_build(bench: Bench) -> None:
    """The build whose button it was has ended, and somebody has asked for another one since."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    first = await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    bench.floor.release("cgit")
    await bench.until_commented("succeeded")
    await bench.until_ended("Evaluation")
    bench.floor.hold("cgit")
    await asking.comment(bench, "@tickbot build cgit")
    await bench.until(lambda: len(bench.check_run_history("cgit")) == 2 or None)
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await asking.press(bench, first, "cancel", by="ada")
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_commented(f"There is nothing to cancel: `cgit` on {LINUX} has ended.")


async def test_all_checks_are_run_again_only_where_one_may_build(new_bench: NewBench) -> None:
    """A maintainer had it built elsewhere; its author cannot have that again, and is told so."""
    bench = await new_bench(
        policy=Policy(systems=(LINUX, MAC), primary_systems=(LINUX,)), builders=(LINUX, MAC)
    )
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_ended("Evaluation")
    await asking.comment(bench, f"@tickbot build cgit on {MAC}")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, system=MAC)
    await bench.until_commented("aarch64-darwin")
    await asking.press_all(bench, by="ada")
    await bench.until_commented(f"Not run again: `cgit` on {MAC}. That is for people who may push")
    await bench.until(lambda: len(bench.check_run_history("cgit")) == 2 or None)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert len(bench.check_run_history("cgit", system=MAC)) == 1
    await asking.press_all(bench)
    await bench.until(lambda: len(bench.check_run_history("cgit", system=MAC)) == 2 or None)


async def test_what_a_button_asked_for_and_a_push_came_before_is_said(bench: Bench) -> None:
    """In the summary comment of the new head: whoever pressed has written no comment."""
    pull = await bench.open("cgit")
    built = await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_ended("Evaluation")
    gate = bench.repositories.hold_projects()
    await asking.press(bench, built, "test")
    await bench.push(pull, NEXT_HEAD, "cmark")
    gate.set()
    await bench.until_commented("`cgit` will not be built: a push came before")
