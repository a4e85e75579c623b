"""How builds and a whole pull request stand, in a few words: for the comment, the Web UI and ``status``."""

from collections.abc import Sequence
from enum import Enum, auto

from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, CheckResult, EvaluationOutcome
from tickborg.projects import PROJECT_FILE
from tickborg.texts.markdown import code, prose
from tickborg.texts.shortening import shorten
from tickborg.texts.standings import BAD, BROKEN, BUSY, GOOD, HELD, NOT_MADE, SOON, Standing, both
from tickborg.texts.wording import counted, short_sha
from tickborg.views import BuildView, PullRequestView

_NAMED = 3
"""Builds, or checks, that a line names."""
NAMED_PATHS = 3
_REASON_LIMIT = 500

FAILED = frozenset({BuildOutcome.FAILURE, BuildOutcome.TIMED_OUT})
"""Outcomes that speak against the change."""

_STAGES = {
    BuildStage.QUEUED: "🕐 queued",
    BuildStage.WAITING: "🕐 waits for a builder",
    BuildStage.DELAYED: "🕐 tried again later",
    BuildStage.RUNNING: "🔨 running",
}
_OUTCOMES = {
    BuildOutcome.FAILURE: "❌ failed",
    BuildOutcome.TIMED_OUT: "❌ timed out",
    BuildOutcome.SKIPPED: "⏭️ skipped",
    BuildOutcome.CANCELLED: "🚫 cancelled",
    BuildOutcome.UNEXPECTED_ERROR: "💥 tickborg failed",
}
_SUCCESS = {BuildMode.BUILD: "✅ built", BuildMode.TEST: "✅ tested"}


def build_in_words(build: BuildView) -> str:
    """A sign and a word or two for one build."""
    if build.outcome is None:
        words = _STAGES.get(build.stage, "🕐 ending")
    elif build.outcome is BuildOutcome.SUCCESS:
        return _SUCCESS[build.mode]
    else:
        words = _OUTCOMES[build.outcome]
    return f"{words} (tests)" if build.mode is BuildMode.TEST else words


def check_in_words(check: CheckResult) -> str:
    """A sign and a word or two for an evaluation check that did not pass; "" for any other."""
    return _OUTCOMES.get(check.outcome, "") if check.outcome else ""


def build_name(build: BuildView) -> str:
    """Which build it is, in Markdown."""
    return f"{code(build.project)} on {build.system}"


def built_before(view: PullRequestView) -> str:
    """What stands before builds of an earlier merge, when there is none now."""
    if view.built_on_sha is None:
        return "Built before, on another base:"
    return f"Built before, on {code(view.pull.base_ref)} at {short_sha(view.built_on_sha)}:"


def headline(view: PullRequestView) -> str:
    """The outcome for the author, in one line of Markdown."""
    reason = prose(shorten(view.evaluation_reason, _REASON_LIMIT))
    target = code(view.pull.base_ref)
    match view.evaluation:
        case EvaluationOutcome.CONFLICT:
            return _headline_of_conflict(view, target)
        case EvaluationOutcome.BAD_PROJECT_FILE:
            what = f"{code(PROJECT_FILE)} on {target} cannot be used"
            return f"❌ **{what}**, so nothing is built. This change is not the cause."
        case EvaluationOutcome.FAILED:
            return f"💥 **tickborg failed**, not your change: {reason}"
        case EvaluationOutcome.CLOSED:
            return "🚫 The pull request is closed; nothing more is built."
        case EvaluationOutcome.NOT_CURRENT | EvaluationOutcome.SUPERSEDED:
            return f"🕐 {code(short_sha(view.pull.head_sha))} is no longer evaluated: {reason}"
        case _:
            return both(_of_builds(view), _of_checks(view.checks))


def _headline_of_conflict(view: PullRequestView, target: str) -> str:
    named = view.conflicts[:NAMED_PATHS]
    if not named:
        return f"❌ **Nothing can be merged**: the head and {target} have no commit in common."
    more = max(view.conflict_count, len(view.conflicts)) - len(named)
    rest = f" and {more:,} more" if more else ""
    return f"❌ **Merge conflict** with {target} in {', '.join(map(code, named))}{rest}. Nothing is built."


def _of_builds(view: PullRequestView) -> Standing:
    builds = view.builds
    if not builds or view.built_before:
        return _without_builds(view)
    failed = [build for build in builds if build.outcome in FAILED]
    broken = [build for build in builds if build.outcome is BuildOutcome.UNEXPECTED_ERROR]
    going = sum(build.stage is not BuildStage.DONE for build in builds)
    if failed:
        rest = f" ({going:,} not done yet)" if going else ""
        return Standing(BAD, f"{_share(failed, builds)} failed", f"{rest}: {_named(failed)}")
    if going:
        return _progress(len(builds) - going, builds)
    if broken:
        return Standing(BROKEN, "tickborg failed", f", not your change: {_named(broken)}")
    unfinished = [build for build in builds if build.outcome is not BuildOutcome.SUCCESS]
    if unfinished:
        verb = "was" if len(unfinished) == 1 else "were"
        return Standing(NOT_MADE, f"{_share(unfinished, builds)} {verb} not made", f": {_named(unfinished)}")
    return Standing(GOOD, f"{_all(builds)} succeeded")


def _progress(done: int, builds: Sequence[BuildView]) -> Standing:
    if len(builds) == 1:
        return Standing(BUSY, "The build is under way")
    return Standing(BUSY, f"{done:,} of {len(builds):,} builds done", ", no failure so far")


def _without_builds(view: PullRequestView) -> Standing:
    if view.evaluation is None:
        return Standing(SOON, f"{code(short_sha(view.pull.head_sha))} is being evaluated")
    if not view.changed_projects:
        return Standing(GOOD, "Nothing to build", ": no project is changed")
    reasons = {skipped.reason for skipped in view.skipped}
    if len(reasons) == 1:
        return Standing(HELD, "Nothing is built", f": {prose(shorten(reasons.pop(), _REASON_LIMIT))}")
    changed = counted(len(view.changed_projects), "project")
    return Standing(HELD, "Nothing is built", f" although {changed} changed")


class CheckState(Enum):
    """How evaluation checks stand; what a reader has to know first comes first."""

    FAILED = auto()
    UNDER_WAY = auto()
    BROKEN = auto()
    """By tickborg's fault."""
    NOT_RUN = auto()


def foremost(checks: Sequence[CheckResult]) -> tuple[CheckState, list[CheckResult]] | None:
    """What there is to say of ``checks``, and of which of them; None: there are none, or all have passed."""
    groups = {
        CheckState.FAILED: [check for check in checks if check.outcome in FAILED],
        CheckState.UNDER_WAY: [check for check in checks if check.outcome is None],
        CheckState.BROKEN: [check for check in checks if check.outcome is BuildOutcome.UNEXPECTED_ERROR],
        CheckState.NOT_RUN: [check for check in checks if check.is_unpassed],
    }
    return next(((state, group) for state, group in groups.items() if group), None)


def _of_checks(checks: Sequence[CheckResult]) -> Standing | None:
    """How the evaluation checks stand; None: there are none, or all have passed."""
    match foremost(checks):
        case None:
            return None
        case CheckState.FAILED, failed:
            return _standing(BAD, failed, "failed", "failed")
        case CheckState.UNDER_WAY, under_way:
            return _standing(BUSY, under_way, "is under way", "are under way")
        case CheckState.BROKEN, broken:
            return Standing(BROKEN, "tickborg failed", f", not your change: {_named_checks(broken)}")
        case CheckState.NOT_RUN, not_run:
            return _standing(NOT_MADE, not_run, "was not run", "were not run")


def _standing(sign: str, checks: Sequence[CheckResult], one: str, many: str) -> Standing:
    if len(checks) == 1:
        return Standing(sign, f"The check {code(checks[0].name)} {one}")
    names = _and_more([code(check.name) for check in checks])
    return Standing(sign, f"{len(checks):,} checks {many}", f": {names}")


def _named_checks(checks: Sequence[CheckResult]) -> str:
    names = _and_more([code(check.name) for check in checks])
    return f"the {'check' if len(checks) == 1 else 'checks'} {names}"


def _share(some: Sequence[BuildView], builds: Sequence[BuildView]) -> str:
    if len(builds) == 1:
        return "The build"
    return f"{len(some):,} of {counted(len(builds), 'build')}"


def _all(builds: Sequence[BuildView]) -> str:
    return "The build" if len(builds) == 1 else f"All {len(builds):,} builds"


def _named(builds: Sequence[BuildView]) -> str:
    return _and_more([build_name(build) for build in builds])


def _and_more(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
