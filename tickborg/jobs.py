"""Inputs and results of workflows and activities (design, section 4)."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from tickborg.github import PullRequest, RepositoryName
from tickborg.messages import BuildLogStart, Event
from tickborg.policy import Policy
from tickborg.projects import ChangeFacts, Check, Needed, Project, ProjectSet
from tickborg.setbacks import WhyGivenUp
from tickborg.systems import System
from tickborg.values import Terse, Value


class MergeJob(Value):
    """Merge ``head_sha`` with its target branch, in memory, and say what that changes."""

    repo: RepositoryName
    head_ref: str
    """The full ref to fetch the head by, e.g. ``refs/pull/7/head``."""
    head_sha: str
    base_ref: str
    """The target branch's name, without ``refs/heads/``."""
    base_sha: str | None = None
    """The base pinned for this head; None: whatever the branch points at when it is fetched."""


class Merge(Value):
    """A merge that succeeded: three commits and the tree they give. Object ids are 40 hex digits."""

    base_sha: str
    head_sha: str
    merge_base: str
    tree: str


class MergeReport(Value):
    """What a :class:`MergeJob` gave: a merge, or the conflict that prevented it."""

    base_sha: str
    merge: Merge | None = None
    conflicts: tuple[str, ...] = ()
    """The first conflicting paths, sorted; ``conflict_count`` says how many there are in all. Without a merge
    and without paths, head and base have no commit in common."""
    conflict_count: int = 0
    projects: ProjectSet = ProjectSet()
    """The projects of the target branch, never of the pull request."""
    project_file_error: str | None = None
    """Why the target branch's project file cannot be used: file, line, key and reason."""
    changes: ChangeFacts = ChangeFacts()
    whole_merge: bool = False
    """True: trees alone did not decide it, and libgit2's whole merge was asked."""


class ProjectsJob(Value):
    """Read the projects of a branch."""

    repo: RepositoryName
    base_ref: str
    """The branch's name, without ``refs/heads/``."""
    base_sha: str | None = None
    """The commit to read them at; None: whatever the branch points at when it is fetched."""


class ProjectsReport(Value):
    """What a :class:`ProjectsJob` gave."""

    base_sha: str
    projects: ProjectSet = ProjectSet()
    project_file_error: str | None = None
    """Why the project file cannot be used: file, line, key and reason."""


class PushJob(Value):
    """Find out what a push to a branch changes: everything from ``before`` to ``after``.

    Where nothing is known of ``before`` (a new branch), or it is no ancestor of ``after`` (a forced push), it
    is everything since the merge base with the default branch; for the default branch itself, since the merge
    base with ``before``. If there is no such base, everything is new.
    """

    repo: RepositoryName
    branch: str
    before: str | None = None
    """The commit from which on nothing has been looked at yet; None: the branch is new."""
    after: str
    default_branch: str
    known: str | None = None
    """The commit that may be newer than ``after``: nobody can tell by the pushes that were heard of."""


class PushReport(Value):
    """What a :class:`PushJob` gave."""

    tree: str
    """The tree of ``after``."""
    since: str | None = None
    """The commit that ``after`` was compared with; None: with nothing at all."""
    projects: ProjectSet = ProjectSet()
    """The projects as they are at ``after``."""
    project_file_error: str | None = None
    changes: ChangeFacts = ChangeFacts()
    tip: str | None = None
    """What the branch points at by now; None: nobody wanted to know, or it is no more."""
    behind: bool = False
    """Whether the commit that may be newer is."""


class BuildMode(StrEnum):
    """What a build runs."""

    BUILD = "build"
    TEST = "test"
    CHECK = "check"


class Origin(Value):
    """What a build is for: a pull request or a branch. Exactly one of the two is set."""

    pull: int | None = None
    branch: str | None = None

    def __str__(self) -> str:
        return f"pr-{self.pull}" if self.pull is not None else f"branch-{self.branch}"


class BuildJob(Value):
    """One project on one system for one (base sha, head sha)."""

    repo: RepositoryName
    origin: Origin
    head_ref: str
    base_ref: str
    merge: Merge
    project: Project
    needs: tuple[Needed, ...] = ()
    """Every project that ``project`` needs, transitively: their paths are materialised too."""
    system: System
    mode: BuildMode = BuildMode.BUILD
    author: str = ""
    """Whose change it is: the fairness key."""
    check: Check | None = None
    """Set exactly when ``mode`` is ``check``."""
    attempt: int = Field(default=1, ge=1)
    """Which attempt at it this is, as its workflow counts them."""

    def log_start(self, attempt_id: UUID, builder: str, started_at: datetime) -> BuildLogStart:
        """The beginning of the log of an attempt."""
        return BuildLogStart(
            attempt_id=attempt_id,
            identity=builder,
            system=self.system,
            project=self.project.name,
            repo=str(self.repo),
            pr=self.origin.pull,
            branch=self.origin.branch,
            head_sha=self.merge.head_sha,
            attempted_attrs=[self.project.name],
            started_at=started_at,
        )


class BuildStage(StrEnum):
    """How far a build is."""

    QUEUED = "queued"
    WAITING = "waiting"
    """No builder of its system is online."""
    DELAYED = "delayed"
    """An attempt came to nothing, and the next one is made in a while."""
    RUNNING = "running"
    DONE = "done"


class BuildOutcome(StrEnum):
    """How a build ended, in the words of the AMQP bot this follows."""

    SUCCESS = "Success"
    FAILURE = "Failure"
    TIMED_OUT = "TimedOut"
    SKIPPED = "Skipped"
    CANCELLED = "Cancelled"
    UNEXPECTED_ERROR = "UnexpectedError"


class BuildResult(Value):
    """What became of a :class:`BuildJob`. A failed build is a result and not an error."""

    outcome: BuildOutcome
    reason: str = ""
    """One sentence: what happened, for a person; empty for a plain success."""
    attempt_id: str | None = None
    """The UUID of the attempt that ended it, which names its log; None: no builder ever started."""
    builder: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration: timedelta = timedelta()
    commands: tuple[str, ...] = ()
    """The commands that ran, in order, as a person would type them in the workspace."""
    failed_command: str | None = None
    exit_status: int | None = None
    """Of the failed command; negative: the number of the signal that ended it."""
    log_tail: tuple[str, ...] = ()
    """The last lines of the log, bounded in number and length; all of it is in the log store."""
    line_count: int = Field(default=0, ge=0)
    given_up: WhyGivenUp | None = None
    """Why no builder came to a result; None: one did, or nobody wanted it any more."""

    @property
    def found_no_builder(self) -> bool:
        """Whether it ended without having begun."""
        return self.outcome is BuildOutcome.CANCELLED and self.attempt_id is None


class BuildStarted(Value):
    """The builder's word to the ``Build`` workflow that an attempt has begun."""

    attempt_id: str
    attempt: int = Field(ge=1)
    """The number of the attempt; a lower one than is known comes late and is ignored."""
    builder: str
    started_at: datetime


class EvaluationJob(Value):
    """Evaluate one head of one pull request."""

    pull: PullRequest
    """The hint of the webhook; GitHub is asked before anything is believed."""
    n: str
    """The owner's own number of this evaluation."""
    owner_id: str
    """Workflow id of the ``PullRequest`` to report to."""
    pinned_base: str | None = None
    """The base sha that this head was evaluated with before; None: the target branch as it is."""
    approved: bool = False
    """Whether a maintainer has let this head in."""
    called_off: str = ""
    """Not empty: why nothing is evaluated. Only that is said, which the evaluation before could not say."""
    follows: bool = False
    """Whether an evaluation of this head before may have left a status that does not say how it came out."""
    pending_checks: tuple[str, ...] = ()
    """Checks whose statuses an evaluation of this head before has left pending: each needs a last word."""


class EvaluationOutcome(StrEnum):
    """How an evaluation ended."""

    EVALUATED = "evaluated"
    CONFLICT = "conflict"
    BAD_PROJECT_FILE = "bad_project_file"
    NOT_CURRENT = "not_current"
    CLOSED = "closed"
    SUPERSEDED = "superseded"
    FAILED = "failed"


class SkippedBuild(Value):
    """A build that was not made, and why: what the author is told instead of silence."""

    project: str
    system: System | None = None
    reason: str


class PlannedBuild(Value):
    """A build that is wanted, without what all builds of the same commit have in common."""

    project: str
    system: System
    mode: BuildMode = BuildMode.BUILD


class BuildPlan(Value):
    """What an evaluation wants built, and what not."""

    pull: PullRequest
    merge: Merge
    projects: ProjectSet = ProjectSet()
    """Those that are built, and what they need."""
    builds: tuple[PlannedBuild, ...] = ()
    skipped: tuple[SkippedBuild, ...] = ()
    changed_projects: tuple[str, ...] = ()
    held: str = ""
    """Why nothing is built by itself although projects changed, for the author; empty: nothing holds it."""
    awaits_approval: bool = False
    """Whether that is because a maintainer has to let the head in."""


class CheckResult(Terse, Value):
    """What became of an evaluation check, as far as that is known."""

    name: str
    outcome: BuildOutcome | None = None
    """None: it is queued or running."""
    reason: str = ""
    """How it ended, in one sentence."""
    attempt_id: str | None = None
    """What names its log; None: no builder has come to a result."""
    builder: str = ""
    duration: timedelta | None = None
    reproduce: tuple[str, ...] = ()
    """The commands that ran, if it did not pass."""
    failed_command: str | None = None

    @property
    def is_unpassed(self) -> bool:
        """Whether it has ended and did not pass."""
        return self.outcome not in {None, BuildOutcome.SUCCESS}


class EvaluationResult(Value):
    """What an evaluation found out."""

    outcome: EvaluationOutcome
    pull: PullRequest
    """The pull request as GitHub described it."""
    reason: str = ""
    conflicts: tuple[str, ...] = ()
    """The first conflicting paths, as in :class:`MergeReport`."""
    conflict_count: int = 0
    checks: tuple[CheckResult, ...] = ()
    """All evaluation checks."""
    policy: Policy | None = None
    """What it was evaluated by; None: it came to nothing before that was known."""
    pending_checks: tuple[str, ...] = ()
    """Checks whose statuses it leaves pending to the next evaluation of this head."""


class BuildRequest(Value):
    """What a ``Build`` workflow is started with."""

    job: BuildJob
    n: str
    """The owner's own number of this build."""
    owner_id: str
    """Workflow id of the owner to report to."""
    policy: Policy


class BuildProgress(Value):
    """A ``Build`` workflow's word to its owner that a build has come further."""

    n: str
    stage: BuildStage
    reason: str = ""
    attempt_id: str | None = None
    builder: str = ""
    started_at: datetime | None = None


class BuildsWanted(Value):
    """An evaluation's word to its owner, as soon as it knows what is to be built."""

    n: str
    """The evaluation's number; the owner listens only to the one it started last."""
    plan: BuildPlan
    labels: tuple[str, ...] = ()
    """The labels that the change calls for, sorted."""
    checks: tuple[CheckResult, ...] = ()
    """All evaluation checks; only those that builds wait for can have ended."""
    policy: Policy


class ChecksProgress(Value):
    """An evaluation's word to its owner that one of several checks has ended."""

    n: str
    """The evaluation's number."""
    checks: tuple[CheckResult, ...]
    """All of them."""


class BuildersQuestion(Value):
    """How many builders of ``system`` are alive."""

    system: System


class QueuesQuestion(Value):
    """How many builds wait for a free builder, on each of some systems."""

    systems: tuple[System, ...]


class QueueLength(Value):
    """About how many builds wait for a free builder of ``system``, whoever's they are."""

    system: System
    waiting: int


class Notification(Value):
    """Events for the stats, sent in one go."""

    events: tuple[Event, ...]
