"""What the pages say about pull requests and logs, and that other people's words stay words."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.logs.log_page import LogView, log_page
from dashboard.pages.addresses import Addresses
from dashboard.pages.front_page import pulls_page
from dashboard.pages.page import Page, document
from dashboard.pages.pull_page import pull_page
from dashboard.ports import OpenPull, OpenPulls
from messaging.log_format import LogHole, LogMetadata
from messaging.log_store import LogLine
from tests.support.html_tree import Node, parse
from tests.support.samples import ATTEMPT, BASE, HEAD, NOON, REPO, build_view, pull_request, pull_request_view
from tickborg.github import PullRequestState
from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, EvaluationOutcome, SkippedBuild
from tickborg.messages import BuildLogStatus
from tickborg.systems import System
from tickborg.texts.shortening import visible
from tickborg.views import PullRequestView

HERE = Addresses()
ARM = System.AARCH64_LINUX
EVALUATED = EvaluationOutcome.EVALUATED


def main_of(page: Page) -> Node:
    """The part of a page that is not the frame."""
    return parse(document(page, HERE)).one("main")


def shown(view: PullRequestView) -> Node:
    """The page of a pull request."""
    return main_of(pull_page(view, HERE))


def facts(node: Node) -> dict[str, str]:
    """What stands in the list of facts."""
    rows = node.all("dl", class_="facts")[0].all("div")
    return {row.one("dt").text: row.one("dd").text for row in rows}


def part(node: Node, heading: str) -> Node:
    """The section under a heading."""
    (section,) = [each for each in node.all("section") if each.one("h2").text == heading]
    return section


def headings(node: Node) -> list[str]:
    """The headings of all sections."""
    return [each.text for each in node.all("h2")]


def test_a_pull_request_is_introduced() -> None:
    """Title, where it is on GitHub, head and base, and what the evaluation said."""
    pull = pull_request(
        html_url="https://github.com/acme/mono/pull/7", head_ref="faster", head_repo="ada/mono"
    )
    node = shown(
        pull_request_view(pull=pull, evaluation=EVALUATED, evaluation_reason="2 projects: cgit, meshmc")
    )
    assert node.one("h1").text == "Make it faster #7"
    assert facts(node) == {
        "State": "open · on GitHub",
        "Author": "ada",
        "Head": f"{HEAD[:7]} ada/mono:faster",
        "Base": f"{BASE[:7]} main",
        "Evaluation": "2 projects: cgit, meshmc",
    }
    assert node.one("a", href="https://github.com/acme/mono/pull/7")
    assert node.one("code", title=HEAD)


def test_builds_stand_in_a_table_of_projects_and_systems() -> None:
    """Each with how it stands, how long it took, where, and its log; checks come last."""
    node = shown(
        pull_request_view(
            build_view("meshmc", outcome=BuildOutcome.SUCCESS, mode=BuildMode.TEST),
            build_view("cgit", outcome=BuildOutcome.FAILURE),
            build_view("cgit", ARM, stage=BuildStage.WAITING, reason="no aarch64-linux builder is online"),
            build_view("abc", outcome=BuildOutcome.SUCCESS, mode=BuildMode.CHECK),
        )
    )
    table = part(node, "Builds").one("table")
    assert [cell.text for cell in table.one("thead").all("th")] == ["", "x86_64-linux", "aarch64-linux"]
    rows = [
        [cell.text for cell in row.children if isinstance(cell, Node)] for row in table.one("tbody").all("tr")
    ]
    assert rows == [
        ["cgit", "failed12 s · builder-1 · log", "waits for a builder"],
        ["meshmc", "testedtests · 12 s · builder-1 · log", ""],
        ["abc", "passedcheck · 12 s · builder-1 · log", ""],
    ]
    assert len(table.all("a", href=f"/logs/{ATTEMPT}")) == 3
    assert part(node, "Notes").one("dd").text == "no aarch64-linux builder is online"


def test_what_was_not_built_is_said_with_its_reason_once() -> None:
    """Instead of silence."""
    reason = "a first contribution is built once a maintainer asks for it with `@tickbot build all`"
    skipped = [SkippedBuild(project=name, reason=reason) for name in ("cgit", "meshmc")]
    windows = SkippedBuild(project="cgit", system=System.X86_64_WINDOWS, reason="no builders for it")
    not_built = part(shown(pull_request_view(skipped=(*skipped, windows))), "Not built")
    assert [[name.text for name in row.all("span")] for row in not_built.all("dt")] == [
        ["cgit", "meshmc"],
        ["cgit on x86_64-windows"],
    ]
    assert not_built.one("code").text == "@tickbot build all"


def test_failures_can_be_reproduced() -> None:
    """With commands to paste; one failure alone is there to be read at once."""
    failed = build_view(outcome=BuildOutcome.FAILURE, failed_command="make -j2")
    node = shown(pull_request_view(failed, build_view("cgit", outcome=BuildOutcome.SUCCESS)))
    details = part(node, "How to reproduce it").one("details")
    assert "open" in details.attributes
    assert details.one("summary").text == "meshmc on x86_64-linux: make -j2 failed"
    assert details.one("pre").text.splitlines() == [
        "git fetch origin pull/7/head main",
        f"git checkout --detach {BASE}",
        f"git merge --no-edit {HEAD}",
        "cd meshmc",
        "make -j2",
    ]


def test_a_conflict_names_its_paths_and_the_way_out() -> None:
    """Also that there are more than are named."""
    node = shown(
        pull_request_view(evaluation=EvaluationOutcome.CONFLICT, conflicts=("a.c", "b.c"), conflict_count=5)
    )
    assert [row.text for row in part(node, "In conflict").all("li")] == ["a.c", "b.c", "and 3 more"]
    assert part(node, "How to resolve it").one("pre").text == "git fetch origin main\ngit merge FETCH_HEAD"
    assert "How to reproduce it" not in headings(node)


RUNNING = build_view("cgit", stage=BuildStage.RUNNING)


@pytest.mark.parametrize(
    ("view", "verdict"),
    [
        (pull_request_view(), ("busy", "being evaluated")),
        (pull_request_view(evaluation=EVALUATED), ("good", "nothing to build: no project is changed")),
        (
            pull_request_view(evaluation=EvaluationOutcome.FAILED),
            ("broken", "tickborg failed, not this change"),
        ),
        (pull_request_view(evaluation=EvaluationOutcome.CLOSED), ("quiet", "closed; nothing more is built")),
        (pull_request_view(pull=pull_request(state=PullRequestState.CLOSED)), ("quiet", "closed")),
        (
            pull_request_view(evaluation=EvaluationOutcome.SUPERSEDED),
            ("quiet", "this head is no longer evaluated"),
        ),
        (
            pull_request_view(evaluation=EvaluationOutcome.BAD_PROJECT_FILE),
            ("bad", "nothing is built: .tickborg.toml on main cannot be used; this change is not the cause"),
        ),
        (
            pull_request_view(
                evaluation=EVALUATED,
                changed_projects=("cgit",),
                skipped=(SkippedBuild(project="cgit", reason="this is a draft"),),
            ),
            ("quiet", "nothing is built: this is a draft"),
        ),
        (
            pull_request_view(RUNNING, build_view(outcome=BuildOutcome.SUCCESS)),
            ("busy", "1 of 2 builds done, no failure so far"),
        ),
        (
            pull_request_view(RUNNING, build_view(outcome=BuildOutcome.FAILURE)),
            ("bad", "1 of 2 builds failed, 1 still to come: meshmc on x86_64-linux"),
        ),
        (
            pull_request_view(build_view(outcome=BuildOutcome.UNEXPECTED_ERROR)),
            ("broken", "tickborg failed, not this change: meshmc on x86_64-linux"),
        ),
        (
            pull_request_view(build_view(outcome=BuildOutcome.CANCELLED)),
            ("quiet", "not built: meshmc on x86_64-linux"),
        ),
        (
            pull_request_view(
                build_view(outcome=BuildOutcome.SUCCESS), build_view("cgit", outcome=BuildOutcome.SUCCESS)
            ),
            ("good", "all 2 builds succeeded"),
        ),
    ],
)
def test_the_verdict_comes_first(view: PullRequestView, verdict: tuple[str, str]) -> None:
    """In one line and one colour."""
    mark = shown(view).one("p", class_="verdict").one("span")
    assert (mark.attributes["class"], mark.text) == (f"mark {verdict[0]}", verdict[1])


@pytest.mark.parametrize(
    ("view", "moves"),
    [
        (pull_request_view(evaluation=EVALUATED), False),
        (pull_request_view(), True),
        (pull_request_view(RUNNING, evaluation=EVALUATED), True),
        (pull_request_view(build_view(outcome=BuildOutcome.FAILURE), evaluation=EVALUATED), False),
        (pull_request_view(pull=pull_request(state=PullRequestState.CLOSED)), False),
    ],
)
def test_a_page_looks_again_only_while_something_moves(view: PullRequestView, *, moves: bool) -> None:
    """By script, and by itself where there is none."""
    whole = parse(document(pull_page(view, HERE), HERE))
    assert ("data-refresh" in whole.one("main").attributes) is moves
    assert bool(whole.all("meta", http_equiv="refresh")) is moves


def test_the_list_has_a_row_for_each_pull_request() -> None:
    """Also for one whose owner does not answer."""
    known = OpenPull(REPO, 7, pull_request_view(evaluation=EVALUATED))
    node = main_of(pulls_page(OpenPulls((known, OpenPull(REPO, 8, None)), more=True), HERE))
    assert [link.attributes["href"] for link in node.all("a")] == ["/acme/mono/pull/7", "/acme/mono/pull/8"]
    assert [link.text for link in node.all("a")] == ["Make it faster", "acme/mono#8"]
    assert "Only the newest 2 pull requests" in node.text


def test_an_empty_list_says_so() -> None:
    """And when that will change."""
    assert "There are none" in main_of(pulls_page(OpenPulls(()), HERE)).text


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


def names(node: Node) -> list[tuple[str, frozenset[str]]]:
    """Every element and which attributes it has."""
    return [(each.name, frozenset(each.attributes)) for each in node.all()]


def hostile_pull(word: str) -> str:
    """A page in which everything that others choose is ``word``."""
    pull = pull_request(title=word, author=word, head_ref=word, head_repo=word, base_ref=word, labels=(word,))
    build = build_view(
        word,
        outcome=BuildOutcome.FAILURE,
        reason=word.replace("`", "'"),
        builder=word,
        failed_command=word,
        reproduce=(word,),
        path=word,
    )
    view = pull_request_view(
        build,
        pull=pull,
        evaluation=EVALUATED,
        evaluation_reason=word.replace("`", "'"),
        skipped=(SkippedBuild(project=word, reason=word.replace("`", "'")),),
    )
    return document(pull_page(view, HERE), HERE)


def hostile_log(word: str) -> str:
    """The same for a log, of which the builder says everything itself."""
    fields = {"identity": word, "system": word, "project": word, "repo": word, "head_sha": word}
    metadata = METADATA.model_copy(update=fields)
    view = LogView(
        metadata.attempt_id, metadata, (LogLine(1, word.replace("\x1b", "")),), cut=True, place="1-2-3"
    )
    return document(log_page(view, HERE), HERE)


def hostile_list(word: str) -> str:
    """The same for the list."""
    view = pull_request_view(build_view(word, outcome=BuildOutcome.FAILURE), pull=pull_request(title=word))
    return document(pulls_page(OpenPulls((OpenPull(REPO, 7, view),)), HERE), HERE)


WORDS = st.one_of(
    st.text(min_size=1),
    st.sampled_from(
        ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title><base href=//e>", "'"]
    ),
)


@pytest.mark.parametrize("page", [hostile_pull, hostile_log, hostile_list])
@given(word=WORDS)
def test_other_peoples_words_stay_words(page: Callable[[str], str], word: str) -> None:
    """Whatever they are, the page has the elements and attributes that it has with a harmless word."""
    hostile = parse(page(word))
    assert names(hostile) == names(parse(page("harmless")))
    assert visible(word) in hostile.text
