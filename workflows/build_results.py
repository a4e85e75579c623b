"""What a build comes to whose builder gave no result (design, section 9)."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, TimeoutType, is_cancelled_exception
from temporalio.exceptions import TimeoutError as TemporalTimeoutError

with workflow.unsafe.imports_passed_through():
    from tickborg.cancellation import Cancellation
    from tickborg.errors import FailureKind
    from tickborg.jobs import BuildJob, BuildOutcome, BuildResult
    from tickborg.messages import Event, EventName
    from tickborg.policy import Policy
    from tickborg.setbacks import Setback, WhyGivenUp
    from tickborg.texts import attempts as texts
    from tickborg.texts import reasons
    from workflows import policies, questions
    from workflows.failures import failure_kind, failure_reason, never_began


def without_result(error: BaseException, job: BuildJob, policy: Policy) -> BuildResult:
    """What a build came to that was cancelled, or whose activity failed for good."""
    if is_cancelled_exception(error) or workflow.cancellation_reason() is not None:
        reason = Cancellation.read(workflow.cancellation_reason()).text
        return BuildResult(outcome=BuildOutcome.CANCELLED, reason=reason)
    if isinstance(error, ActivityError) and never_began(error):
        reason = texts.none_was_free(job.system, policy.builder_wait)
        return BuildResult(outcome=BuildOutcome.CANCELLED, reason=reason, given_up=WhyGivenUp.NONE_FREE)
    if failure_kind(error) is FailureKind.HEAD_GONE:
        return head_gone(BuildResult(outcome=BuildOutcome.CANCELLED))
    return _at_fault(_reason(error), WhyGivenUp.REFUSED)


def head_gone(result: BuildResult) -> BuildResult:
    """What becomes of ``result`` when its commit has been pushed over: nobody's fault or concern."""
    gone = {"outcome": BuildOutcome.CANCELLED, "reason": reasons.head_gone(), "given_up": None}
    return result.model_copy(update=gone)


def given_up(setback: Setback, error: ActivityError) -> BuildResult:
    """What a build came to whose attempts have met with this once too often."""
    patience = policies.PATIENCE[setback]
    reason = texts.given_up(setback, patience.most, patience.within, _reason(error))
    return _at_fault(reason, WhyGivenUp.after(setback))


async def count_given_up(job: BuildJob, result: BuildResult) -> None:
    """Have a build counted that was given up: builders count all others, as they end them."""
    if result.given_up is None:
        return
    await questions.count(
        Event(
            name=EventName.BUILD_COMPLETED,
            repo=str(job.repo),
            project=job.project.name,
            system=job.system,
            outcome=result.outcome,
            reason=result.given_up,
        )
    )


def _at_fault(reason: str, why: WhyGivenUp) -> BuildResult:
    return BuildResult(outcome=BuildOutcome.UNEXPECTED_ERROR, reason=reason, given_up=why)


def _reason(error: BaseException) -> str:
    cause = error.cause if isinstance(error, ActivityError) else None
    if not isinstance(cause, TemporalTimeoutError):
        return failure_reason(error)
    if cause.type == TimeoutType.START_TO_CLOSE:
        return texts.never_ended()
    return texts.stopped_answering()
