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
    from tickborg.jobs import EvaluationJob, EvaluationResult
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
        self._again = False
        """The head is to be evaluated as soon as an older evaluation of the same sha has ended."""
        self._superseded: dict[str, str] = {}
        """Evaluations of older heads that have not ended yet: their numbers and shas."""

    @property
    def running(self) -> bool:
        """Whether the head is being evaluated."""
        return self._current is not None or self._again

    @property
    def going_on(self) -> bool:
        """Whether an evaluation of the head is to come to an end that nobody has called off."""
        return self._again or (self._current is not None and self._current.reason is None)

    def speaks(self, n: str) -> bool:
        """Whether the evaluation ``n`` is the head's, and no other is to take its place."""
        return self._current is not None and self._current.n == n and not self._again

    def begin(self, pull: PullRequest) -> None:
        """Evaluate ``pull``, whose description the owner believes.

        Same sha, same contexts: an older evaluation of it ends first, and the running one says nothing.
        """
        if self._current is not None:
            self._current.cancel(cancellation.EVALUATED_AGAIN)
            self._again = True
        elif pull.head_sha in self._superseded.values():
            self._again = True
        else:
            self._start(pull)

    def supersede(self, old_sha: str, new_sha: str) -> None:
        """Let the evaluation of ``old_sha`` end by itself; the new head's does not wait for that."""
        self._again = False
        if self._current is not None:
            self._current.cancel(cancellation.superseded_by(new_sha))
            self._superseded[self._current.n] = old_sha
            self._current = None

    def cancel(self, reason: str) -> None:
        """End what runs, and start nothing in its place."""
        self._again = False
        if self._current is not None:
            self._current.cancel(reason)

    def end(self, ended: EvaluationEnded) -> bool:
        """Hear that an evaluation has ended; whether that is how the head's came out."""
        current = self._current is not None and self._current.n == ended.n
        self._superseded.pop(ended.n, None)
        if current:
            self._current = None
        pull = self._memory.pull
        if not self._again or pull is None:
            return current
        if self._current is None and pull.head_sha not in self._superseded.values():
            self._again = False
            self._start(pull)
        return False

    def _start(self, pull: PullRequest) -> None:
        self._current = Child[EvaluationResult](next_number(self._memory))
        self._run(self._attend(self._current, pull))

    async def _attend(self, child: Child[EvaluationResult], pull: PullRequest) -> None:
        memory = self._memory
        job = EvaluationJob(
            pull=pull,
            n=child.n,
            owner_id=workflow.info().workflow_id,
            pinned_base=None if memory.fresh_base else memory.base_sha,
            approved=memory.is_approved,
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
            self._tell(EvaluationEnded(child.n, await child.run(starting)))
        except FailureError as error:
            self._tell(EvaluationEnded(child.n, None, failure_reason(error)))
