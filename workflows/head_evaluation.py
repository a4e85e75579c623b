"""The evaluation of a pull request's head: one at a time, and of the same sha never two at once."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from tickborg import cancellation, names
    from tickborg.github import PullRequest
    from tickborg.jobs import EvaluationJob, EvaluationOutcome, EvaluationResult
    from tickborg.memory import PullRequestMemory
    from tickborg.texts import details
    from workflows import attributes
    from workflows.child import Child
    from workflows.evaluation import Evaluation
    from workflows.failures import failure_reason
    from workflows.owned_builds import next_number


@dataclass(frozen=True)
class EvaluationEnded:
    """An evaluation has a result, or failed as a workflow."""

    n: str
    result: EvaluationResult | None
    error: str = ""


@dataclass(frozen=True)
class _Older:
    """The evaluation of an older head, which has not ended yet."""

    pull: PullRequest
    owed: str
    """Why it ended, if it was told to say nothing for another that never came; or else nothing."""


class HeadEvaluation:
    """Starts evaluations, each a child workflow, and knows which one speaks for the head.

    Args:
        memory: the owner's.
        run: runs a coroutine beside the owner's loop.
        tell: puts the end of an evaluation into the owner's inbox.
    """

    def __init__(
        self,
        memory: PullRequestMemory,
        run: Callable[[Coroutine[Any, Any, None]], None],
        tell: Callable[[EvaluationEnded], None],
    ) -> None:
        self._memory = memory
        self._run = run
        self._tell = tell
        self._current: Child[EvaluationResult] | None = None
        self._says_why_only = False
        """The current one evaluates nothing, and only says why."""
        self._heard = False
        """Whether what the current one wants is being built."""
        self._next_run_begins = False
        """What is to be evaluated again is left to the owner's next run."""
        self._superseded: dict[str, _Older] = {}
        """Evaluations of older heads, by their numbers."""

    @property
    def going_on(self) -> bool:
        """Whether an evaluation of the head is to come to an end that nobody has called off."""
        if self._memory.again:
            return self._memory.not_again is None
        return self._current is not None and self._current.reason is None and not self._says_why_only

    @property
    def has_yet_to_plan(self) -> bool:
        """Whether it is still to find out what is built of the head."""
        return self.going_on and (self._memory.again or not self._heard)

    def hears(self, n: str) -> bool:
        """Whether what ``n`` wants is to be built: it is the head's evaluation, and nobody called it off."""
        heard = (
            self._current is not None and self._current.n == n and not self._memory.again and self.going_on
        )
        self._heard |= heard
        return heard

    def go_on(self) -> None:
        """Begin what the owner's last run has left to this one."""
        if self._memory.again and self._memory.pull is not None:
            self._begin_again(self._memory.pull, follows=self._memory.not_again is not None)

    def begin(self, pull: PullRequest, *, renewing: bool = False) -> None:
        """Evaluate ``pull``, whose description the owner believes.

        Same sha, same contexts: an older evaluation of it ends first, and the running one says nothing.

        Args:
            pull: what to evaluate.
            renewing: leave it to the owner's next run, which comes as soon as what runs has ended.
        """
        self._memory.not_again, self._next_run_begins = None, renewing
        if self._current is not None:
            self._current.cancel(cancellation.EVALUATED_AGAIN)
            self._memory.again = True
        elif renewing or self._waits_for_older(pull):
            self._memory.again = True
        else:
            self._memory.again = False
            self._start(pull)

    def supersede(self, old: PullRequest, new_sha: str) -> None:
        """Let the evaluation of ``old`` end by itself; the new head's does not wait for that."""
        self._memory.again, self._memory.not_again = False, None
        if self._current is not None:
            reason = cancellation.superseded_by(new_sha)
            self._current.cancel(reason)
            silent = self._current.reason == cancellation.EVALUATED_AGAIN
            self._superseded[self._current.n] = _Older(old, reason if silent else "")
            self._current = None

    def cancel(self, reason: str) -> None:
        """End what runs, and evaluate nothing in its place."""
        if self._memory.again:
            self._memory.not_again = self._memory.not_again or reason
        elif self._current is not None:
            self._current.cancel(reason)

    def end(self, ended: EvaluationEnded) -> EvaluationEnded | None:
        """Hear that an evaluation has ended; how the head's came out, if that was the one."""
        older, pull = self._superseded.pop(ended.n, None), self._memory.pull
        pending_checks = ended.result.pending_checks if ended.result else ()
        if older is not None and older.owed and not (self._memory.again and _of_head(older, pull)):
            self._take_back(older, pending_checks)
        elif pending_checks:
            self._memory.pending_checks = pending_checks
        current = self._current if self._current is not None and self._current.n == ended.n else None
        if current is not None:
            self._current = None
        if self._memory.again and pull is not None:
            if self._current is None and not (self._next_run_begins or self._waits_for_older(pull)):
                self._begin_again(pull, follows=True)
            return None
        if current is None:
            return None
        return ended if self._heard else _as_called_off(ended, current.reason)

    def _begin_again(self, pull: PullRequest, *, follows: bool) -> None:
        called_off = self._memory.not_again or ""
        self._memory.again, self._memory.not_again = False, None
        self._start(pull, called_off=called_off, follows=follows)

    def _waits_for_older(self, pull: PullRequest) -> bool:
        """Whether an evaluation of the same sha has not ended that was begun before another head came."""
        return any(_of_head(older, pull) for older in self._superseded.values())

    def _start(self, pull: PullRequest, *, called_off: str = "", follows: bool = False) -> None:
        self._heard, self._says_why_only = False, bool(called_off)
        self._current = Child[EvaluationResult](next_number(self._memory))
        job = self._job(self._current.n, pull, called_off, follows=follows)
        self._run(self._attend(self._current, job))
        self._memory.pending_checks = ()

    def _take_back(self, older: _Older, pending_checks: tuple[str, ...]) -> None:
        """Have it said of an older head why its evaluation ended."""
        child = Child[EvaluationResult](next_number(self._memory))
        self._superseded[child.n] = _Older(older.pull, "")
        job = self._job(child.n, older.pull, older.owed, follows=True)
        job = job.model_copy(update={"pending_checks": pending_checks})
        self._run(self._attend(child, job))

    def _job(self, n: str, pull: PullRequest, called_off: str, *, follows: bool) -> EvaluationJob:
        return EvaluationJob(
            pull=pull,
            n=n,
            owner_id=workflow.info().workflow_id,
            pinned_base=None if self._memory.fresh_base else self._memory.base_sha,
            approved=self._memory.is_approved,
            called_off=called_off,
            follows=follows,
            pending_checks=self._memory.pending_checks,
        )

    async def _attend(self, child: Child[EvaluationResult], job: EvaluationJob) -> None:
        pull = job.pull
        starting = workflow.start_child_workflow(
            Evaluation.run,
            job,
            id=names.evaluation_id(pull.repo, pull.number, child.n),
            parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
            search_attributes=attributes.of_pull_request(pull.repo, pull.number, pull.author, pull.head_sha),
            static_summary=details.evaluation_summary(pull),
        )
        try:
            self._tell(EvaluationEnded(child.n, await child.run(starting)))
        except FailureError as error:
            self._tell(EvaluationEnded(child.n, None, failure_reason(error)))


def _of_head(older: _Older, pull: PullRequest | None) -> bool:
    """Whether it is of what is the head again."""
    return pull is not None and older.pull.head_sha == pull.head_sha


def _as_called_off(ended: EvaluationEnded, reason: str | None) -> EvaluationEnded:
    """How an evaluation came out for its owner that was called off when it had found out what to build."""
    result = ended.result
    if reason is None or result is None or result.outcome is not EvaluationOutcome.EVALUATED:
        return ended
    text = cancellation.Cancellation.read(reason).text
    called_off = result.model_copy(update={"outcome": EvaluationOutcome.SUPERSEDED, "reason": text})
    return EvaluationEnded(ended.n, called_off)
