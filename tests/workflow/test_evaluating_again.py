"""Evaluations that are asked for, called off or overtaken: what was wanted last is what comes of it."""

from functools import partial

import pytest

from tests.support.asking import answer_to, comment, press_all, until_seen
from tests.support.fake_repositories import BASE_SHA, MERGE_BASE
from tests.support.workflow_bench import HEAD, LINUX, NEXT_HEAD, NUMBER, PROJECTS, REPO, Bench, make_pull
from tickborg.github import CheckConclusion, CheckStatus, PullRequest, PullRequestState, StatusState
from tickborg.jobs import BuildPlan, BuildsWanted, EvaluationOutcome, Merge, PlannedBuild
from tickborg.names import BUILDS_WANTED_SIGNAL, STATE_QUERY, pull_request_id
from tickborg.policy import Policy
from tickborg.projects import ProjectSet
from tickborg.texts.statuses import EVALUATION_CONTEXT
from tickborg.views import PullRequestView

NEXT_BASE = "e" * 40
BY_GRACE = "cancelled by @grace"
STRANGER = "eve"


async def evaluated(bench: Bench, **fields: object) -> PullRequest:
    """A pull request that changes cgit, and whose evaluation has ended."""
    pull = await bench.open("cgit", **fields)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await bench.until_ended("Evaluation")
    return pull


async def known(bench: Bench) -> PullRequestView:
    """What the owner knows."""
    owner = bench.client.get_workflow_handle(pull_request_id(REPO, NUMBER))
    view = await owner.query(STATE_QUERY, result_type=PullRequestView)
    assert isinstance(view, PullRequestView)
    return view


def final_words(bench: Bench) -> list[str]:
    """What the statuses of the head said that say how its evaluation came out."""
    history = bench.github.status_history(HEAD, EVALUATION_CONTEXT)
    return [status.description for status in history if status.state is not StatusState.PENDING]


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("ready_for_review", {"draft": True}, {"draft": False}),
        ("edited", {"title": "WIP: things"}, {"title": "Change things"}),
    ],
)
async def test_what_is_done_is_built_though_a_comment_overtakes_the_word_of_it(
    bench: Bench, action: str, before: dict[str, object], after: dict[str, object]
) -> None:
    """The comment brings GitHub's newer description; the event is old news then, and starts nothing twice."""
    await evaluated(bench, **before)
    done = bench.github.change_pull(REPO, NUMBER, **after)
    await comment(bench, "@tickbot build cmark")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.deliver(action, done, changes={"title": {"from": "WIP: things"}})
    histories = await bench.end()
    assert len(histories.of("Evaluation")) == 2
    assert len(histories.of("Build")) == 2


async def test_a_draft_again_is_not_evaluated_for_that(bench: Bench) -> None:
    """Nothing more is built of it, and what was built stays true."""
    await evaluated(bench)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    bench.github.change_pull(REPO, NUMBER, draft=True)
    await comment(bench, "@tickbot build cmark")
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    assert (await known(bench)).pull.draft
    assert len((await bench.end()).of("Evaluation")) == 1


async def test_an_evaluation_asked_for_and_called_off_in_one_breath_says_so_once(bench: Bench) -> None:
    """The one under way was told to say nothing, because another was to follow it."""
    merging = bench.repositories.hold(HEAD)
    await bench.open("cgit")
    await bench.until_said(HEAD, "merging with main")
    await until_seen(bench, await comment(bench, "@tickbot eval\n@tickbot cancel"))
    status = await bench.until_status(HEAD, StatusState.ERROR)
    merging.set()
    await bench.until_ended("Evaluation", 2)
    view = await known(bench)
    assert (view.evaluation, view.evaluation_reason) == (EvaluationOutcome.SUPERSEDED, BY_GRACE)
    await bench.end()
    assert (status.description, final_words(bench)) == (BY_GRACE, [BY_GRACE])


async def test_a_head_that_was_pushed_again_and_called_off_says_so(bench: Bench) -> None:
    """Its older evaluation, which another head superseded, has not ended yet."""
    saying = bench.github.hold("set_status", sha=HEAD)
    pull = await bench.open("cgit")
    await bench.until(lambda: bench.github.calls["set_status"] or None)
    pull = await bench.push(pull, NEXT_HEAD, "cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    await bench.push(pull, HEAD, "cgit")
    await until_seen(bench, await comment(bench, "@tickbot cancel"))
    saying.set()
    await bench.until(lambda: BY_GRACE in final_words(bench) or None)
    await bench.until_ended("Evaluation", 3)
    view = await known(bench)
    assert (view.evaluation, view.evaluation_reason) == (EvaluationOutcome.SUPERSEDED, BY_GRACE)
    await bench.end()
    assert final_words(bench)[-1] == BY_GRACE
    assert not bench.check_run_history("cgit")


async def test_closing_what_is_evaluated_again_leaves_no_status_pending(bench: Bench) -> None:
    """Whatever the evaluation said that was told to say nothing more."""
    merging = bench.repositories.hold(HEAD)
    pull = await bench.open("cgit")
    await bench.until_said(HEAD, "merging with main")
    await until_seen(bench, await comment(bench, "@tickbot eval"))
    await bench.close(pull)
    await bench.until_status(HEAD, StatusState.ERROR)
    merging.set()
    await bench.end()
    assert final_words(bench) == ["the pull request was closed"]


async def test_a_push_over_what_is_evaluated_again_leaves_no_status_pending(bench: Bench) -> None:
    """The evaluation under way may say nothing any more, and the one after it is of another head."""
    saying = bench.github.hold("set_status", sha=HEAD)
    pull = await bench.open("cgit")
    await bench.until(lambda: bench.github.calls["set_status"] or None)
    await until_seen(bench, await comment(bench, "@tickbot eval"))
    await bench.push(pull, NEXT_HEAD, "cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    saying.set()
    await bench.until_status(HEAD, StatusState.ERROR)
    await bench.end()
    assert final_words(bench) == ["superseded by 2222222"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"head_sha": NEXT_HEAD}, f"the head is {NEXT_HEAD} by now"),
        ({"state": PullRequestState.CLOSED}, "the pull request is closed"),
    ],
)
async def test_what_is_found_over_when_it_is_evaluated_again_leaves_no_status_pending(
    bench: Bench, change: dict[str, object], word: str
) -> None:
    """GitHub knows of the push, or of the close, and its webhook is late."""
    merging = bench.repositories.hold(HEAD)
    await bench.open("cgit")
    await bench.until_said(HEAD, "merging with main")
    await until_seen(bench, await comment(bench, "@tickbot eval"))
    await bench.until_told_to_end("Evaluation")
    bench.repositories.touch(NEXT_HEAD, "cgit")
    bench.github.change_pull(REPO, NUMBER, **change)
    merging.set()
    await bench.until_status(HEAD, StatusState.ERROR)
    await bench.end()
    assert final_words(bench) == [word]


async def test_an_evaluation_that_was_called_off_has_nothing_built(bench: Bench) -> None:
    """What it wants is on its way when somebody cancels, and comes too late."""
    bench.repositories.hold(HEAD)
    saying = bench.github.hold("set_status")
    pull = await bench.open("cgit")
    await bench.until(lambda: bench.github.calls["set_status"] or None)
    await until_seen(bench, await comment(bench, "@tickbot cancel"))
    await bench.first_run().signal(BUILDS_WANTED_SIGNAL, await wanted(bench, pull))
    bench.repositories.hold(HEAD).set()
    saying.set()
    await bench.until_ended("Evaluation")
    assert not (await known(bench)).builds
    histories = await bench.end()
    assert not histories.of("Build")


async def wanted(bench: Bench, pull: PullRequest) -> BuildsWanted:
    """What the evaluation under way would have built."""
    [evaluation] = (await bench.histories()).of("Evaluation")
    merge = Merge(base_sha=BASE_SHA, head_sha=HEAD, merge_base=MERGE_BASE, tree=HEAD[::-1])
    build = PlannedBuild(project="cgit", system=LINUX)
    projects = ProjectSet(projects=PROJECTS)
    plan = BuildPlan(pull=pull, merge=merge, projects=projects, changed_projects=("cgit",), builds=(build,))
    n = evaluation.workflow_id.rsplit("/", 1)[1]
    return BuildsWanted(n=n, plan=plan, labels=(), policy=Policy())


async def test_who_may_not_cancel_ends_no_builds_by_an_evaluation(bench: Bench) -> None:
    """The target branch has moved on: for a stranger the head is merged with the base that is pinned."""
    bench.floor.hold("cgit")
    await evaluated(bench)
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await comment(bench, "@tickbot eval", by=STRANGER)
    await bench.until_ended("Evaluation", 2)
    assert bench.repositories.jobs[-1].base_sha == BASE_SHA
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)


async def test_who_may_not_cancel_ends_no_evaluation_by_another(bench: Bench) -> None:
    """It is joined, however often a stranger asks; the author gets a new one."""
    merging = bench.repositories.hold(HEAD)
    await bench.open("cgit")
    await bench.until_said(HEAD, "merging with main")
    for _ in range(2):
        await until_seen(bench, await comment(bench, "@tickbot eval", by=STRANGER))
    await until_seen(bench, await comment(bench, "@tickbot eval", by="ada"))
    merging.set()
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert len((await bench.end()).of("Evaluation")) == 2


def built_twice(bench: Bench, project: str) -> bool | None:
    """Whether a project has two check runs."""
    return len(bench.check_run_history(project)) == 2 or None


@pytest.mark.parametrize("base_sha", [BASE_SHA, NEXT_BASE])
async def test_all_checks_are_those_asked_for_too(bench: Bench, base_sha: str) -> None:
    """A draft has nothing built by itself: all its check runs are of builds that somebody asked for."""
    await evaluated(bench, draft=True)
    await comment(bench, "@tickbot build cgit\n@tickbot build meshmc")
    for project in ("cgit", "meshmc"):
        await bench.until_check_run(project, CheckConclusion.SUCCESS)
    await bench.until_ended("Build", 2)
    bench.repositories.touch(HEAD, "cgit", base_sha=base_sha)
    await press_all(bench)
    for project in ("cgit", "meshmc"):
        await bench.until(partial(built_twice, bench, project))
        run = await bench.until_check_run(project, CheckConclusion.SUCCESS)
        assert base_sha[:7] in run.summary


async def test_a_cancel_where_nothing_is_known_starts_nothing(bench: Bench) -> None:
    """Not even an owner, only to call off what it would have begun."""
    bench.github.open_pull(make_pull())
    answer = await answer_to(bench, await comment(bench, "@tickbot cancel"))
    assert answer == "There is nothing to cancel: nothing is queued or running."
    histories = await bench.end()
    assert [run.type for run in histories.runs] == ["Comment"]
    assert not bench.github.statuses
