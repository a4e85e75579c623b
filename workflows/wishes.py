"""What people ask the owner of a pull request for, and what that means for its evaluations and builds."""

from collections.abc import Callable
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tickborg import cancellation
    from tickborg.github import PullRequest
    from tickborg.jobs import BuildMode
    from tickborg.memory import PullRequestMemory
    from tickborg.requests import (
        BuildOrder,
        ButtonOrder,
        CancelOrder,
        EvaluateOrder,
        NoticeOrder,
        Order,
        Request,
        RetryOrder,
    )
    from tickborg.texts import notices
    from workflows.build_orders import BuildOrders
    from workflows.head_evaluation import HeadEvaluation
    from workflows.late_answers import LateAnswers
    from workflows.owned_builds import OwnedBuilds


class Wishes:
    """Carries out orders; whoever gave them may have what they ask for, which has been found out before.

    Args:
        memory: the owner's.
        evaluation: the one of the head.
        builds: those of the owner.
        orders: those for builds, which may have to wait.
        answers: for whoever asked for what comes to nothing.
        evaluate: begins an evaluation, and supersedes what it takes the place of.
    """

    def __init__(  # noqa: PLR0913 - all that a wish may be about
        self,
        memory: PullRequestMemory,
        *,
        evaluation: HeadEvaluation,
        builds: OwnedBuilds,
        orders: BuildOrders,
        answers: LateAnswers,
        evaluate: Callable[[PullRequest], None],
    ) -> None:
        self._memory = memory
        self._evaluation = evaluation
        self._builds = builds
        self._orders = orders
        self._answers = answers
        self._evaluate = evaluate

    def carry_out(self, order: Order, pull: PullRequest, request: Request) -> None:
        """Carry out an order about the head of ``pull``."""
        match order:
            case EvaluateOrder(fresh=True):
                self._evaluate_anew(pull, rebuild=order.rebuild)
            case EvaluateOrder():
                self._evaluate_unless_under_way(pull)
            case BuildOrder():
                order = order.model_copy(update={"asker": request.asker})
                self._build(order, pull, request.written_at)
            case RetryOrder():
                self._retry(order, pull)
            case CancelOrder():
                if self._memory.was_pushed_after(request.written_at):
                    self._answers.say(request.asker, notices.older_cancel(pull.head_sha))
                else:
                    self._cancel(order, cancellation.cancelled_by(request.by))
            case ButtonOrder():
                self._press(order, pull, cancellation.cancelled_by(request.by))
            case NoticeOrder():
                self._memory.notice(order.text)

    def _evaluate_anew(self, pull: PullRequest, *, rebuild: bool = False) -> None:
        """Evaluate with the target branch as it is now."""
        self._memory.fresh_base = True
        self._memory.rebuild |= rebuild
        self._evaluate(pull)

    def _evaluate_unless_under_way(self, pull: PullRequest) -> None:
        """Evaluate for somebody who may end nothing: on the pinned base, on which builds may be running."""
        if not self._evaluation.going_on:
            self._evaluate(pull)

    def _build(self, order: BuildOrder, pull: PullRequest, written_at: datetime | None = None) -> None:
        if order.approves and written_at is not None:
            self._memory.approve(written_at)
        let_in = self._memory.awaits_approval and self._memory.is_approved
        if let_in or not (self._memory.ready or self._evaluation.going_on):
            self._evaluate(pull)
        self._orders.take(order)

    def _retry(self, order: RetryOrder, pull: PullRequest) -> None:
        view = self._memory.view()
        if view is not None and view.evaluation_failed:
            self._evaluate_unless_under_way(pull)
        known = self._memory.builds.values()
        failed = [each for each in known if each.view.worth_a_retry and each.view.system in order.systems]
        self._builds.again(failed)

    def _cancel(self, order: CancelOrder, reason: str) -> None:
        if order.projects:
            named = set(order.projects)
            records = [r for r in self._memory.builds.values() if r.view.project in named]
            self._builds.cancel(records, reason)
            self._memory.forget_orders(named)
            if self._evaluation.running:
                self._memory.called_off = (*self._memory.called_off, *order.projects)
            self._orders.go_on()
            return
        self._memory.orders = ()
        self._memory.rebuild = False
        self._evaluation.cancel(reason)
        self._builds.cancel_all(reason)

    def _press(self, order: ButtonOrder, pull: PullRequest, reason: str) -> None:
        build = order.build
        if order.head_sha != pull.head_sha:
            self._memory.notice(notices.old_head(build.project, build.system, order.head_sha))
            return
        record = self._memory.record_of(build)
        if order.button == "cancel":
            if record is None or record.done:
                self._memory.notice(notices.cancels_nothing(build.project, build.system))
            else:
                self._builds.cancel([record], reason)
        elif order.button == "rerun" and record is not None:
            self._builds.again([record])
        else:
            mode = BuildMode.TEST if order.button == "test" else build.mode
            self._build(
                BuildOrder(projects=(build.project,), systems=(build.system,), named_systems=True, mode=mode),
                pull,
            )
