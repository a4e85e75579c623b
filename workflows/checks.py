"""Evaluation checks: commands of the project file, each with a status of its own (design, section 7)."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from tickborg import check_results
    from tickborg.github import CommitStatus
    from tickborg.jobs import BuildJob, BuildResult, CheckResult
    from tickborg.policy import Policy
    from tickborg.texts import links, statuses
    from workflows.attempts import Attempts
    from workflows.build_results import count_given_up, without_result
    from workflows.newest_wins import NewestWins


class Checks:
    """Runs checks beside the evaluation. They are tasks of their own; :meth:`cancel` ends them.

    Only the running is ever cancelled: what came of it is told, unless the same contexts are about to be
    another evaluation's. That gets the names in :attr:`pending`, and has the last word on each.

    Args:
        publish: sets a commit status.
        tell: hears that one has ended, unless they are cancelled.
        pending: names of those whose statuses an evaluation before this has left pending.
    """

    def __init__(
        self,
        publish: Callable[[CommitStatus], Awaitable[None]],
        tell: Callable[[], None],
        pending: Sequence[str],
    ) -> None:
        self._publish = publish
        self._pending = dict.fromkeys(pending)
        self._tell_end = tell
        self._running: list[asyncio.Task[BuildResult]] = []
        self._telling: list[asyncio.Task[None]] = []
        self._results: dict[str, CheckResult] = {}
        self._begun: list[str] = []
        self._returned: set[str] = set()
        self._cancelled, self._silent = False, False

    @property
    def results(self) -> tuple[CheckResult, ...]:
        """How all that there are to be stand, in the order of the project file."""
        return check_results.bounded(self._results.values())

    @property
    def pending(self) -> tuple[str, ...]:
        """Names of the checks whose statuses have not had their last word."""
        return tuple(self._pending)

    def expect(self, jobs: Sequence[BuildJob]) -> None:
        """Hear which checks there are to be."""
        self._results = {job.project.name: check_results.pending(job) for job in jobs}

    def stop(self, why: str) -> None:
        """Hear that those which have not ended never will."""
        self._results = {check.name: check for check in check_results.stopped(self._results.values(), why)}

    def start(self, jobs: Sequence[BuildJob], policy: Policy, page: str) -> None:
        """Start checks whose statuses lead to ``page``, and to its log where one has come to a result."""
        for job in jobs:
            # A pending status already says that it runs or waits, so nobody is told more.
            running = asyncio.create_task(Attempts(job, policy).run())
            self._running.append(running)
            self._telling.append(asyncio.create_task(self._tell(running, job, policy, page)))

    async def passed(self) -> bool:
        """Wait for all that were started; whether every one passed."""
        if self._telling:
            await workflow.wait(self._telling)
        for told in self._telling:
            told.result()
        return not any(check.is_unpassed for check in self._results.values())

    def begin(self, attempt_id: str) -> None:
        """Hear that a builder has begun an attempt at one of the checks."""
        self._begun.append(attempt_id)

    @property
    def lost(self) -> list[str]:
        """The attempts that came to no result: their builders may have died before they closed their logs."""
        return [attempt_id for attempt_id in self._begun if attempt_id not in self._returned]

    async def cancel(self, *, silent: bool) -> None:
        """End what runs, and wait until it has said so, or is through with saying nothing more."""
        self._cancelled, self._silent = True, silent
        for task in self._running:
            task.cancel()
        await self.passed()

    async def let_go(self, last_word: Callable[[str], CommitStatus], *, but: Collection[str] = ()) -> None:
        """Say a last word on every name that is pending, ``but`` on those about to run."""
        let_go = [name for name in self._pending if name not in but]
        self._pending = dict.fromkeys(name for name in self._pending if name in but)
        for name in let_go:
            last = last_word(name)
            await _finish(NewestWins[CommitStatus](f"the status {last.context}", self._publish), last)

    async def _tell(
        self, running: asyncio.Task[BuildResult], job: BuildJob, policy: Policy, page: str
    ) -> None:
        pending = statuses.check_pending(job, page)
        status = NewestWins[CommitStatus](f"the status {pending.context} of {pending.sha}", self._publish)
        status.say(pending)
        self._pending[job.project.name] = None
        try:
            result = await running
            self._returned.add(result.attempt_id or "")
        except (asyncio.CancelledError, ActivityError) as error:
            result = without_result(error, job, policy)
        self._results[job.project.name] = check_results.ended(job, result)
        if not self._cancelled:
            self._tell_end()
        if self._silent:
            await status.silence()
        else:
            self._pending.pop(job.project.name, None)
            url = links.log_url(policy, result.attempt_id) if result.attempt_id else page
            await _finish(status, statuses.check_completed(job, result, url))
        await count_given_up(job, result)


async def _finish(status: NewestWins[CommitStatus], last: CommitStatus) -> None:
    try:
        await status.finish(last)
    except ActivityError as error:
        workflow.logger.warning("%s not reported: %s", last.context, error.cause or error)
