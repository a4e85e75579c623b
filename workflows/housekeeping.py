"""``Housekeeping``: has every host tidy its own disk; a Temporal Schedule starts it (design, section 3).

What lies on a disk can be removed only there, so each process that has mirrors or workspaces polls a task
queue of its own, and is found by its heartbeats. The log store is tidied by the process that writes it
(:mod:`messaging.log_retention`), which talks to no Temporal.
"""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.cluster import ClusterActivities
    from activities.housekeeping import HousekeepingActivities
    from tickborg.errors import FailureKind
    from tickborg.housekeeping import HostTidied, HousekeepingReport
    from tickborg.messages import Event, EventName
    from tickborg.names import HOUSEKEEPING_WORKFLOW
    from tickborg.texts import housekeeping as texts
    from workflows import policies, questions
    from workflows.failures import failure_reason, worker_ended


@workflow.defn(name=HOUSEKEEPING_WORKFLOW)
class Housekeeping:
    """Has every host tidied, and says what needs a person."""

    @workflow.run
    async def run(self) -> HousekeepingReport:
        """Tidy all hosts at once; one that fails holds up no other.

        Raises:
            ApplicationError: something could not be tidied, and a person should see to it.
        """
        queues = await workflow.execute_activity_method(
            ClusterActivities.housekeeping_queues, **policies.QUESTION, summary="who has a disk to tidy?"
        )
        hosts = await asyncio.gather(*(self._tidy(queue) for queue in queues))
        report = HousekeepingReport(hosts=tuple(hosts))
        workflow.set_current_details(texts.table(report))
        if report.troubles:
            await questions.count(Event(name=EventName.HOUSEKEEPING_FAILED))
            reason = texts.troubles(report)
            raise ApplicationError(reason, type=FailureKind.INFRASTRUCTURE, non_retryable=True)
        return report

    async def _tidy(self, queue: str) -> HostTidied:
        try:
            return await workflow.execute_activity_method(
                HousekeepingActivities.tidy, **policies.tidy(queue), summary=queue
            )
        except ActivityError as error:
            if worker_ended(error):
                return HostTidied(host=queue, silent=True)
            return HostTidied(host=queue, troubles=(failure_reason(error),))
