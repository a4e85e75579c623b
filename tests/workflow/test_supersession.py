"""A newer head takes the place of an older one at once, wherever the older one is (design, section 3)."""

from tests.support.workflow_bench import HEAD, NEXT_HEAD, NUMBER, REPO, THIRD_HEAD, Bench
from tests.workflow.conftest import NewBench
from tickborg.github import CheckConclusion, CheckStatus, PullRequestState, StatusState
from tickborg.labels import INTERNAL_ERROR_LABEL
from tickborg.names import REQUEST_SIGNAL
from tickborg.requests import CancelOrder, Request
from tickborg.texts.statuses import EVALUATION_CONTEXT

BY_NEXT = "superseded by 2222222"


async def test_a_head_superseded_while_it_is_merged_ends_in_error(bench: Bench) -> None:
    """The newer head waits for nothing, and the older one's status says what took its place."""
    merging = bench.repositories.hold(HEAD)
    pull = await bench.open("cgit")
    await bench.until_said(HEAD, "merging with main")
    await bench.push(pull, NEXT_HEAD, "cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    old = await bench.until_status(HEAD, StatusState.ERROR)
    merging.set()
    assert old.description == BY_NEXT
    assert not bench.check_run_history("cgit", HEAD)


async def test_a_build_superseded_in_mid_run_ends_cancelled(bench: Bench) -> None:
    """What it runs is ended, and its check run says by which head."""
    bench.floor.hold("cgit")
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await bench.push(pull, NEXT_HEAD, "cmark")
    old = await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    assert old.title == BY_NEXT
    assert [command.argv[0] for command in bench.floor.ended] == ["make"]
    [log] = [log for log in bench.logs.logs.values() if log.start.project == "cgit"]
    assert log.status == "cancelled"


async def test_a_build_superseded_in_the_queue_never_starts(new_bench: NewBench) -> None:
    """No builder wastes time on a head that nobody wants any more."""
    bench = await new_bench(concurrent_builds=1)
    bench.floor.hold("cgit")
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    other = await bench.open("cmark", number=8, head_sha=THIRD_HEAD)
    await bench.until_check_run("cmark", CheckStatus.QUEUED, sha=THIRD_HEAD)
    await bench.push(other, NEXT_HEAD)
    queued = await bench.until_check_run("cmark", CheckConclusion.CANCELLED, sha=THIRD_HEAD)
    assert queued.title == BY_NEXT
    assert pull.number == NUMBER
    assert [log.start.project for log in bench.logs.logs.values()] == ["cgit"]


async def test_a_build_superseded_while_it_waits_for_a_builder_ends_cancelled(new_bench: NewBench) -> None:
    """It does not wait for six hours first."""
    bench = await new_bench(builders=())
    pull = await bench.open("cgit")
    await bench.until(lambda: _title(bench).startswith("no x86_64-linux builder is online") or None)
    await bench.push(pull, NEXT_HEAD)
    assert (await bench.until_check_run("cgit", CheckConclusion.CANCELLED)).title == BY_NEXT


async def test_a_new_head_does_not_wait_until_the_old_builds_have_ended(bench: Bench) -> None:
    """A process tree may take its time to end."""
    bench.floor.hold("cgit")
    ending = bench.floor.linger("cgit")
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await bench.push(pull, NEXT_HEAD, "cmark")
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    await bench.until_commented("The build succeeded")
    assert bench.check_run_history("cgit")[0][-1].status is CheckStatus.IN_PROGRESS
    ending.set()
    await bench.until_check_run("cgit", CheckConclusion.CANCELLED)


async def test_a_head_that_was_pushed_over_by_force_troubles_nobody(bench: Bench) -> None:
    """GitHub refuses statuses and check runs of a commit that is gone; the newer head does the work."""
    merging = bench.repositories.hold(HEAD)
    pull = await bench.open("cgit")
    await bench.until_said(HEAD, "merging with main")
    await bench.push(pull, NEXT_HEAD, "cmark", force=True)
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    merging.set()
    histories = await bench.end()
    assert {run.ending for run in histories.runs} == {"completed"}
    assert INTERNAL_ERROR_LABEL not in bench.github.labels_on(REPO, NUMBER)


async def test_of_three_heads_in_a_row_only_the_last_is_built(bench: Bench) -> None:
    """Each takes the place of the one before, however little of that has begun."""
    pull = await bench.open("cgit")
    pull = await bench.push(pull, NEXT_HEAD, "cgit")
    await bench.push(pull, THIRD_HEAD, "cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=THIRD_HEAD)
    await bench.until_status(THIRD_HEAD, StatusState.SUCCESS)
    await bench.end()
    for sha in (HEAD, NEXT_HEAD):
        states = [status.state for status in bench.github.status_history(sha, EVALUATION_CONTEXT)]
        assert not states or states[-1] is not StatusState.PENDING
        assert all(run[-1].status is CheckStatus.COMPLETED for run in bench.check_run_history("cgit", sha))


async def test_a_new_target_branch_ends_the_builds_for_the_old_one(bench: Bench) -> None:
    """They were merges with another branch; the new ones are made at once."""
    bench.floor.hold("cgit")
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await bench.change("edited", pull, base_ref="release")
    old = await bench.until_first_is_cancelled("cgit")
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.end()
    assert [job.base_ref for job in bench.repositories.jobs] == ["main", "release"]
    assert len(bench.check_run_history("cgit")) == 2
    assert old.title == "the target branch changed"


async def test_a_new_target_branch_lets_the_old_evaluation_end_first_and_in_silence(bench: Bench) -> None:
    """Both speak in the same contexts of the same commit, so the old one must not speak last."""
    merging = bench.repositories.hold(HEAD)
    pull = await bench.open("cgit")
    await bench.until_said(HEAD, "merging with main")
    await bench.change("edited", pull, base_ref="release")
    await bench.until_said(HEAD, "merging with release")
    merging.set()
    await bench.until_status(HEAD, StatusState.SUCCESS)
    histories = await bench.end()
    first, second = histories.of("Evaluation")
    assert first.events[-1].event_time.ToNanoseconds() <= second.events[0].event_time.ToNanoseconds()
    states = [status.state for status in bench.github.status_history(HEAD, EVALUATION_CONTEXT)]
    assert StatusState.ERROR not in states


async def test_what_is_opened_again_is_evaluated_though_the_word_of_it_comes_late(bench: Bench) -> None:
    """A later event overtakes it, while what was closed has not ended yet."""
    bench.floor.hold("cgit", commands=1)
    ending = bench.floor.linger("cgit")
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await bench.close(pull)
    reopened = bench.github.change_pull(REPO, NUMBER, state=PullRequestState.OPEN)
    await bench.change("edited", reopened, title="Change things!")
    await bench.deliver("reopened", reopened)
    await bench.until_ended("Evaluation", 2)
    ending.set()
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.end()
    ends = [run[-1].title for run in bench.check_run_history("cgit")]
    assert ends == ["the pull request was closed", "built in less than 1 s"]


async def test_an_evaluation_cancelled_before_its_first_word_says_so(bench: Bench) -> None:
    """A head without any status would look as if nobody had ever heard of it."""
    asking = bench.github.hold("pull_request")
    await bench.open("cgit")
    await bench.github.until(lambda: bench.github.calls["pull_request"])
    cancel = Request(id="comment 1", by="maya", orders=(CancelOrder(),))
    await bench.first_run().signal(REQUEST_SIGNAL, cancel)
    status = await bench.until_status(HEAD, StatusState.ERROR)
    asking.set()
    assert status.description == "cancelled by @maya"


def _title(bench: Bench) -> str:
    histories = bench.check_run_history("cgit")
    return histories[-1][-1].title if histories else ""
