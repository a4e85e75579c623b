"""``PullRequest``: the one owner of a pull request, as long as it is open (design, section 3).

Signals are recorded into an inbox; one loop acts on it and never waits for anything else. What takes time
is a child workflow or a task of its own, whose end comes into the same inbox.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from tickborg import cancellation, names
    from tickborg.events.pull_requests import PullRequestEvent
    from tickborg.github import (
        PullRequest,
        PullRequestState,
    )
    from tickborg.jobs import (
        BuildJob,
        BuildOutcome,
        BuildProgress,
        BuildRequest,
        BuildResult,
        BuildsWanted,
        EvaluationJob,
        EvaluationOutcome,
        EvaluationResult,
    )
    from tickborg.memory import BuildRecord, PullRequestMemory, PullRequestStart, build_key
    from tickborg.planning import title_matters
    from tickborg.texts import details
    from tickborg.views import BuildView, PullRequestView
    from workflows import attributes
    from workflows.build import Build
    from workflows.child import Child
    from workflows.evaluation import Evaluation
    from workflows.failures import failure_reason
    from workflows.replicas import newer_of
    from workflows.showing import Showing

FAIRNESS_KEY_LIMIT = 64
"""Bytes of a fairness key; https://docs.temporal.io/develop/task-queue-priority-fairness."""

_EVALUATED_ON = frozenset({"opened", "synchronize"})
_EVALUATED_AGAIN_ON = frozenset({"reopened", "ready_for_review"})


@dataclass(frozen=True)
class Described:
    """GitHub's own description, asked for because two webhooks disagree within one second."""

    pull: PullRequest


@dataclass(frozen=True)
class EvaluationEnded:
    """An evaluation has a result, or failed as a workflow."""

    n: str
    result: EvaluationResult | None
    error: str = ""


@dataclass(frozen=True)
class BuildEnded:
    """A build has a result."""

    n: str
    result: BuildResult
    failed: bool = False
    """True: the workflow itself failed, and the result says why."""


Item = PullRequestEvent | BuildsWanted | BuildProgress | Described | EvaluationEnded | BuildEnded


@workflow.defn(name=names.PULL_REQUEST_WORKFLOW)
class PullRequestOwner:
    """Decides what is evaluated, built, cancelled and shown for one pull request."""

    @workflow.init
    def __init__(self, start: PullRequestStart) -> None:
        self._memory = start.memory or PullRequestMemory(repo=start.repo, number=start.number)
        self._inbox: deque[Item] = deque()
        self._closed = False
        self._evaluation: Child[EvaluationResult] | None = None
        self._evaluate_next = False
        """The head is to be evaluated as soon as an older evaluation of the same sha has ended."""
        self._superseded: dict[str, str] = {}
        """Evaluations of older heads that have not ended yet: their numbers and shas."""
        self._builds: dict[str, Child[BuildResult]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._showing = Showing(self._memory)

    @workflow.run
    async def run(self, start: PullRequestStart) -> None:
        """Own the pull request until it is closed and everything it started has ended."""
        self._showing.show_operators()
        while True:
            await workflow.wait_condition(lambda: bool(self._inbox) or self._may_end or self._may_renew)
            while self._inbox:
                self._act(self._inbox.popleft())
            self._showing.show()
            # No await between the last look at an empty inbox and the return: a signal that came in
            # between would be lost with this run (measured; design, section 3).
            if self._may_end:
                return
            if self._may_renew:
                workflow.continue_as_new(start.model_copy(update={"memory": self._memory}))

    @workflow.signal(name=names.PULL_REQUEST_EVENT_SIGNAL)
    def pull_request_event(self, event: PullRequestEvent) -> None:
        """Hear from the webhook."""
        self._inbox.append(event)

    @workflow.signal(name=names.BUILDS_WANTED_SIGNAL)
    def builds_wanted(self, wanted: BuildsWanted) -> None:
        """Hear from an evaluation what is to be built."""
        self._inbox.append(wanted)

    @workflow.signal(name=names.BUILD_PROGRESS_SIGNAL)
    def build_progress(self, progress: BuildProgress) -> None:
        """Hear from a build that it has come further."""
        self._inbox.append(progress)

    @workflow.query(name=names.STATE_QUERY)
    def state(self) -> PullRequestView | None:
        """All that is known about the pull request; None before its first event."""
        return self._memory.view()

    @property
    def _busy(self) -> bool:
        return bool(self._tasks) or self._showing.busy

    @property
    def _may_end(self) -> bool:
        return self._closed and not self._busy and not self._inbox

    @property
    def _may_renew(self) -> bool:
        """Continue-as-new cancels children, so it waits until there are none."""
        return (
            workflow.info().is_continue_as_new_suggested()
            and not self._busy
            and not self._inbox
            and workflow.all_handlers_finished()
        )

    def _act(self, item: Item) -> None:
        match item:
            case PullRequestEvent():
                self._on_event(item)
            case BuildsWanted():
                self._on_builds_wanted(item)
            case BuildProgress():
                self._on_progress(item)
            case Described():
                self._on_described(item.pull)
            case EvaluationEnded():
                self._on_evaluation_ended(item)
            case BuildEnded():
                self._on_build_ended(item)

    # What GitHub says

    def _on_event(self, event: PullRequestEvent) -> None:
        if not self._memory.first_sight(event.delivery, workflow.now()):
            return
        known = self._memory.pull
        if known is None or event.pull.updated_at > known.updated_at:
            self._on_newer_event(event)
        elif event.pull.updated_at < known.updated_at:
            workflow.logger.info("delivery %s is older than what is known", event.delivery)
        elif (
            _same_change(event.pull, known) and (event.pull.state is PullRequestState.CLOSED) == self._closed
        ):
            self._on_newer_event(event)
        else:
            # GitHub counts whole seconds: of two events in one second only GitHub knows the newer.
            self._run(self._describe(event.pull, known))

    def _on_newer_event(self, event: PullRequestEvent) -> None:
        pull = event.pull
        if pull.state is PullRequestState.CLOSED:
            self._close(pull)
        elif event.action in _EVALUATED_ON:
            self._on_head(pull)
        elif event.action in _EVALUATED_AGAIN_ON or event.base_changed or self._title_matters(event):
            self._closed = False
            self._evaluate(pull)
        else:
            # The event of another head may have been overtaken by this one, and comes too late then.
            self._on_head(pull)

    def _on_described(self, pull: PullRequest) -> None:
        known = self._memory.pull
        if known is not None and pull.updated_at < known.updated_at:
            return
        if pull.state is PullRequestState.CLOSED:
            self._close(pull)
        elif self._closed:
            self._closed = False
            self._evaluate(pull)
        else:
            self._on_head(pull)

    def _on_head(self, pull: PullRequest) -> None:
        known = self._memory.pull
        self._closed = False
        if known is not None and _same_change(known, pull):
            self._memory.pull = pull
        else:
            self._evaluate(pull)

    def _title_matters(self, event: PullRequestEvent) -> bool:
        before = event.previous_title
        return before is not None and title_matters(before, event.pull.title)

    def _close(self, pull: PullRequest) -> None:
        self._closed = True
        self._evaluate_next = False
        known = self._memory.pull
        if known is not None and _same_change(known, pull):
            self._memory.pull = pull
        self._cancel_all(cancellation.CLOSED)

    def _cancel_all(self, reason: str) -> None:
        if self._evaluation is not None:
            self._evaluation.cancel(reason)
        self._cancel_builds(reason)

    def _cancel_builds(self, reason: str) -> None:
        for build in self._builds.values():
            build.cancel(reason)

    # Evaluations

    def _evaluate(self, pull: PullRequest) -> None:
        """Evaluate ``pull``; what runs for another head or another target branch is superseded."""
        known = self._memory.pull
        if known is not None and known.head_sha != pull.head_sha:
            self._cancel_all(cancellation.superseded_by(pull.head_sha))
            if self._evaluation is not None:
                self._superseded[self._evaluation.n] = known.head_sha
            self._evaluation = None
            self._evaluate_next = False
        elif known is not None and known.base_ref != pull.base_ref:
            self._cancel_builds(cancellation.BASE_CHANGED)
        self._memory.believe(pull)
        # Same sha, same contexts: an older evaluation of it ends first, and the running one says nothing.
        if self._evaluation is not None:
            self._evaluation.cancel(cancellation.EVALUATED_AGAIN)
            self._evaluate_next = True
        elif pull.head_sha in self._superseded.values():
            self._evaluate_next = True
        else:
            self._start_evaluation(pull)

    def _start_evaluation(self, pull: PullRequest) -> None:
        child = Child[EvaluationResult](self._next_n())
        self._evaluation = child
        self._run(self._run_evaluation(child, pull))

    async def _run_evaluation(self, child: Child[EvaluationResult], pull: PullRequest) -> None:
        memory = self._memory
        job = EvaluationJob(
            pull=pull, n=child.n, owner_id=workflow.info().workflow_id, pinned_base=memory.base_sha
        )
        starting = workflow.start_child_workflow(
            Evaluation.run,
            job,
            id=names.evaluation_id(memory.repo, memory.number, child.n),
            parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
            search_attributes=attributes.of_pull_request(
                memory.repo, memory.number, pull.author, pull.head_sha
            ),
            static_summary=details.evaluation_summary(pull),
        )
        try:
            self._inbox.append(EvaluationEnded(child.n, await child.run(starting)))
        except FailureError as error:
            self._inbox.append(EvaluationEnded(child.n, None, failure_reason(error)))

    def _on_evaluation_ended(self, ended: EvaluationEnded) -> None:
        current = self._evaluation is not None and self._evaluation.n == ended.n
        self._superseded.pop(ended.n, None)
        if current:
            self._evaluation = None
        pull = self._memory.pull
        if self._closed or pull is None:
            return
        if self._evaluate_next and self._may_start(pull):
            self._evaluate_next = False
            self._start_evaluation(pull)
        elif current and not self._evaluate_next:
            self._conclude(pull, ended)

    def _may_start(self, pull: PullRequest) -> bool:
        return self._evaluation is None and pull.head_sha not in self._superseded.values()

    def _conclude(self, pull: PullRequest, ended: EvaluationEnded) -> None:
        """Take in how the evaluation of the head came out."""
        if ended.result is None:
            self._memory.fail_evaluation(ended.error)
        elif ended.result.outcome is EvaluationOutcome.CLOSED:
            self._close(ended.result.pull)
        elif ended.result.pull.head_sha != pull.head_sha:
            self._evaluate(ended.result.pull)
        else:
            self._memory.end_evaluation(ended.result)

    # Builds

    def _on_builds_wanted(self, wanted: BuildsWanted) -> None:
        current = self._evaluation is not None and self._evaluation.n == wanted.n
        if not current or self._evaluate_next or self._closed:
            return
        if self._memory.base_sha not in {None, wanted.plan.merge.base_sha}:
            self._cancel_builds(cancellation.BASE_CHANGED)
        self._memory.plan(wanted)
        for job in wanted.plan.builds:
            self._want(job)

    def _want(self, job: BuildJob) -> None:
        """Build ``job`` unless the same thing runs or has been done."""
        known = self._memory.builds.get(build_key(job))
        if known is not None and known.joinable and not self._is_ending(known):
            return
        child = Child[BuildResult](self._next_n())
        view = BuildView(
            project=job.project.name,
            path=job.project.path,
            system=job.system,
            mode=job.mode,
            wanted_at=workflow.now(),
        )
        self._memory.builds[build_key(job)] = BuildRecord(n=child.n, job=job, view=view)
        self._builds[child.n] = child
        self._run(self._run_build(child, job))

    def _is_ending(self, record: BuildRecord) -> bool:
        """Whether it still runs and has been told to end, as after closing and reopening: nothing to join."""
        child = self._builds.get(record.n)
        return child is not None and child.reason is not None

    async def _run_build(self, child: Child[BuildResult], job: BuildJob) -> None:
        starting = workflow.start_child_workflow(
            Build.run,
            BuildRequest(
                job=job, n=child.n, owner_id=workflow.info().workflow_id, policy=self._memory.policy
            ),
            id=names.build_id(job, child.n),
            parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
            search_attributes=attributes.of_build(job),
            static_summary=details.build_summary(job),
            priority=Priority(fairness_key=job.author[:FAIRNESS_KEY_LIMIT] or None),
        )
        try:
            self._inbox.append(BuildEnded(child.n, await child.run(starting)))
        except FailureError as error:
            self._inbox.append(_without_result(child, error))

    def _on_progress(self, progress: BuildProgress) -> None:
        record = self._memory.record(progress.n)
        if record is not None:
            record.come_further(progress)

    def _on_build_ended(self, ended: BuildEnded) -> None:
        self._builds.pop(ended.n, None)
        record = self._memory.record(ended.n)
        if record is not None:
            record.end(ended.result)
            self._memory.internal_error |= ended.failed

    async def _describe(self, hint: PullRequest, known: PullRequest) -> None:
        try:
            self._inbox.append(Described(await newer_of(hint, known)))
        except ActivityError as error:
            workflow.logger.warning("not described: %s", failure_reason(error))

    def _next_n(self) -> str:
        self._memory.children += 1
        return f"{workflow.info().run_id[:4]}{self._memory.children}"

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _same_change(one: PullRequest, other: PullRequest) -> bool:
    """Whether both ask for the same head to be merged into the same branch."""
    return (one.head_sha, one.base_ref) == (other.head_sha, other.base_ref)


def _without_result(child: Child[BuildResult], error: FailureError) -> BuildEnded:
    """How a build ended that failed as a workflow, or was called off before its first step."""
    if is_cancelled_exception(error):
        reason = cancellation.Cancellation.read(child.reason).text
        return BuildEnded(child.n, BuildResult(outcome=BuildOutcome.CANCELLED, reason=reason))
    reason = failure_reason(error)
    result = BuildResult(outcome=BuildOutcome.UNEXPECTED_ERROR, reason=reason)
    return BuildEnded(child.n, result, failed=True)
