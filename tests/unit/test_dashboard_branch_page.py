"""What the page of a branch says."""

import pytest

from tests.support.page_parts import cells, facts, headings, page_of, part, shown, verdict, whole
from tests.support.samples import BASE, HEAD, branch_view, build_view
from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, SkippedBuild
from tickborg.systems import System
from tickborg.views import BranchView

NOWHERE = SkippedBuild(
    project="cgit",
    system=System.AARCH64_DARWIN,
    reason="this tickborg has no builders for aarch64-darwin",
)
RUNNING = build_view("cgit", stage=BuildStage.RUNNING, head_sha=HEAD)
FAULT = "the project file .tickborg.toml:3: `systems`: no such system\nline 9: `needs`: no such project"


def test_a_branch_is_introduced() -> None:
    """Its name, where it is, who pushed what, and what comes of it."""
    node = shown(branch_view(branch="release/1.2", waiting=("cgit", "meshmc"), looking=True))
    assert (node.one("h1").text, node.one("p", class_="place").text) == ("release/1.2 branch", "acme/mono")
    assert facts(node) == {
        "Head": f"{HEAD[:7]}, which is still being looked at",
        "Pushed by": "ada",
        "To be built": "cgitmeshmc",
    }
    assert node.one("code", title=HEAD)


def test_builds_of_older_pushes_are_marked() -> None:
    """They go on once a builder has begun them."""
    old = build_view("cgit", stage=BuildStage.RUNNING, head_sha=BASE, builder="builder-1")
    node = shown(branch_view(old, RUNNING, build_view("zlib", outcome=BuildOutcome.SUCCESS)))
    assert cells(node) == [
        ["", "x86_64-linux"],
        ["cgit", f"runningof {BASE[:7]} · for 3 min · builder-1runningfor 3 min"],
        ["zlib", "built12 s · builder-1 · log"],
    ]


def test_failures_can_be_reproduced() -> None:
    """On the commit that was built, whatever the branch is at by now."""
    failed = build_view(outcome=BuildOutcome.FAILURE, head_sha=BASE)
    commands = part(shown(branch_view(failed, branch="release/1.2")), "How to reproduce it").one("pre").text
    assert commands.splitlines() == [
        "git fetch origin release/1.2",
        f"git checkout --detach {BASE}",
        "cd meshmc",
        "make -j2",
    ]


@pytest.mark.parametrize(
    ("view", "said", "moves"),
    [
        (
            branch_view(looking=True),
            ("busy", "it is being found out what the newest push changes"),
            True,
        ),
        (branch_view(waiting=("cgit", "zlib")), ("busy", "about to be built: cgit, zlib"), True),
        (branch_view(RUNNING), ("busy", "0 of 1 build done, no failure so far"), True),
        (
            branch_view(build_view(outcome=BuildOutcome.FAILURE)),
            ("bad", "the build failed: meshmc on x86_64-linux"),
            False,
        ),
        (branch_view(), ("good", "nothing to build: no project is changed"), False),
        (
            branch_view(skipped=(NOWHERE,)),
            ("quiet", "nothing is built: this tickborg has no builders for aarch64-darwin"),
            False,
        ),
        (branch_view(error=FAULT), ("bad", "the newest push cannot be built"), False),
    ],
)
def test_the_verdict_comes_first(view: BranchView, said: tuple[str, str], *, moves: bool) -> None:
    """And the page looks again by itself only while that may change."""
    page = whole(page_of(view))
    assert verdict(page) == said
    assert ("data-refresh" in page.one("main").attributes) is moves


def test_a_push_that_cannot_be_looked_at_has_its_why() -> None:
    """A line for each fault."""
    why = part(shown(branch_view(error=FAULT)), "Why not")
    assert len(why.all("br")) == 1
    assert [code.text for code in why.all("code")] == ["systems", "needs"]
    assert headings(shown(branch_view())) == []


def test_what_is_not_built_has_its_why() -> None:
    """Beside what is."""
    node = shown(branch_view(build_view("zlib", outcome=BuildOutcome.SUCCESS), skipped=(NOWHERE,)))
    assert part(node, "Not built").one("dd").text == NOWHERE.reason
    assert cells(node)[1] == ["cgit", "\N{EN DASH}", "not builtwhy"]


def test_of_the_same_build_only_how_it_went_last_is_told() -> None:
    """Whichever owner made it; one of another commit or mode is another build."""
    failed, again = (build_view(outcome=each, head_sha=HEAD) for each in (BuildOutcome.FAILURE, None))
    older, tested = build_view(head_sha=BASE), build_view(head_sha=HEAD, mode=BuildMode.TEST)
    pushed = branch_view(older, failed)
    pressed = branch_view(again, tested, head_sha=None, pusher="")
    assert pressed.joined_to(pushed) == branch_view(older, again, tested)
    assert pushed.joined_to(pressed) == branch_view(failed, tested, older)


def test_a_branch_without_a_push_shows_what_a_button_did() -> None:
    """Its owner may have ended long ago, and another one was started by a press."""
    again = build_view(outcome=BuildOutcome.SUCCESS, head_sha=BASE)
    node = shown(branch_view(again, head_sha=None, pusher=""))
    assert facts(node) == {"Head": "no push lately; what is below is what somebody asked for with a button"}
    assert cells(node)[1] == ["meshmc", f"builtof {BASE[:7]} · 12 s · builder-1 · log"]
