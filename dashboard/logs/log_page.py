"""The page of one attempt's log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from dashboard.logs.ansi import line_to_html
from dashboard.pages import verdicts
from dashboard.pages.addresses import Addresses
from dashboard.pages.markup import NOTHING, Content, Html, element, link
from dashboard.pages.moments import moment
from dashboard.pages.page import Page, commit, fact, mark
from messaging.log_format import LogMetadata
from messaging.log_store import LogLine
from tickborg.branch_names import is_branch_name
from tickborg.github import RepositoryName
from tickborg.messages import BuildLogStatus
from tickborg.texts.durations import spoken
from tickborg.texts.wording import counted


@dataclass(frozen=True)
class LogView:
    """A log, as much of it as a page shows."""

    attempt_id: UUID
    metadata: LogMetadata
    lines: tuple[LogLine, ...]
    """The last lines of it."""
    cut: bool
    """Whether there are lines before these."""
    place: str
    """What the stream is asked to go on from."""


def log_page(log: LogView, addresses: Addresses) -> Page:
    """What is known about the attempt, and the last lines it printed."""
    running = log.metadata.status is None
    name = _name(log)
    content = (
        element("p", _origin(log.metadata, addresses), class_="place"),
        element("h1", name),
        element("div", facts(log, addresses), id="facts"),
        _earlier(log, addresses),
        _lines(log, addresses),
        element("p", id="stream-state", role="status", class_="faint") if running else None,
        element("p", _ending(log.metadata), id="ending", class_="faint"),
    )
    return Page(f"{name} · log", content, moving=running, streaming=True)


def facts(log: LogView, addresses: Addresses) -> Html:
    """What the page says above the lines."""
    return element("dl", _facts(log, addresses), class_="facts")


def line_row(line: LogLine) -> Html:
    """One line, under an anchor of its number; what stands for lost lines has neither."""
    if line.number is None:
        return element("div", element("span"), element("em", line.text), class_="hole")
    # Written out, since a page has thousands of these: a number, and markup that is escaped already.
    number, content = int(line.number), line_to_html(line.text)
    return Html(f'<div id="L{number}"><a href="#L{number}">{number}</a><span>{content}</span></div>')


def rows(lines: Iterable[LogLine]) -> Html:
    """Lines, one row each."""
    return Html("".join(map(line_row, lines)))


def _name(log: LogView) -> str:
    metadata = log.metadata
    if not metadata.project:
        return f"Log {log.attempt_id}"
    return f"{metadata.project} on {metadata.system}"


def _origin(metadata: LogMetadata, addresses: Addresses) -> Content:
    """The way back to what was built; what a builder says of it may be anything."""
    try:
        repo = RepositoryName.parse(metadata.repo)
    except ValueError:
        return metadata.repo
    if metadata.pr is not None:
        return link(addresses.pull(repo, metadata.pr), f"{repo}#{metadata.pr}")
    if metadata.branch and is_branch_name(metadata.branch):
        return link(addresses.branch(repo, metadata.branch), f"{metadata.branch} of {repo}")
    return metadata.repo


def _facts(log: LogView, addresses: Addresses) -> Iterator[Content]:
    metadata = log.metadata
    yield fact("Status", mark(verdicts.of_log(metadata.status)), _took(metadata))
    yield fact("Builder", metadata.identity)
    yield fact("Head", commit(metadata.head_sha) if metadata.head_sha else None)
    yield fact("Started", moment(metadata.started_at) if metadata.started_at else None)
    to_end = (link("#ending", "to the end"), " · ") if log.lines else None
    yield fact("Log", _extent(metadata), to_end, link(addresses.raw_log(log.attempt_id), "as plain text"))


def _took(metadata: LogMetadata) -> str | None:
    if metadata.started_at is None or metadata.ended_at is None:
        return None
    return f" after {spoken(metadata.ended_at - metadata.started_at)}"


def _extent(metadata: LogMetadata) -> str | None:
    return None if metadata.line_count is None else f"{counted(metadata.line_count, 'line')} · "


def _earlier(log: LogView, addresses: Addresses) -> Html:
    """Hidden until lines are left out: here, or by the script when too many have come."""
    text = "Earlier lines are left out here. "
    whole = link(addresses.raw_log(log.attempt_id), "The whole log as plain text")
    return element("p", text, whole, id="earlier", class_="faint", hidden=not log.cut)


def _lines(log: LogView, addresses: Addresses) -> Html:
    running = log.metadata.status is None
    stream = f"{addresses.log_stream(log.attempt_id)}?after={log.place}" if running else None
    return element("div", rows(log.lines), id="log", class_="log", data_stream=stream)


def _ending(metadata: LogMetadata) -> Content:
    match metadata.status:
        case None:
            return None
        case BuildLogStatus.LOST:
            return "The builder died here. If it comes back, it sends what it had kept, and that is added."
        case _ if metadata.holes:
            return "Some lines were lost on the way; the places are marked."
        case _ if metadata.line_count == 0:
            return "It printed nothing."
        case _:
            return NOTHING
