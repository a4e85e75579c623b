"""``PullRequest``: the one owner of a pull request, as long as it is open (design, section 3).

How it lives is in :mod:`workflows.owner`; here is what it does about what comes.
"""

from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from tickborg import cancellation, check_results, names, unfulfilled
    from tickborg.events.pull_requests import PullRequestEvent
    from tickborg.github import PullRequest, PullRequestState
    from tickborg.jobs import (
        BuildProgress,
        BuildsWanted,
        ChecksProgress,
        EvaluationOutcome,
        EvaluationResult,
    )
    from tickborg.memory import LabelsLeft, PullRequestMemory, PullRequestStart
    from tickborg.order_planning import orders_of
    from tickborg.pull_news import News, news_of_description, news_of_event, same_change
    from tickborg.requests import BuildOrder, Request
    from tickborg.sources import Source
    from tickborg.views import PullRequestView
    from workflows import questions
    from workflows.build_orders import BuildOrders, ProjectsRead
    from workflows.failures import failure_reason
    from workflows.head_evaluation import EvaluationEnded, HeadEvaluation
    from workflows.late_answers import LateAnswers
    from workflows.owned_builds import BuildEnded, OwnedBuilds
    from workflows.owner import Owner, renewal_is_due
    from workflows.replicas import newer_of
    from workflows.showing import Showing
    from workflows.wishes import Wishes


@dataclass(frozen=True)
class Described:
    """GitHub's own description, asked for because two webhooks disagree within one second."""

    pull: PullRequest
    event: PullRequestEvent
    """The one that disagreed with what was known."""


Item = (
    PullRequestEvent
    | Request
    | BuildsWanted
    | ChecksProgress
    | BuildProgress
    | Described
    | EvaluationEnded
    | ProjectsRead
    | BuildEnded
)


@workflow.defn(name=names.PULL_REQUEST_WORKFLOW)
class PullRequestOwner(Owner[Item]):
    """Decides what is evaluated, built, cancelled and shown for one pull request."""

    @workflow.init
    def __init__(self, start: PullRequestStart) -> None:
        super().__init__()
        self._memory = start.memory or PullRequestMemory(repo=start.repo, number=start.number)
        self._closed = False
        self._evaluation = HeadEvaluation(self._memory, self._run, self._inbox.append)
        self._builds = OwnedBuilds(self._memory, self._run, self._inbox.append)
        self._answers = LateAnswers(self._memory, self._run)
        self._orders = BuildOrders(self._memory, self._builds, self._run, self._inbox.append, self._answers)
        self._wishes = Wishes(
            self._memory,
            evaluation=self._evaluation,
            builds=self._builds,
            orders=self._orders,
            answers=self._answers,
            evaluate=self._evaluate,
        )
        self._showing = Showing(self._memory, self.state)

    @workflow.run
    async def run(self, start: PullRequestStart) -> LabelsLeft | None:
        """Own it until it is closed and everything it started has ended; which labels are the bot's then."""
        self._showing.show_operators()
        self._evaluation.go_on()
        self._builds.start_waiting()
        # No other await from here on, see there.
        if not await self._live():
            workflow.continue_as_new(start.model_copy(update={"memory": self._memory}))
        return self._memory.left_behind()

    @workflow.signal(name=names.PULL_REQUEST_EVENT_SIGNAL)
    def pull_request_event(self, event: PullRequestEvent) -> None:
        """Hear from the webhook."""
        self._inbox.append(event)

    @workflow.signal(name=names.REQUEST_SIGNAL)
    def request(self, request: Request) -> None:
        """Hear what somebody asks for; what that person may do has been found out."""
        self._inbox.append(request)

    @workflow.signal(name=names.BUILDS_WANTED_SIGNAL)
    def builds_wanted(self, wanted: BuildsWanted) -> None:
        """Hear from an evaluation what is to be built."""
        self._inbox.append(wanted)

    @workflow.signal(name=names.CHECKS_SIGNAL)
    def checks_progress(self, progress: ChecksProgress) -> None:
        """Hear from an evaluation how its checks stand."""
        self._inbox.append(progress)

    @workflow.signal(name=names.BUILD_PROGRESS_SIGNAL)
    def build_progress(self, progress: BuildProgress) -> None:
        """Hear from a build that it has come further."""
        self._inbox.append(progress)

    @workflow.query(name=names.STATE_QUERY)
    def state(self) -> PullRequestView | None:
        """All that is known about the pull request; None before its first event."""
        return self._memory.view(checks_to_come=self._evaluation.has_yet_to_plan)

    @property
    def _busy(self) -> bool:
        return super()._busy or self._showing.busy

    @property
    def _may_end(self) -> bool:
        return self._closed and not self._busy

    def _settle(self) -> None:
        self._answers.send()
        self._showing.show()

    def _act(self, item: Item) -> None:
        match item:
            case PullRequestEvent():
                self._on_event(item)
            case Request():
                self._on_request(item)
            case BuildsWanted():
                self._on_builds_wanted(item)
            case ChecksProgress() if self._evaluation.hears(item.n):
                self._memory.checks = item.checks
            case BuildProgress():
                self._builds.come_further(item)
            case Described():
                self._on_described(item.pull)
                self._learn_since_when(item.event)
            case EvaluationEnded():
                self._on_evaluation_ended(item)
            case ProjectsRead():
                self._orders.carry_out(item)
            case BuildEnded():
                self._builds.end(item)
                self._memory.end_build(item.n, item.result.outcome)
                self._count_failure(failed=item.failed)

    # What GitHub says

    def _on_event(self, event: PullRequestEvent) -> None:
        if not self._memory.first_sight(event.delivery, workflow.now()):
            return
        known = self._memory.pull
        news = news_of_event(event, known, closed=self._closed)
        if known is not None and news is News.UNCLEAR:
            self._run(self._describe(event, known))
        else:
            self._hear(event.pull, news)
            self._learn_since_when(event)

    def _on_described(self, pull: PullRequest) -> None:
        self._hear(pull, news_of_description(pull, self._memory.pull, closed=self._closed))

    def _hear(self, pull: PullRequest, news: News) -> None:
        match news:
            case News.OLD:
                workflow.logger.info(
                    "a word of %s about %s is older than what is known", pull.updated_at, pull.head_sha
                )
            case News.SAME:
                self._memory.pull = pull
            case News.EVALUATE:
                self._closed = False
                self._evaluate(pull)
            case News.CLOSED:
                self._close(pull)

    def _learn_since_when(self, event: PullRequestEvent) -> None:
        """Take in since when there is a head that was heard of by now, from whomever."""
        if event.tells_of_head:
            self._memory.hear_of_head(event.pull)

    def _close(self, pull: PullRequest) -> None:
        self._closed = True
        known = self._memory.pull
        if known is not None:
            # What is known is about the head that was known, and is shown when this run has ended.
            closed = known.model_copy(update={"state": PullRequestState.CLOSED})
            self._memory.pull = pull if same_change(known, pull) else closed
        self._memory.checks = check_results.stopped(self._memory.checks, cancellation.CLOSED)
        self._orders.close()
        self._cancel_all(cancellation.CLOSED)

    def _cancel_all(self, reason: str) -> None:
        self._evaluation.cancel(reason)
        self._builds.cancel_all(reason)

    # What people ask for

    def _on_request(self, request: Request) -> None:
        if not self._memory.first_sight(request.id, workflow.now()):
            return
        if request.pull is not None:
            self._on_described(request.pull)
        for order in request.orders:
            pull = self._memory.pull
            if pull is None or self._closed:
                self._answers.say(request.whom, unfulfilled.of_closed(order))
            elif overtaken := unfulfilled.of_old_head(order, request, self._memory):
                self._answers.say(request.whom, overtaken)
            else:
                meant = unfulfilled.as_far_as_meant(order, request, self._memory)
                self._wishes.carry_out(meant, pull, request)

    # Evaluations

    def _evaluate(self, pull: PullRequest) -> None:
        """Evaluate ``pull``; what runs for another head or another target branch is superseded."""
        known = self._memory.pull
        if known is not None and known.head_sha != pull.head_sha:
            self._supersede(known, pull)
            return
        if known is not None and known.base_ref != pull.base_ref:
            self._builds.cancel_all(cancellation.BASE_CHANGED)
        self._memory.believe(pull)
        self._evaluation.begin(pull)

    def _supersede(self, known: PullRequest, pull: PullRequest) -> None:
        """Let go of all that is about another head, and evaluate the new one."""
        self._evaluation.supersede(known, pull.head_sha)
        self._builds.cancel_all(cancellation.superseded_by(pull.head_sha))
        self._memory.believe(pull)
        self._orders.move_on()
        # All that runs is about to end: a pull request that is pushed to all day has no better time.
        self._evaluation.begin(pull, renewing=renewal_is_due())

    def _on_evaluation_ended(self, ended: EvaluationEnded) -> None:
        conclusion = self._evaluation.end(ended)
        if conclusion is not None and not self._closed and self._memory.pull is not None:
            self._conclude(self._memory.pull, conclusion)

    def _conclude(self, pull: PullRequest, ended: EvaluationEnded) -> None:
        """Take in how the evaluation of the head came out."""
        result = ended.result
        if result is not None and result.outcome is EvaluationOutcome.CLOSED:
            self._close(result.pull)
        elif result is not None and result.pull.head_sha != pull.head_sha:
            self._evaluate(result.pull)
        else:
            self._take_in(result, ended.error)

    def _take_in(self, result: EvaluationResult | None, error: str) -> None:
        if result is None:
            self._memory.fail_evaluation(error)
            self._count_failure(failed=True)
        else:
            if result.outcome is EvaluationOutcome.SUPERSEDED and not result.checks:
                # It was called off before it got to its checks: what was known of them is over.
                stopped = check_results.stopped(self._memory.checks, result.reason)
                result = result.model_copy(update={"checks": stopped})
            self._memory.end_evaluation(result)
        if self._memory.merge is None:
            self._builds.cancel_all(cancellation.BASE_CHANGED)
        if not self._memory.ready:
            called_off = self._memory.evaluation is EvaluationOutcome.SUPERSEDED
            self._orders.give_up(self._memory.evaluation_reason, called_off=called_off)

    # Builds

    def _on_builds_wanted(self, wanted: BuildsWanted) -> None:
        if self._closed or not self._evaluation.hears(wanted.n):
            return
        rebuild_on, pressed = self._memory.rebuild_on, self._memory.rebuild_pressed
        left_out = self._memory.what_is_left_out
        asked_for: tuple[BuildOrder, ...] = ()
        if self._memory.base_sha not in {None, wanted.plan.merge.base_sha}:
            again = (
                record
                for record in self._memory.builds.values()
                if record.view.system in rebuild_on or self._builds.is_asked_for(record)
                if not left_out.covers(record.planned)
            )
            asked_for = orders_of(again, pressed)
            self._builds.cancel_all(cancellation.BASE_CHANGED)
        self._memory.plan(wanted)
        # All that was built of the head is wanted again, also what nobody would build without being asked.
        known = [each for each in self._memory.builds.values() if each.view.system in rebuild_on]
        builds = [each for each in wanted.plan.builds if not left_out.covers(each)]
        source = Source.of_plan(wanted.plan)
        self._builds.want(source, [each for each in builds if each.system not in rebuild_on])
        self._builds.want(source, [each for each in builds if each.system in rebuild_on], asked=True)
        self._builds.again(each for each in known if not left_out.covers(each.planned))
        if self._memory.awaits_approval and self._memory.is_approved:
            self._evaluate(wanted.plan.pull)
        for order in asked_for:
            self._orders.take(order)
        self._orders.go_on()
        if pressed is not None:
            self._orders.answer_rebuild(pressed, left_out)

    async def _describe(self, event: PullRequestEvent, known: PullRequest) -> None:
        try:
            self._inbox.append(Described(await newer_of(event.pull, known), event))
        except ActivityError as error:
            workflow.logger.warning("not described: %s", failure_reason(error))

    def _count_failure(self, *, failed: bool) -> None:
        if failed:
            self._run(questions.count_failure(self._memory.repo))
