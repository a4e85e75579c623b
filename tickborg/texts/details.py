"""What an operator sees in Temporal's Web UI (design, section 11)."""

from collections.abc import Sequence

from tickborg.github import LabelChange, PullRequest
from tickborg.jobs import BuildJob, BuildStage
from tickborg.texts import reasoned
from tickborg.texts.durations import spoken
from tickborg.texts.markdown import code, fitting, prose
from tickborg.texts.outcomes import build_in_words, built_before, headline
from tickborg.texts.shortening import shorten, shorten_bytes
from tickborg.texts.wording import counted, short_sha
from tickborg.views import BranchView, BuildView, PullRequestView

SUMMARY_LIMIT = 200
"""Bytes of a summary, as Temporal's server keeps it (``limit.userMetadataSummarySize`` is 400)."""
DETAILS_LIMIT = 10_000
"""Bytes of a table; the server's own limit is twice that (``limit.userMetadataDetailsSize``)."""
_REASON_LIMIT = 200
_ROOM_FOR_MORE = 40
_ROWS_LIMIT = 250
"""Rows are of 40 bytes at least."""


def table(view: PullRequestView) -> str:
    """How the pull request stands: the outcome, and a Markdown table of its builds."""
    before = [built_before(view), ""] if view.built_before else []
    return _with_builds([headline(view), "", *before], view.builds)


def branch_table(view: BranchView) -> str:
    """How the newest push to a branch stands, and a Markdown table of the builds of it and those before."""
    pushed = f"{short_sha(view.head_sha)}, pushed by {view.pusher}" if view.head_sha else "no push yet"
    lines = [f"{code(view.branch)} at {pushed}"]
    if view.error:
        lines.append(f"\n{prose(shorten(view.error, _REASON_LIMIT))}")
    lines.extend(f"\n{line}" for line in reasoned.not_built(view.skipped))
    return _with_builds([*lines, ""], view.builds)


def fitted(lines: Sequence[str], more: int = 0) -> str:
    """As many of ``lines`` as Temporal keeps, and how many more there are, besides those of ``more``."""
    kept = fitting(lines, DETAILS_LIMIT - _ROOM_FOR_MORE, size=lambda line: len(line.encode()))
    left_out = len(lines) - len(kept) + more
    if left_out:
        kept.append(f"\n… and {counted(left_out, 'more row')}")
    return "\n".join(kept).rstrip()


def evaluation_summary(pull: PullRequest) -> str:
    """What an ``Evaluation`` is about."""
    head = f"{short_sha(pull.head_sha)} into {pull.base_ref}"
    return shorten_bytes(f"#{pull.number} {head}: {pull.title}", SUMMARY_LIMIT)


def build_summary(job: BuildJob) -> str:
    """What a ``Build`` is about."""
    origin = f"#{job.origin.pull}" if job.origin.pull is not None else job.origin.branch
    what = f"{job.mode} {job.project.name} on {job.system}"
    return shorten_bytes(f"{what}: {short_sha(job.merge.head_sha)} of {origin}", SUMMARY_LIMIT)


def label_summary(change: LabelChange) -> str:
    """What a change of labels does."""
    signs = (*(f"+ {label}" for label in change.add), *(f"- {label}" for label in change.remove))
    return shorten_bytes(", ".join(signs) or "no label changes", SUMMARY_LIMIT)


def _with_builds(lines: Sequence[str], builds: Sequence[BuildView]) -> str:
    """``lines`` and a table. What cannot fit is not written: an owner does this at each step it takes."""
    if not builds:
        return fitted(lines)
    head = ("| project | system | state | time | builder | |", "|---|---|---|---|---|---|")
    rows = map(_row, builds[:_ROWS_LIMIT])
    return fitted([*lines, *head, *rows], more=len(builds[_ROWS_LIMIT:]))


def _row(build: BuildView) -> str:
    took = spoken(build.duration) if build.stage is BuildStage.DONE and build.duration is not None else ""
    cells = (
        code(build.project),
        build.system,
        build_in_words(build),
        took,
        code(build.builder) if build.builder else "",
        prose(shorten(build.reason, _REASON_LIMIT)),
    )
    return f"| {' | '.join(cells)} |"
