"""What people ask the owner of a pull request for, and what that means for its evaluations and builds."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tickborg import cancellation, unfulfilled
    from tickborg.build_records import BuildRecord
    from tickborg.external_ids import BuildReference
    from tickborg.github import PullRequest
    from tickborg.jobs import BuildMode
    from tickborg.memory import PullRequestMemory
    from tickborg.order_planning import orders_of
    from tickborg.requests import (
        Asker,
        BuildOrder,
        ButtonOrder,
        CancelOrder,
        EvaluateOrder,
        NoticedBuild,
        NoticeOrder,
        Order,
        PressedCheck,
        Request,
        RetryOrder,
    )
    from tickborg.systems import System
    from tickborg.texts import answers, notices
    from workflows.build_orders import BuildOrders
    from workflows.head_evaluation import HeadEvaluation
    from workflows.late_answers import LateAnswers, pressed_checks_are_answered
    from workflows.owned_builds import OwnedBuilds

Whom = Asker | PressedCheck | None

_AGAIN_WAITS = "run-again-waits-for-a-merge"
_CANCEL_LASTS = "cancel-button-outlasts-an-evaluation"


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
                self._evaluate_anew(pull, order.rebuild_on, request.whom)
            case EvaluateOrder():
                self._evaluate_unless_under_way(pull)
            case BuildOrder():
                order = order.model_copy(update={"asker": request.asker})
                self._build(order, pull, request.written_at)
            case RetryOrder():
                self._retry(order, pull, request.whom)
            case CancelOrder() if self._memory.was_surely_pushed_after(request.written_at):
                self._answers.say(request.whom, notices.older_cancel(pull.head_sha))
            case CancelOrder():
                self._cancel(order, request)
            case ButtonOrder():
                self._press(order, pull, request)
            case NoticeOrder():
                self._answers.say(request.whom, order.text, order.about)

    def _evaluate_anew(self, pull: PullRequest, rebuild_on: tuple[System, ...], whom: Whom) -> None:
        """Evaluate with the target branch as it is now; on some systems all is built again."""
        if rebuild_on:
            built = [record.view for record in self._memory.builds.values()]
            for text in unfulfilled.not_run_again(built, rebuild_on, self._memory.policy):
                self._answers.say(whom, text)
        if isinstance(whom, PressedCheck) and pressed_checks_are_answered():
            self._memory.rebuild_pressed = whom
        self._memory.fresh_base = True
        self._memory.rebuild_on = tuple(dict.fromkeys((*self._memory.rebuild_on, *rebuild_on)))
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

    def _retry(self, order: RetryOrder, pull: PullRequest, whom: Whom) -> None:
        view = self._memory.view()
        if view is None:
            return
        if view.evaluation_failed:
            self._evaluate_unless_under_way(pull)
        checks_to_come = self._evaluation.has_yet_to_plan
        for text in unfulfilled.of_retry(order, view, self._memory.policy, checks_to_come=checks_to_come):
            self._answers.say(whom, text)
        known = self._memory.builds.values()
        failed = [each for each in known if each.view.worth_a_retry and each.view.system in order.systems]
        self._again(failed, pull, whom)

    def _again(self, records: Sequence[BuildRecord], pull: PullRequest, whom: Whom) -> None:
        """Build once more; without a merge to build they wait for one, or are answered, as any order is."""
        if records and not self._memory.ready and workflow.patched(_AGAIN_WAITS):
            self._evaluate_unless_under_way(pull)
            for order in orders_of(records, whom):
                self._orders.take(order)
        else:
            self._builds.again(records)

    def _cancel(self, order: CancelOrder, request: Request) -> None:
        reason = cancellation.cancelled_by(request.by)
        if order.projects:
            cancels = self._cancel_some(order.projects, reason)
        else:
            cancels = self._evaluation.going_on or self._memory.building
            self._memory.rebuild_on = ()
            self._evaluation.cancel(reason)
            self._builds.cancel_all(reason)
        takes_back = self._orders.take_back(order.projects, request.by)
        self._orders.go_on()
        if not (cancels or takes_back):
            self._answers.say(request.whom, answers.nothing_to_cancel(order.projects))

    def _cancel_some(self, projects: Collection[str], reason: str) -> bool:
        """Cancel what is built of ``projects``, now or soon; whether there is anything."""
        records = [record for record in self._memory.builds.values() if record.view.project in projects]
        building = any(not record.done for record in records)
        self._builds.cancel(records, reason)
        if not self._evaluation.has_yet_to_plan:
            return building
        self._memory.left_out = (*self._memory.left_out, *projects)
        return True

    def _press(self, order: ButtonOrder, pull: PullRequest, request: Request) -> None:
        build = order.build
        if order.head_sha != pull.head_sha:
            text = notices.old_head(build.project, build.system, order.head_sha)
            self._answers.say(request.whom, text, [NoticedBuild.of(build)])
            return
        self._memory.take_back_notices(build.project, build.system)
        if order.button == "cancel":
            self._cancel_one(build, request)
            return
        # Or the last one like it: what is meant is that project there, once more.
        record = self._memory.record_of(build)
        if order.button == "rerun" and record is not None:
            self._again([record], pull, request.whom)
        else:
            mode = BuildMode.TEST if order.button == "test" else build.mode
            self._build(
                BuildOrder(
                    projects=(build.project,),
                    systems=(build.system,),
                    named_systems=True,
                    mode=mode,
                    pressed=request.pressed,
                ),
                pull,
            )

    def _cancel_one(self, build: BuildReference, request: Request) -> None:
        """Cancel this very build: whoever presses on an old page does not mean one that came later."""
        record = self._memory.record(build.n)
        if record is None or record.done:
            text = notices.cancels_nothing(build.project, build.system)
            self._answers.say(request.whom, text, [NoticedBuild.of(build)])
            return
        self._builds.cancel([record], cancellation.cancelled_by(request.by))
        if self._evaluation.has_yet_to_plan and workflow.patched(_CANCEL_LASTS):
            self._memory.leave_out(record.planned)
