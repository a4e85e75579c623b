"""GitHub is slow: no call is overtaken by the next one, and nothing is made twice.

Time runs sixty times as fast, as far as it is that of steps: their minute is over in a second.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.common import RetryPolicy

from tests.support.fake_github import FakeGitHub
from tests.support.workflow_bench import HEAD, Bench
from tickborg.github import CheckConclusion, StatusState
from workflows import policies

AS_FAST = 60
LIMITS = ("start_to_close_timeout", "schedule_to_close_timeout")
PAUSES = RetryPolicy(
    initial_interval=timedelta(seconds=1) / AS_FAST, maximum_interval=timedelta(seconds=10) / AS_FAST
)
LONGER_THAN_A_MINUTE = 1.3


@pytest.fixture(autouse=True)
def _fast_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terms of steps as they are, in shorter minutes; workers are as slow to heartbeat as ever."""
    execute = workflow.execute_activity_method

    def faster(*args: Any, **options: Any) -> Any:
        if options.get("schedule_to_close_timeout") == policies.COSMETIC["schedule_to_close_timeout"]:
            options |= {name: options[name] / AS_FAST for name in LIMITS}
            options["retry_policy"] = PAUSES
        return execute(*args, **options)

    monkeypatch.setattr(workflow, "execute_activity_method", faster)


class Slow:
    """A method of GitHub's whose first call takes longer than steps are tried for, unless it is overtaken."""

    def __init__(self, github: FakeGitHub, method: str) -> None:
        self._carry_out = getattr(github, method)
        self._begun = self._done = False
        self._another = asyncio.Event()
        setattr(github, method, self._call)

    @property
    def overtaken(self) -> bool:
        """Whether there was another call before the first one had ended."""
        return self._another.is_set()

    async def _call(self, said: Any) -> Any:
        if self._begun:
            if not self._done:
                self._another.set()
            return await self._carry_out(said)
        self._begun = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._another.wait(), LONGER_THAN_A_MINUTE)
        self._done = True
        return await self._carry_out(said)


async def test_a_step_does_not_overtake_the_last_word(bench: Bench) -> None:
    """A status that stays pending for ever, and a check run that is made twice, is what would come of it."""
    status, check_run = Slow(bench.github, "set_status"), Slow(bench.github, "create_check_run")
    await bench.open("cgit")
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_commented("The build succeeded")
    await bench.end()
    states = [said.state for said in bench.github.status_history(HEAD, "tickborg-eval")]
    assert states == [StatusState.PENDING, StatusState.SUCCESS]
    assert [said[-1].conclusion for said in bench.check_run_history("cgit")] == [CheckConclusion.SUCCESS]
    assert not any(method.overtaken for method in (status, check_run))
