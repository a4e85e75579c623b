"""What the pages of pull requests say, and the list of them."""

from datetime import timedelta

import pytest

from tests.support.page_parts import (
    DASH,
    cells,
    facts,
    headings,
    list_of,
    main_of,
    page_of,
    part,
    shown,
    verdict,
    whole,
)
from tests.support.samples import (
    ATTEMPT,
    BASE,
    HEAD,
    NOON,
    branch_view,
    build_view,
    check_result,
    pull_request,
    pull_request_view,
)
from tickborg.github import PullRequestState
from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, EvaluationOutcome, SkippedBuild
from tickborg.systems import System
from tickborg.views import PullRequestView

ARM = System.AARCH64_LINUX
EVALUATED = EvaluationOutcome.EVALUATED


def test_a_pull_request_is_introduced() -> None:
    """Title, where it is on GitHub, head and base, and what the evaluation said."""
    pull = pull_request(
        html_url="https://github.com/acme/mono/pull/7", head_ref="faster", head_repo="ada/mono"
    )
    node = shown(
        pull_request_view(
            pull=pull,
            evaluation=EVALUATED,
            evaluation_reason="2 projects: cgit, meshmc",
        )
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
    """Each with how it stands, how long it took, where, and its log."""
    node = shown(
        pull_request_view(
            build_view("meshmc", outcome=BuildOutcome.SUCCESS, mode=BuildMode.TEST),
            build_view("cgit", outcome=BuildOutcome.FAILURE),
            build_view("cgit", ARM, stage=BuildStage.WAITING, reason="no aarch64-linux builder is online"),
        )
    )
    assert cells(node) == [
        ["", "x86_64-linux", "aarch64-linux"],
        ["cgit", "failed12 s · builder-1 · log", "waits for a buildersince 12:00 UTC, 3 min · why"],
        ["meshmc", "testedtests · 12 s · builder-1 · log", DASH],
    ]
    assert len(part(node, "Builds").all("a", href=f"/logs/{ATTEMPT}")) == 2


def test_checks_stand_in_a_list() -> None:
    """Each with how it stands, its log, why it did not pass, and how to see that at home."""
    node = shown(
        pull_request_view(
            checks=(
                check_result(outcome=BuildOutcome.FAILURE),
                check_result("licences", BuildOutcome.SUCCESS),
                check_result("spelling"),
            )
        )
    )
    failed, passed, going = part(node, "Checks").all("li")
    assert failed.one("span", class_="title").text == "format"
    assert failed.one("div").text == "failed3 s · builder-1 · log"
    assert failed.one("a", href=f"/logs/{ATTEMPT}").text == "log"
    assert failed.all("p")[0].text == "make check-format exited with status 2"
    assert failed.one("pre").text.splitlines() == [
        "git fetch origin pull/7/head main",
        f"git checkout --detach {BASE}",
        f"git merge --no-edit {HEAD}",
        "make check-format",
    ]
    assert passed.text == "licencespassed3 s · builder-1 · log"
    assert going.text == "spellingqueued or running"


def test_without_checks_there_is_no_list_of_them() -> None:
    """Most repositories have none."""
    assert "Checks" not in headings(shown(pull_request_view(build_view())))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "queuedsince 12:00 UTC, 3 min"),
        ({"wanted_at": NOON - timedelta(hours=25)}, "queuedsince 2026-02-28 11:00 UTC, 1 d 1 h"),
        ({"wanted_at": NOON + timedelta(hours=1)}, "queuedsince 13:00 UTC, less than 1 s"),
        ({"stage": BuildStage.RUNNING, "started_at": NOON + timedelta(minutes=2)}, "runningfor 1 min"),
        ({"stage": BuildStage.RUNNING}, "runningfor 3 min"),
    ],
)
def test_what_is_under_way_has_an_age(fields: dict[str, object], words: str) -> None:
    """Since it was wanted, or since a builder began; the clocks of two machines may differ."""
    assert cells(shown(pull_request_view(build_view(**fields))))[1] == ["meshmc", words]  # type: ignore[arg-type]


def test_every_project_and_system_has_its_why() -> None:
    """A reason is given once, and each cell that it is the reason of leads to it."""
    offline, writers = "no aarch64-linux builder is online", "ask with `@tickbot build meshmc`"
    node = shown(
        pull_request_view(
            build_view("cgit", ARM, stage=BuildStage.WAITING, reason=offline),
            build_view("cmark", ARM, stage=BuildStage.WAITING, reason=offline),
            build_view("meshmc", outcome=BuildOutcome.FAILURE, reason="`make -j2` exited with status 2"),
            skipped=(
                SkippedBuild(project="meshmc", system=ARM, reason=writers),
                SkippedBuild(project="zlib", reason="this is a draft"),
            ),
        )
    )
    table = part(node, "Builds")
    whys = [link.attributes["href"] for link in table.all("a") if link.text == "why"]
    assert whys == ["#note-1", "#note-1", "#note-2", "#not-built-1", "#not-built-2", "#not-built-2"]
    said = {row.attributes["id"]: row.text for row in node.all("div") if "id" in row.attributes}
    assert said == {
        "note-1": f"cgit on {ARM}cmark on {ARM}{offline}",
        "note-2": "meshmc on x86_64-linuxmake -j2 exited with status 2",
        "not-built-1": f"meshmc on {ARM}ask with @tickbot build meshmc",
        "not-built-2": "zlibthis is a draft",
    }
    assert cells(node)[1:] == [
        ["cgit", DASH, "waits for a buildersince 12:00 UTC, 3 min · why"],
        ["cmark", DASH, "waits for a buildersince 12:00 UTC, 3 min · why"],
        ["meshmc", "failed12 s · builder-1 · log · why", "not builtwhy"],
        ["zlib", "not builtwhy", "not builtwhy"],
    ]
    assert table.one("p", class_="legend").text.startswith(f"{DASH}: not built there")


def test_a_dash_is_explained_only_where_there_is_one() -> None:
    """A table that is full needs no words."""
    assert not shown(pull_request_view(build_view())).all("p", class_="legend")


def test_what_was_asked_for_in_vain_is_answered() -> None:
    """In the words of the summary comment, whose Markdown is read."""
    notices = ("@eve may not cancel builds here", "<code>a&#96;b</code> was **not** built\nAsk again.")
    said = part(shown(pull_request_view(notices=notices)), "Asked for, and not done")
    assert [row.text for row in said.all("li")] == [notices[0], "a`b was not built Ask again."]
    assert said.one("code").text == "a`b"


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


@pytest.mark.parametrize(
    ("built_on", "heading"),
    [(BASE, f"Built before, on main at {BASE[:7]}"), (None, "Built before, on another base")],
)
def test_what_was_built_before_a_conflict_is_told_apart(built_on: str | None, heading: str) -> None:
    """The page says that nothing is built, and can still be asked how to reproduce what had failed."""
    node = shown(
        pull_request_view(
            build_view("cgit", outcome=BuildOutcome.FAILURE),
            base_sha=None,
            built_on_sha=built_on,
            evaluation=EvaluationOutcome.CONFLICT,
            conflicts=("cgit/a.c",),
            conflict_count=1,
        )
    )
    assert part(node, heading).one("tbody")
    assert "Builds" not in headings(node)
    assert ("How to reproduce it" in headings(node)) is (built_on is not None)


def test_unrelated_histories_are_told_apart_from_a_conflict() -> None:
    """Git would refuse to merge them; the way out is another."""
    node = shown(pull_request_view(evaluation=EvaluationOutcome.CONFLICT))
    assert "In conflict" not in headings(node)
    way_out = "git fetch origin main\ngit rebase --onto FETCH_HEAD --root"
    assert part(node, "How to resolve it").one("pre").text == way_out


RUNNING = build_view("cgit", stage=BuildStage.RUNNING)


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (pull_request_view(), ("busy", "being evaluated")),
        (pull_request_view(evaluation=EVALUATED), ("good", "nothing to build: no project is changed")),
        (
            pull_request_view(evaluation=EvaluationOutcome.CONFLICT),
            ("bad", "no commit in common with main; nothing is built"),
        ),
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
        (
            pull_request_view(
                build_view(outcome=BuildOutcome.SUCCESS),
                checks=(
                    check_result(outcome=BuildOutcome.FAILURE),
                    check_result("a", BuildOutcome.TIMED_OUT),
                ),
            ),
            ("bad", "the checks format, a failed; the build succeeded"),
        ),
        (
            pull_request_view(RUNNING, checks=(check_result(outcome=BuildOutcome.FAILURE),)),
            ("bad", "the check format failed; 0 of 1 build done, no failure so far"),
        ),
        (
            pull_request_view(build_view(outcome=BuildOutcome.FAILURE), checks=(check_result(),)),
            ("bad", "the build failed: meshmc on x86_64-linux; the check format is under way"),
        ),
        (
            pull_request_view(RUNNING, checks=(check_result(),)),
            ("busy", "0 of 1 build done, no failure so far"),
        ),
        (
            pull_request_view(
                build_view(outcome=BuildOutcome.SUCCESS), checks=(check_result(), check_result("a"))
            ),
            ("busy", "the checks format, a are under way; the build succeeded"),
        ),
        (
            pull_request_view(
                evaluation=EVALUATED, checks=(check_result(outcome=BuildOutcome.UNEXPECTED_ERROR),)
            ),
            (
                "broken",
                "tickborg failed, not this change: the check format; nothing to build: no project is changed",
            ),
        ),
        (
            pull_request_view(
                build_view(outcome=BuildOutcome.SUCCESS),
                checks=(check_result(outcome=BuildOutcome.CANCELLED),),
            ),
            ("quiet", "not run: the check format; the build succeeded"),
        ),
        (
            pull_request_view(
                build_view(outcome=BuildOutcome.SUCCESS),
                checks=tuple(check_result(name, BuildOutcome.FAILURE) for name in ("format", "a")),
            ),
            ("bad", "the checks format, a failed; the build succeeded"),
        ),
        (
            pull_request_view(
                build_view(outcome=BuildOutcome.SUCCESS),
                checks=(check_result(outcome=BuildOutcome.SUCCESS),),
            ),
            ("good", "the build succeeded"),
        ),
        (
            pull_request_view(build_view(outcome=BuildOutcome.SUCCESS), base_sha=None),
            ("busy", "being evaluated"),
        ),
    ],
)
def test_the_verdict_comes_first(view: PullRequestView, said: tuple[str, str]) -> None:
    """In one line and one colour."""
    assert verdict(shown(view)) == said


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
    page = whole(page_of(view))
    assert ("data-refresh" in page.one("main").attributes) is moves
    assert bool(page.all("meta", http_equiv="refresh")) is moves


def test_the_list_has_a_row_for_each_pull_request() -> None:
    """Also for one whose owner does not answer."""
    node = main_of(list_of({7: pull_request_view(evaluation=EVALUATED), 8: None}, more_pulls=True))
    assert [link.attributes["href"] for link in node.all("a")] == ["/acme/mono/pull/7", "/acme/mono/pull/8"]
    assert [link.text for link in node.all("a")] == ["Make it faster", "acme/mono#8"]
    assert "Only the newest 2 pull requests" in node.text


def test_the_list_has_the_branches_that_something_is_done_about() -> None:
    """Below the pull requests, and only where there are any."""
    running = branch_view(build_view(stage=BuildStage.RUNNING), branch="release/1.2")
    page = list_of(branches={"release/1.2": running, "main": None}, more_branches=True)
    node = part(main_of(page), "Branches being built")
    links = {link.attributes["href"]: link.text for link in node.all("a")}
    assert links == {"/acme/mono/branch/release/1.2": "release/1.2", "/acme/mono/branch/main": "main"}
    assert [row.one("small").text for row in node.all("li")] == ["acme/mono, pushed by ada", "acme/mono"]
    assert [row.one("span").text for row in node.all("li")] == [
        "0 of 1 build done, no failure so far",
        "its state is not known right now; open it to ask again",
    ]
    assert "Only the newest 2 of them" in node.text


def test_an_empty_list_says_so() -> None:
    """And when that will change."""
    node = main_of(list_of())
    assert "There are none" in node.text
    assert headings(node) == []
