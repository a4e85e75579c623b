"""What became of a failed step, as a workflow asks it (design, section 9)."""

from datetime import timedelta

from temporalio import exceptions, workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, TimeoutType

with workflow.unsafe.imports_passed_through():
    from tickborg.errors import FailureKind
    from tickborg.setbacks import Setback
    from tickborg.texts import steps

_SHUTDOWN = "WorkerShutdown"
"""What the SDK calls an activity that was left off because its worker was told to end."""
_SILENCE = frozenset({TimeoutType.SCHEDULE_TO_START, TimeoutType.HEARTBEAT})

_SILENT_BUILD = frozenset({TimeoutType.HEARTBEAT, TimeoutType.START_TO_CLOSE})

_TIMED_OUT: dict[TimeoutType | None, str] = {
    TimeoutType.SCHEDULE_TO_START: steps.never_begun(),
    TimeoutType.HEARTBEAT: steps.stopped_answering(),
}
_KINDS = {kind.value: kind for kind in FailureKind}
_SETBACKS = {
    FailureKind.HANDED_OVER.value: Setback.HANDED_OVER,
    _SHUTDOWN: Setback.HANDED_OVER,
    FailureKind.TRANSIENT.value: Setback.AWAY,
    FailureKind.RATE_LIMITED.value: Setback.AWAY,
    FailureKind.PUT_OFF.value: Setback.AWAY,
}


def failure_kind(error: BaseException) -> FailureKind | None:
    """Which row of the failure table a failed activity or child workflow stands for.

    None: none of them, as with a time-out, a cancellation, or an error of another program.
    """
    root = _application_error(error)
    return _KINDS.get(root.type or "") if root is not None else None


def failure_reason(error: BaseException) -> str:
    """What happened, for a person: the message of the error behind ``error``, without Temporal's wrapping."""
    root = _application_error(error) or (error.__cause__ if error.__cause__ is not None else error)
    if isinstance(root, exceptions.TimeoutError):
        return _TIMED_OUT.get(root.type, steps.never_ended())
    return root.message if isinstance(root, FailureError) else str(root)


def setback(error: ActivityError) -> Setback | None:
    """What an attempt at a build met with that another one may not; None: there is no other to be made."""
    cause = error.cause
    if isinstance(cause, exceptions.TimeoutError):
        return Setback.DIED if cause.type in _SILENT_BUILD else None
    if isinstance(cause, ApplicationError) and not cause.non_retryable:
        return _SETBACKS.get(cause.type or "", Setback.DIED)
    return None


def pause_asked_for(error: ActivityError) -> timedelta | None:
    """How long the failure itself wants to be waited out; None: it does not say."""
    return error.cause.next_retry_delay if isinstance(error.cause, ApplicationError) else None


def was_silent(error: ActivityError) -> bool:
    """Whether nothing was heard of how it ended: it was given up."""
    return isinstance(error.cause, exceptions.TimeoutError)


def never_began(error: ActivityError) -> bool:
    """Whether no worker has taken it as long as it might wait for one."""
    cause = error.cause
    return isinstance(cause, exceptions.TimeoutError) and cause.type == TimeoutType.SCHEDULE_TO_START


def worker_ended(error: ActivityError) -> bool:
    """Whether the one worker that could do it is no more: it was told to end, killed, or gone before."""
    cause = error.cause
    if isinstance(cause, ApplicationError):
        return cause.type == _SHUTDOWN
    return isinstance(cause, exceptions.TimeoutError) and cause.type in _SILENCE


def _application_error(error: BaseException) -> ApplicationError | None:
    """The outermost ApplicationError: a child's own says more about it than what its activity failed of."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ApplicationError):
        cause = cause.__cause__
    return cause
