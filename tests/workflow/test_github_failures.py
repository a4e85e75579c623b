"""GitHub fails: who waits, who gives up, and what a person is told (design, sections 3 and 9).

Row by row, over HTTP, it fails in test_failure_table.py.
"""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.asking import comment, until_seen
from tests.support.workflow_bench import HEAD, NEXT_HEAD, NUMBER, REPO, Bench
from tests.workflow.conftest import NewBench
from tickborg.errors import (
    PermanentError,
    RateLimitedError,
    UnavailableError,
)
from tickborg.github import CheckConclusion, CheckStatus, StatusState
from tickborg.labels import INTERNAL_ERROR_LABEL
from tickborg.messages import EventName

DOWN = UnavailableError("GitHub answered 502")
FORBIDDEN = PermanentError("GitHub answered 403, 'Resource not accessible by integration'")


def limited_for(duration: timedelta) -> RateLimitedError:
    """GitHub refuses calls for so long."""
    return RateLimitedError("GitHub answered 403, 'API rate limit exceeded'", datetime.now(UTC) + duration)


@pytest.mark.parametrize("method", ["pull_request", "set_status", "labels", "add_labels", "create_comment"])
async def test_what_fails_is_tried_again(timed_bench: Bench, method: str) -> None:
    """In the end GitHub shows all there is to see, and each thing once."""
    timed_bench.github.fail(method, DOWN, times=2)
    await timed_bench.open("cgit")
    await timed_bench.pass_time(minutes=1)
    await timed_bench.until_status(HEAD, StatusState.SUCCESS)
    await timed_bench.until_labelled("project: cgit")
    await timed_bench.until_commented("The build succeeded")
    assert len(timed_bench.github.bot_comments(REPO, NUMBER)) == 1


@pytest.mark.parametrize("carried_out", [False, True])
@pytest.mark.parametrize("method", ["create_check_run", "update_check_run"])
async def test_there_is_one_check_run_whatever_answers_are_lost(
    timed_bench: Bench, method: str, *, carried_out: bool
) -> None:
    """A retry finds what the first try made."""
    timed_bench.github.fail(method, DOWN, times=1 if carried_out else 2, carried_out=carried_out)
    await timed_bench.open("cgit")
    await timed_bench.pass_time(minutes=2)
    await timed_bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert len(timed_bench.check_run_history("cgit")) == 1


async def test_a_check_run_given_up_after_a_minute_is_found_by_a_later_word(
    new_timed_bench: NewBench,
) -> None:
    """GitHub had made it although it did not say so; nobody makes a second one."""
    bench = await new_timed_bench(builders=())
    bench.github.fail("create_check_run", DOWN, carried_out=True)
    looking = bench.break_down("find_check_run", DOWN)
    await bench.open("cgit")
    await bench.pass_time(minutes=3)
    assert [len(history) for history in bench.check_run_history("cgit")] == [1]
    bench.recover(looking)
    await bench.add_builder()
    await bench.pass_time(minutes=2)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert len(bench.check_run_history("cgit")) == 1


async def test_a_status_that_cannot_be_set_holds_up_no_build(timed_bench: Bench) -> None:
    """Steps are shown for a minute at most; the result is tried for a day."""
    fault = timed_bench.break_down("set_status", DOWN)
    await timed_bench.open("cgit")
    await timed_bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await timed_bench.pass_time(hours=5)
    timed_bench.recover(fault)
    await timed_bench.pass_time(minutes=2)
    [status] = timed_bench.github.statuses
    assert status.description == "1 project: cgit"


async def test_what_is_only_shown_does_not_wait_for_a_rate_limit(timed_bench: Bench) -> None:
    """The build goes on; its check run is made with its result, when GitHub lets us."""
    limit = timed_bench.break_down("create_check_run", limited_for(timedelta(hours=1)))
    await timed_bench.open("cgit")
    log = await timed_bench.logs.next()
    await log.until("$ make -j2")
    await timed_bench.pass_time(minutes=59)
    timed_bench.recover(limit)
    assert not timed_bench.check_run_history("cgit")
    await timed_bench.pass_time(minutes=2)
    [run] = timed_bench.check_run_history("cgit")
    assert run[-1].conclusion is CheckConclusion.SUCCESS


async def test_after_a_day_it_is_given_up_and_said(timed_bench: Bench) -> None:
    """Here once an hour, since GitHub says so each time."""
    down = timed_bench.break_down("pull_request", limited_for(timedelta(hours=1)))
    await timed_bench.open("cgit")
    await timed_bench.pass_time(hours=23)
    assert not timed_bench.github.labels_on(REPO, NUMBER)
    await timed_bench.pass_time(hours=2)
    timed_bench.recover(down)
    await timed_bench.until_labelled(INTERNAL_ERROR_LABEL)
    assert "API rate limit exceeded" in await timed_bench.until_commented("tickborg failed")
    assert timed_bench.github.calls["pull_request"] == pytest.approx(24, abs=1)


async def test_a_permanent_refusal_is_called_the_bot_s_fault(bench: Bench) -> None:
    """No retry; the Web UI has the reason, the author is told, the label says it to maintainers."""
    bench.github.fail("pull_request", FORBIDDEN)
    pull = await bench.open("cgit")
    status = await bench.until_status(HEAD, StatusState.ERROR)
    await bench.until_labelled(INTERNAL_ERROR_LABEL)
    comment = await bench.until_commented("tickborg failed")
    await bench.push(pull, NEXT_HEAD, "cgit")
    await bench.until_labelled("project: cgit")
    histories = await bench.end()
    assert status.description.startswith("tickborg failed, not your change: GitHub answered 403")
    assert "not your change" in comment
    assert len(bench.stats.named(EventName.PERMANENT_FAILURE)) == 1
    first, second = histories.of("Evaluation")
    assert (first.ending, second.ending) == ("failed", "completed")
    assert "Resource not accessible" in first.failure
    assert [owner.ending for owner in histories.of("PullRequest")] == ["completed"]


async def test_a_summary_that_github_refuses_is_said_by_the_label(bench: Bench) -> None:
    """Counted once, however often there is something new to say; the label goes when it is taken again."""
    fault = bench.break_down("create_comment", FORBIDDEN)
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_labelled("project: cgit", INTERNAL_ERROR_LABEL)
    bench.recover(fault)
    asked = await comment(bench, "@tickbot build cmark")
    await until_seen(bench, asked)
    await bench.until_commented("All 2 builds succeeded")
    await bench.until_labelled("project: cgit")
    await bench.end()
    assert [event.repo for event in bench.stats.named(EventName.PERMANENT_FAILURE)] == [str(REPO)]


async def test_labels_that_github_refuses_are_counted(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody can see it on the pull request, so an operator is told what is missing there, and why."""
    fault = bench.break_down("add_labels", FORBIDDEN)
    pull = await bench.open("cgit")
    await bench.until_commented("The build succeeded")
    await bench.until(lambda: bench.github.calls["add_labels"] or None)
    bench.recover(fault)
    await bench.push(pull, NEXT_HEAD, "cmark")
    await bench.until_labelled("project: cmark")
    await bench.end()
    assert len(bench.stats.named(EventName.PERMANENT_FAILURE)) == 1
    said = f"the labels of {REPO}#{NUMBER} could not be published: {FORBIDDEN}. When it changes it is tried"
    assert any(said in record.message for record in caplog.records)


async def test_a_conflict_also_proves_that_the_bot_works_again(bench: Bench) -> None:
    """The label goes, whatever is wrong with the change."""
    bench.github.fail("pull_request", FORBIDDEN)
    pull = await bench.open("cgit")
    await bench.until_labelled(INTERNAL_ERROR_LABEL)
    bench.repositories.conflict(NEXT_HEAD, "cgit/a.c")
    await bench.deliver("synchronize", bench.github.push(REPO, pull.number, NEXT_HEAD))
    await bench.until_labelled()


async def test_a_check_run_that_github_refuses_for_good_fails_its_build_workflow(bench: Bench) -> None:
    """The owner lives on, and says whose fault it is."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    bench.github.fail("update_check_run", FORBIDDEN)
    bench.floor.release("cgit")
    await bench.until_labelled("project: cgit", INTERNAL_ERROR_LABEL)
    await bench.until_commented("tickborg failed")
    histories = await bench.end()
    [build] = histories.of("Build")
    assert (build.ending, "Resource not accessible" in build.failure) == ("failed", True)
    assert [owner.ending for owner in histories.of("PullRequest")] == ["completed"]
    assert [event.repo for event in bench.stats.named(EventName.PERMANENT_FAILURE)] == [str(REPO)]


async def test_the_next_build_that_has_a_result_takes_the_blame_away(bench: Bench) -> None:
    """Somebody granted the permission, and had it built again: no label, and nothing of it in the comment."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    bench.github.fail("update_check_run", FORBIDDEN)
    bench.floor.release("cgit")
    await bench.until_commented("a comment with the command `retry` builds it again")
    await bench.until_labelled("project: cgit", INTERNAL_ERROR_LABEL)
    await comment(bench, "@tickbot retry")
    await bench.until_labelled("project: cgit")
    await bench.until_commented("The build succeeded")
    assert "tickborg failed" not in bench.summary()


async def test_a_replica_that_lags_is_asked_again(timed_bench: Bench) -> None:
    """Its answer is older than the webhook, so the old head is not evaluated for the new one."""
    pull = await timed_bench.open("cgit")
    await timed_bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await timed_bench.until_status(HEAD, StatusState.SUCCESS)
    timed_bench.github.lag(pull, times=3)
    await timed_bench.push(pull, NEXT_HEAD, "cmark")
    await timed_bench.pass_time(seconds=5)
    await timed_bench.until_check_run("cmark", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    assert timed_bench.github.calls["pull_request"] == 5


async def test_a_replica_that_lags_for_half_a_minute_is_believed_no_more(timed_bench: Bench) -> None:
    """The webhook is the newer word, and is signed."""
    pull = await timed_bench.open("cgit")
    await timed_bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await timed_bench.until_status(HEAD, StatusState.SUCCESS)
    timed_bench.github.lag(pull, times=1_000)
    await timed_bench.push(pull, NEXT_HEAD, "cmark")
    await timed_bench.pass_time(minutes=1)
    await timed_bench.until_check_run("cmark", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
