"""A build, attempt after attempt, until a builder comes to a result (design, sections 3 and 9)."""

import asyncio
from datetime import datetime
from typing import Protocol

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.building import BuildActivities
    from tickborg.jobs import BuildJob, BuildResult, BuildStage
    from tickborg.policy import Policy
    from tickborg.setbacks import Setback, Setbacks
    from tickborg.texts import attempts as texts
    from workflows import build_results, policies
    from workflows.builders import BuilderWait
    from workflows.failures import failure_reason, never_began, pause_asked_for, setback, was_silent


class Audience(Protocol):
    """Who is told how attempts go."""

    def waits(self, stage: BuildStage, words: str, reason: str = "") -> None:
        """Hear what the build waits for, and what the last attempt failed with, if it did."""

    def loses(self, attempt: int) -> None:
        """Hear that nothing more is to be heard of an attempt, which may not have said so itself."""


class Attempts:
    """Has one job done by builders.

    Each attempt is an activity of its own, so that the workflow learns why it failed, and decides by that how
    often and how soon the job is tried again. Temporal would count all failures alike, and tell nobody.

    Args:
        job: what is to be done.
        policy: says how long to wait for builders.
        audience: who is told; None: nobody, so nobody watches what there is to tell.
    """

    def __init__(self, job: BuildJob, policy: Policy, audience: Audience | None = None) -> None:
        self._job = job
        self._audience = audience
        self._wait = BuilderWait(job.system, policy.builder_wait, self._say)
        self._setbacks = Setbacks(policies.PATIENCE)
        self._number = 0
        self._queued_at = workflow.now()
        self._is_begun = False
        self.ended = 0
        """The number of the last attempt that is over; 0: none is."""
        self.ended_at: datetime | None = None
        self.last_setback = Setback.DIED
        """What that attempt met with."""

    async def run(self) -> BuildResult:
        """Have it done.

        Raises:
            ActivityError, CancelledError: see :func:`build_results.without_result` for what to make of them.
        """
        while await self._wait.until_online():
            try:
                return await self._next()
            except ActivityError as error:
                result = await self._bear(error)
            if result is not None:
                return result
        return self._wait.over()

    def begin(self, attempt: int) -> None:
        """Hear that a builder has begun an attempt."""
        if attempt == self._number and not self._is_begun:
            self._is_begun = True
            self._wait.begun(workflow.now() - self._queued_at)

    async def _next(self) -> BuildResult:
        self._number += 1
        self._queued_at, self._is_begun = workflow.now(), False
        watching = self._watch()
        try:
            return await workflow.execute_activity_method(
                BuildActivities.build,
                self._job.model_copy(update={"attempt": self._number}),
                **policies.attempt(self._job, self._wait.left),
                summary=self._summary + (f", attempt {self._number}" if self._number > 1 else ""),
            )
        finally:
            self.ended, self.ended_at = self._number, workflow.now()
            if watching is not None:
                watching.cancel()

    def _watch(self) -> asyncio.Task[None] | None:
        if self._audience is None:
            return None
        return asyncio.create_task(self._wait.watch(lambda: self._is_begun))

    async def _bear(self, error: ActivityError) -> BuildResult | None:
        """Wait as long as ``error`` is to be waited out; a result: there is no other attempt to be made."""
        if self._audience is not None and was_silent(error):
            self._audience.loses(self._number)
        if _is_told_to_end():
            raise error
        if never_began(error):
            return self._wait.over()
        met = setback(error)
        if met is None:
            raise error
        pause = self._setbacks.pause_after(met, workflow.now(), pause_asked_for(error))
        if pause is None:
            return build_results.given_up(met, error)
        self.last_setback = met
        if pause >= policies.WORTH_SAYING:
            self._say(BuildStage.DELAYED, texts.delayed(met, pause), failure_reason(error))
            self._wait.tell_anew()
        await workflow.sleep(pause)
        return None

    def _say(self, stage: BuildStage, words: str, reason: str = "") -> None:
        if self._audience is not None:
            self._audience.waits(stage, words, reason)

    @property
    def _summary(self) -> str:
        return f"{self._job.mode} {self._job.project.name} on {self._job.system}"


def _is_told_to_end() -> bool:
    """Whether this task was cancelled: a builder that fails as it is told so must not hide it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
