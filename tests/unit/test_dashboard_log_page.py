"""What the page of a log says."""

from datetime import timedelta
from uuid import UUID

import pytest

from dashboard.logs.log_page import LogView, log_page
from messaging.log_format import LogHole, LogMetadata
from messaging.log_store import LogLine
from tests.support.html_tree import Node
from tests.support.page_parts import HERE, facts, main_of
from tests.support.samples import ATTEMPT, HEAD, NOON
from tickborg.messages import BuildLogStatus

METADATA = LogMetadata(
    attempt_id=UUID(ATTEMPT),
    identity="builder-1",
    system="x86_64-linux",
    project="meshmc",
    repo="acme/mono",
    pr=7,
    head_sha=HEAD,
    started_at=NOON,
)
ENDED = METADATA.model_copy(
    update={"status": BuildLogStatus.FAILURE, "ended_at": NOON + timedelta(minutes=2), "line_count": 2}
)
LINES = (LogLine(1, "one"), LogLine(None, "[tickborg: lines 2 to 4 were lost]"), LogLine(5, "\x1b[31mfive"))


def shown_log(metadata: LogMetadata, lines: tuple[LogLine, ...] = LINES, *, cut: bool = False) -> Node:
    """The page of a log."""
    return main_of(log_page(LogView(metadata.attempt_id, metadata, lines, cut=cut, place="1-2-3"), HERE))


def test_a_log_says_where_it_comes_from() -> None:
    """What was built, for which pull request, by whom, when, and how it ended."""
    node = shown_log(ENDED)
    assert node.one("h1").text == "meshmc on x86_64-linux"
    assert node.one("a", href="/acme/mono/pull/7").text == "acme/mono#7"
    assert facts(node) == {
        "Status": "failed after 2 min",
        "Builder": "builder-1",
        "Head": HEAD[:7],
        "Started": "2026-03-01 12:00:00 UTC",
        "Log": "2 lines · to the end · as plain text",
    }


@pytest.mark.parametrize(
    ("branch", "address"),
    [
        ("release/1.2", "/acme/mono/branch/release/1.2"),
        ('<b>"#!%', "/acme/mono/branch/%3Cb%3E%22%23%21%25"),
        ("../../../logs", None),
        ("", None),
    ],
)
def test_a_log_of_a_push_leads_back_to_its_branch(branch: str, address: str | None) -> None:
    """Unless there can be no such branch: the builder said it."""
    place = shown_log(METADATA.model_copy(update={"pr": None, "branch": branch})).one("p", class_="place")
    assert [link.attributes["href"] for link in place.all("a")] == ([address] if address else [])
    assert place.text == (f"{branch} of acme/mono" if address else "acme/mono")


def test_lines_have_anchors_and_holes_are_marked() -> None:
    """The number is the build's own, so that a link to a line stays right."""
    log = shown_log(ENDED).one("div", id="log")
    assert log.one("div", id="L5").one("a", href="#L5").text == "5"
    assert log.one("div", id="L5").one("span", class_="fg-1").text == "five"
    assert log.one("div", class_="hole").text == "[tickborg: lines 2 to 4 were lost]"


def test_a_running_log_is_streamed_from_where_the_page_ends() -> None:
    """And one that has ended is not."""
    assert shown_log(METADATA).one("div", data_stream=f"/logs/{ATTEMPT}/stream?after=1-2-3")
    assert "data-stream" not in shown_log(ENDED).one("div", id="log").attributes


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        (ENDED.model_copy(update={"status": BuildLogStatus.LOST}), "The builder died here"),
        (ENDED.model_copy(update={"line_count": 0}), "It printed nothing"),
        (ENDED.model_copy(update={"holes": [LogHole(text_line=1, first=1, last=2)]}), "Some lines were lost"),
        (ENDED, ""),
        (METADATA, ""),
    ],
)
def test_an_ending_is_explained(metadata: LogMetadata, words: str) -> None:
    """Where the lines alone do not."""
    assert shown_log(metadata, ()).one("p", id="ending").text.startswith(words)


def test_a_log_that_nobody_announced_is_shown_all_the_same() -> None:
    """Its first message was lost, or its metadata are damaged."""
    bare = LogMetadata(attempt_id=UUID(ATTEMPT), repo="not a repository", pr=7)
    assert shown_log(bare).one("h1").text == f"Log {ATTEMPT}"


@pytest.mark.parametrize("cut", [True, False])
def test_what_is_left_out_is_said(*, cut: bool) -> None:
    """With the way to all of it."""
    earlier = shown_log(METADATA, cut=cut).one("p", id="earlier")
    assert ("hidden" in earlier.attributes) is not cut
    assert earlier.one("a").attributes["href"] == f"/logs/{ATTEMPT}/raw"
