"""Builders that are not there, and builders that die (design, sections 3, 4 and 9)."""

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from cli.replay import from_server, replay
from tests.support.clock import NOON
from tests.support.early_deaths import notice_deaths_after
from tests.support.eventually import eventually
from tests.support.workflow_bench import HEAD, LINUX, PROJECTS, Bench
from tests.workflow.conftest import NewBench
from tickborg.errors import BuilderEndingError, InfrastructureError, UnavailableError
from tickborg.github import CheckConclusion, CheckStatus, StatusState
from tickborg.jobs import BuildOutcome, BuildStarted
from tickborg.labels import INTERNAL_ERROR_LABEL
from tickborg.messages import BuildLogStatus, EventName
from tickborg.names import BUILD_STARTED_SIGNAL
from tickborg.policy import Policy
from tickborg.projects import Check, ProjectSet
from tickborg.setbacks import Setback, WhyGivenUp
from tickborg.systems import System
from workflows import policies

ARM = System.AARCH64_LINUX
FORMAT = Check(name="format", command=("check-format",))
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
    await bench.end()
    looks = bench.stats.named(EventName.NO_BUILDER)
    assert {event.system for event in looks} == {ARM}
    assert 60 <= len(looks) <= 64, "an alert needs one every minute, as long as it waits"
    assert ended_builds(bench) == [
        ("cgit", LINUX, BuildOutcome.SUCCESS, None),
        ("cgit", ARM, BuildOutcome.CANCELLED, WhyGivenUp.NO_BUILDER),
    ]


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
    """In the same check run; the log of the dead one ends as lost, as soon as it is missed."""
    bench = await new_bench(builders=())
    await bench.add_builder(identity="builder-1", concurrent=1, silent=True)
    bench.floor.hold("cgit")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await eventually(partial(lost_logs, bench))
    await bench.add_builder(identity="builder-2")
    await bench.until_titled("cgit", "running on builder-2, attempt 2: the builder before it failed")
    [history] = bench.check_run_history("cgit")
    assert history[1].title == "running on builder-1"
    late = BuildStarted(attempt_id=str(uuid4()), attempt=1, builder="builder-0", started_at=NOON)
    await bench.client.get_workflow_handle(await the_build(bench)).signal(BUILD_STARTED_SIGNAL, late)
    bench.floor.release("cgit")
    done = await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.end()
    lost, kept = bench.logs.logs.values()
    assert await lost_logs(bench) == [str(lost.start.attempt_id), late.attempt_id]
    assert {run.status for run in history[1:-1]} == {CheckStatus.IN_PROGRESS}
    assert str(kept.start.attempt_id) in (done.details_url or "")


@pytest.mark.usefixtures("_deaths_are_noticed_soon")
async def test_the_log_of_a_dead_builder_ends_though_no_other_builds_it(new_bench: NewBench) -> None:
    """Closed while it waits for another one: nobody else would say that no more lines come.

    For a day, if it takes so long: nobody waits for it, neither the build nor the pull request.
    """
    bench = await new_bench(builders=())
    await bench.add_builder(concurrent=1, silent=True)
    bench.logs.takes_ends.clear()
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    bench.cluster.builders[LINUX] = 0
    waiting = await bench.until_titled("cgit", "no x86_64-linux builder is online; waiting up to ")
    assert waiting.status is CheckStatus.IN_PROGRESS
    await bench.close(pull)
    ended = await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    await bench.first_run().result()
    assert await lost_logs(bench) == []
    bench.logs.takes_ends.set()
    histories = await bench.end()
    [log] = bench.logs.logs
    assert await lost_logs(bench) == [str(log)]
    [word] = histories.activities("abandon_log")
    assert word.schedule_to_close_timeout.ToTimedelta() == timedelta(days=1)
    assert word.heartbeat_timeout.ToTimedelta() == policies.WORKER_HEARTBEAT
    assert [run.ending for kind in ("Build", "LostLog") for run in histories.of(kind)] == ["completed"] * 2
    assert [end.of for end in bench.logs.abandoned] == [bench.logs.logs[log].start]
    assert (ended.title, (ended.details_url or "").rsplit("/", 1)[1]) == (
        "the pull request was closed",
        str(log),
    )


@pytest.mark.usefixtures("_deaths_are_noticed_soon")
async def test_a_check_whose_builder_dies_is_made_by_another_one(new_bench: NewBench) -> None:
    """Under the same status; the log of the dead one ends as lost."""
    bench = await new_bench(builders=())
    bench.repositories.projects = ProjectSet(projects=PROJECTS, checks=(FORMAT,))
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
    new_bench: NewBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not tried for ever, and the author is told that it is not the change."""
    be_patient(monkeypatch, Setback.DIED, most=2)
    bench = await new_bench(builders=())
    await bench.add_builder(concurrent=2, silent=True)
    await bench.open("cgit")
    run = await bench.until_check_run("cgit", CheckConclusion.FAILURE)
    await bench.until_commented("tickborg failed")
    await bench.until_labelled("project: cgit", INTERNAL_ERROR_LABEL)
    histories = await bench.end()
    assert run.title == "tickborg failed, not your change"
    assert "2 builders failed. The last one failed with this: its builder stopped answering" in run.summary
    assert len(bench.logs.abandoned) == 2
    assert [build.ending for build in histories.of("Build")] == ["completed"]
    assert run.head_sha == HEAD


async def test_five_builders_may_fail_over_a_build(timed_bench: Bench) -> None:
    """Minutes apart: a full disk says nothing of the change, and others must have the time to be quicker.

    What no builder has ended is counted all the same, and a person hears of it.
    """
    timed_bench.workspaces.fault = InfrastructureError("no space left on builder-1")
    await timed_bench.open("cgit")
    await timed_bench.pass_time(minutes=19)
    [history] = timed_bench.check_run_history("cgit")
    assert history[-1].title == "the builder failed; trying again in 8 min"
    assert "no space left on builder-1" in history[-1].summary
    await timed_bench.pass_time(minutes=2)
    failed = await timed_bench.until_check_run("cgit", CheckConclusion.FAILURE)
    assert "5 builders failed. The last one failed with this: no space left on builder-1" in failed.summary
    assert [log.status for log in timed_bench.logs.logs.values()] == [BuildLogStatus.ERROR] * 5
    await timed_bench.until_labelled("project: cgit", INTERNAL_ERROR_LABEL)
    await timed_bench.end()
    failed_all = ("cgit", LINUX, BuildOutcome.UNEXPECTED_ERROR, WhyGivenUp.BUILDERS_FAILED)
    assert ended_builds(timed_bench) == [failed_all]
    assert len(timed_bench.stats.named(EventName.PERMANENT_FAILURE)) == 1


async def test_a_github_that_is_away_for_hours_costs_a_build_nothing_but_time(timed_bench: Bench) -> None:
    """The check run says what it waits for; there is a log of each attempt, and one check run for all."""
    timed_bench.workspaces.fault = UnavailableError("git fetch of acme/mono failed: error: 502")
    await timed_bench.open("cgit")
    await timed_bench.pass_time(hours=3)
    [history] = timed_bench.check_run_history("cgit")
    assert history[-1].title == "GitHub does not answer the builder; trying again in 15 min"
    assert "git fetch of acme/mono failed: error: 502" in history[-1].summary
    assert "`cgit` | 🕐 tried again later" in timed_bench.summary()
    timed_bench.workspaces.fault = None
    await timed_bench.pass_time(minutes=15)
    done = await timed_bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    *failed, built = timed_bench.logs.logs.values()
    running = f"running on builder-1, attempt {len(failed) + 1}: GitHub did not answer the builder before it"
    assert running in [run.title for run in history]
    assert {log.status for log in failed} == {BuildLogStatus.ERROR}
    assert len(failed) == 16
    assert str(built.start.attempt_id) in (done.details_url or "")
    assert len(timed_bench.check_run_history("cgit")) == 1
    assert await lost_logs(timed_bench) == []


async def test_a_github_that_stays_away_is_given_up_and_said(
    timed_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a day, of which this test takes an hour."""
    be_patient(monkeypatch, Setback.AWAY, within=timedelta(hours=1))
    timed_bench.workspaces.fault = UnavailableError("git fetch of acme/mono failed: error: 502")
    await timed_bench.open("cgit")
    await timed_bench.pass_time(hours=1, minutes=20)
    failed = await timed_bench.until_check_run("cgit", CheckConclusion.FAILURE)
    assert (
        "GitHub did not answer builders for 1 h. The last attempt failed with this: git fetch"
        in failed.summary
    )
    await timed_bench.end()
    assert ended_builds(timed_bench) == [
        ("cgit", LINUX, BuildOutcome.UNEXPECTED_ERROR, WhyGivenUp.GITHUB_AWAY)
    ]


async def test_builders_that_hand_over_or_wait_for_github_use_up_no_attempt_of_those_that_die(
    timed_bench: Bench,
) -> None:
    """Six of the one, six of the other, and then there are five attempts still. A replay decides the same."""
    trouble = timed_bench.workspaces
    trouble.fault = BuilderEndingError("the builder was told to stop")
    await timed_bench.open("cgit")
    await timed_bench.pass_time(seconds=50)
    trouble.fault = UnavailableError("error: 502")
    await timed_bench.pass_time(minutes=40)
    trouble.fault = InfrastructureError("no space left on builder-1")
    await timed_bench.pass_time(minutes=20)
    trouble.fault = None
    await timed_bench.pass_time(minutes=10)
    await timed_bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    [history] = timed_bench.check_run_history("cgit")
    before = [run.title.partition("attempt ")[2] for run in history if "attempt " in run.title]
    assert before == [
        *(f"{number}: the builder before it was told to stop" for number in range(2, 8)),
        *(f"{number}: GitHub did not answer the builder before it" for number in range(8, 14)),
        *(f"{number}: the builder before it failed" for number in range(14, 18)),
    ]
    await timed_bench.end()
    histories = from_server(timed_bench.client, [await the_build(timed_bench)], None)
    assert [each.divergence async for each in replay(histories)] == [None]


async def test_what_is_called_off_as_its_builder_fails_is_not_tried_again(bench: Bench) -> None:
    """The builder's word says nothing of the cancel that came meanwhile."""
    bench.workspaces.gate.clear()
    bench.workspaces.fault = UnavailableError("git fetch of acme/mono failed: error: 502")
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await bench.workspaces.entered.wait()
    await bench.close(pull)
    await bench.until_told_to_end("Build")
    bench.workspaces.gate.set()
    ended = await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    assert ended.title == "the pull request was closed"
    assert len(bench.logs.logs) == 1


async def test_builders_that_are_always_stopped_are_not_waited_for_forever(
    timed_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where one is restarted as soon as it has begun; the author is told that it is not the change."""
    be_patient(monkeypatch, Setback.HANDED_OVER, most=4)
    timed_bench.workspaces.fault = BuilderEndingError("the builder was told to stop")
    await timed_bench.open("cgit")
    await timed_bench.pass_time(minutes=1)
    failed = await timed_bench.until_check_run("cgit", CheckConclusion.FAILURE)
    assert "4 builders were told to stop in mid-build, one after the other" in failed.summary
    await timed_bench.end()
    assert ended_builds(timed_bench) == [
        ("cgit", LINUX, BuildOutcome.UNEXPECTED_ERROR, WhyGivenUp.BUILDERS_STOPPED)
    ]


async def test_who_stands_in_the_queue_reads_when_the_last_builder_goes_and_when_one_comes(
    new_bench: NewBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is being built meanwhile asks nobody, however long it takes: its history does not grow."""
    watch_closely(monkeypatch)
    bench = await new_bench(concurrent_builds=1)
    bench.floor.hold("cgit")
    bench.floor.hold("cmark")
    await bench.open("cgit", "cmark")
    running = (await bench.logs.next()).start.project
    [waiting] = {"cgit", "cmark"} - {running}
    bench.cluster.builders[LINUX] = 0
    await bench.until_titled(waiting, "no x86_64-linux builder is online; waiting up to ")
    bench.cluster.builders[LINUX] = 1
    await bench.until_titled(waiting, "waiting for a free x86_64-linux builder")
    bench.floor.release("cgit")
    bench.floor.release("cmark")
    await bench.until_check_run(waiting, CheckConclusion.SUCCESS)
    await bench.until_check_run(running, CheckConclusion.SUCCESS)
    [history] = bench.check_run_history(waiting)
    assert [run.status for run in history] == [
        *[CheckStatus.QUEUED] * 3,
        CheckStatus.IN_PROGRESS,
        CheckStatus.COMPLETED,
    ]
    asked = sorted(
        sum(activity.activity_type.name == "builders_online" for activity in build.activities)
        for build in (await bench.end()).of("Build")
    )
    assert asked[0] == 1
    assert asked[1] >= 3


async def test_who_stands_in_the_queue_too_long_is_told_what_was_missing(
    new_bench: NewBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On one system builders are online and take nothing; on the other the last one goes. All is counted."""
    watch_closely(monkeypatch)
    waiting = BOTH.model_copy(update={"builder_wait": timedelta(seconds=3)})
    bench = await new_bench(policy=waiting, builders=())
    bench.repositories.projects = ProjectSet(projects=PROJECTS, checks=(FORMAT,))
    bench.cluster.builders = {LINUX: 1, ARM: 1}
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.QUEUED, system=ARM)
    bench.cluster.builders[ARM] = 0
    await bench.until_titled("cgit", "no aarch64-linux builder is online; waiting up to ", ARM)
    busy = await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    gone = await bench.until_check_run("cgit", CheckConclusion.CANCELLED, system=ARM)
    assert busy.title == "no x86_64-linux builder was free within 3 s"
    assert gone.title == "no aarch64-linux builder came online within 3 s"
    await bench.until_status(HEAD, StatusState.ERROR, context="tickborg-eval-format")
    await bench.end()
    assert sorted(ended_builds(bench)) == [
        ("cgit", ARM, BuildOutcome.CANCELLED, WhyGivenUp.NO_BUILDER),
        ("cgit", LINUX, BuildOutcome.CANCELLED, WhyGivenUp.NONE_FREE),
        ("format", LINUX, BuildOutcome.CANCELLED, WhyGivenUp.NONE_FREE),
    ]


async def test_the_time_to_wait_for_builders_is_for_all_attempts_together(new_timed_bench: NewBench) -> None:
    """A builder that comes and fails does not begin it anew."""
    bench = await new_timed_bench(policy=Policy(builder_wait=timedelta(hours=1)), builders=())
    bench.workspaces.fault = InfrastructureError("no space left on builder-1")
    await bench.open("cgit")
    await bench.pass_time(minutes=40)
    await bench.add_builder()
    await bench.pass_time(minutes=1)
    bench.cluster.builders[LINUX] = 0
    await bench.pass_time(minutes=3)
    [history] = bench.check_run_history("cgit")
    waiting = history[-1]
    assert re.fullmatch(r"no x86_64-linux builder is online; waiting up to (19|20) min.*", waiting.title)
    await bench.pass_time(minutes=20)
    ended = await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    assert ended.title == "no x86_64-linux builder came online within 1 h"
    [log] = bench.logs.logs
    assert str(log) in (ended.details_url or "")


def ended_builds(bench: Bench) -> list[tuple[str | None, ...]]:
    """Each build and check that was counted as ended: what, where, how, and why it was given up."""
    events = bench.stats.named(EventName.BUILD_COMPLETED)
    return [(event.project, event.system, event.outcome, event.reason) for event in events]


def be_patient(monkeypatch: pytest.MonkeyPatch, setback: Setback, **limits: Any) -> None:
    """Put up with setbacks of a kind for so long, or so many of them."""
    monkeypatch.setitem(policies.PATIENCE, setback, replace(policies.PATIENCE[setback], **limits))


def watch_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have it asked ten times a second whether a builder is online."""
    for pause in ("BUILDER_POLL_FIRST", "BUILDER_WATCH_LONGEST"):
        monkeypatch.setattr(policies, pause, timedelta(milliseconds=100))
