"""What the owner of a pull request remembers: the one state object that is carried on as new."""

from datetime import datetime, timedelta

from pydantic import BaseModel

from tickborg.github import PullRequest, RepositoryName
from tickborg.jobs import (
    BuildJob,
    BuildOutcome,
    BuildProgress,
    BuildResult,
    BuildStage,
    BuildsWanted,
    EvaluationOutcome,
    EvaluationResult,
    SkippedBuild,
)
from tickborg.labels import INTERNAL_ERROR_LABEL
from tickborg.policy import Policy
from tickborg.values import Value
from tickborg.views import BuildView, PullRequestView

REDELIVERY_SPAN = timedelta(days=4)
"""GitHub keeps deliveries for three days, and may be asked to repeat any of them."""

_FOUND_OUT = frozenset(
    {EvaluationOutcome.EVALUATED, EvaluationOutcome.CONFLICT, EvaluationOutcome.BAD_PROJECT_FILE}
)
"""The bot works: whatever is wrong with the pull request, it could say so."""


class BuildRecord(BaseModel):
    """One build of the current head."""

    n: str
    job: BuildJob
    view: BuildView

    @property
    def joinable(self) -> bool:
        """Whether asking for the same thing again gets this one: it runs, or it has a true result."""
        return self.view.outcome in {None, BuildOutcome.SUCCESS, BuildOutcome.FAILURE, BuildOutcome.TIMED_OUT}

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.view.stage is BuildStage.DONE

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


class PullRequestMemory(BaseModel):
    """All an owner knows about its pull request."""

    repo: RepositoryName
    number: int
    policy: Policy = Policy()
    pull: PullRequest | None = None
    """The newest description; None before the first event."""
    base_sha: str | None = None
    """The base pinned for this head."""
    evaluation: EvaluationOutcome | None = None
    evaluation_reason: str = ""
    conflicts: tuple[str, ...] = ()
    conflict_count: int = 0
    changed_projects: tuple[str, ...] = ()
    skipped: tuple[SkippedBuild, ...] = ()
    builds: dict[str, BuildRecord] = {}
    """Builds of the current head, by :func:`build_key`."""
    labels_wanted: tuple[str, ...] | None = None
    """What the last evaluation called for; None: none has found it out yet."""
    labels_added: tuple[str, ...] = ()
    """Those on the pull request that the bot put there, and a person did not."""
    comment_id: int | None = None
    internal_error: bool = False
    """Whether ``tickborg-internal-error`` is on the pull request."""
    deliveries: dict[str, datetime] = {}
    """Deliveries seen, each with when: what comes again is done once."""
    children: int = 0
    """How many children were ever started, for their ids."""

    def first_sight(self, delivery: str, now: datetime) -> bool:
        """Whether ``delivery`` is new; it is remembered for as long as GitHub may deliver it again."""
        if delivery in self.deliveries:
            return False
        self.deliveries = {known: at for known, at in self.deliveries.items() if now - at < REDELIVERY_SPAN}
        self.deliveries[delivery] = now
        return True

    def believe(self, pull: PullRequest) -> None:
        """Take in a newer description; a new head or target branch begins with nothing known of it."""
        known = self.pull
        if known is None or known.head_sha != pull.head_sha or known.base_ref != pull.base_ref:
            self.builds = {}
            self.base_sha = None
            self.changed_projects = ()
            self.skipped = ()
        self.evaluation = None
        self.evaluation_reason = ""
        self.pull = pull

    def plan(self, wanted: BuildsWanted) -> None:
        """Take in what an evaluation of the current head wants; builds on another base are forgotten."""
        plan = wanted.plan
        self.policy = wanted.policy
        self.labels_wanted = wanted.labels
        if self.base_sha != plan.merge.base_sha:
            self.builds = {}
        self.base_sha = plan.merge.base_sha
        self.changed_projects = plan.changed_projects
        self.skipped = plan.skipped

    def end_evaluation(self, result: EvaluationResult) -> None:
        """Take in how the evaluation of the current head ended."""
        if self.pull is None or result.pull.updated_at >= self.pull.updated_at:
            self.pull = result.pull
        self.evaluation = result.outcome
        self.evaluation_reason = result.reason
        self.conflicts, self.conflict_count = result.conflicts, result.conflict_count
        self.policy = result.policy or self.policy
        if result.outcome in _FOUND_OUT:
            self.internal_error = False

    def fail_evaluation(self, error: str) -> None:
        """Take in that the evaluation of the current head could not be done."""
        self.evaluation = EvaluationOutcome.FAILED
        self.evaluation_reason = error
        self.internal_error = True

    @property
    def labels(self) -> frozenset[str]:
        """The labels that the bot wants on the pull request; what it added and is not here has to go."""
        wanted = self.labels_added if self.labels_wanted is None else self.labels_wanted
        rest = frozenset(wanted) - {INTERNAL_ERROR_LABEL}
        return rest | {INTERNAL_ERROR_LABEL} if self.internal_error else rest

    @property
    def building(self) -> bool:
        """Whether a build of the current head has not ended."""
        return any(not record.done for record in self.builds.values())

    def record(self, n: str) -> BuildRecord | None:
        """The build of the current head with the number ``n``."""
        return next((record for record in self.builds.values() if record.n == n), None)

    def view(self) -> PullRequestView | None:
        """What others may see; None before the first event."""
        if self.pull is None:
            return None
        return PullRequestView(
            pull=self.pull,
            base_sha=self.base_sha,
            evaluation=self.evaluation,
            evaluation_reason=self.evaluation_reason,
            conflicts=self.conflicts,
            conflict_count=self.conflict_count,
            changed_projects=self.changed_projects,
            builds=tuple(record.view for record in self.builds.values()),
            skipped=self.skipped,
        )


class PullRequestStart(Value):
    """What a ``PullRequest`` workflow is started with; its first event comes as a signal."""

    repo: RepositoryName
    number: int
    memory: PullRequestMemory | None = None
    """What the run before this one knew, when it was continued as new."""
