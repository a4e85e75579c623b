"""``Evaluation``: status, merge, changes, labels, and the builds wanted (design, section 3)."""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.github import GitHubActivities
    from activities.repository import RepositoryActivities
    from tickborg.acl import permission_matters
    from tickborg.cancellation import Cancellation
    from tickborg.errors import FailureKind
    from tickborg.github import (
        CommitStatus,
        Permission,
        PullRequestState,
        StatusState,
    )
    from tickborg.jobs import (
        BuildJob,
        BuildPlan,
        BuildStarted,
        BuildsWanted,
        ChecksProgress,
        EvaluationJob,
        EvaluationOutcome,
        EvaluationResult,
        MergeJob,
        MergeReport,
    )
    from tickborg.labels import wanted_labels
    from tickborg.messages import Event, EventName
    from tickborg.names import BUILD_STARTED_SIGNAL, BUILDS_WANTED_SIGNAL, CHECKS_SIGNAL, EVALUATION_WORKFLOW
    from tickborg.planning import held_by_checks, plan_builds, plan_checks
    from tickborg.policy import Policy
    from tickborg.texts import links, reasons, statuses
    from workflows import lost_logs, policies, questions
    from workflows.attributes import OUTCOME
    from workflows.checks import Checks
    from workflows.failures import failure_kind, failure_reason
    from workflows.newest_wins import NewestWins
    from workflows.replicas import current_pull_request
    from workflows.uninterrupted import uninterrupted


@workflow.defn(name=EVALUATION_WORKFLOW)
class Evaluation:
    """Finds out what one head of a pull request changes, and says so."""

    @workflow.init
    def __init__(self, job: EvaluationJob) -> None:
        self._job = job
        self._pull = job.pull
        self._policy = Policy()
        self._began = workflow.now()
        self._conflicts: tuple[str, ...] = ()
        self._conflict_count = 0
        self._status = NewestWins[CommitStatus](f"the status of {job.pull.head_sha}", self._publish)
        self._checks = Checks(self._publish, self._say_checks, job.pending_checks)
        self._checks_progress = NewestWins[ChecksProgress](
            f"the checks of {job.pull.head_sha}", self._tell_checks
        )
        self._has_told_plan = False
        self._side_work: list[asyncio.Task[None]] = []

    @workflow.run
    async def run(self, job: EvaluationJob) -> EvaluationResult:
        """Evaluate ``job.pull``, and leave exactly one final status on its head.

        Raises:
            ApplicationError: GitHub or git refused something for good; the Web UI shows what.
        """
        try:
            result = await self._evaluate()
        except (asyncio.CancelledError, ActivityError) as error:
            # A cancel that comes during the last words comes too late.
            result = await uninterrupted(self._without_result(error))
        else:
            if self._checks.pending:
                await uninterrupted(self._let_go_checks(result.reason))
        result = result.model_copy(update={"pending_checks": self._checks.pending})
        await uninterrupted(self._checks_progress.settle())
        for attempt_id in self._checks.lost:
            self._beside(lost_logs.abandon(attempt_id))
        await uninterrupted(self._finish_side_work())
        workflow.upsert_search_attributes([OUTCOME.value_set(result.outcome)])
        return result

    @workflow.signal(name=BUILD_STARTED_SIGNAL)
    def build_started(self, started: BuildStarted) -> None:
        """A builder has begun a check; its commit status says "running" already."""
        self._checks.begin(started.attempt_id)

    async def _evaluate(self) -> EvaluationResult:
        if self._job.called_off:
            return await uninterrupted(self._called_off(Cancellation.read(self._job.called_off)))
        self._policy, self._pull = await asyncio.gather(
            questions.the_policy(), current_pull_request(self._job.pull)
        )
        if self._pull.state is PullRequestState.CLOSED:
            self._count(Event(name=EventName.ISSUE_ALREADY_CLOSED))
            return await self._found_over(EvaluationOutcome.CLOSED, reasons.closed())
        if self._pull.head_sha != self._job.pull.head_sha:
            moved_on = reasons.moved_on(self._pull.head_sha)
            return await self._found_over(EvaluationOutcome.NOT_CURRENT, moved_on)
        self._count(Event(name=EventName.EVAL_STARTED))
        self._status.say(statuses.starting(self._pull, self._page))
        report, permission = await asyncio.gather(self._merge(), self._author_permission())
        return await self._decide(report, permission)

    async def _found_over(self, outcome: EvaluationOutcome, why: str) -> EvaluationResult:
        """Evaluate nothing; an evaluation of this head before may have left a status pending."""
        if self._job.follows:
            await self._last_words(statuses.cancelled(self._job.pull, why, self._page))
        return self._ended(outcome, why)

    async def _decide(self, report: MergeReport, permission: Permission) -> EvaluationResult:
        if report.whole_merge:
            self._count(Event(name=EventName.WHOLE_MERGE))
        if report.project_file_error is not None:
            return await self._finish(
                EvaluationOutcome.BAD_PROJECT_FILE,
                statuses.bad_project_file(self._pull, report.project_file_error, self._page),
                report.project_file_error,
            )
        if report.merge is None:
            self._count(Event(name=EventName.MERGE_CONFLICT))
            self._conflicts, self._conflict_count = report.conflicts, report.conflict_count
            status = statuses.conflict(self._pull, report, self._page)
            return await self._finish(EvaluationOutcome.CONFLICT, status, status.description)
        plan = plan_builds(self._pull, report, self._policy, permission, approved=self._job.approved)
        jobs = plan_checks(report, plan, self._policy)
        self._checks.expect(jobs)
        if self._checks.pending:
            uncalled = statuses.not_called_for(self._pull, plan, self._policy)
            self._beside(self._let_go_checks(uncalled, but=[job.project.name for job in jobs]))
        plan = await self._pass_gates([job for job in jobs if _is_gate(job)], plan)
        self._status.say(statuses.scheduling(self._pull, self._page))
        await self._tell_owner(plan, wanted_labels(self._pull.title, report.changes, report.projects))
        self._checks.start([job for job in jobs if not _is_gate(job)], self._policy, self._page)
        status = statuses.evaluated(self._pull, plan, self._page)
        result = await self._finish(EvaluationOutcome.EVALUATED, status, status.description)
        await self._checks.passed()
        return self._with_checks(result)

    async def _pass_gates(self, gates: list[BuildJob], plan: BuildPlan) -> BuildPlan:
        """The plan as it is when the checks that builds wait for have ended."""
        if not gates:
            return plan
        self._status.say(statuses.checking(self._pull, self._page))
        self._checks.start(gates, self._policy, self._page)
        return plan if await self._checks.passed() else held_by_checks(plan)

    async def _finish(
        self, outcome: EvaluationOutcome, status: CommitStatus, reason: str
    ) -> EvaluationResult:
        await self._status.finish(status)
        took = (workflow.now() - self._began).total_seconds()
        self._count(Event(name=EventName.EVAL_COMPLETED, outcome=outcome, seconds=took))
        return self._ended(outcome, reason)

    def _ended(self, outcome: EvaluationOutcome, reason: str) -> EvaluationResult:
        return EvaluationResult(
            outcome=outcome,
            pull=self._pull,
            reason=reason,
            conflicts=self._conflicts,
            conflict_count=self._conflict_count,
            policy=self._policy,
        )

    def _with_checks(self, result: EvaluationResult) -> EvaluationResult:
        checks = self._checks
        return result.model_copy(update={"failed_checks": checks.failed, "checks": checks.results})

    async def _without_result(self, error: BaseException) -> EvaluationResult:
        """What an evaluation came to that was cancelled, or of which a step failed for good."""
        cancellation = Cancellation.read(workflow.cancellation_reason())
        await self._checks.cancel(silent=cancellation.silent)
        if is_cancelled_exception(error) or workflow.cancellation_reason() is not None:
            return await self._cancelled(cancellation)
        if failure_kind(error) is FailureKind.HEAD_GONE and await self._has_moved_on():
            await self._status.silence()
            await self._let_go_checks(reasons.moved_on(self._pull.head_sha))
            return self._ended(EvaluationOutcome.NOT_CURRENT, reasons.moved_on(self._pull.head_sha))
        cause = failure_reason(error)
        status = statuses.internal_error(self._pull, cause, self._page)
        await self._last_words(status)
        await self._let_go_checks(status.description)
        # The author reads the cause in the summary comment, so it stands alone.
        raise ApplicationError(cause, type=FailureKind.PERMANENT, non_retryable=True) from error

    async def _called_off(self, cancellation: Cancellation) -> EvaluationResult:
        self._policy = await questions.the_policy()
        return await self._cancelled(cancellation)

    async def _cancelled(self, cancellation: Cancellation) -> EvaluationResult:
        self._count(Event(name=EventName.SUPERSEDED))
        # Where nothing was said there is nothing to take back; but whoever cancels wants to see it done.
        unheard = not (self._status.has_spoken or self._job.follows or cancellation.asked_for)
        if cancellation.silent or unheard or cancellation.superseding_sha == self._pull.head_sha:
            await self._status.silence()
        elif self._status.has_finished:
            # Only checks were still running: what was found out of the head stays true.
            await self._status.settle()
        else:
            await self._last_words(statuses.cancelled(self._pull, cancellation.text, self._page))
        if not cancellation.silent:
            await self._let_go_checks(cancellation.text)
        self._checks.stop(cancellation.text)
        return self._with_checks(self._ended(EvaluationOutcome.SUPERSEDED, cancellation.text))

    async def _let_go_checks(self, why: str, *, but: Collection[str] = ()) -> None:
        """Say ``why`` checks are not run, ``but`` some, that an evaluation of this head before has ended."""
        pull, page = self._job.pull, self._page
        await self._checks.let_go(lambda name: statuses.check_not_run(pull, name, why, page), but=but)

    async def _last_words(self, status: CommitStatus) -> None:
        try:
            await self._status.finish(status)
        except ActivityError as error:
            workflow.logger.warning("status not set: %s", failure_reason(error))

    async def _merge(self) -> MergeReport:
        """Merge the head with the base pinned for it.

        Git's storage may lag behind the API, and a pinned base may have been pushed over. So a commit that
        is not there is looked for again, with the target branch as it is, for as long as it is the head.
        """
        self._status.say(statuses.merging(self._pull, self._page))
        pinned = self._job.pinned_base if self._pull.base_ref == self._job.pull.base_ref else None
        for pause in policies.REPLICA_LAG_PAUSES:
            try:
                return await self._merge_once(pinned)
            except ActivityError as error:
                if failure_kind(error) is not FailureKind.HEAD_GONE or await self._has_moved_on():
                    raise
            pinned = None
            await workflow.sleep(pause)
        return await self._merge_once(pinned)

    async def _has_moved_on(self) -> bool:
        """Whether GitHub has another head by now; it is then the one that the result names."""
        self._pull = await current_pull_request(self._job.pull)
        return self._pull.head_sha != self._job.pull.head_sha

    async def _merge_once(self, base_sha: str | None) -> MergeReport:
        pull = self._pull
        return await workflow.execute_activity_method(
            RepositoryActivities.merge,
            MergeJob(
                repo=pull.repo,
                head_ref=pull.fetch_ref,
                head_sha=pull.head_sha,
                base_ref=pull.base_ref,
                base_sha=base_sha,
            ),
            **policies.MERGE,
            summary=f"merge {pull.head_sha[:7]} with {pull.base_ref}",
        )

    async def _author_permission(self) -> Permission:
        if not permission_matters(self._policy, self._pull.author):
            return Permission.READ
        return await questions.permission_of(self._pull.repo, self._pull.author)

    async def _tell_owner(self, plan: BuildPlan, labels: frozenset[str]) -> None:
        wanted = BuildsWanted(
            n=self._job.n,
            plan=plan,
            labels=tuple(sorted(labels)),
            checks=self._checks.results,
            policy=self._policy,
        )
        owner = workflow.get_external_workflow_handle(self._job.owner_id)
        telling = asyncio.create_task(owner.signal(BUILDS_WANTED_SIGNAL, wanted))
        self._side_work.append(telling)
        # Hazard: awaiting the signal itself would swallow a cancel that arrives meanwhile.
        await workflow.wait([telling])
        telling.result()
        self._has_told_plan = True

    def _say_checks(self) -> None:
        """Tell the owner how the checks stand, while others have not ended: the result has the last word."""
        results = self._checks.results
        more_to_come = any(check.outcome is None for check in results)
        if self._has_told_plan and more_to_come and workflow.patched("tell-of-each-check"):
            self._checks_progress.say(ChecksProgress(n=self._job.n, checks=results))

    async def _tell_checks(self, progress: ChecksProgress) -> None:
        owner = workflow.get_external_workflow_handle(self._job.owner_id)
        await owner.signal(CHECKS_SIGNAL, progress)

    async def _publish(self, status: CommitStatus) -> None:
        policy = policies.COSMETIC if status.state is StatusState.PENDING else policies.RESULT
        await workflow.execute_activity_method(
            GitHubActivities.set_status,
            status,
            **policy,
            summary=f"{status.state}: {status.description}",
        )

    def _count(self, event: Event) -> None:
        self._beside(questions.count(event))

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that no step waits for, only the end."""
        self._side_work.append(asyncio.create_task(work))

    async def _finish_side_work(self) -> None:
        if self._side_work:
            await workflow.wait(self._side_work)

    @property
    def _page(self) -> str:
        return links.pull_request_url(self._policy, self._pull.repo, self._pull.number)


def _is_gate(job: BuildJob) -> bool:
    return job.check is not None and job.check.gate
