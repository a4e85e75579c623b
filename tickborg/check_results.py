"""What is remembered and shown of evaluation checks (design, section 7)."""

from collections.abc import Iterable

from tickborg.jobs import BuildJob, BuildOutcome, BuildResult, CheckResult
from tickborg.texts.shortening import REASON_LIMIT, shorten

REPRODUCTIONS_LIMIT = 20
"""Checks that did not pass whose commands are remembered: all about them is part of one payload."""

COMMANDS_LIMIT = 4_000
"""Characters of a check's commands; those of a longer one are in its log."""


def pending(job: BuildJob) -> CheckResult:
    """A check that is still to end."""
    return CheckResult(name=job.project.name)


def ended(job: BuildJob, result: BuildResult) -> CheckResult:
    """A check that has come to ``result``."""
    check = CheckResult(
        name=job.project.name,
        outcome=result.outcome,
        reason=shorten(result.reason, REASON_LIMIT),
        attempt_id=result.attempt_id,
        builder=result.builder,
        duration=result.duration,
    )
    if result.outcome is BuildOutcome.SUCCESS or sum(map(len, result.commands)) > COMMANDS_LIMIT:
        return check
    failed = result.failed_command and shorten(result.failed_command, REASON_LIMIT)
    return check.model_copy(update={"reproduce": result.commands, "failed_command": failed})


def to_come(checks: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """``checks`` that are about to run once more."""
    return tuple(CheckResult(name=check.name) for check in checks)


def stopped(checks: Iterable[CheckResult], why: str) -> tuple[CheckResult, ...]:
    """``checks``, of which those are cancelled that have not ended."""
    ending = {"outcome": BuildOutcome.CANCELLED, "reason": shorten(why, REASON_LIMIT)}
    return tuple(check.model_copy(update=ending) if check.outcome is None else check for check in checks)


def bounded(checks: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """``checks``, of which only the first that did not pass have their commands."""
    kept: list[CheckResult] = []
    room = REPRODUCTIONS_LIMIT
    for check in checks:
        kept.append(check if room > 0 else check.model_copy(update={"reproduce": ()}))
        room -= bool(check.reproduce)
    return tuple(kept)
