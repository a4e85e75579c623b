"""What the owner of a pull request remembers: the one state object that is carried on as new."""

from datetime import datetime

from tickborg import check_results
from tickborg.github import PullRequest, RepositoryName
from tickborg.head_arrival import HeadArrival
from tickborg.jobs import (
    BuildOutcome,
    BuildsWanted,
    CheckResult,
    EvaluationOutcome,
    EvaluationResult,
    Merge,
    SkippedBuild,
)
from tickborg.labels import INTERNAL_ERROR_LABEL, may_be_ours
from tickborg.order_memory import OrderMemory
from tickborg.requests import PressedCheck
from tickborg.systems import System
from tickborg.texts import notices
from tickborg.values import Value
from tickborg.views import PullRequestView

_FOUND_OUT = frozenset(
    {EvaluationOutcome.EVALUATED, EvaluationOutcome.CONFLICT, EvaluationOutcome.BAD_PROJECT_FILE}
)
"""The bot works: whatever is wrong with the pull request, it could say so."""

_TRUE_RESULTS = frozenset({BuildOutcome.SUCCESS, BuildOutcome.FAILURE, BuildOutcome.TIMED_OUT})

_NOTHING_TO_BUILD = frozenset({EvaluationOutcome.CONFLICT, EvaluationOutcome.BAD_PROJECT_FILE})


class PullRequestMemory(OrderMemory):
    """All an owner knows about its pull request."""

    number: int
    pull: PullRequest | None = None
    """The newest description; None before the first event."""
    merge: Merge | None = None
    """The merge of this head that is built; None: no evaluation has found it yet."""
    fresh_base: bool = False
    """The next evaluation merges with the target branch as it is, not with the base pinned for this head."""
    again: bool = False
    """The head is to be evaluated as soon as nothing is in the way of that."""
    not_again: str | None = None
    """Why it is not to be after all: an older one may say nothing any more, so a last one says that."""
    rebuild_on: tuple[System, ...] = ()
    """Where what has a result is built again when the next evaluation has found out what to build."""
    rebuild_pressed: PressedCheck | None = None
    """The check run that is told if the next evaluation does not; None: nobody asked for that by a button."""
    awaits_approval: bool = False
    """Whether a maintainer has to let this head in."""
    approved_sha: str | None = None
    """The head that a maintainer has let in."""
    arrival: HeadArrival | None = None
    """Since when there is this head."""
    checks: tuple[CheckResult, ...] = ()
    """All evaluation checks of this head, as far as they are known."""
    pending_checks: tuple[str, ...] = ()
    """Those whose statuses an evaluation of this head has left pending to the next one."""
    evaluation: EvaluationOutcome | None = None
    evaluation_reason: str = ""
    conflicts: tuple[str, ...] = ()
    conflict_count: int = 0
    skipped: tuple[SkippedBuild, ...] = ()
    labels_wanted: tuple[str, ...] | None = None
    """What the last evaluation called for; None: none has found it out yet."""
    labels_added: tuple[str, ...] = ()
    """Those on the pull request that the bot put there, and a person did not."""
    labels_known: bool = False
    """Whether it has been found out which of the labels an earlier owner put there, before it was closed."""
    comment_id: int | None = None
    internal_error: bool = False
    """Whether the bot has failed for good on what it evaluated or built last."""
    summary_refused: bool = False
    """Whether GitHub would not take the summary comment, the last time it was told."""

    def believe(self, pull: PullRequest) -> None:
        """Take in a newer description; a new head or target branch begins with nothing known of it."""
        known = self.pull
        if known is None or known.head_sha != pull.head_sha:
            self.arrival = HeadArrival(at=pull.updated_at, after=known.updated_at if known else None)
            self.pending_checks = ()
        if known is None or known.head_sha != pull.head_sha or known.base_ref != pull.base_ref:
            self.builds, self.sources = {}, {}
            self.merge = None
            self.changed_projects = ()
            self.skipped = ()
            self.awaits_approval = False
            self.checks = ()
            self.notices, self.builds_noticed = (), {}
            self.forget_left_out()
            self.forget_base()
        self.evaluation = None
        self.evaluation_reason = ""
        self.pull = pull

    def hear_of_head(self, pull: PullRequest) -> None:
        """Take in what GitHub sent because of a head: if it is this one, since when it is there."""
        if self.pull is not None and self.arrival is not None and self.pull.head_sha == pull.head_sha:
            self.arrival = self.arrival.told(pull.updated_at)

    def plan(self, wanted: BuildsWanted) -> None:
        """Take in what an evaluation of the current head wants; builds on another base are forgotten."""
        plan = wanted.plan
        self.policy = wanted.policy
        self.labels_wanted = wanted.labels
        if self.base_sha != plan.merge.base_sha:
            self.builds, self.sources = {}, {}
        self.merge = plan.merge
        self.forget_base()
        self.awaits_approval = plan.awaits_approval
        self.changed_projects = plan.changed_projects
        self.checks = wanted.checks
        self.skipped = (*plan.skipped, *self.what_is_left_out.of_plan(plan, self.builds.values()))
        self.forget_left_out()
        self.rebuild_pressed = None

    def forget_base(self) -> None:
        """Let go of what was wished of the next evaluation: there is one that has done it, or cannot."""
        self.fresh_base, self.rebuild_on = False, ()

    def end_evaluation(self, result: EvaluationResult) -> None:
        """Take in how the evaluation of the current head ended."""
        if self.pull is None or result.pull.updated_at >= self.pull.updated_at:
            self.pull = result.pull
        self.evaluation = result.outcome
        self.evaluation_reason = result.reason
        self.conflicts, self.conflict_count = result.conflicts, result.conflict_count
        self.checks = result.checks
        self.policy = result.policy or self.policy
        if result.outcome in _NOTHING_TO_BUILD:
            self.merge = None
            self.forget_base()
        if result.outcome in _FOUND_OUT:
            # A build may have failed for good while checks of this evaluation were still going on.
            self.internal_error = self._has_failed_builds

    def fail_evaluation(self, error: str) -> None:
        """Take in that the evaluation of the current head could not be done."""
        self.evaluation = EvaluationOutcome.FAILED
        self.evaluation_reason = error
        self.checks = tuple(check for check in self.checks if check.outcome is not None)
        self.internal_error = True

    def end_build(self, n: str, outcome: BuildOutcome) -> None:
        """Take in whether a build showed that the bot works, or has failed for good."""
        record, failed = self.record(n), outcome is BuildOutcome.UNEXPECTED_ERROR
        if record is not None:
            record.failed = failed
            if outcome is BuildOutcome.SUCCESS:
                view = record.view
                self.take_back_notices(view.project, view.system, succeeded=view.mode)
        if failed:
            self.internal_error = True
        elif record is not None and outcome in _TRUE_RESULTS:
            self.internal_error &= self._has_failed_builds or self.evaluation is EvaluationOutcome.FAILED

    @property
    def _has_failed_builds(self) -> bool:
        return any(each.failed for each in self.builds.values())

    @property
    def labels(self) -> frozenset[str]:
        """The labels that the bot wants on the pull request; what it added and is not here has to go."""
        wanted = self.labels_added if self.labels_wanted is None else self.labels_wanted
        rest = frozenset(wanted) - {INTERNAL_ERROR_LABEL}
        return rest | {INTERNAL_ERROR_LABEL} if self.internal_error or self.summary_refused else rest

    @property
    def must_look_for_labels(self) -> bool:
        """Whether labels may be on it, by their names, that an earlier owner has left behind."""
        known = self.labels_known or (self.labels_wanted is None and self.evaluation is None)
        return not known and self.pull is not None and any(map(may_be_ours, self.pull.labels))

    def left_behind(self) -> "LabelsLeft | None":
        """What an owner that ends leaves to the next one; None: it has not found it out itself."""
        return LabelsLeft(labels=self.labels_added) if self.labels_known else None

    @property
    def base_sha(self) -> str | None:
        """The base pinned for this head."""
        return self.merge.base_sha if self.merge else None

    @property
    def _built_on_sha(self) -> str | None:
        """The base of what was built last."""
        source = self.source_of(None)
        return source.merge.base_sha if source else None

    @property
    def is_approved(self) -> bool:
        """Whether a maintainer has let this very head in."""
        return self.pull is not None and self.approved_sha == self.pull.head_sha

    def was_surely_pushed_after(self, written_at: datetime | None) -> bool:
        """Whether a comment of that time was certainly written before there was this head."""
        arrival = self.arrival
        return arrival is not None and written_at is not None and arrival.is_surely_after(written_at)

    def may_have_been_pushed_after(self, written_at: datetime | None) -> bool:
        """Whether nobody can tell that there was this head when a comment of that time was written."""
        arrival = self.arrival
        return arrival is not None and written_at is not None and arrival.may_be_after(written_at)

    def approve(self, asked_at: datetime) -> None:
        """Let the head in for somebody who asked for a build at ``asked_at``, if they can have seen it."""
        can_have_seen = self.arrival is not None and not self.arrival.may_be_after(asked_at)
        if self.pull is not None and can_have_seen:
            self.approved_sha = self.pull.head_sha

    @property
    def ready(self) -> bool:
        """Whether there is a merge to build, which no evaluation is about to replace."""
        return self.merge is not None and not self.fresh_base

    def view(self, *, checks_to_come: bool = False) -> PullRequestView | None:
        """What others may see; None before the first event.

        Args:
            checks_to_come: whether the checks of this head are about to run once more.
        """
        if self.pull is None:
            return None
        return PullRequestView(
            pull=self.pull,
            base_sha=self.base_sha,
            built_on_sha=self._built_on_sha if self.merge is None else None,
            evaluation=self.evaluation,
            evaluation_reason=self.evaluation_reason,
            conflicts=self.conflicts,
            conflict_count=self.conflict_count,
            changed_projects=self.changed_projects,
            builds=tuple(record.view for record in self.builds.values()),
            skipped=self.skipped,
            notices=self.notices,
            waiting=tuple(notices.command(order.mode, order.projects) for order in self.orders),
            awaits_approval=self.awaits_approval and not self.is_approved,
            checks=check_results.to_come(self.checks) if checks_to_come else self.checks,
        )


class LabelsLeft(Value):
    """What an owner leaves behind: the bot's labels, of which it is to know if it is opened again."""

    labels: tuple[str, ...]


class PullRequestStart(Value):
    """What a ``PullRequest`` workflow is started with; its first event comes as a signal."""

    repo: RepositoryName
    number: int
    memory: PullRequestMemory | None = None
    """What the run before this one knew, when it was continued as new."""
