"""An owner that lives for years: it continues as new, and forgets nothing (design, section 3)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowExecutionDescription, WorkflowHandle

from cli.temporal_client import TemporalConnection
from tests.support import asking
from tests.support.fake_repositories import make_project
from tests.support.long_histories import long_at
from tests.support.workflow_bench import HEAD, LINUX, MAINTAINER, NEXT_HEAD, NUMBER, REPO, Bench
from tests.workflow.conftest import NewBench
from tickborg import build_waves, cancellation
from tickborg.github import CheckConclusion, CheckStatus, PullRequest, StatusState
from tickborg.names import PULL_REQUEST_WORKFLOW, SEARCH_ATTRIBUTES, STATE_QUERY, pull_request_id
from tickborg.policy import Policy
from tickborg.systems import System
from tickborg.texts import reasons
from tickborg.views import PullRequestView

ARM = System.AARCH64_LINUX
LONG_HISTORY = 30
"""Events after which the server suggests to continue as new; its own default is 4,096."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def own_temporal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TemporalConnection]:
    """A server that finds histories long very soon."""
    async with long_at(LONG_HISTORY, tmp_path_factory.mktemp("temporal")) as connection:
        yield connection


def handle_of(bench: Bench) -> WorkflowHandle[Any, Any]:
    """The owner, whichever run that is."""
    return bench.client.get_workflow_handle(pull_request_id(REPO, NUMBER))


async def owner_of(bench: Bench) -> WorkflowExecutionDescription:
    """The run that is the owner now."""
    return await handle_of(bench).describe()


def ours_of(run: WorkflowExecutionDescription) -> dict[str, object]:
    """The search attributes that tickborg gave it; the server has some of its own."""
    return {
        pair.key.name: pair.value
        for pair in run.typed_search_attributes
        if pair.key.name in SEARCH_ATTRIBUTES
    }


async def busy_for_long(bench: Bench) -> tuple[PullRequest, str]:
    """A pull request in mid-build whose history has grown long, and the run that owns it."""
    bench.floor.hold("cgit")
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    first = (await owner_of(bench)).run_id
    for n in range(LONG_HISTORY // 3):
        pull = await bench.change("edited", pull, title=f"Change things{'!' * n}")
    return pull, first


async def test_what_was_known_is_known_to_the_next_run(bench: Bench) -> None:
    """Builds are not made again, deliveries not heard twice, the comment and the labels stay the bot's."""
    pull = await bench.open("cgit")
    await bench.until_commented("The build succeeded")
    await bench.until_renewed()
    delivery = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    pull = bench.github.change_pull(REPO, NUMBER, title="Change cmark too")
    for _ in range(2):
        await bench.deliver("edited", pull, delivery=delivery, changes={"title": {"from": "Change things"}})
    await bench.until_labelled("project: cgit", "project: cmark")
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await bench.push(pull, NEXT_HEAD, "meshmc")
    await bench.until_labelled("project: cmark", "project: meshmc")
    await bench.until_check_run("meshmc", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    histories = await bench.end()
    assert len(histories.of(PULL_REQUEST_WORKFLOW)) > 1
    assert len(histories.of("Evaluation")) == 3
    assert len(histories.of("Build")) == 2
    assert bench.github.calls["create_comment"] == 1
    assert len({run.workflow_id for run in histories.runs}) == 1 + 3 + 2


async def test_an_owner_does_not_continue_while_a_build_runs(bench: Bench) -> None:
    """Continue-as-new would cancel it."""
    _, first = await busy_for_long(bench)
    assert (await owner_of(bench)).history_length > LONG_HISTORY
    assert (await owner_of(bench)).run_id == first
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_renewed()
    assert len(bench.check_run_history("cgit")) == 1


async def test_an_owner_that_is_never_idle_continues_with_a_push(bench: Bench) -> None:
    """All that ran ends then; the new head is evaluated by the next run, in mid-build as ever."""
    pull, first = await busy_for_long(bench)
    pull = await bench.push(pull, NEXT_HEAD, "cgit")
    await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS, sha=NEXT_HEAD)
    assert (await owner_of(bench)).run_id != first
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    histories = await bench.end()
    assert len(histories.of("Evaluation")) == 2


async def test_what_is_left_to_the_next_run_can_be_cancelled(bench: Bench) -> None:
    """While what ran for the head before is ending; the status of the new head says so."""
    pull, _ = await busy_for_long(bench)
    ending = bench.github.hold("update_check_run")
    await bench.push(pull, NEXT_HEAD, "cgit")
    await asking.until_seen(bench, await asking.comment(bench, "@tickbot cancel"))
    ending.set()
    status = await bench.until_status(NEXT_HEAD, StatusState.ERROR)
    assert status.description == f"cancelled by @{MAINTAINER}"
    assert not bench.check_run_history("cgit", NEXT_HEAD)
    bench.floor.release("cgit")


async def test_the_next_run_is_found_by_the_same_attributes(bench: Bench) -> None:
    """It has the same place in the queue, and shows how things stand before anything happens."""
    await bench.open("cgit")
    before = await owner_of(bench)
    await bench.until_commented("The build succeeded")
    await bench.until_renewed()
    after = await owner_of(bench)
    assert ours_of(after) == ours_of(before) != {}
    assert after.raw_info.priority == before.raw_info.priority
    metadata = await handle_of(bench).query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    assert "The build succeeded" in metadata.current_details


async def test_of_more_builds_than_may_run_at_once_the_others_wait(
    new_bench: NewBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the memory, through as many runs as it takes; a button on the first of them works as ever."""
    monkeypatch.setattr(build_waves, "RUNNING_LIMIT", 2)
    names = [f"p{n}" for n in range(6)]
    bench = await new_bench(projects=tuple(map(make_project, names)))
    bench.floor.hold("p0")
    await bench.open(*names)
    await bench.until_check_run("p0", CheckStatus.IN_PROGRESS)
    await bench.until_check_run("p1", CheckConclusion.SUCCESS)
    view: PullRequestView = await handle_of(bench).query(STATE_QUERY, result_type=PullRequestView)
    assert view.builds[-1].reason == reasons.others_first()
    assert not bench.check_run_history("p5")
    bench.floor.release("p0")
    await bench.until_commented("All 6 builds succeeded")
    await bench.until_renewed()
    await asking.press(bench, await bench.until_check_run("p0", CheckConclusion.SUCCESS))
    await bench.until(lambda: len(bench.check_run_history("p0")) == 2 or None)
    histories = await bench.end()
    assert len(histories.of(PULL_REQUEST_WORKFLOW)) > 1
    assert len(histories.of("Build")) == len(names) + 1


async def test_a_system_without_builders_holds_up_no_run(
    new_bench: NewBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for one to come online is put off when the history is long and more builds wait."""
    monkeypatch.setattr(build_waves, "RUNNING_LIMIT", 1)
    names = [f"p{n}" for n in range(3)]
    policy = Policy(systems=(LINUX, ARM))
    bench = await new_bench(projects=tuple(map(make_project, names)), policy=policy)
    await bench.open(*names, author=MAINTAINER)
    for name in names:
        await bench.until_check_run(name, CheckConclusion.SUCCESS)
    await bench.until_renewed()
    await asking.comment(bench, "@tickbot cancel")
    await bench.until_commented("cancelled by @")
    histories = await bench.end()
    assert len([run for run in histories.of("Build") if str(LINUX) in run.workflow_id]) == len(names)
    said = [each[-1].title for each in bench.check_run_history("p0", system=ARM)]
    assert cancellation.PUT_OFF in said
