"""Builds that somebody asked a pull request's owner for: planned as soon as the merge is known."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.repository import RepositoryActivities
    from tickborg.jobs import Merge, ProjectsJob
    from tickborg.memory import PullRequestMemory
    from tickborg.order_planning import jobs_of_order
    from tickborg.planning import Source
    from tickborg.projects import ProjectSet
    from tickborg.requests import BuildOrder
    from tickborg.texts import notices
    from workflows import policies
    from workflows.failures import failure_reason
    from workflows.owned_builds import OwnedBuilds


@dataclass(frozen=True)
class Planned:
    """The projects that an order is about have been read."""

    order: BuildOrder
    merge: Merge
    projects: ProjectSet


class BuildOrders:
    """Carries out build orders on the merge that the evaluation of the head has found.

    Args:
        memory: the owner's.
        builds: what starts them.
        run: runs a coroutine beside the owner's loop.
        tell: puts what was read into the owner's inbox.
    """

    def __init__(
        self,
        memory: PullRequestMemory,
        builds: OwnedBuilds,
        run: Callable[[Coroutine[Any, Any, None]], None],
        tell: Callable[[Planned], None],
    ) -> None:
        self._memory = memory
        self._builds = builds
        self._run = run
        self._tell = tell

    def take(self, order: BuildOrder) -> None:
        """Carry out ``order`` now, or when the evaluation under way has found the merge."""
        if self._memory.merge is None:
            self._memory.orders = (*self._memory.orders, order)
        else:
            self._run(self._read_projects(order, self._memory.merge))

    def resume(self) -> None:
        """Carry out what waited for the merge, if that is known now."""
        waiting, self._memory.orders = self._memory.orders, ()
        for order in waiting:
            self.take(order)

    def carry_out(self, planned: Planned) -> None:
        """Start the builds of an order, or plan again if the head or its base is another one by now."""
        pull = self._memory.pull
        if pull is None or planned.merge.head_sha != pull.head_sha:
            # What was asked for on one head is not done on another, which nobody may have looked at.
            self._memory.notice(notices.dropped(planned.order.projects))
            return
        if planned.merge != self._memory.merge:
            self.take(planned.order)
            return
        if self._memory.awaits_approval and not self._memory.is_approved:
            self._memory.notice(notices.awaits_approval(planned.order.projects))
            return
        source = Source.of_pull(pull, planned.merge, planned.projects)
        changed = self._memory.changed_projects
        for job in jobs_of_order(planned.order, source, changed, self._memory.policy):
            self._builds.want(job, asked=True)

    async def _read_projects(self, order: BuildOrder, merge: Merge) -> None:
        pull = self._memory.pull
        if pull is None:
            return
        try:
            report = await workflow.execute_activity_method(
                RepositoryActivities.projects,
                ProjectsJob(repo=pull.repo, base_ref=pull.base_ref, base_sha=merge.base_sha),
                **policies.MERGE,
                summary=f"projects of {pull.base_ref}",
            )
        except ActivityError as error:
            self._memory.notice(notices.order_failed(order.projects, failure_reason(error)))
            return
        self._tell(Planned(order, merge, report.projects))
