"""Whatever becomes of a head, wherever its evaluation and its builds are (design, section 3).

Each test holds the bot at one stage of the old head and lets something happen to the pull request, of which
GitHub tells twice and in the wrong order. Where a newer head takes over, that one is seen through while the
old one's clean-up still waits, and only then is that let go on.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from tests.support.eventually import eventually
from tests.support.histories import Histories, Run
from tests.support.workflow_bench import HEAD, LINUX, NEXT_HEAD, NUMBER, PROJECTS, THIRD_HEAD, Bench
from tests.workflow.conftest import NewBench
from tickborg import cancellation
from tickborg.github import CheckConclusion, CheckRun, CheckStatus, PullRequest, StatusState
from tickborg.projects import Check, ProjectSet
from tickborg.texts.statuses import EVALUATION_CONTEXT

BY_NEXT = "superseded by 2222222"
FORMAT = "tickborg-eval-format"
CHECKED = Check(name="format", command=("check-format",))
GATED = CHECKED.model_copy(update={"gate": True})
QUEUED = "queued or running on x86_64-linux"

Release = Callable[[], object]
"""Lets the old head go on to its end."""


@dataclass(frozen=True)
class Stage:
    """How far the old head has come."""

    reach: Callable[[Bench], Awaitable[Release]]
    """Opens the pull request, and returns when its head is held there."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    done: bool = False
    """Whether the build is through by then: what was done stays done."""
    lingers: bool = True
    """Whether the old head can only end when it is released."""
    builds: bool = True
    """Whether a builder is free for the new head."""


async def _asking(bench: Bench) -> Release:
    gate = bench.github.hold("pull_request", calls=1)
    await bench.open("cgit")
    await bench.until(lambda: bench.github.calls["pull_request"] or None)
    return gate.set


async def _saying(bench: Bench) -> Release:
    gate = bench.github.hold("set_status", sha=HEAD)
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    return gate.set


async def _merging(bench: Bench) -> Release:
    gate = bench.repositories.hold(HEAD)
    await bench.open("cgit")
    await bench.until_said(HEAD, "merging with main")
    return gate.set


async def _checking(bench: Bench, check: Check) -> Release:
    bench.repositories.projects = ProjectSet(projects=PROJECTS, checks=(check,))
    bench.floor.hold("check-format", commands=1)
    ending = bench.floor.linger("check-format")
    await bench.open("cgit")
    await bench.until_said(HEAD, QUEUED, FORMAT)
    if not check.gate:
        await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    while (await bench.logs.next()).start.project != "format":
        pass
    return ending.set


async def _without_a_builder(bench: Bench) -> Release:
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.QUEUED)
    [said] = bench.check_run_history("cgit")
    await bench.until(lambda: said[-1].title.startswith("no x86_64-linux builder is online") or None)
    return lambda: None


async def _queued(bench: Bench) -> Release:
    bench.floor.hold("meshmc", commands=1)
    await bench.open("meshmc", number=NUMBER + 1, head_sha=THIRD_HEAD)
    await bench.until_check_run("meshmc", CheckStatus.IN_PROGRESS, sha=THIRD_HEAD)
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.QUEUED)
    return partial(bench.floor.release, "meshmc")


async def _opening(bench: Bench) -> Release:
    gate = bench.github.hold("create_check_run", sha=HEAD)
    bench.floor.hold("cgit", commands=1)
    await bench.open("cgit")
    await bench.logs.next()
    return gate.set


async def _building(bench: Bench) -> Release:
    bench.floor.hold("cgit", commands=1)
    ending = bench.floor.linger("cgit")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    return ending.set


async def _reporting(bench: Bench) -> Release:
    bench.floor.hold("cgit", commands=1)
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    calls = bench.github.calls["update_check_run"]
    gate = bench.github.hold("update_check_run", sha=HEAD)
    bench.floor.release("cgit")
    await bench.until(lambda: bench.github.calls["update_check_run"] > calls or None)
    return gate.set


STAGES = {
    "asking": Stage(_asking, lingers=False),
    "saying": Stage(_saying, done=True),
    "merging": Stage(_merging, lingers=False),
    "checking before builds": Stage(partial(_checking, check=GATED)),
    "checking beside builds": Stage(partial(_checking, check=CHECKED), done=True),
    "without a builder": Stage(_without_a_builder, {"builders": ()}, lingers=False, builds=False),
    "queued": Stage(_queued, {"concurrent_builds": 1}, lingers=False, builds=False),
    "opening a check run": Stage(_opening),
    "building": Stage(_building),
    "reporting": Stage(_reporting, done=True),
}


async def _push(bench: Bench, old: PullRequest) -> None:
    """Push, of which is told twice, a third time with another delivery, and after what was before it."""
    bench.repositories.touch(NEXT_HEAD, "cmark")
    new = bench.github.push(old.repo, old.number, NEXT_HEAD)
    once, again = str(uuid4()), str(uuid4())
    for delivery in (once, once, again):
        await bench.deliver("synchronize", new, delivery=delivery)
    for action in ("synchronize", "opened"):
        await bench.deliver(action, old)


async def _close(bench: Bench, old: PullRequest) -> PullRequest:
    """Close, of which is told twice, and of a push before it later."""
    closed = await bench.close(old)
    await bench.deliver("closed", closed)
    await bench.deliver("synchronize", old)
    return closed


at_every_stage = pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)


@at_every_stage
async def test_a_newer_head_is_seen_through_before_the_older_one_has_ended(
    new_bench: NewBench, stage: Stage
) -> None:
    """Of the old one nothing is said after its last word, which names the new one; that is done once."""
    bench = await new_bench(**stage.settings)
    release = await stage.reach(bench)
    await _push(bench, _the_pull(bench))
    new = await bench.until_status(NEXT_HEAD, StatusState.SUCCESS)
    if stage.builds:
        await bench.until_check_run("cmark", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    lingering = not await _has_ended(bench)
    release()
    histories = await bench.end()

    assert new.description == "1 project: cmark"
    assert lingering or not stage.lingers
    _assert_ended(bench, BY_NEXT, done=stage.done)
    assert len(bench.check_run_history("cmark", NEXT_HEAD)) == 1
    assert len(_evaluations(histories)) == 2
    assert [job.head_sha for job in bench.repositories.jobs].count(NEXT_HEAD) == 1


@at_every_stage
async def test_what_is_closed_ends_wherever_it_is(new_bench: NewBench, stage: Stage) -> None:
    """Each check run and each status says why, once, and nothing begins anew."""
    bench = await new_bench(**stage.settings)
    release = await stage.reach(bench)
    await _close(bench, _the_pull(bench))
    if not stage.lingers:
        await eventually(partial(_has_ended, bench))
    release()
    await bench.end()
    _assert_ended(bench, cancellation.CLOSED, done=stage.done)
    # An owner that had ended when the late word came has asked GitHub what is true, and done no more.
    assert len(bench.repositories.jobs) == len({job.head_sha for job in bench.repositories.jobs})
    assert len(bench.check_run_history("cgit")) <= 1


@at_every_stage
async def test_what_is_opened_again_is_evaluated_again(new_bench: NewBench, stage: Stage) -> None:
    """Although what was closed has not ended; the last word of the head is that of the second evaluation."""
    bench = await new_bench(**stage.settings)
    release = await stage.reach(bench)
    closed = await _close(bench, _the_pull(bench))
    await bench.reopen(closed)
    release()
    if not bench.cluster.builders:
        await bench.add_builder(LINUX)
    await bench.until_ended("Evaluation", 2)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.end()
    assert bench.github.status_history(HEAD, EVALUATION_CONTEXT)[-1].state is StatusState.SUCCESS
    runs = bench.check_run_history("cgit")
    assert [_words(run).count(CheckStatus.COMPLETED) for run in runs] == [1] * len(runs)
    assert {run[-1].status for run in runs} == {CheckStatus.COMPLETED}


def _the_pull(bench: Bench) -> PullRequest:
    return next(pull for pull in bench.github.pulls.values() if pull.number == NUMBER)


def _evaluations(histories: Histories) -> list[Run]:
    """Those of the pull request, and not of the one that keeps a builder busy."""
    return [run for run in histories.of("Evaluation") if f"/{NUMBER}/" in run.workflow_id]


async def _has_ended(bench: Bench) -> bool:
    """Whether nothing of the old head runs any more."""
    histories = await bench.histories()
    builds = [run for run in histories.of("Build") if f"/{HEAD[:12]}/" in run.workflow_id]
    return all(run.ending != "running" for run in (_evaluations(histories)[0], *builds))


def _words(run: list[CheckRun]) -> list[CheckStatus]:
    return [said.status for said in run]


def _assert_ended(bench: Bench, reason: str, *, done: bool) -> None:
    """Each context and check run of the old head has exactly one last word, and nothing after it."""
    for context in (EVALUATION_CONTEXT, FORMAT):
        said = bench.github.status_history(HEAD, context)
        finals = [status for status in said if status.state is not StatusState.PENDING]
        assert finals == said[-1:], f"{context}: {said}"
        assert not finals or finals[0].state is StatusState.SUCCESS or finals[0].description == reason
    for run in bench.check_run_history("cgit"):
        assert _words(run).count(CheckStatus.COMPLETED) == 1
        last = run[-1]
        if done:
            assert last.conclusion is CheckConclusion.SUCCESS
        else:
            assert (last.conclusion, last.title) == (CheckConclusion.CANCELLED, reason)
