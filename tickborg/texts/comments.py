"""The one summary comment of a pull request, for its author (design, section 8)."""

from collections.abc import Iterable, Iterator, Sequence

from tickborg.github import COMMENT_LIMIT, SUMMARY_MARKER
from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, EvaluationOutcome
from tickborg.systems import System
from tickborg.texts import links, reasoned, reproduction
from tickborg.texts.durations import spoken
from tickborg.texts.markdown import block, code, fitting, html_code, link
from tickborg.texts.outcomes import FAILED, NAMED_PATHS, build_in_words, build_name, headline
from tickborg.texts.shortening import REASON_LIMIT, shorten
from tickborg.texts.wording import short_sha
from tickborg.views import BuildView, PullRequestView

ROWS_LIMIT = 60
NOTES_LIMIT = 15
PATHS_LIMIT = 30
REPRODUCTIONS_LIMIT = 10
_BLOCK_LIMIT = 6_000
_GAP = "\n\n"
_WORTH_SAYING = frozenset(
    {EvaluationOutcome.CONFLICT, EvaluationOutcome.BAD_PROJECT_FILE, EvaluationOutcome.FAILED}
)
_OPERATORS = "Whoever runs the bot has to see to that; there is nothing to mend in the change."
_WAITING = frozenset({BuildStage.WAITING, BuildStage.DELAYED})
_WITHOUT_RESULT = frozenset({BuildOutcome.CANCELLED, BuildOutcome.SKIPPED, BuildOutcome.UNEXPECTED_ERROR})


def is_due(view: PullRequestView, *, commented: bool) -> bool:
    """Whether there is anything to comment on, or there was, so that the comment must be kept true."""
    anything = view.builds or view.skipped or view.notices
    return commented or bool(anything) or view.evaluation in _WORTH_SAYING


def summary(view: PullRequestView, dashboard_url: str) -> str:
    """The comment, of at most 65,535 characters however many builds there are.

    What matters most comes first, and is kept when not all fits: the outcome, the builds, what waits or was
    not built and why, how to reproduce what failed. The rest is a link away.
    """
    repo = view.pull.repo
    page = links.page_url(dashboard_url, repo.owner, repo.name, "pull", str(view.pull.number))
    first, last = headline(view), f"{_footer(view, page)}\n{SUMMARY_MARKER}"
    room = COMMENT_LIMIT - len(first) - len(last) - len(_GAP)
    sections = [first]
    for section in (_advice(view), _table(view, dashboard_url, page), _notes(view), _reproductions(view)):
        lines = fitting(section, room - len(_GAP))
        if lines:
            sections.append("\n".join(lines))
            room -= len(sections[-1]) + len(_GAP)
    return _GAP.join((*sections, last))


def _footer(view: PullRequestView, page: str) -> str:
    base = code(view.pull.base_ref) + (f" at {short_sha(view.base_sha)}" if view.base_sha else "")
    return f"<sub>head {short_sha(view.pull.head_sha)}, base {base} · {link('all about it', page)}</sub>"


def _advice(view: PullRequestView) -> Iterator[str]:
    """What to do about an evaluation that led to nothing."""
    if view.evaluation is EvaluationOutcome.CONFLICT:
        origin = f"where {code('origin')} is {code(str(view.pull.repo))}"
        yield f"Resolve it on your branch, {origin}, and push; the new head is evaluated by itself:\n"
        yield block(reproduction.of_conflict(view), _BLOCK_LIMIT, language="sh")
        yield from _conflicts(view)
    elif view.evaluation is EvaluationOutcome.BAD_PROJECT_FILE:
        yield "A maintainer has to mend the file:\n"
        yield block([view.evaluation_reason], _BLOCK_LIMIT, language="text")
    elif view.evaluation is EvaluationOutcome.FAILED:
        yield f"{_OPERATORS} Afterwards, a comment with the command {code('eval')} has it looked at again."
    elif any(build.outcome is BuildOutcome.UNEXPECTED_ERROR for build in view.builds):
        yield f"{_OPERATORS} Afterwards, a comment with the command {code('retry')} builds it again."


def _conflicts(view: PullRequestView) -> Iterator[str]:
    """All that is known of conflicting paths, unless the headline has it."""
    paths = view.conflicts[:PATHS_LIMIT]
    if len(paths) > NAMED_PATHS:
        more = view.conflict_count - len(paths)
        yield f"\nIn conflict{f', with {more:,} more' if more > 0 else ''}:\n"
        yield from (f"- {code(path)}" for path in paths)


def _table(view: PullRequestView, dashboard_url: str, page: str) -> Iterator[str]:
    """Projects by systems; a project with a failure comes before those without."""
    rows: dict[tuple[bool, str], list[BuildView]] = {}
    for build in view.builds:
        rows.setdefault((build.mode is BuildMode.CHECK, build.project), []).append(build)
    systems = [system for system in System if any(build.system is system for build in view.builds)]
    if not rows:
        return
    yield f"| | {' | '.join(systems)} |"
    yield f"|---|{'---|' * len(systems)}"
    ordered = sorted(rows, key=lambda row: (not _has_failure(rows[row]), row))
    for row in ordered[:ROWS_LIMIT]:
        yield _row(row, rows[row], systems, dashboard_url)
    if len(ordered) > ROWS_LIMIT:
        yield f"\n{link(f'{len(ordered) - ROWS_LIMIT:,} more projects', page)} are not in the table."


def _has_failure(builds: Iterable[BuildView]) -> bool:
    return any(build.outcome in FAILED for build in builds)


def _row(
    row: tuple[bool, str], builds: Sequence[BuildView], systems: Sequence[System], dashboard_url: str
) -> str:
    is_check, name = row
    cells = (
        "<br>".join(_cell(build, dashboard_url) for build in builds if build.system is on) for on in systems
    )
    return f"| {'check ' if is_check else ''}{code(name)} | {' | '.join(cells)} |"


def _cell(build: BuildView, dashboard_url: str) -> str:
    took = f", {spoken(build.duration)}" if build.duration else ""
    words = build_in_words(build) + took
    if build.attempt_id is None:
        return words
    return f"{words} ({link('log', links.page_url(dashboard_url, 'logs', build.attempt_id))})"


def _notes(view: PullRequestView) -> Iterator[str]:
    """Why something waits, came to nothing, or was not built at all: a line for each reason."""
    noted = [build for build in view.builds if build.reason and _wants_a_note(build)]
    notes = reasoned.lines((build_name(build), build.reason) for build in noted)
    notes += reasoned.not_built(view.not_built)
    if len(notes) == 1 and not view.builds and not view.notices:  # the headline has the reason
        yield f"Changed: {reasoned.some(code(skipped.project) for skipped in view.not_built)}"
        return
    yield from (f"- {note}" for note in (*view.notices, *notes[:NOTES_LIMIT]))
    if len(notes) > NOTES_LIMIT:
        yield f"- and {len(notes) - NOTES_LIMIT:,} more"


def _wants_a_note(build: BuildView) -> bool:
    """Whether it needs words why a build waits, came to nothing, or failed before any command ran."""
    if build.outcome in FAILED:
        return not build.reproduce
    return build.stage in _WAITING or build.outcome in _WITHOUT_RESULT


def _reproductions(view: PullRequestView) -> Iterator[str]:
    """How to run at home what failed, folded up."""
    failed = [build for build in view.builds if build.outcome in FAILED]
    for build in failed[:REPRODUCTIONS_LIMIT]:
        commands = reproduction.of_view(view, build)
        shell = block(commands, _BLOCK_LIMIT, language="sh") if commands else ""
        if shell:
            clone = f"In a clone of {code(str(view.pull.repo))}:"
            yield f"<details><summary>{_failure(build)}</summary>\n\n{clone}\n\n{shell}\n\n</details>"


def _failure(build: BuildView) -> str:
    """HTML: GitHub reads no Markdown in a ``<summary>``."""
    what = (
        f": {html_code(shorten(build.failed_command, REASON_LIMIT))} failed" if build.failed_command else ""
    )
    return f"Reproduce {html_code(build.project)} on {build.system}{what}"
