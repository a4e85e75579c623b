"""What ``Reconcile`` asks GitHub and owners, and tells them (design, section 3).

What is found is compared here and not in the workflow, so that a history holds what is missing and not all
that is there. The comparison itself is :mod:`tickborg.deliveries` and :mod:`tickborg.reconciling`.
"""

from collections.abc import AsyncIterator

from temporalio import activity

from activities.clock import Clock, utc_now
from activities.ports import Cluster, Deliveries, GitHub, Installations, Owners
from activities.shortfall import Shortfall
from tickborg.deliveries import MOST_REPORTED, Record, read_record
from tickborg.errors import PermanentError, TickborgError
from tickborg.github import PullRequest, RepositoryName
from tickborg.hearing import HearingPolicy
from tickborg.partial_reports import MissedReport, ServedReport
from tickborg.reconciling import (
    ComparisonJob,
    Missed,
    RecordQuestion,
    RepeatJob,
    RepeatReport,
    ServedRepository,
    missed_of_pull,
    missed_push,
)

MOST_ATTEMPTS = 30_000
"""How much of GitHub's record is read at once: 300 of the 5,000 calls that an App has in an hour."""


class DeliveryActivities:
    """GitHub's record of deliveries, read and acted on."""

    def __init__(self, deliveries: Deliveries, now: Clock = utc_now) -> None:
        self._deliveries = deliveries
        self._now = now

    @activity.defn(name="delivery_record")
    async def delivery_record(self, question: RecordQuestion) -> Record:
        """What has come to nothing since a moment; a retry asks again."""
        most = MOST_REPORTED if question.cursor else MOST_ATTEMPTS
        attempts, older = await self._deliveries.attempts(question.since, most, question.cursor)
        now, about = self._now(), question.about
        return read_record(attempts, now, about=about, older=older, pace=question.pace)

    @activity.defn(name="repeat_deliveries")
    async def repeat_deliveries(self, job: RepeatJob) -> RepeatReport:
        """Have deliveries repeated, one after the other; a retry goes on after the last that was taken.

        What is asked for twice arrives twice, under one name, by which owners know it.
        """
        details = activity.info().heartbeat_details
        done: list[int] = list(details[0]) if details else []
        gone: list[int] = list(details[1]) if details else []
        for attempt_id in job.attempts:
            if attempt_id in done:
                continue
            if not await self._deliveries.repeat(attempt_id):
                gone.append(attempt_id)
            done.append(attempt_id)
            activity.heartbeat(done, gone)
        return RepeatReport(gone=tuple(gone))


class ComparisonActivities:
    """GitHub, compared with what owners know."""

    def __init__(
        self,
        github: GitHub,
        installations: Installations,
        cluster: Cluster,
        owners: Owners,
        hearing: HearingPolicy,
    ) -> None:
        self._github = github
        self._installations = installations
        self._cluster = cluster
        self._owners = owners
        self._hearing = hearing

    @activity.defn(name="served_repositories")
    async def served_repositories(self) -> ServedReport:
        """The repositories that the App is installed on and that are served; a retry asks again."""
        shortfall = Shortfall()
        found = await self._installations.repositories(shortfall.note)
        served = tuple(each for each in found if each.repo in self._hearing.served)
        return ServedReport(repositories=served, failed=shortfall.said)

    @activity.defn(name="missed")
    async def missed(self, job: ComparisonJob) -> MissedReport:
        """What nobody has looked at in one repository; asking changes nothing, so a retry asks again."""
        shortfall = Shortfall()
        pulls = [missed async for missed in self._missed_pulls(job, shortfall)]
        pushes = [missed async for missed in self._missed_pushes(job, shortfall)]
        return MissedReport(missed=(*pulls, *pushes), failed=shortfall.said)

    @activity.defn(name="tell_missed")
    async def tell_missed(self, missed: Missed) -> None:
        """Tell an owner what it missed; it knows the event by its delivery, so a retry may tell it again."""
        await self._cluster.start(missed.start)

    async def _missed_pulls(self, job: ComparisonJob, shortfall: Shortfall) -> AsyncIterator[Missed]:
        repo = job.repository.repo
        try:
            # In this order: an owner that starts in between is not taken for one of a closed pull request.
            running = await self._owners.running_pulls(repo)
            opened = {pull.number: pull for pull in await self._installations.open_pulls(repo)}
        except TickborgError as error:
            shortfall.note(str(repo), error)
            return
        for number in (*opened, *sorted(running - opened.keys())):
            try:
                missed = await self._missed_pull(job, number, opened.get(number), owned=number in running)
            except TickborgError as error:
                shortfall.note(f"{repo}#{number}", error)
                continue
            if missed is not None:
                yield missed

    async def _missed_pull(
        self, job: ComparisonJob, number: int, opened: PullRequest | None, *, owned: bool
    ) -> Missed | None:
        pull = opened or await self._closed_pull(job.repository.repo, number)
        unchanged = job.since is not None and pull is not None and pull.updated_at < job.since
        if pull is None or (opened is not None and owned and unchanged):
            return None
        return await self._compared(job, pull, owned=owned)

    async def _closed_pull(self, repo: RepositoryName, number: int) -> PullRequest | None:
        try:
            return await self._github.pull_request(repo, number)
        except PermanentError:
            activity.logger.warning("%s#%d has an owner and is not on GitHub", repo, number)
            return None

    async def _compared(self, job: ComparisonJob, pull: PullRequest, *, owned: bool) -> Missed | None:
        if pull.updated_at > job.until:
            return None
        view = await self._cluster.pull_request_view(pull.repo, pull.number) if owned else None
        return missed_of_pull(pull, view)

    async def _missed_pushes(self, job: ComparisonJob, shortfall: Shortfall) -> AsyncIterator[Missed]:
        repository, pushed_at = job.repository, job.repository.pushed_at
        if pushed_at is None or pushed_at > job.until or (job.since is not None and pushed_at < job.since):
            return
        for branch in self._hearing.push_branches:
            try:
                missed = await self._missed_push(repository, branch)
            except TickborgError as error:
                shortfall.note(f"{repository.repo} {branch}", error)
                continue
            if missed is not None:
                yield missed

    async def _missed_push(self, repository: ServedRepository, branch: str) -> Missed | None:
        tip = await self._installations.branch_tip(repository.repo, branch)
        if tip is None:
            return None
        known = await self._owners.branch_head(repository.repo, branch)
        return missed_push(repository, branch, tip, known)
