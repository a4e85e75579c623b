"""Logs whose builder will say no more: it died, or is cut off (design, section 10)."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.reporting import ReportingActivities
    from tickborg.messages import BuildLogEnd, BuildLogStatus
    from workflows import policies
    from workflows.failures import failure_reason


async def abandon(attempt_id: str) -> None:
    """Say that a log has ended because its builder is gone; the builder's own word counts for more."""
    end = BuildLogEnd(attempt_id=attempt_id, status=BuildLogStatus.LOST, ended_at=workflow.now())
    try:
        await workflow.execute_activity_method(ReportingActivities.abandon_log, end, **policies.COSMETIC)
    except ActivityError as error:
        workflow.logger.warning("log %s stays open: %s", attempt_id, failure_reason(error))
