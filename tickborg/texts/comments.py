"""The one summary comment of a pull request, for its author (design, section 8)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tickborg.github import COMMENT_LIMIT, SUMMARY_MARKER
from tickborg.jobs import BuildOutcome, BuildStage, EvaluationOutcome
from tickborg.systems import System
from tickborg.texts import links, reasoned, reproduction
from tickborg.texts.checks import lines as check_lines
from tickborg.texts.durations import spoken
from tickborg.texts.markdown import block, code, fitting, html_code, link
from tickborg.texts.outcomes import FAILED, NAMED_PATHS, build_in_words, build_name, built_before, headline
from tickborg.texts.shortening import REASON_LIMIT, shorten
from tickborg.texts.wording import counted, short_sha
from tickborg.views import BuildView, PullRequestView

ROWS_LIMIT = 60
NOTES_LIMIT = 15
PATHS_LIMIT = 30
CHECKS_LIMIT = 20
REPRODUCTIONS_LIMIT = 10
_BLOCK_LIMIT = 6_000
_GAP = "\n\n"
_WORTH_SAYING = frozenset(
    {EvaluationOutcome.CONFLICT, EvaluationOutcome.BAD_PROJECT_FILE, EvaluationOutcome.FAILED}
)
_OPERATORS = "Whoever runs the bot has to see to that; there is nothing to mend in the change."
_WAITING = frozenset({BuildStage.WAITING, BuildStage.DELAYED})
_WITHOUT_RESULT = frozenset({BuildOutcome.CANCELLED, BuildOutcome.SKIPPED, BuildOutcome.UNEXPECTED_ERROR})


@dataclass(frozen=True)
class _Section:
    """A part of the comment, of which as much is said as there is room for.

    Args:
        lines: all there is to say.
        rest: what is said of lines that are left out, by their number.
        limit: of more lines the others are left out in any case.
        heading: what stands before the first.
    """

    lines: Sequence[str]
    rest: Callable[[int], str]
    limit: int
    heading: Sequence[str] = ()

    @property
    def least(self) -> int:
        """The room that it needs to say at least how much there is."""
        return _size((*self.heading, self.rest(len(self.lines)))) + len(_GAP) if self.lines else 0

    def within(self, room: int) -> str:
        """The first lines, and a word about the others."""
        room -= len(_GAP) + _size(self.heading)
        shown = list(self.lines)
        if len(shown) > self.limit or _size(shown) > room:
            shown = fitting(shown[: self.limit], room - _size([self.rest(len(shown))]))
            shown.append(self.rest(len(self.lines) - len(shown)))
        return "\n".join((*self.heading, *shown))


def is_due(view: PullRequestView, *, commented: bool) -> bool:
    """Whether there is anything to comment on, or there was, so that the comment must be kept true."""
    anything = view.builds or view.skipped or view.notices or view.unpassed_checks
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
    sections = [section for section in _sections(view, dashboard_url, page) if section.lines]
    needed = sum(section.least for section in sections)
    said = [first]
    for section in sections:
        needed -= section.least
        said.append(section.within(room - needed))
        room -= len(said[-1]) + len(_GAP)
    return _GAP.join((*said, last))


def _sections(view: PullRequestView, dashboard_url: str, page: str) -> Iterable[_Section]:
    """What stands between the outcome and the last line, with what is said of what is left out."""
    checks = list(check_lines(view.unpassed_checks, dashboard_url))
    yield _Section(list(_advice(view)), lambda _: f"{link('There is more to it', page)}.", PATHS_LIMIT + 3)
    yield _Section(checks, lambda left: f"- and {counted(left, 'more check')}", CHECKS_LIMIT)
    yield _table(view, dashboard_url, page)
    notes = list(_notes(view))
    yield _Section(notes, lambda left: f"- and {left:,} more", NOTES_LIMIT + len(view.notices))
    yield _reproductions(_failed_checks(view), "check", page)
    yield _reproductions(_failed_builds(view), "failure", page)


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
    elif any(check.outcome is BuildOutcome.UNEXPECTED_ERROR for check in view.checks):
        yield f"{_OPERATORS} Afterwards, a comment with the command {code('retry')} has the check run again."


def _conflicts(view: PullRequestView) -> Iterator[str]:
    """All that is known of conflicting paths, unless the headline has it."""
    paths = view.conflicts[:PATHS_LIMIT]
    if len(paths) > NAMED_PATHS:
        more = view.conflict_count - len(paths)
        yield f"\nIn conflict{f', with {more:,} more' if more > 0 else ''}:\n"
        yield from (f"- {code(path)}" for path in paths)


def _table(view: PullRequestView, dashboard_url: str, page: str) -> _Section:
    """Projects by systems; a project with a failure comes before those without."""
    rows: dict[str, list[BuildView]] = {}
    for build in view.builds:
        rows.setdefault(build.project, []).append(build)
    systems = [system for system in System if any(build.system is system for build in view.builds)]
    ordered = sorted(rows, key=lambda name: (not _has_failure(rows[name]), name))
    heading = [f"| | {' | '.join(systems)} |", f"|---|{'---|' * len(systems)}"]
    if view.built_before:
        heading.insert(0, f"{built_before(view)}\n")
    return _Section(
        [_row(name, rows[name], systems, dashboard_url) for name in ordered],
        lambda left: f"\n{link(counted(left, 'more project'), page)} {_are(left)} not in the table.",
        ROWS_LIMIT,
        heading,
    )


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _has_failure(builds: Iterable[BuildView]) -> bool:
    return any(build.outcome in FAILED for build in builds)


def _row(name: str, builds: Sequence[BuildView], systems: Sequence[System], dashboard_url: str) -> str:
    cells = (
        "<br>".join(_cell(build, dashboard_url) for build in builds if build.system is on) for on in systems
    )
    return f"| {code(name)} | {' | '.join(cells)} |"


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
    if len(notes) == 1 and not (view.builds or view.notices or view.checks):  # the headline has the reason
        yield f"Changed: {reasoned.some(code(skipped.project) for skipped in view.not_built)}"
        return
    yield from (f"- {note}" for note in (*view.notices, *notes))


def _wants_a_note(build: BuildView) -> bool:
    """Whether it needs words why a build waits, came to nothing, or failed before any command ran."""
    if build.outcome in FAILED:
        return not build.reproduce
    return build.stage in _WAITING or build.outcome in _WITHOUT_RESULT


def _reproductions(folded: Iterable[str], what: str, page: str) -> _Section:
    def rest(left: int) -> str:  # The empty line ends the HTML before, in which no Markdown is read.
        where = link("the page of this pull request", page)
        them = "it" if left == 1 else "them"
        if what == "check":
            return f"\n{counted(left, 'more check')}: {where} says how to reproduce {them}."
        check_runs = "its check run" if left == 1 else "their check runs"
        return f"\n{counted(left, 'more failure')}: {check_runs} and {where} say how to reproduce {them}."

    return _Section(list(folded), rest, REPRODUCTIONS_LIMIT)


def _failed_checks(view: PullRequestView) -> Iterator[str]:
    for check in view.unpassed_checks:
        what = f"the check {html_code(check.name)}"
        yield from _folded(view, what, check.failed_command, reproduction.of_check(view, check))


def _failed_builds(view: PullRequestView) -> Iterator[str]:
    for build in view.builds:
        if build.outcome in FAILED:
            what = f"{html_code(build.project)} on {build.system}"
            yield from _folded(view, what, build.failed_command, reproduction.of_view(view, build))


def _folded(
    view: PullRequestView, what: str, failed_command: str | None, commands: Sequence[str]
) -> Iterator[str]:
    """How to run at home what failed, folded up; HTML, for GitHub reads no Markdown in a ``<summary>``."""
    shell = block(commands, _BLOCK_LIMIT, language="sh") if commands else ""
    if shell:
        failed = f": {html_code(shorten(failed_command, REASON_LIMIT))} failed" if failed_command else ""
        clone = f"In a clone of {code(str(view.pull.repo))}:"
        title = f"Reproduce {what}{failed}"
        yield f"<details><summary>{title}</summary>\n\n{clone}\n\n{shell}\n\n</details>"


def _size(lines: Iterable[str]) -> int:
    """Characters of lines, each with the break before it."""
    return sum(len(line) + len("\n") for line in lines)
