"""Builders that are not there, and builders that die (design, sections 3, 4 and 9)."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from tests.support.clock import NOON
from tests.support.early_deaths import notice_deaths_after
from tests.support.eventually import eventually
from tests.support.workflow_bench import HEAD, LINUX, PROJECTS, Bench
from tests.workflow.conftest import NewBench
from tickborg.errors import InfrastructureError
from tickborg.github import CheckConclusion, CheckStatus, StatusState
from tickborg.jobs import BuildStarted
from tickborg.labels import INTERNAL_ERROR_LABEL
from tickborg.messages import BuildLogStatus
from tickborg.names import BUILD_STARTED_SIGNAL
from tickborg.policy import Policy
from tickborg.projects import Check, ProjectSet
from tickborg.systems import System
from workflows import policies

ARM = System.AARCH64_LINUX
BOTH = Policy(systems=(LINUX, ARM), primary_systems=(LINUX, ARM), builder_wait=timedelta(hours=1))


@pytest.fixture
def _deaths_are_noticed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """After two seconds of silence, not half a minute: the clock of a real server is the real one.

    Whoever lives says so every tenth of a second, which leaves a busy machine some time.
    """
    notice_deaths_after(timedelta(seconds=2), monkeypatch)


async def test_a_system_without_a_builder_says_so_and_gives_up_in_the_end(new_timed_bench: NewBench) -> None:
    """Meanwhile the other systems finish: no pull request hangs on a queue that nobody polls."""
    bench = await new_timed_bench(policy=BOTH)
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.pass_time(minutes=58)
    [history] = bench.check_run_history("cgit", system=ARM)
    assert history[-1].title.startswith("no aarch64-linux builder is online; waiting")
    assert history[-1].status is CheckStatus.QUEUED
    await bench.pass_time(minutes=3)
    ended = await bench.until_check_run("cgit", CheckConclusion.CANCELLED, system=ARM)
    assert ended.title == "no aarch64-linux builder came online within 1 h"
    assert [run.status for run in history] == [CheckStatus.QUEUED] * 2 + [CheckStatus.COMPLETED]
    await bench.until_commented("not made")


async def test_a_builder_that_comes_online_gets_the_build_within_a_minute(new_timed_bench: NewBench) -> None:
    """However long it has waited."""
    bench = await new_timed_bench(builders=())
    await bench.open("cgit")
    await bench.pass_time(minutes=30)
    await bench.add_builder()
    await bench.pass_time(minutes=1, seconds=5)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert len(bench.check_run_history("cgit")) == 1


async def test_all_builders_busy_is_no_reason_to_give_up_soon(new_timed_bench: NewBench) -> None:
    """A build waits in the queue as long as there is a builder; its check run says for what."""
    bench = await new_timed_bench(concurrent_builds=1)
    bench.floor.hold("cgit")
    bench.floor.hold("cmark")
    await bench.open("cgit", "cmark")
    await bench.until_check_run("cgit", CheckStatus.QUEUED)
    await bench.until_check_run("cmark", CheckStatus.QUEUED)
    running = await bench.logs.next()
    [waiting] = {"cgit", "cmark"} - {running.start.project}
    await bench.until_check_run(running.start.project, CheckStatus.IN_PROGRESS)
    titles = [run.title for run in bench.check_run_history(waiting)[0]]
    bench.floor.release("cgit")
    bench.floor.release("cmark")
    await bench.until_check_run(waiting, CheckConclusion.SUCCESS)
    assert titles == ["waiting for a free x86_64-linux builder"]


@pytest.mark.usefixtures("_deaths_are_noticed_soon")
async def test_a_build_whose_builder_dies_is_made_by_another_one(new_bench: NewBench) -> None:
    """In the same check run; the log of the dead one ends as lost, as soon as the next has begun."""
    bench = await new_bench(builders=())
    await bench.add_builder(identity="builder-1", concurrent=1, silent=True)
    bench.floor.hold("cgit")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await bench.add_builder(identity="builder-2")
    await eventually(partial(lost_logs, bench))
    [history] = bench.check_run_history("cgit")
    assert [run.title for run in history[1:]] == [
        "running on builder-1",
        "running on builder-2, attempt 2: the builder before it failed",
    ]
    late = BuildStarted(attempt_id=str(uuid4()), attempt=1, builder="builder-0", started_at=NOON)
    await bench.client.get_workflow_handle(await the_build(bench)).signal(BUILD_STARTED_SIGNAL, late)
    bench.floor.release("cgit")
    done = await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.end()
    lost, kept = bench.logs.logs.values()
    assert await lost_logs(bench) == [str(lost.start.attempt_id), late.attempt_id]
    assert [run.status for run in history[1:]] == [CheckStatus.IN_PROGRESS] * 2 + [CheckStatus.COMPLETED]
    assert str(kept.start.attempt_id) in (done.details_url or "")


@pytest.mark.usefixtures("_deaths_are_noticed_soon")
async def test_the_log_of_a_dead_builder_ends_though_no_other_builds_it(new_bench: NewBench) -> None:
    """Closed while it waits for another one: nobody else would say that no more lines come."""
    bench = await new_bench(builders=())
    await bench.add_builder(concurrent=1, silent=True)
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    build = await the_build(bench)

    async def waits_for_another_one() -> bool:
        described = await bench.client.get_workflow_handle(build).describe()
        return any(activity.attempt == 2 for activity in described.raw_description.pending_activities)

    await eventually(waits_for_another_one)
    await bench.close(pull)
    ended = await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    await bench.end()
    [log] = bench.logs.logs
    assert await lost_logs(bench) == [str(log)]
    assert [end.of for end in bench.logs.abandoned] == [bench.logs.logs[log].start]
    assert (ended.title, (ended.details_url or "").rsplit("/", 1)[1]) == (
        "the pull request was closed",
        str(log),
    )


@pytest.mark.usefixtures("_deaths_are_noticed_soon")
async def test_a_check_whose_builder_dies_is_made_by_another_one(new_bench: NewBench) -> None:
    """Under the same status; the log of the dead one ends as lost."""
    bench = await new_bench(builders=())
    checks = (Check(name="format", command=("check-format",)),)
    bench.repositories.projects = ProjectSet(projects=PROJECTS, checks=checks)
    await bench.add_builder(identity="builder-1", concurrent=1, silent=True)
    await bench.open()
    await bench.logs.next()
    await bench.add_builder(identity="builder-2")
    await bench.until_status(HEAD, StatusState.SUCCESS, context="tickborg-eval-format")
    await bench.end()
    lost, kept = bench.logs.logs.values()
    assert await lost_logs(bench) == [str(lost.start.attempt_id)]
    assert (kept.start.identity, kept.status) == ("builder-2", BuildLogStatus.SUCCESS)


async def lost_logs(bench: Bench) -> list[str]:
    """The attempts of which it was said that they are lost."""
    assert {end.status for end in bench.logs.abandoned} <= {BuildLogStatus.LOST}
    return [str(end.attempt_id) for end in bench.logs.abandoned]


async def the_build(bench: Bench) -> str:
    """The id of the only build's workflow."""
    [run] = (await bench.histories()).of("Build")
    return run.workflow_id


@pytest.mark.usefixtures("_deaths_are_noticed_soon")
async def test_when_one_builder_after_another_dies_the_fault_is_the_bot_s(
    new_bench: NewBench,
) -> None:
    """It is not tried for ever, and the author is told that it is not the change."""
    bench = await new_bench(builders=())
    await bench.add_builder(concurrent=policies.BUILD_ATTEMPTS, silent=True)
    await bench.open("cgit")
    run = await bench.until_check_run("cgit", CheckConclusion.FAILURE)
    await bench.until_commented("tickborg failed")
    histories = await bench.end()
    assert run.title == "tickborg failed, not your change"
    assert "5 builders in a row stopped answering" in run.summary
    assert len(bench.logs.abandoned) == policies.BUILD_ATTEMPTS
    assert [build.ending for build in histories.of("Build")] == ["completed"]
    assert run.head_sha == HEAD
    assert INTERNAL_ERROR_LABEL not in bench.github.labels_on(run.repo, 7)


async def test_what_a_builder_cannot_do_is_tried_again_minutes_later(timed_bench: Bench) -> None:
    """A full disk says nothing about the change, and others must have the time to be quicker."""
    timed_bench.workspaces.fault = InfrastructureError("no space left on builder-1")
    await timed_bench.open("cgit")
    await timed_bench.pass_time(minutes=1)
    [failed] = timed_bench.logs.logs.values()
    timed_bench.workspaces.fault = None
    await timed_bench.pass_time(minutes=5)
    await timed_bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert failed.status is BuildLogStatus.ERROR
    assert len(timed_bench.check_run_history("cgit")) == 1
