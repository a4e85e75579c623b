"""The answer to ``status``: each build's state, age and builder, and what is not built and why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tickborg.jobs import BuildStage
from tickborg.systems import System
from tickborg.texts import links, reasoned
from tickborg.texts.checks import lines as check_lines
from tickborg.texts.durations import spoken
from tickborg.texts.markdown import code, link, prose
from tickborg.texts.outcomes import build_in_words, built_before, headline
from tickborg.texts.shortening import REASON_LIMIT, shorten
from tickborg.texts.wording import counted, short_sha
from tickborg.views import BuildView, PullRequestView

ROWS_LIMIT = 60
REASONS_LIMIT = 20
CHECKS_LIMIT = 20


@dataclass(frozen=True)
class Moment:
    """When it is asked, and what is known beside the pull request's own state."""

    now: datetime
    dashboard_url: str
    waiting: Mapping[System, int] = field(default_factory=dict)
    """About how many builds of whomever wait for a free builder, by system."""


def status_of(view: PullRequestView, moment: Moment) -> str:
    """How the pull request stands."""
    base = f" into {code(view.pull.base_ref)}" + (f" at {short_sha(view.base_sha)}" if view.base_sha else "")
    first = f"{headline(view)}\n<sub>head {short_sha(view.pull.head_sha)}{base}</sub>"
    sections = (
        _failed_checks(view, moment),
        _table(view, moment),
        _queues(view.builds, moment),
        _notes(view),
    )
    return "\n\n".join((first, *filter(None, ("\n".join(lines) for lines in sections))))


def _failed_checks(view: PullRequestView, moment: Moment) -> Iterator[str]:
    failed = view.unpassed_checks
    yield from check_lines(failed[:CHECKS_LIMIT], moment.dashboard_url)
    if len(failed) > CHECKS_LIMIT:
        yield f"- and {counted(len(failed) - CHECKS_LIMIT, 'more check')}"


def _table(view: PullRequestView, moment: Moment) -> Iterator[str]:
    builds = view.builds
    if not builds:
        return
    if view.built_before:
        yield f"{built_before(view)}\n"
    yield "| project | system | state | for | builder |"
    yield "|---|---|---|---|---|"
    yield from (_row(build, moment) for build in builds[:ROWS_LIMIT])
    if len(builds) > ROWS_LIMIT:
        yield f"\nand {counted(len(builds) - ROWS_LIMIT, 'more build')}."


def _row(build: BuildView, moment: Moment) -> str:
    state = build_in_words(build)
    if build.attempt_id is not None:
        log = link("log", links.page_url(moment.dashboard_url, "logs", build.attempt_id))
        state += f" ({log})"
    if build.reason and build.stage is not BuildStage.RUNNING:
        state += f": {prose(shorten(build.reason, REASON_LIMIT))}"
    builder = code(build.builder) if build.builder else ""
    return f"| {code(build.project)} | {build.system} | {state} | {_age(build, moment.now)} | {builder} |"


def _age(build: BuildView, now: datetime) -> str:
    if build.stage is BuildStage.DONE:
        return spoken(build.duration) if build.duration else ""
    return spoken(now - (build.started_at or build.wanted_at))


def _queues(builds: Iterable[BuildView], moment: Moment) -> Iterator[str]:
    """How long the queues are that builds of this pull request stand in."""
    queued = {build.system for build in builds if build.stage is BuildStage.QUEUED}
    for system in System:
        if system in queued and moment.waiting.get(system):
            number = counted(moment.waiting[system], "build")
            yield f"- {number} of all pull requests and branches wait for a free {system} builder."


def _notes(view: PullRequestView) -> Iterator[str]:
    """What waits for the merge, what is not built and why, and whether anything was asked for in vain."""
    if view.waiting:
        yield f"- Asked for, and not begun yet: {reasoned.some(view.waiting)}"
    not_built = reasoned.not_built(view.not_built)
    yield from (f"- {line}" for line in not_built[:REASONS_LIMIT])
    if view.notices:  # They name people, who would be told of this comment too.
        yield "- Not all that was asked for is done; the summary comment says what is not, and why."
