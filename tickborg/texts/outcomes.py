"""How builds and a whole pull request stand, in a few words: for the comment, the Web UI and ``status``."""

from collections.abc import Sequence

from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, EvaluationOutcome
from tickborg.projects import PROJECT_FILE
from tickborg.texts.markdown import code, prose
from tickborg.texts.shortening import shorten
from tickborg.texts.wording import counted, short_sha
from tickborg.views import BuildView, PullRequestView

_NAMED_BUILDS = 3
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
_SUCCESS = {BuildMode.BUILD: "✅ built", BuildMode.TEST: "✅ tested", BuildMode.CHECK: "✅ passed"}


def build_in_words(build: BuildView) -> str:
    """A sign and a word or two for one build."""
    if build.outcome is None:
        words = _STAGES.get(build.stage, "🕐 ending")
    elif build.outcome is BuildOutcome.SUCCESS:
        return _SUCCESS[build.mode]
    else:
        words = _OUTCOMES[build.outcome]
    return f"{words} (tests)" if build.mode is BuildMode.TEST else words


def build_name(build: BuildView) -> str:
    """Which build it is, in Markdown."""
    kind = "check " if build.mode is BuildMode.CHECK else ""
    return f"{kind}{code(build.project)} on {build.system}"


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
            return _headline_of_builds(view)


def _headline_of_conflict(view: PullRequestView, target: str) -> str:
    named = view.conflicts[:NAMED_PATHS]
    if not named:
        return f"❌ **Nothing can be merged**: the head and {target} have no commit in common."
    more = max(view.conflict_count, len(view.conflicts)) - len(named)
    rest = f" and {more:,} more" if more else ""
    return f"❌ **Merge conflict** with {target} in {', '.join(map(code, named))}{rest}. Nothing is built."


def _headline_of_builds(view: PullRequestView) -> str:
    builds = view.builds
    if not builds:
        return _headline_without_builds(view)
    failed = [build for build in builds if build.outcome in FAILED]
    broken = [build for build in builds if build.outcome is BuildOutcome.UNEXPECTED_ERROR]
    going = sum(build.stage is not BuildStage.DONE for build in builds)
    if failed:
        rest = f" ({going:,} not done yet)" if going else ""
        return f"❌ **{_share(failed, builds)} failed**{rest}: {_named(failed)}"
    if going:
        return _progress(len(builds) - going, builds)
    if broken:
        return f"💥 **tickborg failed**, not your change: {_named(broken)}"
    unfinished = [build for build in builds if build.outcome is not BuildOutcome.SUCCESS]
    if unfinished:
        verb = "was" if len(unfinished) == 1 else "were"
        return f"🚫 **{_share(unfinished, builds)} {verb} not made**: {_named(unfinished)}"
    return f"✅ **{_all(builds)} succeeded**"


def _progress(done: int, builds: Sequence[BuildView]) -> str:
    if len(builds) == 1:
        return "🔨 **The build is under way**"
    return f"🔨 **{done:,} of {len(builds):,} builds done**, no failure so far"


def _headline_without_builds(view: PullRequestView) -> str:
    if view.evaluation is None:
        return f"🕐 **{code(short_sha(view.pull.head_sha))} is being evaluated**"
    if not view.changed_projects:
        return "✅ **Nothing to build**: no project is changed"
    reasons = {skipped.reason for skipped in view.skipped}
    if len(reasons) == 1:
        return f"⏸️ **Nothing is built**: {prose(shorten(reasons.pop(), _REASON_LIMIT))}"
    return f"⏸️ **Nothing is built** although {counted(len(view.changed_projects), 'project')} changed"


def _share(some: Sequence[BuildView], builds: Sequence[BuildView]) -> str:
    if len(builds) == 1:
        return "The build"
    return f"{len(some):,} of {counted(len(builds), 'build')}"


def _all(builds: Sequence[BuildView]) -> str:
    return "The build" if len(builds) == 1 else f"All {len(builds):,} builds"


def _named(builds: Sequence[BuildView]) -> str:
    names = ", ".join(map(build_name, builds[:_NAMED_BUILDS]))
    more = len(builds) - _NAMED_BUILDS
    return f"{names} and {more:,} more" if more > 0 else names
