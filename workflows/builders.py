"""Waiting for builders: until one is online, and until one takes the build (design, section 3)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.cluster import ClusterActivities
    from tickborg.jobs import BuildersQuestion, BuildOutcome, BuildResult, BuildStage
    from tickborg.setbacks import WhyGivenUp
    from tickborg.systems import System
    from tickborg.texts import attempts as texts
    from workflows import policies
    from workflows.failures import failure_reason

Say = Callable[[BuildStage, str], None]
"""Tells people how far a build is, and in words what it waits for."""

_NOTHING = timedelta()


class BuilderWait:
    """How long one build may still wait for builders, and what is said of it meanwhile.

    Its time is spent while no builder is online, and while all are busy, and not while one is at work: what
    is left after one attempt is for the next.
    """

    def __init__(self, system: System, longest: timedelta, say: Say) -> None:
        self._system = system
        self._longest = longest
        self._say = say
        self._online = True
        self._told: bool | None = True
        """Whether people read that a builder is online, as they do at first; None: it is something else."""
        self.left = longest

    async def until_online(self) -> bool:
        """Wait until a builder is online, asking again and again; False: the time is over, and none came."""
        if await self._look():
            return True
        deadline = workflow.now() + self.left
        self._tell(deadline)
        pause = policies.BUILDER_POLL_FIRST
        while (left := deadline - workflow.now()) > _NOTHING:
            await workflow.sleep(min(pause, left))
            if await self._look():
                self.left = max(deadline - workflow.now(), _NOTHING)
                return True
            pause = min(2 * pause, policies.BUILDER_POLL_LONGEST)
        self.left = _NOTHING
        return False

    async def watch(self, is_begun: Callable[[], bool]) -> None:
        """Beside a build in the queue, keep true what people read, until a builder has begun it.

        Who stands behind busy builders reads that none is left, and again that there is one. A builder at
        work is not looked after here: if it dies, its heartbeats are missed.
        """
        deadline = workflow.now() + self.left
        pause = policies.BUILDER_POLL_FIRST
        try:
            while not await _comes_true(is_begun, pause):
                await self._look()
                if not is_begun():
                    self._tell(deadline)
                pause = min(2 * pause, policies.BUILDER_WATCH_LONGEST)
        except ActivityError as error:
            workflow.logger.warning("nobody knows whether a builder is online: %s", failure_reason(error))

    def begun(self, waited: timedelta) -> None:
        """Hear that a builder has begun the build, after it had stood in the queue for so long."""
        self.left = max(self.left - waited, _NOTHING)
        self.tell_anew()

    def tell_anew(self) -> None:
        """Know that people read of something else by now."""
        self._told = None

    def over(self) -> BuildResult:
        """What a build comes to whose time is over."""
        said, why = (
            (texts.none_was_free, WhyGivenUp.NONE_FREE)
            if self._online
            else (texts.none_came, WhyGivenUp.NO_BUILDER)
        )
        reason = said(self._system, self._longest)
        return BuildResult(outcome=BuildOutcome.CANCELLED, reason=reason, given_up=why)

    async def _look(self) -> bool:
        online = await workflow.execute_activity_method(
            ClusterActivities.builders_online,
            BuildersQuestion(system=self._system),
            **policies.QUESTION,
            summary=f"is a builder for {self._system} online?",
        )
        self._online = online > 0
        return self._online

    def _tell(self, deadline: datetime) -> None:
        if self._told == self._online:
            return
        self._told = self._online
        if self._online:
            self._say(BuildStage.QUEUED, texts.free_builder(self._system))
        else:
            self._say(BuildStage.WAITING, texts.any_builder(self._system, deadline - workflow.now()))


async def _comes_true(condition: Callable[[], bool], within: timedelta) -> bool:
    try:
        await workflow.wait_condition(condition, timeout=within)
    except TimeoutError:
        return False
    return True
