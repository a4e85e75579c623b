"""The owner of a branch that is never idle: it continues as new, and forgets nothing (design, section 3)."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, NoReturn

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import WorkflowHandle

from cli.temporal_client import TemporalConnection
from tests.support import asking
from tests.support.eventually import eventually
from tests.support.histories import until_renewed
from tests.support.long_histories import long_at
from tests.support.patience import PATIENCE_SECONDS
from tests.support.workflow_bench import HEAD, LINUX, NEXT_HEAD, REPO, THIRD_HEAD, Bench
from tests.workflow.conftest import NewBench
from tickborg.cancellation import PUT_OFF
from tickborg.github import CheckConclusion, CheckStatus
from tickborg.names import PUSH_WORKFLOW, STATE_QUERY, push_id
from tickborg.policy import Policy
from tickborg.push_memory import PushStart
from tickborg.systems import System
from tickborg.texts.push_statuses import PUSH_CONTEXT
from tickborg.views import BranchView

SUCCESS, CANCELLED = CheckConclusion.SUCCESS, CheckConclusion.CANCELLED
ARM = System.AARCH64_LINUX
LONG_HISTORY = 30
"""Events after which the server suggests to continue as new; its own default is 4,096."""
DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
PUSHES = 4


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def own_temporal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TemporalConnection]:
    """A server that finds histories long very soon."""
    async with long_at(LONG_HISTORY, tmp_path_factory.mktemp("temporal")) as connection:
        yield connection


async def grown(bench: Bench) -> WorkflowHandle[Any, Any]:
    """The run that owns main, once its history is long: it hears of the same delivery again and again."""
    owner = bench.client.get_workflow_handle(push_id(REPO, "main"))
    first = await owner.describe()
    while (now := await owner.describe()).history_length <= LONG_HISTORY:
        await asking.push(bench, HEAD, "cgit", "meshmc", delivery=DELIVERY)
    assert now.run_id == first.run_id
    return bench.client.get_workflow_handle(owner.id, run_id=first.run_id)


async def test_a_branch_is_looked_at_further_once_what_runs_has_ended(bench: Bench) -> None:
    """Continue-as-new would cancel it; deliveries, the newest push and what it waits for are carried on."""
    bench.floor.hold("cgit")
    await asking.push(bench, HEAD, "cgit", delivery=DELIVERY)
    await asking.until_built(bench, "cgit", HEAD, CheckStatus.IN_PROGRESS)
    owner = await grown(bench)
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)

    async def heard() -> bool:
        view: BranchView = await owner.query(STATE_QUERY, result_type=BranchView)
        return view.head_sha == NEXT_HEAD and view.looking

    await eventually(heard)
    assert [job.after for job in bench.repositories.pushes] == [HEAD]
    bench.floor.release("cgit")
    await until_renewed(owner)
    await asking.push(bench, HEAD, "cgit", delivery=DELIVERY)
    await asking.until_built(bench, "cmark", NEXT_HEAD, SUCCESS)
    await asking.until_built(bench, "cgit", HEAD, SUCCESS)
    histories = await bench.end()
    assert len(histories.of("Build")) == 2


async def test_what_waits_for_a_builder_holds_nothing_up(new_bench: NewBench) -> None:
    """It is put off, and waits on for the next run; what somebody cancels meanwhile is not begun again."""
    bench = await new_bench(policy=Policy(systems=(LINUX, ARM)))
    await asking.push(bench, HEAD, "cgit", "meshmc", before=asking.BEFORE, delivery=DELIVERY)
    waiting = {
        project: await asking.until_built(bench, project, HEAD, CheckStatus.QUEUED, ARM)
        for project in ("cgit", "meshmc")
    }
    for project in waiting:
        await asking.until_built(bench, project, HEAD, SUCCESS)
    owner = await grown(bench)
    saying = bench.github.hold("update_check_run")
    await asking.push(bench, asking.BEFORE, "cmark", before=THIRD_HEAD)
    await asking.press(bench, waiting["meshmc"], "cancel")
    saying.set()
    await until_renewed(owner)
    await asking.until_built(bench, "cmark", HEAD, SUCCESS)
    put_off, again = await bench.until(partial(two_check_runs, bench, "cgit"))
    assert (put_off[-1].conclusion, put_off[-1].title) == (CANCELLED, PUT_OFF)
    assert again[-1].status is CheckStatus.QUEUED
    for project in ("cgit", "cmark"):
        run = await asking.until_built(bench, project, HEAD, CheckStatus.QUEUED, ARM)
        await asking.press(bench, run, "cancel")
    await bench.end()
    assert len(bench.check_run_history("meshmc", HEAD, ARM, "main")) == 1


async def test_a_push_in_the_moment_of_continuing_is_looked_at(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although it comes after the last look at the inbox: the server asks again, with what has come."""
    loop, renew = asyncio.get_running_loop(), workflow.continue_as_new
    late: dict[str, str] = {}

    def continue_as_new(start: PushStart) -> NoReturn:
        """The thread of an owner waits here, once a run, until one more push is durable in Temporal."""
        run_id = workflow.info().run_id
        if run_id not in late and not workflow.unsafe.is_replaying():
            late[run_id] = f"{len(late) + 1:040x}"
            asyncio.run_coroutine_threadsafe(asking.push(bench, late[run_id]), loop).result(PATIENCE_SECONDS)
        renew(start)

    monkeypatch.setattr(workflow, "continue_as_new", continue_as_new)
    on_time = [f"{n:040x}" for n in range(100, 100 + PUSHES)]
    for head in on_time:
        await asking.push(bench, head)
    histories = await bench.end()
    assert late
    assert len(histories.of(PUSH_WORKFLOW)) > 1
    assert all(bench.github.status(head, PUSH_CONTEXT) for head in (*on_time, *late.values()))


def two_check_runs(bench: Bench, project: str) -> list[list[Any]] | None:
    """All that the check runs of a project said, once there are two of them."""
    runs = bench.check_run_history(project, HEAD, ARM, "main")
    return runs if len(runs) == 2 else None
