"""`Reconcile` on a clock that tests move: how much it asks for, how long it waits, what it leaves undone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from tests.support.histories import read_histories, read_run
from tests.support.patience import PATIENCE_SECONDS
from tests.support.reconcile_bench import AWAY, TAKEN, UNDER_WAY, ReconcileBench, reconciling
from tests.support.samples import HEAD, REPO, pull_request
from tests.support.time_skipping import pass_time, time_skipping_server
from tickborg.deliveries import FIRST_ROUND
from tickborg.errors import PermanentError, RateLimitedError
from tickborg.events.pushes import PushEvent
from tickborg.github import PullRequest, RepositoryName
from tickborg.messages import EventName
from tickborg.names import pull_request_id, push_id
from tickborg.reconciling import BranchTip, ReconcileReport
from tickborg.views import PullRequestView
from workflows.reconcile import MOST_ASKED, MOST_TOLD

OTHER = RepositoryName(owner="acme", name="other")
ELSEWHERE = RepositoryName(owner="nobody", name="other")
BEFORE = "d" * 40
REFUSED = 403
RUNS = 3


@pytest.fixture
async def bench() -> AsyncIterator[ReconcileBench]:
    """Everything that a run sees, and a worker for it."""
    async with time_skipping_server() as client, reconciling(client) as working:
        yield working


def recent(number: int, repo: RepositoryName = REPO) -> PullRequest:
    """An open pull request of an hour ago."""
    return pull_request(repo=repo, number=number, updated_at=datetime.now(UTC) - timedelta(hours=1))


async def reported(bench: ReconcileBench, run: WorkflowHandle[Any, ReconcileReport]) -> ReconcileReport:
    """The report of a run, for which time passes as long as it takes."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        result = asyncio.create_task(run.result())
        while not result.done():
            await pass_time(bench.client, timedelta(seconds=30))
    return await result


async def reports(
    bench: ReconcileBench, after_first: Callable[[], None] = lambda: None
) -> list[ReconcileReport]:
    """Those of three runs, one after the other, as a schedule makes them: each is given the last one's.

    The test server has no schedules. A cron job's run ends there with its result for the next one.
    """
    run = await bench.start(cron_schedule="*/5 * * * *")
    run_id, found = run.first_execution_run_id or "", list[ReconcileReport]()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found) < RUNS:
            await pass_time(bench.client, timedelta(seconds=30))
            ended = await read_run(bench.client, run.id, run_id)
            if not ended.next_run_id:
                continue
            attributes = ended.events[-1].workflow_execution_continued_as_new_event_attributes
            result = list(attributes.last_completion_result.payloads)
            found += await bench.client.data_converter.decode(result, [ReconcileReport])
            run_id = ended.next_run_id
            if len(found) == 1:
                after_first()
    await bench.client.get_workflow_handle(run.id).terminate()
    return found


async def reconciled(bench: ReconcileBench) -> ReconcileReport:
    """What one run found."""
    return await reported(bench, await bench.start())


async def test_while_the_webhook_is_away_a_few_are_tried_and_nothing_is_told(bench: ReconcileBench) -> None:
    """The rest waits until some arrive; owners will hear of it all from the webhook, under its name."""
    bench.serve(REPO)
    bench.github.open_pull(recent(7))
    bench.deliveries.send(200, AWAY)
    bench.deliveries.answer = AWAY
    report = await reconciled(bench)
    assert len(bench.deliveries.repeated) == FIRST_ROUND == report.asked
    assert (report.arrived, report.unsettled, report.compared) == (0, 200, False)
    assert [event.outcome for event in bench.stats.named(EventName.RECONCILED)] == ["awaiting"]
    assert bench.told() == []


async def test_when_a_wrong_secret_is_mended_all_that_it_refused_arrives(bench: ReconcileBench) -> None:
    """Until then each run asks for a few and says what is wrong."""
    bench.serve(REPO)
    bench.deliveries.send(59, REFUSED)
    bench.deliveries.answer = REFUSED

    def mended() -> None:
        bench.deliveries.answer = TAKEN

    first, second, third = await reports(bench, after_first=mended)
    assert (first.asked, first.given_up, first.refused) == (FIRST_ROUND, (), {REFUSED: 59})
    assert (second.asked, second.arrived, second.refused, second.compared) == (59, 59, {}, True)
    assert third.asked == 0
    assert [event.outcome for event in bench.stats.named(EventName.RECONCILED)][:2] == ["refused", "whole"]


async def test_when_the_webhook_is_back_everything_is_asked_for_once(bench: ReconcileBench) -> None:
    """At the pace that GitHub allows, and in the end GitHub is compared with what owners know."""
    bench.serve(REPO)
    bench.github.open_pull(recent(7))
    bench.deliveries.send(250, AWAY)
    bench.deliveries.send(40, TAKEN)
    run = await bench.start()
    report = await reported(bench, run)
    assert len(bench.deliveries.repeated) == len(set(bench.deliveries.repeated)) == 250
    assert (report.looked_at, report.asked, report.arrived, report.unsettled) == (540, 250, 250, 0)
    assert (report.compared, report.told) == (True, (f"{REPO}#7 opened",))
    described = await run.describe()
    assert described.close_time
    took = described.close_time - described.start_time
    assert timedelta(seconds=60) < took < timedelta(minutes=3)
    counted = {(event.name, event.outcome or event.event): event.count for event in bench.stats.events}
    assert counted == {
        (EventName.RECONCILED, "whole"): 1,
        (EventName.DELIVERY_ASKED_FOR, None): 250,
        (EventName.DELIVERY_ARRIVED, None): 250,
        (EventName.OWNER_TOLD, "opened"): 1,
    }
    [ended] = bench.stats.named(EventName.RECONCILED)
    assert ended.at
    assert described.start_time < ended.at <= described.close_time


async def test_one_run_asks_for_so_many_and_the_next_goes_on(bench: ReconcileBench) -> None:
    """From where the first one came to; owners are told when nothing is left."""
    bench.serve(REPO)
    bench.github.open_pull(recent(7))
    bench.deliveries.send(MOST_ASKED + 5, AWAY)
    first, second, third = await reports(bench)
    assert (first.asked, first.unsettled, first.compared) == (MOST_ASKED, 5, False)
    assert (second.asked, second.unsettled, second.told) == (5, 0, (f"{REPO}#7 opened",))
    assert (third.asked, third.told) == (0, ())
    assert {first.marks.settled_until, second.marks.settled_until} < set(bench.deliveries.looked_since)
    assert len(bench.deliveries.repeated) == len(set(bench.deliveries.repeated))


async def test_of_a_record_too_long_to_be_read_nothing_is_passed_over(bench: ReconcileBench) -> None:
    """The older part is read after the newer one has arrived, in the same run or the next."""
    bench.serve(REPO)
    bench.deliveries.page = 20
    bench.deliveries.send(30, AWAY)
    bench.deliveries.send(45, TAKEN)
    bench.deliveries.send(5, AWAY)
    bench.deliveries.answer = AWAY

    def back() -> None:
        bench.deliveries.answer = TAKEN

    first, second, third = await reports(bench, after_first=back)
    assert (first.asked, first.complete, first.compared) == (5, False, False)
    assert (second.arrived, second.complete, second.compared) == (35, True, True)
    assert (third.asked, third.marks.unread) == (0, None)
    assert len(set(bench.deliveries.repeated)) == 35


async def test_what_github_repeats_no_more_is_waited_for_by_nobody(bench: ReconcileBench) -> None:
    """It was forgotten between the look and the question."""
    bench.serve(REPO)
    bench.deliveries.send(3, AWAY)
    bench.deliveries.forgets = True
    report = await reconciled(bench)
    assert (report.asked, report.arrived, report.unsettled, report.compared) == (3, 0, 0, True)


async def test_an_outcome_is_waited_for_a_minute(bench: ReconcileBench) -> None:
    """Then it is left to the next run, and so is what owners are to be told."""
    bench.serve(REPO)
    bench.github.open_pull(recent(7))
    bench.deliveries.send(1, AWAY)
    bench.deliveries.answer = UNDER_WAY
    run = await bench.start()
    report = await reported(bench, run)
    assert (report.asked, report.arrived, report.unsettled, report.told) == (1, 0, 1, ())
    described = await run.describe()
    assert described.close_time
    assert timedelta(minutes=1) < described.close_time - described.start_time < timedelta(minutes=2)


async def test_a_record_that_cannot_be_read_keeps_nobody_from_looking(bench: ReconcileBench) -> None:
    """What is missing is told, and the report says what could not be looked at."""
    bench.serve(REPO)
    bench.github.open_pull(recent(7))
    bench.deliveries.fault = PermanentError("the App has no webhook")
    report = await reconciled(bench)
    assert report.failed == ("deliveries: the App has no webhook",)
    assert (report.told, report.marks.settled_until) == ((f"{REPO}#7 opened",), None)


async def test_what_cannot_be_asked_for_now_may_still_arrive(bench: ReconcileBench) -> None:
    """GitHub takes no calls in the middle of it: nothing is told that the next run will have repeated."""
    bench.serve(REPO)
    bench.github.open_pull(recent(7))
    bench.deliveries.send(3, AWAY)
    bench.deliveries.refusal = PermanentError("the App is suspended")
    report = await reconciled(bench)
    assert report.failed == ("deliveries: the App is suspended",)
    assert (report.unsettled, report.compared, report.told) == (3, False, ())


async def test_a_repository_that_fails_does_not_hide_the_others(bench: ReconcileBench) -> None:
    """The next run begins with it where the last one that saw it ended."""
    bench.serve(OTHER, REPO)
    bench.github.open_pull(recent(7))
    bench.github.open_pull(recent(8, OTHER))
    bench.installations.faults[OTHER] = PermanentError("GitHub answered 403")
    first, second, third = await reports(bench, after_first=bench.installations.faults.clear)
    assert first.failed == (f"{OTHER}: GitHub answered 403",)
    assert (first.told, first.marks.behind) == ((f"{REPO}#7 opened",), {str(OTHER): None})
    assert (second.failed, second.told, second.marks.behind) == ((), (f"{OTHER}#8 opened",), {})
    assert third.told == ()


async def test_an_owner_that_cannot_answer_keeps_only_itself_from_being_told(bench: ReconcileBench) -> None:
    """What it missed is told when it answers again, though nothing has changed since."""
    bench.serve(REPO)
    for number in (7, 8):
        pull = bench.github.open_pull(recent(number))
        bench.cluster.views[REPO, number] = PullRequestView(pull=pull.model_copy(update={"head_sha": BEFORE}))
    bench.cluster.stuck.add(7)
    first, second, third = await reports(bench, after_first=bench.cluster.stuck.clear)
    assert (first.told, first.failed) == (
        (f"{REPO}#8 synchronize",),
        (f"{REPO}#7: the owner of 7 could not answer",),
    )
    assert (second.told, second.failed, third.told) == ((f"{REPO}#7 synchronize",), (), ())


async def test_an_owner_that_cannot_be_told_keeps_no_other_from_it(bench: ReconcileBench) -> None:
    """It is named, and told as soon as it can be."""
    bench.serve(REPO)
    for number in (7, 8):
        bench.github.open_pull(recent(number))
    owner = pull_request_id(REPO, 7)
    bench.cluster.deaf.add(owner)
    first, second, third = await reports(bench, after_first=bench.cluster.deaf.clear)
    assert first.told == (f"{REPO}#8 opened",)
    assert first.failed == (f"{REPO}#7 opened: {owner} takes nothing",)
    assert (second.told, second.failed, third.told) == ((f"{REPO}#7 opened",), (), ())


async def test_an_installation_that_is_limited_keeps_no_other_from_being_told(bench: ReconcileBench) -> None:
    """And what changed meanwhile in its repositories, which nobody could list, is told in the end."""
    bench.serve(REPO)
    bench.github.open_pull(recent(7))
    bench.github.open_pull(recent(8, OTHER))
    pull = recent(9, OTHER)
    bench.cluster.views[OTHER, 9] = PullRequestView(pull=pull.model_copy(update={"head_sha": BEFORE}))
    bench.github.open_pull(pull)
    bench.installations.limited["installation 43"] = RateLimitedError("no calls left", datetime.now(UTC))

    def listed_again() -> None:
        bench.installations.limited.clear()
        bench.serve(OTHER)

    first, second, third = await reports(bench, after_first=listed_again)
    assert (first.told, first.failed) == ((f"{REPO}#7 opened",), ("installation 43: no calls left",))
    assert first.marks.compared_until is None
    assert (second.told, second.failed) == ((f"{OTHER}#8 opened", f"{OTHER}#9 synchronize"), ())
    assert third.told == ()


async def test_one_run_tells_of_so_many_and_the_next_goes_on(bench: ReconcileBench) -> None:
    """As when the bot is new to a repository with many open pull requests; a stranger's are none of its."""
    bench.serve(REPO, ELSEWHERE)
    for number in range(MOST_TOLD + 5):
        bench.github.open_pull(recent(number + 1))
    bench.github.open_pull(recent(1, ELSEWHERE))
    assert [len(each.told) for each in await reports(bench)] == [MOST_TOLD, 5, 0]
    assert len(bench.told()) == len(set(bench.told()))


async def test_a_branch_that_moved_is_told_to_its_owner(bench: ReconcileBench) -> None:
    """And one that no owner ever knew is not: nobody asked for what was there before the bot."""
    bench.serve(REPO)
    bench.installations.tips["main"] = BranchTip(sha=HEAD, author="ada")
    assert (await reconciled(bench)).told == ()
    bench.cluster.heads["main"] = "d" * 40
    assert (await reconciled(bench)).told == (f"{REPO} push to main",)
    assert bench.told() == [push_id(REPO, "main")]
    [start] = bench.cluster.started
    assert start.signal
    assert isinstance(start.signal.argument, PushEvent)
    assert (start.signal.argument.before, start.signal.argument.after) == ("d" * 40, HEAD)


async def test_no_run_leaves_a_large_history(bench: ReconcileBench) -> None:
    """It holds what is missing and not what is there: one is made every five minutes and kept for a month."""
    bench.serve(REPO)
    for number in range(300):
        pull = bench.github.open_pull(recent(number + 1))
        bench.cluster.views[REPO, pull.number] = PullRequestView(pull=pull)
    bench.deliveries.send(3_000, TAKEN)
    run = await bench.start()
    await reported(bench, run)
    histories = await read_histories(bench.client, [(run.id, run.first_execution_run_id or "")])
    histories.assert_healthy()
    [history] = histories.runs
    assert sum(event.ByteSize() for event in history.events) < 10_000
