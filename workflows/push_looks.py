"""Looks at what was pushed, although git's storage may lag behind the webhook (design, section 3)."""

from collections.abc import Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.repository import RepositoryActivities
    from tickborg.errors import FailureKind
    from tickborg.jobs import PushJob, PushReport
    from workflows import policies
    from workflows.failures import failure_kind


async def find_out(job: PushJob, may_come_yet: Callable[[], bool]) -> PushReport:
    """What a commit has, and a push changed; a commit that is not there is looked for again.

    Args:
        job: what is asked.
        may_come_yet: asked where the commit is not there: whether that is worth waiting for.

    Raises:
        ActivityError: it could not be found out.
    """
    for pause in policies.REPLICA_LAG_PAUSES:
        try:
            return await _find_out_once(job)
        except ActivityError as error:
            if failure_kind(error) is not FailureKind.HEAD_GONE or not may_come_yet():
                raise
        await workflow.sleep(pause)
    return await _find_out_once(job)


async def _find_out_once(job: PushJob) -> PushReport:
    return await workflow.execute_activity_method(
        RepositoryActivities.push, job, **policies.MERGE, summary=f"what {job.after[:7]} changes"
    )
