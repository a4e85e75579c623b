"""The builds of an owner: each a child workflow of its own, and a record in the owner's memory."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import FailureError, is_cancelled_exception
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from tickborg import build_waves, cancellation, names
    from tickborg.build_records import BuildRecord, OwnerMemory, build_key
    from tickborg.jobs import (
        BuildOutcome,
        BuildProgress,
        BuildRequest,
        BuildResult,
        BuildStage,
        PlannedBuild,
    )
    from tickborg.sources import Source
    from tickborg.starts import fairness_key_of
    from tickborg.systems import System
    from tickborg.texts import details, reasons
    from workflows import attributes
    from workflows.build import Build
    from workflows.child import Child
    from workflows.failures import failure_reason

ASKED_FOR, AUTOMATIC = 2, 3
"""Priorities: what a person asked for goes before what nobody did; 3 is the default of five."""

BuildHandle = ChildWorkflowHandle[Build, BuildResult]


@dataclass(frozen=True)
class BuildEnded:
    """A build has a result."""

    n: str
    result: BuildResult

    @property
    def failed(self) -> bool:
        """Whether it could not be done at all, which is the bot's fault: the result says why."""
        return self.result.outcome is BuildOutcome.UNEXPECTED_ERROR


class BuildChild(Child[BuildResult]):
    """A build that has been started."""

    def __init__(self, n: str, system: System) -> None:
        super().__init__(n)
        self.system = system


class OwnedBuilds:
    """Starts builds, joins what runs already, and passes on why they are cancelled.

    Of very many some run, and the others wait in the memory: Temporal lets a workflow have 2,000 children, a
    history may be but so long, and no child lives through a continue-as-new.

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
        self._children: dict[str, BuildChild] = {}
        self._starts = asyncio.Semaphore(build_waves.STARTS_AT_ONCE)
        self._holding = False

    def want(
        self,
        source: Source,
        builds: Collection[PlannedBuild],
        *,
        asked: bool = False,
        ends: int | None = None,
    ) -> None:
        """Build what is not built yet; if somebody ``asked`` for it, also what has been.

        Not again, though, what has been built since so many ``ends`` of builds, when it was asked for.
        """
        self._memory.take_source(source, builds)
        for build in builds:
            if ends is None or not self._memory.has_done_since(source.commit, build, ends):
                self._want(source, build, asked=asked)
        self._memory.forget_the_first()
        self.start_waiting()

    def again(self, records: Iterable[BuildRecord]) -> None:
        """Build once more what somebody asks for."""
        for record in list(records):
            source = self._memory.source_of(record.view.head_sha)
            if source is not None:
                self._want(source, record.planned, asked=True)
        self._memory.forget_the_first()
        self.start_waiting()

    def is_asked_for(self, record: BuildRecord) -> bool:
        """Whether a person asked for it, and it has neither ended nor been called off."""
        return record.asked and not record.done and not self._is_called_off(record)

    def is_cancelled(self, record: BuildRecord) -> bool:
        """Whether it has been told to end for good, and has not yet."""
        return self._is_called_off(record) and not _is_put_off(self._child_of(record))

    def come_further(self, progress: BuildProgress) -> None:
        """Hear from a build that it has come further."""
        record = self._memory.record(progress.n)
        if record is not None:
            record.come_further(progress)
        if progress.stage is BuildStage.WAITING:
            # Hazard: all else may have ended already, and with a long history this one is to be put off.
            self.start_waiting()

    def end(self, ended: BuildEnded) -> None:
        """Hear that a build has ended, and start what waited for that."""
        child = self._children.pop(ended.n, None)
        record = self._memory.record(ended.n)
        if record is not None and not record.done:
            if _is_put_off(child) and ended.result.outcome is BuildOutcome.CANCELLED:
                record.put_off(cancellation.PUT_OFF)
            else:
                self._memory.end(record, ended.result)
        if child is not None and child.reason is None and ended.result.found_no_builder:
            self._memory.give_up_waiting(child.system, ended.result, workflow.now())
        self.start_waiting()

    def start_waiting(self) -> None:
        """Start what waits, as far as nothing is in its way and there is room; first what people asked for.

        Once the history is long and there is not room for all, all is left to the next run.
        """
        free = []
        for record in self._memory.unstarted():
            if self._memory.in_the_way_of(record.view) is not None:
                record.wait(reasons.after_build())
            else:
                record.wait(cancellation.PUT_OFF if self._holding else reasons.others_first())
                free.append(record)
        chosen = [] if self._holding else self._fitting(free)
        if len(chosen) < len(free) and workflow.info().is_continue_as_new_suggested():
            self._put_off(BuildStage.WAITING)
            return
        for record in chosen:
            self._start(record)

    def hold(self) -> None:
        """Start nothing more in this run, and put off for the next what no builder has begun."""
        self._holding = True
        self._put_off(BuildStage.QUEUED, BuildStage.WAITING)

    def cancel_all(self, reason: str) -> None:
        """End everything, also what the owner has forgotten."""
        self.cancel(self._memory.builds.values(), reason)
        for child in self._children.values():
            child.cancel(reason)

    def cancel(self, records: Iterable[BuildRecord], reason: str) -> None:
        """End these builds; only the first reason to end one counts."""
        text = cancellation.Cancellation.read(reason).text
        for record in list(records):
            child = self._child_of(record)
            if record.waits or _is_put_off(child):
                self._memory.end(record, BuildResult(outcome=BuildOutcome.CANCELLED, reason=text))
            elif child is not None:
                child.cancel(reason)

    def _want(self, source: Source, build: PlannedBuild, *, asked: bool) -> None:
        memory, commit = self._memory, source.commit
        known = memory.covering(commit, build) or memory.builds.get(build_key(commit, build))
        if known is not None and self._joins(known, asked=asked):
            known.asked |= asked
        else:
            memory.add(source, build, workflow.now(), asked=asked)

    def _joins(self, known: BuildRecord, *, asked: bool) -> bool:
        """Whether wanting the same thing again gets the build that is ``known``.

        What still runs and has been told to end, as after closing and reopening, is nothing to join.
        """
        if self._is_called_off(known):
            return False
        return not known.done if asked else known.joinable

    def _is_called_off(self, record: BuildRecord) -> bool:
        child = self._child_of(record)
        return child is not None and child.reason is not None

    def _child_of(self, record: BuildRecord) -> BuildChild | None:
        return self._children.get(record.n or "")

    def _put_off(self, *stages: BuildStage) -> None:
        for record in self._memory.builds.values():
            child = self._child_of(record)
            if child is not None and record.view.stage in stages:
                child.cancel(cancellation.PUT_OFF)

    def _fitting(self, free: Iterable[BuildRecord]) -> list[BuildRecord]:
        running = [child.system for child in self._children.values() if child.reason is None]
        return build_waves.fitting(free, running, len(self._children) - len(running))

    def _start(self, record: BuildRecord) -> None:
        child = BuildChild(next_number(self._memory), record.view.system)
        record.begin(child.n)
        self._children[child.n] = child
        source = self._memory.sources[record.view.head_sha or ""]
        self._run(self._attend(child, self._begin(child.n, source, record.planned, asked=record.asked)))

    async def _attend(self, child: BuildChild, beginning: Awaitable[BuildHandle]) -> None:
        try:
            self._tell(BuildEnded(child.n, await child.run(beginning)))
        except FailureError as error:
            self._tell(_without_result(child, error))

    async def _begin(self, n: str, source: Source, build: PlannedBuild, *, asked: bool) -> BuildHandle:
        async with self._starts:
            job = source.job(build)
            return await workflow.start_child_workflow(
                Build.run,
                BuildRequest(job=job, n=n, owner_id=workflow.info().workflow_id, policy=self._memory.policy),
                id=names.build_id(job, n),
                parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
                search_attributes=attributes.of_build(job),
                static_summary=details.build_summary(job),
                priority=Priority(
                    priority_key=ASKED_FOR if asked else AUTOMATIC,
                    fairness_key=fairness_key_of(job.author),
                ),
            )


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
    return BuildEnded(child.n, result)
