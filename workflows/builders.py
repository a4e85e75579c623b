"""Getting a job done by a builder: wait until one is online, then let it build (design, section 3)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, TimeoutType, is_cancelled_exception
from temporalio.exceptions import TimeoutError as TemporalTimeoutError

with workflow.unsafe.imports_passed_through():
    from activities.building import BuildActivities
    from activities.cluster import ClusterActivities
    from tickborg.cancellation import Cancellation
    from tickborg.errors import FailureKind
    from tickborg.jobs import BuildersQuestion, BuildJob, BuildOutcome, BuildResult
    from tickborg.policy import Policy
    from tickborg.systems import System
    from tickborg.texts import reasons
    from workflows import policies
    from workflows.failures import failure_kind, failure_reason


async def build(job: BuildJob, policy: Policy, say_waiting: Callable[[datetime], None]) -> BuildResult:
    """Have ``job`` done; ``say_waiting`` is told once if no builder is online, and until when it waits.

    Raises:
        ActivityError, CancelledError: see :func:`without_result` for what to make of them.
    """
    if not await _came_online(job.system, policy, say_waiting):
        return _no_builder(job, policy)
    return await workflow.execute_activity_method(
        BuildActivities.build,
        job,
        **policies.build(job, policy.builder_wait),
        summary=f"{job.mode} {job.project.name} on {job.system}",
    )


def without_result(error: BaseException, job: BuildJob, policy: Policy) -> BuildResult:
    """What a build came to that was cancelled, or whose activity failed for good."""
    if is_cancelled_exception(error) or workflow.cancellation_reason() is not None:
        reason = Cancellation.read(workflow.cancellation_reason()).text
        return BuildResult(outcome=BuildOutcome.CANCELLED, reason=reason)
    cause = error.cause if isinstance(error, ActivityError) else None
    if isinstance(cause, TemporalTimeoutError):
        return _timed_out(cause, job, policy)
    if failure_kind(error) is FailureKind.HEAD_GONE:
        return head_gone(BuildResult(outcome=BuildOutcome.CANCELLED))
    return BuildResult(outcome=BuildOutcome.UNEXPECTED_ERROR, reason=failure_reason(error))


def head_gone(result: BuildResult) -> BuildResult:
    """What becomes of ``result`` when its commit has been pushed over: nobody's fault or concern."""
    return result.model_copy(update={"outcome": BuildOutcome.CANCELLED, "reason": reasons.head_gone()})


def _timed_out(error: TemporalTimeoutError, job: BuildJob, policy: Policy) -> BuildResult:
    if error.type == TimeoutType.SCHEDULE_TO_START:
        reason = reasons.no_builder_free(job.system, policy.builder_wait)
        return BuildResult(outcome=BuildOutcome.CANCELLED, reason=reason)
    if error.type == TimeoutType.START_TO_CLOSE:
        reason = reasons.never_ended()
    else:
        reason = reasons.builders_lost(policies.BUILD_ATTEMPTS)
    return BuildResult(outcome=BuildOutcome.UNEXPECTED_ERROR, reason=reason)


def _no_builder(job: BuildJob, policy: Policy) -> BuildResult:
    reason = reasons.no_builder_came(job.system, policy.builder_wait)
    return BuildResult(outcome=BuildOutcome.CANCELLED, reason=reason)


async def _came_online(system: System, policy: Policy, say_waiting: Callable[[datetime], None]) -> bool:
    if await _is_online(system):
        return True
    deadline = workflow.now() + policy.builder_wait
    say_waiting(deadline)
    pause = policies.BUILDER_POLL_FIRST
    while (left := deadline - workflow.now()) > timedelta():
        await workflow.sleep(min(pause, left))
        if await _is_online(system):
            return True
        pause = min(2 * pause, policies.BUILDER_POLL_LONGEST)
    return False


async def _is_online(system: System) -> bool:
    online = await workflow.execute_activity_method(
        ClusterActivities.builders_online,
        BuildersQuestion(system=system),
        **policies.QUESTION,
        summary=f"is a builder for {system} online?",
    )
    return online > 0
