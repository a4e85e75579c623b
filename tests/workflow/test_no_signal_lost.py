"""An owner ends with no signal lost, whenever it comes (design, section 3)."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from temporalio import workflow

from tests.support.patience import PATIENCE_SECONDS
from tests.support.workflow_bench import REPO, Bench
from tests.workflow.conftest import NewBench
from tickborg.github import CheckConclusion, CheckRun, CheckStatus, PullRequest
from tickborg.names import PULL_REQUEST_WORKFLOW, pull_request_id

LOOKS = 6
SURE_LOOKS = 4
"""An owner that is closed while it builds looks at its inbox that often at least before it ends."""


class Interruptions:
    """Reopens pull requests, each while its owner is in the middle of a look at its inbox.

    ``workflow.wait_condition`` is where an owner looks. Its thread waits there until the webhook is durable
    in Temporal: so the event falls between the look and whatever the owner does next.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._loop = asyncio.get_running_loop()
        self._looks_left: dict[str, int] = {}
        self._came: dict[str, asyncio.Event] = {}
        self._wait = workflow.wait_condition

    def plan(self, pull: PullRequest, look: int) -> asyncio.Event:
        """Interrupt the look of that number, counted from now; the event is set when that has happened."""
        workflow_id = pull_request_id(REPO, pull.number)
        self._looks_left[workflow_id] = look
        return self._came.setdefault(workflow_id, asyncio.Event())

    async def wait_condition(self, condition: Callable[[], bool], **options: Any) -> None:
        """Stand in for ``workflow.wait_condition``."""

        def interrupted() -> bool:
            met = condition()
            info = workflow.info()
            if info.workflow_type == PULL_REQUEST_WORKFLOW and not workflow.unsafe.is_replaying():
                self._look(info.workflow_id)
            return met

        await self._wait(interrupted, **options)

    def _look(self, workflow_id: str) -> None:
        left = self._looks_left.get(workflow_id, 0)
        self._looks_left[workflow_id] = left - 1
        if left == 1:
            reopening = asyncio.run_coroutine_threadsafe(self._reopen(workflow_id), self._loop)
            reopening.result(PATIENCE_SECONDS)

    async def _reopen(self, workflow_id: str) -> None:
        number = int(workflow_id.rpartition("/")[2])
        await self._bench.reopen(self._bench.github.pulls[REPO, number])
        self._came[workflow_id].set()


async def test_an_event_at_any_moment_of_the_ending_is_heard(
    new_bench: NewBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the run that was about to end, or by a new one: the pull request is built again."""
    bench = await new_bench(concurrent_builds=2 * LOOKS)
    interruptions = Interruptions(bench)
    monkeypatch.setattr(workflow, "wait_condition", interruptions.wait_condition)
    bench.floor.hold("cgit")
    pulls = [await bench.open("cgit", number=n, head_sha=f"{n:040x}") for n in range(1, LOOKS + 1)]
    for pull in pulls:
        await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS, sha=pull.head_sha)

    came = [interruptions.plan(pull, look) for look, pull in enumerate(pulls, start=1)]
    async with asyncio.TaskGroup() as closing:
        for pull in pulls:
            closing.create_task(bench.close(pull))
    await bench.until(lambda: all(first_build_of(bench, pull).conclusion for pull in pulls) or None)
    bench.floor.release("cgit")
    interrupted = [
        pull for pull, event in zip(pulls, came, strict=True) if await came_or_ended(bench, pull, event)
    ]
    await bench.until(lambda: all(built_again(bench, pull) for pull in interrupted) or None)
    assert len(interrupted) >= SURE_LOOKS


def first_build_of(bench: Bench, pull: PullRequest) -> CheckRun:
    """What the check run of its first build says."""
    return bench.check_run_history("cgit", pull.head_sha)[0][-1]


def built_again(bench: Bench, pull: PullRequest) -> bool:
    """Whether there was a second build, which succeeded."""
    _, *again = bench.check_run_history("cgit", pull.head_sha)
    return [run[-1].conclusion for run in again] == [CheckConclusion.SUCCESS]


async def came_or_ended(bench: Bench, pull: PullRequest, came: asyncio.Event) -> bool:
    """Wait until the owner was interrupted, or has ended before the look at which it was to be."""
    waiting = asyncio.ensure_future(came.wait())
    ending = asyncio.ensure_future(bench.first_run(pull.number).result(follow_runs=False))
    await asyncio.wait({waiting, ending}, return_when=asyncio.FIRST_COMPLETED)
    for each in (waiting, ending):
        each.cancel()
    await asyncio.gather(waiting, ending, return_exceptions=True)
    return came.is_set()
