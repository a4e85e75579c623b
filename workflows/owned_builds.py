"""The builds of an owner: each a child workflow of its own, and a record in the owner's memory."""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import FailureError, is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from tickborg import cancellation, names
    from tickborg.build_records import BuildRecord, OwnerMemory, build_key
    from tickborg.jobs import (
        BuildJob,
        BuildOutcome,
        BuildProgress,
        BuildRequest,
        BuildResult,
    )
    from tickborg.starts import fairness_key_of
    from tickborg.texts import details, reasons
    from tickborg.views import BuildView
    from workflows import attributes
    from workflows.build import Build
    from workflows.child import Child
    from workflows.failures import failure_reason

ASKED_FOR, AUTOMATIC = 2, 3
"""Priorities: what a person asked for goes before what nobody did; 3 is the default of five."""


@dataclass(frozen=True)
class BuildEnded:
    """A build has a result."""

    n: str
    result: BuildResult
    failed: bool = False
    """True: the workflow itself failed, and the result says why."""


class OwnedBuilds:
    """Starts builds, joins what runs already, and passes on why they are cancelled.

    Args:
        memory: the owner's; every build has a record in it, until the owner forgets that.
        run: runs a coroutine beside the owner's loop.
        tell: puts the end of a build into the owner's inbox.
    """

    def __init__(
        self,
        memory: OwnerMemory,
        run: Callable[[Coroutine[Any, Any, None]], None],
        tell: Callable[[BuildEnded], None],
    ) -> None:
        self._memory = memory
        self._run = run
        self._tell = tell
        self._children: dict[str, Child[BuildResult]] = {}
        self._holding = False

    def want(self, job: BuildJob, *, asked: bool = False) -> None:
        """Build ``job`` unless the same runs; if nobody ``asked`` for it, unless it has been done, too."""
        known = self._memory.covering(job) or self._memory.builds.get(build_key(job))
        if known is not None and self._joins(known, asked=asked):
            known.asked |= asked
            return
        if self._memory.in_the_way_of(job) is not None:
            self._remember(job, None, asked=asked, reason=reasons.after_build())
        elif self._holding:
            self._remember(job, None, asked=asked, reason=cancellation.PUT_OFF)
        else:
            self._start(job, asked=asked)

    def is_asked_for(self, record: BuildRecord) -> bool:
        """Whether a person asked for it, and it has neither ended nor been called off."""
        return record.asked and not record.done and not self._is_called_off(record)

    def come_further(self, progress: BuildProgress) -> None:
        """Hear from a build that it has come further."""
        record = self._memory.record(progress.n)
        if record is not None:
            record.come_further(progress)

    def end(self, ended: BuildEnded) -> None:
        """Hear that a build has ended, and start what waited for that."""
        child = self._children.pop(ended.n, None)
        record = self._memory.record(ended.n)
        if record is not None and not record.done:
            if _is_put_off(child) and ended.result.outcome is BuildOutcome.CANCELLED:
                self._remember(record.job, None, asked=record.asked, reason=cancellation.PUT_OFF)
            else:
                record.end(ended.result)
        self.start_waiting()

    def start_waiting(self) -> None:
        """Start what waits and has nothing in its way, also what an owner's last run has put off."""
        for record in list(self._memory.builds.values()):
            if record.waits and not self._holding and self._memory.in_the_way_of(record.job) is None:
                self._start(record.job, asked=record.asked)

    def hold(self) -> None:
        """Start nothing more in this run, and put off for the next what no builder has begun."""
        self._holding = True
        for record in self._memory.builds.values():
            if record.n in self._children and not record.started:
                self._children[record.n].cancel(cancellation.PUT_OFF)

    def cancel_all(self, reason: str) -> None:
        """End everything, also what the owner has forgotten."""
        self.cancel(self._memory.builds.values(), reason)
        for child in self._children.values():
            child.cancel(reason)

    def cancel(self, records: Iterable[BuildRecord], reason: str) -> None:
        """End these builds; only the first reason to end one counts."""
        text = cancellation.Cancellation.read(reason).text
        for record in list(records):
            child = self._children.get(record.n or "")
            if record.waits or _is_put_off(child):
                record.end(BuildResult(outcome=BuildOutcome.CANCELLED, reason=text))
            elif child is not None:
                child.cancel(reason)

    def _joins(self, known: BuildRecord, *, asked: bool) -> bool:
        """Whether wanting the same thing again gets the build that is ``known``.

        What still runs and has been told to end, as after closing and reopening, is nothing to join.
        """
        if self._is_called_off(known):
            return False
        return not known.done if asked else known.joinable

    def _is_called_off(self, record: BuildRecord) -> bool:
        child = self._children.get(record.n or "")
        return child is not None and child.reason is not None

    def _start(self, job: BuildJob, *, asked: bool) -> None:
        child = Child[BuildResult](next_number(self._memory))
        self._remember(job, child.n, asked=asked)
        self._children[child.n] = child
        self._run(self._attend(child, job, asked=asked))

    def _remember(self, job: BuildJob, n: str | None, *, asked: bool, reason: str = "") -> None:
        view = BuildView(
            project=job.project.name,
            path=job.project.path,
            system=job.system,
            mode=job.mode,
            head_sha=job.merge.head_sha,
            reason=reason,
            wanted_at=workflow.now(),
        )
        self._memory.builds[build_key(job)] = BuildRecord(n=n, job=job, view=view, asked=asked)

    async def _attend(self, child: Child[BuildResult], job: BuildJob, *, asked: bool) -> None:
        starting = workflow.start_child_workflow(
            Build.run,
            BuildRequest(
                job=job, n=child.n, owner_id=workflow.info().workflow_id, policy=self._memory.policy
            ),
            id=names.build_id(job, child.n),
            parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
            search_attributes=attributes.of_build(job),
            static_summary=details.build_summary(job),
            priority=Priority(
                priority_key=ASKED_FOR if asked else AUTOMATIC,
                fairness_key=fairness_key_of(job.author),
            ),
        )
        try:
            self._tell(BuildEnded(child.n, await child.run(starting)))
        except FailureError as error:
            self._tell(_without_result(child, error))


def next_number(memory: OwnerMemory) -> str:
    """The number of an owner's next child: no child of any of its runs has the same."""
    memory.children += 1
    return f"{workflow.info().run_id[:4]}{memory.children}"


def _is_put_off(child: Child[BuildResult] | None) -> bool:
    """Whether it ends only to be started again by the owner's next run."""
    return child is not None and child.reason == cancellation.PUT_OFF


def _without_result(child: Child[BuildResult], error: FailureError) -> BuildEnded:
    """How a build ended that failed as a workflow, or was called off before its first step."""
    if is_cancelled_exception(error):
        reason = cancellation.Cancellation.read(child.reason).text
        return BuildEnded(child.n, BuildResult(outcome=BuildOutcome.CANCELLED, reason=reason))
    reason = failure_reason(error)
    result = BuildResult(outcome=BuildOutcome.UNEXPECTED_ERROR, reason=reason)
    return BuildEnded(child.n, result, failed=True)
