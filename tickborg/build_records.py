"""What an owner remembers of the builds it started (design, section 3)."""

from datetime import datetime, timedelta

from pydantic import BaseModel

from tickborg.external_ids import BuildReference
from tickborg.github import RepositoryName
from tickborg.jobs import BuildJob, BuildMode, BuildOutcome, BuildProgress, BuildResult, BuildStage
from tickborg.policy import Policy
from tickborg.views import BuildView

REDELIVERY_SPAN = timedelta(days=4)
"""GitHub keeps deliveries for three days, and may be asked to repeat any of them."""


class BuildRecord(BaseModel):
    """One build of an owner's."""

    n: str | None
    """Its number; None: it has not been started."""
    job: BuildJob
    view: BuildView
    asked: bool = False
    """Whether a person asked for it."""
    failed: bool = False
    """Whether it could not be done at all: the bot has failed, for good."""

    @property
    def joinable(self) -> bool:
        """Whether an automatic build of the same thing is this one: it runs, or it has a true result."""
        return self.view.outcome in {None, BuildOutcome.SUCCESS, BuildOutcome.FAILURE, BuildOutcome.TIMED_OUT}

    @property
    def waits(self) -> bool:
        """Whether it is still to be started: others have to end first."""
        return self.n is None and not self.done

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.view.stage is BuildStage.DONE

    @property
    def started(self) -> bool:
        """Whether a builder is at work on it."""
        return self.view.stage is BuildStage.RUNNING

    def come_further(self, progress: BuildProgress) -> None:
        """Take in what the build says of itself."""
        if self.done:
            return
        self.view = self.view.model_copy(
            update={
                "stage": progress.stage,
                "reason": progress.reason,
                "attempt_id": progress.attempt_id,
                "builder": progress.builder,
                "started_at": progress.started_at,
            }
        )

    def end(self, result: BuildResult) -> None:
        """Take in how it ended."""
        self.view = self.view.model_copy(
            update={
                "stage": BuildStage.DONE,
                "outcome": result.outcome,
                "reason": result.reason,
                "attempt_id": result.attempt_id,
                "builder": result.builder,
                "duration": result.duration,
                "reproduce": result.commands,
                "failed_command": result.failed_command,
            }
        )


def build_key(job: BuildJob) -> str:
    """What makes two builds the same one: (base, head, project, system, mode)."""
    return f"{job.merge.base_sha} {job.merge.head_sha} {job.project.name} {job.system} {job.mode}"


class OwnerMemory(BaseModel):
    """What the owner of a pull request and that of a branch both remember."""

    repo: RepositoryName
    policy: Policy = Policy()
    builds: dict[str, BuildRecord] = {}
    """By :func:`build_key`, in the order in which they were first wanted."""
    seen: dict[str, datetime] = {}
    """Deliveries and comments, each with when it came: what comes again is done once."""
    children: int = 0
    """How many children were ever started, for their ids."""

    def first_sight(self, delivery: str, now: datetime) -> bool:
        """Whether ``delivery`` is new; it is remembered for as long as GitHub may deliver it again."""
        if delivery in self.seen:
            return False
        self.forget_deliveries(now)
        self.seen[delivery] = now
        return True

    def forget_deliveries(self, now: datetime) -> None:
        """Let go of deliveries that will not come again."""
        self.seen = {known: at for known, at in self.seen.items() if now - at < REDELIVERY_SPAN}

    @property
    def building(self) -> bool:
        """Whether a build has not ended."""
        return any(not record.done for record in self.builds.values())

    def record(self, n: str) -> BuildRecord | None:
        """The build with the number ``n``."""
        return next((record for record in self.builds.values() if record.n == n), None)

    def record_of(self, build: BuildReference, head_sha: str | None = None) -> BuildRecord | None:
        """The build that is meant, or the last one of the same project, system and mode.

        With ``head_sha`` only of that head: a branch has builds of several.
        """
        of_head = [record for record in self.builds.values() if head_sha in {None, record.job.merge.head_sha}]
        meant = [record for record in of_head if record.n == build.n]
        like = [record for record in reversed(of_head) if _is_like(record.job, build)]
        return next(iter(meant), None) or max(like, key=lambda record: record.view.wanted_at, default=None)

    def covering(self, job: BuildJob) -> BuildRecord | None:
        """The test under way that builds the same thing as the plain build ``job``."""
        if job.mode is not BuildMode.BUILD:
            return None
        test = self.builds.get(build_key(job.model_copy(update={"mode": BuildMode.TEST})))
        return test if test is not None and not test.done and not test.waits else None

    def in_the_way_of(self, job: BuildJob) -> BuildRecord | None:
        """The build that has to end before ``job`` may begin: a test waits for the build of the same."""
        if job.mode is not BuildMode.TEST:
            return None
        plain = self.builds.get(build_key(job.model_copy(update={"mode": BuildMode.BUILD})))
        return plain if plain is not None and not plain.done else None


def _is_like(job: BuildJob, build: BuildReference) -> bool:
    return (job.project.name, job.system, job.mode) == (build.project, build.system, build.mode)
