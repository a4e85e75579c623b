"""The activity of builders: the only one that runs a contributor's code (design, sections 4, 9 and 13)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from temporalio import activity

from activities.attempt import Attempt, Builder, Ending
from activities.clock import Clock, utc_now
from activities.heartbeats import heartbeats
from activities.interruption import Interruption, interruption
from activities.ports import BuildLog, BuildLogs, Cluster, CommandRunner, Stats, Workspaces
from activities.transcript import Transcript
from tickborg.errors import BuilderEndingError, TickborgError
from tickborg.jobs import BuildJob, BuildOutcome, BuildResult, BuildStarted
from tickborg.late_cancel import cancelled_only_after
from tickborg.messages import BuildLogStatus, Event, EventName
from tickborg.names import BUILD_STARTED_SIGNAL
from tickborg.texts import build_endings

_LOG_STATUS = {
    BuildOutcome.SUCCESS: BuildLogStatus.SUCCESS,
    BuildOutcome.FAILURE: BuildLogStatus.FAILURE,
    BuildOutcome.TIMED_OUT: BuildLogStatus.TIMED_OUT,
    BuildOutcome.SKIPPED: BuildLogStatus.SUCCESS,
    BuildOutcome.CANCELLED: BuildLogStatus.CANCELLED,
    BuildOutcome.UNEXPECTED_ERROR: BuildLogStatus.ERROR,
}


@dataclass(frozen=True)
class _Beginning:
    """What identifies an attempt."""

    attempt_id: UUID
    started_at: datetime


class BuildActivities:
    """Builds projects on this machine."""

    def __init__(  # noqa: PLR0913 - all that a build reaches the world through
        self,
        builder: Builder,
        *,
        workspaces: Workspaces,
        runner: CommandRunner,
        logs: BuildLogs,
        stats: Stats,
        cluster: Cluster,
        now: Clock = utc_now,
    ) -> None:
        self._builder = builder
        self._workspaces = workspaces
        self._runner = runner
        self._logs = logs
        self._stats = stats
        self._cluster = cluster
        self._now = now
        self._running: set[asyncio.Task[BuildResult]] = set()
        self._handing_over = False

    def hand_over(self) -> None:
        """End what runs, and begin nothing: another builder is to begin it anew, at once."""
        self._handing_over = True
        for build in self._running:
            build.cancel()

    @activity.defn(name="build")
    async def build(self, job: BuildJob) -> BuildResult:
        """Build, test or check. What a contributor's code does is a result, whatever it is.

        Not repeated but for failures of infrastructure; a retry is a new attempt, with a log of its own, in
        a workspace of its own.

        Raises:
            InfrastructureError: sandbox, disk or workspace failed.
            BuilderEndingError: the builder ends.
            HeadGoneError: a commit of the job is no longer on the server.
            TransientError: the server of the repository did not answer.
            CancelledError: the workflow asked for it; nothing of the build runs any more.
        """
        beginning = _Beginning(uuid4(), self._now())
        async with heartbeats(self._builder.heartbeat_interval):
            try:
                with self._may_be_handed_over():
                    return await self._build(job, beginning)
            except asyncio.CancelledError:
                if interruption(handing_over=self._handing_over) is not Interruption.BUILDER_ENDS:
                    raise
                raise BuilderEndingError(build_endings.handed_over(self._builder.identity)) from None

    @contextmanager
    def _may_be_handed_over(self) -> Iterator[None]:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker: this is a coroutine's
        self._running.add(task)
        try:
            if self._handing_over:
                raise asyncio.CancelledError
            yield
        finally:
            self._running.discard(task)

    async def _build(self, job: BuildJob, beginning: _Beginning) -> BuildResult:
        # First the workflow, then the log: whoever dies in between leaves none that nobody knows how to end.
        interrupted = await self._announced(job, beginning)
        start = job.log_start(beginning.attempt_id, self._builder.identity, beginning.started_at)
        log = await self._logs.open(start)
        transcript = Transcript(log, self._builder.log_limit)
        attempt = Attempt(job, self._builder, self._runner, transcript)
        try:
            ending = await self._attempt(job, attempt, interrupted)
        except asyncio.CancelledError:
            await cancelled_only_after(self._interrupted(job, log, transcript))
            raise
        except Exception as error:
            await cancelled_only_after(self._failed(job, log, transcript, error))
            raise
        result = self._result(beginning, ending, attempt, transcript)
        with suppress(asyncio.CancelledError):  # what is done stays done, whoever wanted it ended meanwhile
            await cancelled_only_after(self._close(job, log, transcript, _LOG_STATUS[ending.outcome]))
        await self._stats.notify(_completed(job, result.outcome, result.duration))
        return result

    async def _interrupted(self, job: BuildJob, log: BuildLog, transcript: Transcript) -> None:
        identity = self._builder.identity
        match interruption(handing_over=self._handing_over):
            case Interruption.BUILDER_ENDS:
                await self._say_last(transcript, build_endings.handed_over(identity))
                await self._close(job, log, transcript, BuildLogStatus.ERROR)
            case Interruption.GIVEN_UP:
                await self._say_last(transcript, build_endings.given_up(identity))
                await self._close(job, log, transcript, BuildLogStatus.LOST)
            case Interruption.CANCELLED:
                await self._close(job, log, transcript, BuildLogStatus.CANCELLED)
                await self._stats.notify(_completed(job, BuildOutcome.CANCELLED))

    async def _say_last(self, transcript: Transcript, reason: str) -> None:
        with suppress(TickborgError):  # it may be the log that failed
            await transcript.say(f"tickborg: {reason}")

    async def _failed(self, job: BuildJob, log: BuildLog, transcript: Transcript, error: Exception) -> None:
        if isinstance(error, TickborgError):
            await self._say_last(transcript, str(error))
        await self._close(job, log, transcript, BuildLogStatus.ERROR)
        await self._stats.notify(_event(EventName.INTERNAL_ERROR, job))

    async def _attempt(
        self, job: BuildJob, attempt: Attempt, interrupted: asyncio.CancelledError | None
    ) -> Ending:
        if interrupted is not None:
            raise interrupted
        async with _entered(self._workspaces.materialise(job)) as workspace:
            return await attempt.run(workspace)

    async def _announced(self, job: BuildJob, beginning: _Beginning) -> asyncio.CancelledError | None:
        """What came in between: the attempt has a log all the same, for there may be a link to it by now."""
        try:
            await self._announce(job, beginning)
        except asyncio.CancelledError as error:
            return error
        return None

    async def _announce(self, job: BuildJob, beginning: _Beginning) -> None:
        """Tell the ``Build`` workflow, so that its check run says that it is in progress.

        One that closed meanwhile will have us cancelled; one that cannot be told is told by the result.
        """
        info = activity.info()
        started = BuildStarted(
            attempt_id=str(beginning.attempt_id),
            # Temporal counts from one again whenever the workflow has it built anew.
            attempt=job.attempt - 1 + info.attempt,
            builder=self._builder.identity,
            started_at=beginning.started_at,
        )
        await self._stats.notify(_event(EventName.BUILD_STARTED, job))
        try:
            await self._cluster.signal(info.workflow_id or "", BUILD_STARTED_SIGNAL, started)
        except TickborgError as error:
            activity.logger.warning("cannot say that a build started: %s", error)

    async def _close(
        self, job: BuildJob, log: BuildLog, transcript: Transcript, status: BuildLogStatus
    ) -> None:
        """End the log. A build is what it is, whatever becomes of its log; but somebody must hear of it."""
        try:
            await log.close(status)
        except Exception:  # noqa: BLE001 - see above
            activity.logger.exception("cannot close the log of a build")
            lost = _event(EventName.LOG_LINES_LOST, job).model_copy(update={"count": transcript.line_count})
            await self._stats.notify(lost)

    def _result(
        self, beginning: _Beginning, ending: Ending, attempt: Attempt, transcript: Transcript
    ) -> BuildResult:
        finished_at = self._now()
        return BuildResult(
            outcome=ending.outcome,
            reason=ending.reason,
            attempt_id=str(beginning.attempt_id),
            builder=self._builder.identity,
            started_at=beginning.started_at,
            finished_at=finished_at,
            duration=finished_at - beginning.started_at,
            commands=tuple(attempt.commands),
            failed_command=ending.failed.text if ending.failed else None,
            exit_status=ending.exit_status,
            log_tail=transcript.tail,
            line_count=transcript.line_count,
        )


def _event(name: EventName, job: BuildJob) -> Event:
    return Event(name=name, repo=str(job.repo), project=job.project.name, system=job.system)


def _completed(job: BuildJob, outcome: BuildOutcome, duration: timedelta | None = None) -> Event:
    seconds = None if duration is None else duration.total_seconds()
    return _event(EventName.BUILD_COMPLETED, job).model_copy(update={"outcome": outcome, "seconds": seconds})


@asynccontextmanager
async def _entered(workspace: AbstractContextManager[Path]) -> AsyncIterator[Path]:
    """Enter and leave on a thread. A thread cannot be interrupted: whoever is cancelled waits for it."""
    entering = asyncio.ensure_future(asyncio.to_thread(workspace.__enter__))
    try:
        yield await cancelled_only_after(entering)
    finally:
        if entering.done() and not entering.cancelled() and entering.exception() is None:
            await cancelled_only_after(asyncio.to_thread(workspace.__exit__, None, None, None))
