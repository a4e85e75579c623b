"""Cancelled in the very moment of ending: what was done stays done, and is said to the end."""

from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from tests.support.workflow_bench import HEAD, NEXT_HEAD, NUMBER, PROJECTS, REPO, Bench
from tickborg.errors import HeadGoneError, RefusedError
from tickborg.github import CheckConclusion, CheckStatus, StatusState
from tickborg.labels import INTERNAL_ERROR_LABEL
from tickborg.projects import Check, ProjectSet


async def test_a_build_that_is_done_when_its_pull_request_is_closed_says_so(bench: Bench) -> None:
    """The check run does not stay in progress for ever, and nobody is blamed."""
    bench.floor.hold("cgit")
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    calls = bench.github.calls["update_check_run"]
    saying = bench.github.hold("update_check_run")
    bench.floor.release("cgit")
    await bench.until(lambda: bench.github.calls["update_check_run"] > calls or None)
    await bench.close(pull)
    await bench.until_told_to_end("Build")
    saying.set()
    histories = await bench.end()
    [run] = bench.check_run_history("cgit")
    assert run[-1].conclusion is CheckConclusion.SUCCESS
    assert [build.ending for build in histories.of("Build")] == ["completed"]
    assert INTERNAL_ERROR_LABEL not in bench.github.labels_on(REPO, NUMBER)


async def test_a_status_under_way_is_not_overtaken_by_the_last_one(bench: Bench) -> None:
    """GitHub would keep the older word for the newer one."""
    saying, merging = bench.github.hold("set_status"), bench.repositories.hold(HEAD)
    pull = await bench.open("cgit")
    await bench.until(lambda: bench.github.calls["set_status"] or None)
    await bench.push(pull, NEXT_HEAD)
    await bench.until_told_to_end("Evaluation")
    saying.set()
    merging.set()
    await bench.until_status(NEXT_HEAD, StatusState.SUCCESS)
    await bench.end()
    words = [(status.sha, status.description) for status in bench.github.statuses]
    assert words.index((HEAD, "starting")) < words.index((HEAD, "superseded by 2222222"))
    assert (await bench.until_status(HEAD, StatusState.ERROR)).sha == HEAD


async def test_a_last_word_that_waits_for_the_one_before_is_said_all_the_same(bench: Bench) -> None:
    """No status stays pending because its evaluation was cancelled in between."""
    saying = bench.github.hold("set_status")
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.close(pull)
    await bench.until_told_to_end("Evaluation")
    saying.set()
    await bench.end()
    assert (await bench.until_status(HEAD, StatusState.SUCCESS)).description == "1 project: cgit"


async def test_a_success_is_not_taken_back_because_a_check_was_still_running(bench: Bench) -> None:
    """Merged while its format is checked: the evaluation had said all it had to say."""
    bench.repositories.projects = ProjectSet(
        projects=PROJECTS, checks=(Check(name="format", command=("check-format",)),)
    )
    bench.floor.hold("check-format")
    pull = await bench.open("cgit")
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await bench.until_said(HEAD, "queued or running on x86_64-linux", "tickborg-eval-format")
    await bench.close(pull)
    check = await bench.until_status(HEAD, StatusState.ERROR, context="tickborg-eval-format")
    await bench.end()
    assert check.description == "the pull request was closed"
    assert (await bench.until_status(HEAD, StatusState.SUCCESS)).description == "1 project: cgit"


async def test_a_build_of_a_head_that_is_gone_is_nobody_s_fault(bench: Bench) -> None:
    """422 "no commit found" is benign: the newer head's event does the work."""
    gone = HeadGoneError("GitHub answered 422, 'No commit found'")
    bench.github.fail("create_check_run", gone, times=3)
    await bench.open("cgit")
    await bench.until_commented("not made")
    histories = await bench.end()
    assert [build.ending for build in histories.of("Build")] == ["completed"]
    assert INTERNAL_ERROR_LABEL not in bench.github.labels_on(REPO, NUMBER)


async def test_a_step_that_fails_as_its_evaluation_is_cancelled_is_no_fault(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that comes back hears of both at once. Nobody needs the failure, or complains of it."""
    merging = bench.repositories.hold(HEAD)
    bench.repositories.fail(HEAD, RefusedError("no such base"))
    await bench.open("cgit")
    await bench.until_said(HEAD, "merging with main")
    async with bench.nobody_decides():
        evaluation = await bench.cancel("Evaluation")
        merging.set()
        await until_a_step_has_failed(evaluation)
    assert (await bench.until_status(HEAD, StatusState.ERROR)).description == "cancelled"
    await bench.end()
    assert "never retrieved" not in caplog.text


async def until_a_step_has_failed(handle: WorkflowHandle[Any, Any]) -> None:
    """Wait until an activity has failed for good."""
    async for event in handle.fetch_history_events(wait_new_event=True):
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
            return
    raise AssertionError("the workflow has ended without such an event")
