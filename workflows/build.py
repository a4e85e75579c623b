"""``Build``: one project on one system, from queued check run to result (design, section 3)."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.github import GitHubActivities
    from tickborg.errors import FailureKind
    from tickborg.external_ids import BuildReference, external_id
    from tickborg.github import CheckRun, CheckRunOpening, CheckRunUpdate, CheckStatus
    from tickborg.jobs import (
        BuildProgress,
        BuildRequest,
        BuildResult,
        BuildStage,
        BuildStarted,
    )
    from tickborg.names import (
        BUILD_PROGRESS_SIGNAL,
        BUILD_STARTED_SIGNAL,
        BUILD_WORKFLOW,
    )
    from tickborg.texts import attempts, check_runs, links, steps
    from workflows import lost_logs, policies
    from workflows.attempts import Attempts
    from workflows.attributes import OUTCOME
    from workflows.build_results import count_given_up, head_gone, without_result
    from workflows.failures import failure_kind, failure_reason
    from workflows.newest_wins import NewestWins
    from workflows.uninterrupted import uninterrupted


@workflow.defn(name=BUILD_WORKFLOW)
class Build:
    """Keeps one check run true while a builder is found, builds, dies, or is told to stop."""

    @workflow.init
    def __init__(self, request: BuildRequest) -> None:
        self._request = request
        self._job = request.job
        reference = BuildReference.of(self._job, request.n, workflow.info().run_id)
        self._external_id = external_id(self._job.repo, reference)
        self._page = links.origin_url(request.policy, self._job.repo, self._job.origin)
        self._attempts = Attempts(self._job, request.policy, self)
        self._started: BuildStarted | None = None
        """The last attempt that was heard of."""
        self._lost: dict[str, asyncio.Task[None]] = {}
        """Attempts that will say no more, and the word about each to those who keep its log."""
        self._check_run_id: int | None = None
        self._opening_failed = False
        build = f"{self._job.project.name} on {self._job.system}"
        self._check_run = NewestWins[CheckRun](f"the check run of {build}", self._publish)
        self._progress = NewestWins[BuildProgress](f"the progress of {build}", self._tell_owner)

    @workflow.run
    async def run(self, request: BuildRequest) -> BuildResult:
        """Build, and see to it that the check run says how it ended.

        Raises:
            ApplicationError: GitHub refused the check run for good; the Web UI shows why.
        """
        words = attempts.free_builder(self._job.system)
        self._check_run.say(check_runs.waiting(self._job, self._external_id, self._page, words))
        try:
            result = await self._attempts.run()
        except (asyncio.CancelledError, ActivityError) as error:
            result = without_result(error, self._job, self._request.policy)
            self._lose_last_log()
        return await uninterrupted(self._finish(self._with_last_attempt(result)))

    @workflow.signal(name=BUILD_STARTED_SIGNAL)
    def build_started(self, started: BuildStarted) -> None:
        """Hear from a builder. The word of an attempt that is over, or overtaken, comes late: it is lost."""
        known, ended = self._started, self._attempts.ended
        if started.attempt <= max(ended, known.attempt if known else 0):
            if known is None or started.attempt_id != known.attempt_id:
                self._lose_log(started)
            return
        if known is not None and known.attempt > ended:
            self._lose_log(known)
        self._started = started
        self._attempts.begin(started.attempt)
        before, log_url = self._attempts.last_setback, self._log_url(started.attempt_id)
        self._check_run.say(check_runs.in_progress(self._job, self._external_id, log_url, started, before))
        self._say_progress(BuildStage.RUNNING)

    def waits(self, stage: BuildStage, words: str, reason: str = "") -> None:
        """Say what the build waits for (:class:`workflows.attempts.Audience`)."""
        started = self._started
        url = self._log_url(started.attempt_id) if started else self._page
        self._check_run.say(
            check_runs.waiting(
                self._job, self._external_id, url, words, reason=reason, begun=started is not None
            )
        )
        self._say_progress(stage, words)

    def loses(self, attempt: int) -> None:
        """End the log of an attempt whose builder will not (:class:`workflows.attempts.Audience`)."""
        if self._started is not None and self._started.attempt == attempt:
            self._lose_log(self._started)

    def _with_last_attempt(self, result: BuildResult) -> BuildResult:
        """What the build came to; where no attempt gave that result, with what is known of the last one."""
        started = self._started
        if started is None or result.attempt_id is not None:
            return result
        took = (self._attempts.ended_at or workflow.now()) - started.started_at
        return result.model_copy(
            update={
                "attempt_id": started.attempt_id,
                "builder": started.builder,
                "started_at": started.started_at,
                "finished_at": workflow.now(),
                "duration": max(took, timedelta()),
            }
        )

    def _lose_last_log(self) -> None:
        """A dead builder never closes its log, whether the build failed for that or was cancelled later.

        One that lived has closed it, which counts for more.
        """
        if self._started is not None:
            self._lose_log(self._started)

    def _lose_log(self, started: BuildStarted) -> None:
        if started.attempt_id not in self._lost:
            self._lost[started.attempt_id] = asyncio.create_task(lost_logs.abandon_build(self._job, started))

    async def _finish(self, result: BuildResult) -> BuildResult:
        counting = asyncio.create_task(count_given_up(self._job, result))
        log_url = self._log_url(result.attempt_id) if result.attempt_id else self._page
        last = check_runs.completed(self._job, self._external_id, log_url, result, workflow.now())
        if check_runs.may_be_tested(self._job, result, self._request.policy):
            last = check_runs.offering_tests(last)
        try:
            await self._check_run.finish(last)
        except ActivityError as error:
            if failure_kind(error) is not FailureKind.HEAD_GONE:
                raise ApplicationError(
                    steps.check_run_not_completed(last.name, failure_reason(error)),
                    type=FailureKind.PERMANENT,
                    non_retryable=True,
                ) from error
            # There is no commit any more to say it of, and the newer head's event does the work.
            result = head_gone(result)
        workflow.upsert_search_attributes([OUTCOME.value_set(result.outcome)])
        await self._progress.silence()
        await counting
        if self._lost:
            await workflow.wait(self._lost.values())
        return result

    async def _publish(self, run: CheckRun) -> None:
        policy = policies.RESULT if run.status is CheckStatus.COMPLETED else policies.COSMETIC
        if self._check_run_id is None:
            await self._open(run, policy)
            return
        await workflow.execute_activity_method(
            GitHubActivities.update_check_run,
            CheckRunUpdate(check_run_id=self._check_run_id, run=run),
            **policy,
            summary=f"check run: {run.title}",
        )

    async def _open(self, run: CheckRun, policy: policies.ActivityPolicy) -> None:
        try:
            self._check_run_id = await workflow.execute_activity_method(
                GitHubActivities.open_check_run,
                CheckRunOpening(run=run, may_exist=self._opening_failed),
                **policy,
                summary=f"check run: {run.title}",
            )
        except (ActivityError, asyncio.CancelledError) as error:
            # GitHub may have made it all the same; the next try looks before it makes another.
            self._opening_failed |= failure_kind(error) is not FailureKind.PUT_OFF
            raise

    def _say_progress(self, stage: BuildStage, reason: str = "") -> None:
        started = self._started
        self._progress.say(
            BuildProgress(
                n=self._request.n,
                stage=stage,
                reason=reason,
                attempt_id=started.attempt_id if started else None,
                builder=started.builder if started else "",
                started_at=started.started_at if started else None,
            )
        )

    async def _tell_owner(self, progress: BuildProgress) -> None:
        owner = workflow.get_external_workflow_handle(self._request.owner_id)
        await owner.signal(BUILD_PROGRESS_SIGNAL, progress)

    def _log_url(self, attempt_id: str) -> str:
        return links.log_url(self._request.policy, attempt_id)
