"""How a pull request, a build or a log stands: a tone and a few words of plain text."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tickborg.github import PullRequestState
from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, CheckResult, EvaluationOutcome, SkippedBuild
from tickborg.messages import BuildLogStatus
from tickborg.projects import PROJECT_FILE
from tickborg.texts.outcomes import FAILED, CheckState, foremost
from tickborg.texts.shortening import shorten
from tickborg.texts.wording import counted, listed
from tickborg.views import BranchView, BuildView, PullRequestView

_REASON_LIMIT = 200
_NAMES_ROOM = 100
"""Characters for names in a verdict."""


class Tone(StrEnum):
    """What a reader should feel; the names of CSS classes."""

    GOOD = "good"
    BAD = "bad"
    BUSY = "busy"
    QUIET = "quiet"
    BROKEN = "broken"
    """The fault is tickborg's."""


@dataclass(frozen=True)
class Verdict:
    """How something stands."""

    tone: Tone
    text: str


NOT_BUILT = Verdict(Tone.QUIET, "not built")

_STAGES = {
    BuildStage.QUEUED: Verdict(Tone.QUIET, "queued"),
    BuildStage.WAITING: Verdict(Tone.QUIET, "waits for a builder"),
    BuildStage.DELAYED: Verdict(Tone.QUIET, "tried again later"),
    BuildStage.RUNNING: Verdict(Tone.BUSY, "running"),
    BuildStage.DONE: Verdict(Tone.QUIET, "ended"),
}
_OUTCOMES = {
    BuildOutcome.SUCCESS: Verdict(Tone.GOOD, "built"),
    BuildOutcome.FAILURE: Verdict(Tone.BAD, "failed"),
    BuildOutcome.TIMED_OUT: Verdict(Tone.BAD, "timed out"),
    BuildOutcome.SKIPPED: Verdict(Tone.QUIET, "skipped"),
    BuildOutcome.CANCELLED: Verdict(Tone.QUIET, "cancelled"),
    BuildOutcome.UNEXPECTED_ERROR: Verdict(Tone.BROKEN, "tickborg failed"),
}
_LOG_STATUSES = {
    BuildLogStatus.SUCCESS: Verdict(Tone.GOOD, "succeeded"),
    BuildLogStatus.FAILURE: Verdict(Tone.BAD, "failed"),
    BuildLogStatus.TIMED_OUT: Verdict(Tone.BAD, "timed out"),
    BuildLogStatus.CANCELLED: Verdict(Tone.QUIET, "cancelled"),
    BuildLogStatus.ERROR: Verdict(Tone.BROKEN, "tickborg failed"),
    BuildLogStatus.LOST: Verdict(Tone.BROKEN, "builder lost"),
}

_FIRST = (Tone.BAD, Tone.BUSY, Tone.BROKEN, Tone.QUIET, Tone.GOOD)
"""What a reader has to know first."""
_NOTHING_TO_BUILD = Verdict(Tone.GOOD, "nothing to build: no project is changed")


def of_build(build: BuildView) -> Verdict:
    """How one build stands."""
    if build.outcome is None:
        return _STAGES[build.stage]
    if build.outcome is BuildOutcome.SUCCESS and build.mode is BuildMode.TEST:
        return Verdict(Tone.GOOD, "tested")
    return _OUTCOMES[build.outcome]


def of_check(check: CheckResult) -> Verdict:
    """How one evaluation check stands."""
    if check.outcome is None:
        return Verdict(Tone.BUSY, "queued or running")
    if check.outcome is BuildOutcome.SUCCESS:
        return Verdict(Tone.GOOD, "passed")
    return _OUTCOMES[check.outcome]


def of_log(status: BuildLogStatus | None) -> Verdict:
    """How the attempt that writes, or wrote, a log stands."""
    return Verdict(Tone.BUSY, "running") if status is None else _LOG_STATUSES[status]


def is_moving(view: PullRequestView | BranchView) -> bool:
    """Whether anything about the pull request or branch is still under way."""
    if isinstance(view, BranchView):
        begins = view.looking or bool(view.waiting)
    else:
        begins = view.evaluation is None and view.pull.state is PullRequestState.OPEN
    return begins or any(build.stage is not BuildStage.DONE for build in view.builds)


def of_branch(view: BranchView) -> Verdict:
    """How the newest push to a branch stands."""
    if view.error:
        return Verdict(Tone.BAD, "the newest push cannot be built")
    if view.builds:
        return _of_builds(view.builds)
    if view.waiting:
        return Verdict(Tone.BUSY, f"about to be built: {listed(view.waiting, _NAMES_ROOM)}")
    if view.looking:
        return Verdict(Tone.BUSY, "it is being found out what the newest push changes")
    return _nothing_built(view.skipped) if view.skipped else _NOTHING_TO_BUILD


def of_pull(view: PullRequestView) -> Verdict:
    """How a pull request stands, in a line for its author."""
    match view.evaluation:
        case EvaluationOutcome.CONFLICT:
            what = "merge conflict" if view.conflicts else "no commit in common"
            return Verdict(Tone.BAD, f"{what} with {view.pull.base_ref}; nothing is built")
        case EvaluationOutcome.BAD_PROJECT_FILE:
            file = f"{PROJECT_FILE} on {view.pull.base_ref}"
            return Verdict(Tone.BAD, f"nothing is built: {file} cannot be used; this change is not the cause")
        case EvaluationOutcome.FAILED:
            return Verdict(Tone.BROKEN, "tickborg failed, not this change")
        case EvaluationOutcome.NOT_CURRENT | EvaluationOutcome.SUPERSEDED:
            return Verdict(Tone.QUIET, "this head is no longer evaluated")
        case EvaluationOutcome.CLOSED:
            return Verdict(Tone.QUIET, "closed; nothing more is built")
        case _:
            builds = view.builds and not view.built_before
            checks = _of_checks(view.checks)
            return _both(_of_builds(view.builds) if builds else _without_builds(view), checks)


def _both(builds: Verdict, checks: Verdict | None) -> Verdict:
    """How builds and checks stand; what matters less comes last."""
    if checks is None or {builds.tone, checks.tone} == {Tone.BUSY}:
        return builds
    first, second = sorted((builds, checks), key=lambda verdict: _FIRST.index(verdict.tone))
    return Verdict(first.tone, f"{first.text}; {second.text}")


def _of_checks(checks: Sequence[CheckResult]) -> Verdict | None:
    """How the evaluation checks stand; None: there are none, or all have passed."""
    match foremost(checks):
        case None:
            return None
        case CheckState.FAILED, failed:
            return Verdict(Tone.BAD, f"{_named_checks(failed)} failed")
        case CheckState.UNDER_WAY, under_way:
            are = "is" if len(under_way) == 1 else "are"
            return Verdict(Tone.BUSY, f"{_named_checks(under_way)} {are} under way")
        case CheckState.BROKEN, broken:
            return Verdict(Tone.BROKEN, f"tickborg failed, not this change: {_named_checks(broken)}")
        case CheckState.NOT_RUN, not_run:
            return Verdict(Tone.QUIET, f"not run: {_named_checks(not_run)}")


def _named_checks(checks: Sequence[CheckResult]) -> str:
    what = "the check" if len(checks) == 1 else "the checks"
    return f"{what} {listed([check.name for check in checks], _NAMES_ROOM)}"


def _of_builds(builds: Sequence[BuildView]) -> Verdict:
    failed = [build for build in builds if build.outcome in FAILED]
    broken = [build for build in builds if build.outcome is BuildOutcome.UNEXPECTED_ERROR]
    going = sum(build.stage is not BuildStage.DONE for build in builds)
    unmade = [build for build in builds if build.outcome is not BuildOutcome.SUCCESS]
    if failed:
        rest = f", {going:,} still to come" if going else ""
        return Verdict(Tone.BAD, f"{_share(failed, builds)} failed{rest}: {_named(failed)}")
    if going:
        done = len(builds) - going
        return Verdict(Tone.BUSY, f"{done:,} of {counted(len(builds), 'build')} done, no failure so far")
    if broken:
        return Verdict(Tone.BROKEN, f"tickborg failed, not this change: {_named(broken)}")
    if unmade:
        return Verdict(Tone.QUIET, f"not built: {_named(unmade)}")
    everything = "the build" if len(builds) == 1 else f"all {len(builds):,} builds"
    return Verdict(Tone.GOOD, f"{everything} succeeded")


def _without_builds(view: PullRequestView) -> Verdict:
    if view.pull.state is PullRequestState.CLOSED:
        return Verdict(Tone.QUIET, "closed")
    if view.evaluation is None:
        return Verdict(Tone.BUSY, "being evaluated")
    if not view.changed_projects:
        return _NOTHING_TO_BUILD
    return _nothing_built(view.skipped, len(view.changed_projects))


def _nothing_built(skipped: Sequence[SkippedBuild], changed: int = 0) -> Verdict:
    reasons = {build.reason for build in skipped}
    if len(reasons) == 1:
        reason = shorten(reasons.pop().replace("`", ""), _REASON_LIMIT)
        return Verdict(Tone.QUIET, f"nothing is built: {reason}")
    projects = changed or len({build.project for build in skipped})
    return Verdict(Tone.QUIET, f"nothing is built of {counted(projects, 'changed project')}")


def _share(some: Sequence[BuildView], builds: Sequence[BuildView]) -> str:
    return "the build" if len(builds) == 1 else f"{len(some):,} of {counted(len(builds), 'build')}"


def _named(builds: Sequence[BuildView]) -> str:
    return listed([f"{build.project} on {build.system}" for build in builds], _NAMES_ROOM)
