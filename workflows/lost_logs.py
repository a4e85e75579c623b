"""Logs whose builder will say no more: it died, or is cut off (design, section 10).

Nothing may wait for the word about them, and it must be given however long neither a broker nor a disk takes
it. So a workflow of its own gives it, which those that started it may leave behind.
"""

from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.reporting import ReportingActivities
    from tickborg.jobs import BuildJob, BuildStarted
    from tickborg.messages import BuildLogEnd, BuildLogStart, BuildLogStatus
    from tickborg.names import LOST_LOG_WORKFLOW, lost_log_id
    from workflows import policies


@workflow.defn(name=LOST_LOG_WORKFLOW)
class LostLog:
    """Says that one log has ended because its builder is gone; the builder's own word counts for more."""

    @workflow.run
    async def run(self, end: BuildLogEnd) -> None:
        """Say it.

        Raises:
            ActivityError: nothing took it for a day; the collector will find that the log is silent.
        """
        await workflow.execute_activity_method(
            ReportingActivities.abandon_log, end, **policies.RESULT, summary="its builder is gone"
        )


async def abandon_build(job: BuildJob, started: BuildStarted) -> None:
    """Have it said of the log of a build, and what it is of: its builder may have had no time to say that."""
    attempt_id = UUID(started.attempt_id)
    await abandon(started.attempt_id, job.log_start(attempt_id, started.builder, started.started_at))


async def abandon(attempt_id: str, of: BuildLogStart | None = None) -> None:
    """Have it said that a log has ended; it will be, whatever becomes of the workflow that asks for it."""
    end = BuildLogEnd(attempt_id=attempt_id, status=BuildLogStatus.LOST, ended_at=workflow.now(), of=of)
    try:
        await workflow.start_child_workflow(
            LostLog.run,
            end,
            id=lost_log_id(end.attempt_id),
            parent_close_policy=ParentClosePolicy.ABANDON,
            static_summary="a log whose builder is gone",
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.info("log %s is being ended already", attempt_id)
