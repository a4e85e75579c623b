"""Logs whose builder will say no more: it died, or is cut off (design, section 10)."""

from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.reporting import ReportingActivities
    from tickborg.jobs import BuildJob, BuildStarted
    from tickborg.messages import BuildLogEnd, BuildLogStart, BuildLogStatus
    from workflows import policies
    from workflows.failures import failure_reason


async def abandon_build(job: BuildJob, started: BuildStarted) -> None:
    """Say so of the log of a build, and what it is of: its builder may have had no time to say that."""
    attempt_id = UUID(started.attempt_id)
    await abandon(started.attempt_id, job.log_start(attempt_id, started.builder, started.started_at))


async def abandon(attempt_id: str, of: BuildLogStart | None = None) -> None:
    """Say that a log has ended because its builder is gone; the builder's own word counts for more."""
    end = BuildLogEnd(attempt_id=attempt_id, status=BuildLogStatus.LOST, ended_at=workflow.now(), of=of)
    try:
        await workflow.execute_activity_method(ReportingActivities.abandon_log, end, **policies.COSMETIC)
    except ActivityError as error:
        workflow.logger.warning("log %s stays open: %s", attempt_id, failure_reason(error))
