"""What a pull request looks like to those who ask its owner: comment, dashboard, Web UI, ``status``."""

from datetime import datetime, timedelta

from tickborg.github import PullRequest, RepositoryName
from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, CheckResult, EvaluationOutcome, SkippedBuild
from tickborg.systems import System
from tickborg.values import Terse, Value

_CAME_TO_NO_GOOD = frozenset(
    {BuildOutcome.FAILURE, BuildOutcome.TIMED_OUT, BuildOutcome.CANCELLED, BuildOutcome.UNEXPECTED_ERROR}
)


class BuildView(Terse, Value):
    """One build as it stands."""

    project: str
    path: str = "."
    """The folder that the commands ran in, relative to the repository's root."""
    system: System
    mode: BuildMode = BuildMode.BUILD
    head_sha: str | None = None
    """The commit of a branch that is built; None: the head of the pull request."""
    stage: BuildStage = BuildStage.QUEUED
    outcome: BuildOutcome | None = None
    """Set exactly when the stage is ``done``."""
    reason: str = ""
    """Why it waits, or how it ended, in one sentence."""
    attempt_id: str | None = None
    builder: str = ""
    wanted_at: datetime
    started_at: datetime | None = None
    """When a builder began; None: none has, or it has ended."""
    duration: timedelta | None = None
    reproduce: tuple[str, ...] = ()
    """The commands that ran, for someone who wants to see it fail, too. Of very many failures only the first
    have them; the check runs of all do."""
    failed_command: str | None = None

    @property
    def worth_a_retry(self) -> bool:
        """Whether it ended without success."""
        return self.outcome in _CAME_TO_NO_GOOD


class PullRequestView(Value):
    """All that is known about one pull request."""

    pull: PullRequest
    base_sha: str | None = None
    """The pinned base of this evaluation; None: no merge with it is known, or none any more."""
    built_on_sha: str | None = None
    """The base that ``builds`` are of, where ``base_sha`` is None."""
    evaluation: EvaluationOutcome | None = None
    """None: it is under way."""
    evaluation_reason: str = ""
    """What the commit status says."""
    conflicts: tuple[str, ...] = ()
    """The first conflicting paths, sorted; ``conflict_count`` says how many there are in all."""
    conflict_count: int = 0
    changed_projects: tuple[str, ...] = ()
    builds: tuple[BuildView, ...] = ()
    skipped: tuple[SkippedBuild, ...] = ()
    notices: tuple[str, ...] = ()
    """What is not done though it was asked for: with a button, or in a comment that could not be answered."""
    waiting: tuple[str, ...] = ()
    """What was asked for and has not begun, since there is no merge to build yet: Markdown."""
    awaits_approval: bool = False
    """Whether nothing is built until somebody who may push has let the head in."""
    checks: tuple[CheckResult, ...] = ()
    """Evaluation checks, as far as they are known."""

    @property
    def not_built(self) -> tuple[SkippedBuild, ...]:
        """What was skipped, and is not being built all the same because somebody asked for it."""
        built = {(build.project, system) for build in self.builds for system in (build.system, None)}
        return tuple(each for each in self.skipped if (each.project, each.system) not in built)

    @property
    def built_before(self) -> bool:
        """Whether the builds are of an earlier merge, and there is none now."""
        return bool(self.builds) and self.base_sha is None

    @property
    def unpassed_checks(self) -> tuple[CheckResult, ...]:
        """The evaluation checks that have ended and did not pass."""
        return tuple(check for check in self.checks if check.is_unpassed)

    @property
    def evaluation_failed(self) -> bool:
        """Whether evaluating again may come to something better."""
        return bool(self.unpassed_checks) or self.evaluation not in {None, EvaluationOutcome.EVALUATED}


class BranchView(Value):
    """All that is known about one branch while something is done about it."""

    repo: RepositoryName
    branch: str
    head_sha: str | None = None
    """The newest push; None: none has been heard of."""
    pusher: str = ""
    looking: bool = False
    """Whether it is still being found out what a push changes."""
    error: str = ""
    """Why the newest push could not be looked at."""
    waiting: tuple[str, ...] = ()
    """Projects whose builds are about to be started."""
    builds: tuple[BuildView, ...] = ()
    skipped: tuple[SkippedBuild, ...] = ()
    """Builds of the newest push that were not made."""

    def joined_to(self, earlier: "BranchView") -> "BranchView":
        """What an owner knows and what an ``earlier`` one knew: of the same build, only how it went last.

        An owner that a button starts knows of no push, and of no build but the one that is asked for.
        """
        builds = {
            (build.project, build.system, build.mode, build.head_sha): build
            for build in (*earlier.builds, *self.builds)
        }
        newest = earlier if self.head_sha is None else self
        return newest.model_copy(update={"builds": tuple(builds.values())})
