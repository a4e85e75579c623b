"""What each webhook about a pull request leads to, in whatever order they come (design, sections 3 and 5)."""

from datetime import timedelta

import pytest

from tests.support.clock import NOON
from tests.support.workflow_bench import HEAD, NEXT_HEAD, NUMBER, REPO, THIRD_HEAD, Bench, make_pull
from tickborg.github import CheckConclusion, CheckStatus, PullRequest, PullRequestState, StatusState
from tickborg.names import STATE_QUERY, pull_request_id
from tickborg.views import PullRequestView

DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


async def test_a_delivery_that_comes_twice_is_heard_once(bench: Bench) -> None:
    """GitHub repeats a delivery when asked to."""
    bench.repositories.touch(HEAD, "cgit")
    pull = bench.github.open_pull(make_pull())
    await bench.deliver("opened", pull, delivery=DELIVERY)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    renamed = pull.model_copy(update={"title": "[WIP] x", "updated_at": NOON + timedelta(seconds=9)})
    await bench.deliver("edited", renamed, delivery=DELIVERY, changes={"title": {"from": pull.title}})
    histories = await bench.end()
    assert len(histories.of("Evaluation")) == 1


async def test_an_event_older_than_what_is_known_is_ignored(bench: Bench) -> None:
    """Webhooks come late and out of order."""
    await bench.open("cgit")
    await bench.until_status(HEAD, StatusState.SUCCESS)
    late = make_pull(head_sha=NEXT_HEAD, updated_at=NOON - timedelta(seconds=1))
    await bench.deliver("synchronize", late)
    histories = await bench.end()
    assert len(histories.of("Evaluation")) == 1
    assert bench.github.calls["pull_request"] == 1


async def test_of_two_heads_in_one_second_github_knows_the_newer(bench: Bench) -> None:
    """It counts whole seconds, so the payloads cannot tell."""
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    bench.repositories.touch(NEXT_HEAD, "cmark")
    pushed = bench.github.change_pull(REPO, NUMBER, head_sha=NEXT_HEAD, updated_at=NOON)
    await bench.deliver("synchronize", pushed)
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    overtaken = pushed.model_copy(update={"head_sha": THIRD_HEAD})
    calls = bench.github.calls["pull_request"]
    await bench.deliver("synchronize", overtaken)
    await bench.until(lambda: bench.github.calls["pull_request"] > calls or None)
    histories = await bench.end()
    assert len(histories.of("Evaluation")) == 2


async def test_an_event_about_a_head_that_is_no_longer_current_starts_the_current_one(bench: Bench) -> None:
    """The payload is a hint: what GitHub says is evaluated, once, and the other head is left alone."""
    bench.repositories.touch(NEXT_HEAD, "cmark")
    opened = bench.github.open_pull(make_pull())
    pushed = bench.github.push(REPO, NUMBER, NEXT_HEAD)
    await bench.deliver("opened", opened)
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    await bench.deliver("synchronize", pushed)
    histories = await bench.end()
    assert len(histories.of("Evaluation")) == 2
    assert not [status for status in bench.github.statuses if status.sha == HEAD]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"draft": True}, "draft"),
        ({"title": "WIP: change things"}, "WIP"),
        ({"title": "Change [wip] things"}, "WIP"),
    ],
)
async def test_drafts_and_work_in_progress_are_evaluated_and_not_built(
    bench: Bench, fields: dict[str, object], said: str
) -> None:
    """The status says why nothing is built, and how to have it built."""
    await bench.open("cgit", **fields)
    status = await bench.until_status(HEAD, StatusState.SUCCESS)
    histories = await bench.end()
    assert said in status.description
    assert "@tickbot build" in status.description
    assert not histories.of("Build")


async def test_a_draft_is_built_as_soon_as_it_is_ready_for_review(bench: Bench) -> None:
    """Its evaluation is made again; the base stays the same."""
    pull = await bench.open("cgit", draft=True)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await bench.change("ready_for_review", pull, draft=False)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert [job.base_sha for job in bench.repositories.jobs] == [None, "b" * 40]


async def test_what_became_a_draft_is_not_built_by_itself_any_more(bench: Bench) -> None:
    """Not even at the next push."""
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    pull = await bench.change("converted_to_draft", pull, draft=True)
    await bench.push(pull, NEXT_HEAD, "cgit")
    await bench.until_status(NEXT_HEAD, StatusState.SUCCESS)
    histories = await bench.end()
    assert len(histories.of("Build")) == 1


@pytest.mark.parametrize(
    ("title", "evaluations"),
    [("Change: things!", 1), ("CHANGE: things", 1), ("[WIP] Change things", 2), ("Change cmark things", 2)],
)
async def test_a_new_title_counts_where_it_decides_something(
    bench: Bench, title: str, evaluations: int
) -> None:
    """Whether it is done, or which labels hold."""
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await bench.change("edited", pull, title=title)
    if evaluations > 1:
        await bench.until(lambda: len(bench.repositories.jobs) > 1 or None)
        await bench.until_status(HEAD, StatusState.SUCCESS)
    histories = await bench.end()
    assert len(histories.of("Evaluation")) == evaluations
    assert len(histories.of("Build")) == 1


async def test_what_is_evaluated_again_is_not_built_again(bench: Bench) -> None:
    """Neither what has a result nor what still runs."""
    bench.floor.hold("cmark")
    pull = await bench.open("cgit", "cmark")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_check_run("cmark", CheckStatus.IN_PROGRESS)
    await bench.change("edited", pull, title="Change cgit and things")
    await bench.until(lambda: len(bench.repositories.jobs) > 1 or None)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    bench.floor.release("cmark")
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    histories = await bench.end()
    assert len(histories.of("Build")) == 2


async def test_closing_cancels_all_that_runs_and_ends_the_owner(bench: Bench) -> None:
    """Builds in mid-run and builds that wait; the check runs say why."""
    bench.floor.hold("cgit")
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await bench.close(pull)
    run = await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    histories = await bench.end()
    assert run.title == "the pull request was closed"
    assert {each.ending for each in histories.runs} == {"completed"}


async def test_a_pull_request_that_is_closed_with_a_new_head_is_known_as_closed(bench: Bench) -> None:
    """Its owner answers for what it did of the old one, and for as long as its history is kept."""
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.close(bench.github.push(REPO, pull.number, NEXT_HEAD))
    owner = bench.client.get_workflow_handle(pull_request_id(REPO, NUMBER))
    await owner.result()
    view = await owner.query(STATE_QUERY, result_type=PullRequestView)
    assert (view.pull.head_sha, view.pull.state) == (HEAD, PullRequestState.CLOSED)
    assert [(build.project, build.head_sha) for build in view.builds] == [("cgit", None)], "of that head"


async def test_closing_cancels_an_evaluation(bench: Bench) -> None:
    """Its status does not stay pending."""
    merging = bench.repositories.hold(HEAD)
    pull = await bench.open("cgit")
    await bench.until_said(HEAD, "merging with main")
    await bench.close(pull)
    status = await bench.until_status(HEAD, StatusState.ERROR)
    merging.set()
    assert status.description == "the pull request was closed"


async def test_a_run_that_starts_for_a_closed_pull_request_returns(bench: Bench) -> None:
    """Nobody is asked anything."""
    closed = bench.github.close(REPO, bench.github.open_pull(make_pull()).number)
    await bench.deliver("closed", closed)
    histories = await bench.end()
    assert [run.type for run in histories.runs] == ["PullRequest"]
    assert not bench.github.calls


async def test_a_late_event_about_a_closed_pull_request_returns_too(bench: Bench) -> None:
    """Its payload says that it is open; GitHub knows better."""
    opened = bench.github.open_pull(make_pull())
    bench.github.close(REPO, NUMBER)
    await bench.deliver("opened", opened)
    histories = await bench.end()
    assert [run.type for run in histories.runs] == ["PullRequest", "Evaluation"]
    assert not bench.github.statuses


async def test_a_reopened_pull_request_is_built_again_by_a_new_run(bench: Bench) -> None:
    """The summary comment of the first run is found again."""
    pull = await bench.open("cgit")
    await bench.until_commented("The build succeeded")
    pull = await bench.close(pull)
    await bench.client.get_workflow_handle(pull_request_id(REPO, NUMBER)).result()
    await bench.reopen(pull)
    await bench.until(lambda: len(bench.check_run_history("cgit")) == 2 or None)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    histories = await bench.end()
    assert len(histories.of("PullRequest")) == 2
    assert bench.github.calls["create_comment"] == 1


async def test_a_pull_request_reopened_before_its_builds_have_ended_is_built_again(bench: Bench) -> None:
    """A build that has been told to end is nothing to join."""
    bench.floor.hold("cgit")
    ending = bench.floor.linger("cgit")
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    pull = await bench.close(pull)
    await bench.until_told_to_end("Build")
    await bench.reopen(pull)
    await bench.until(lambda: len(bench.check_run_history("cgit")) == 2 or None)
    ending.set()
    await bench.until_first_is_cancelled("cgit")
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_commented("The build succeeded")
    assert len(bench.check_run_history("cgit")) == 2


async def test_pull_requests_do_not_get_in_each_other_s_way(bench: Bench) -> None:
    """Each has an owner of its own."""
    bench.floor.hold("cgit")
    pulls: list[PullRequest] = [
        await bench.open(project, number=number, head_sha=f"{number}" * 40)
        for number, project in ((3, "cgit"), (4, "cmark"))
    ]
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS, sha="4" * 40)
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha="3" * 40)
    assert [pull.number for pull in pulls] == [3, 4]
