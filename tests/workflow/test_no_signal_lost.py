"""An owner ends with no signal lost, whenever it comes (design, section 3)."""

import asyncio
from datetime import timedelta

from tests.support.clock import NOON
from tests.support.workflow_bench import Bench, make_pull
from tickborg.github import PullRequestState

ROUNDS = 60
AT_ONCE = 10
STEP_SECONDS = 0.001


async def close_and_reopen(bench: Bench, number: int, seconds_between: float) -> None:
    """Two webhooks in a row, of which the first ends the owner that it starts; GitHub itself says closed."""
    pull = make_pull(number=number, state=PullRequestState.CLOSED)
    later = NOON + timedelta(seconds=1)
    bench.github.open_pull(pull.model_copy(update={"updated_at": later}))
    closing = asyncio.create_task(bench.deliver("closed", pull))
    await asyncio.sleep(seconds_between)
    reopened = pull.model_copy(update={"updated_at": later, "state": PullRequestState.OPEN})
    await bench.deliver("reopened", reopened)
    await closing


async def test_an_event_at_the_very_moment_of_ending_is_heard(bench: Bench) -> None:
    """By the run that was about to end or by a new one: each is heard once, and GitHub is asked about it.

    The moment is swept in steps of a millisecond, since nobody can tell when exactly it is.
    """
    turns = asyncio.Semaphore(AT_ONCE)

    async def one_round(number: int) -> None:
        async with turns:
            await close_and_reopen(bench, number, number // AT_ONCE * AT_ONCE / 2 * STEP_SECONDS)

    async with asyncio.TaskGroup() as rounds:
        for number in range(1, ROUNDS + 1):
            rounds.create_task(one_round(number))
    await bench.github.until(lambda: bench.github.calls["pull_request"] == ROUNDS or None, within=60)
    histories = await bench.end()
    assert len(histories.of("Evaluation")) == ROUNDS
    assert len(histories.of("PullRequest")) > ROUNDS
