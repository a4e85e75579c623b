"""What is kept of an answer that is to come: as little as it takes."""

from collections.abc import Iterator

import pytest
from temporalio import workflow

from tests.support.samples import HEAD, REPO, pull_request
from tickborg.external_ids import BuildReference
from tickborg.jobs import BuildMode, Origin, SkippedBuild
from tickborg.left_out import LeftOut
from tickborg.memory import PullRequestMemory
from tickborg.order_memory import ABOUT_LIMIT
from tickborg.requests import Asker, NoticedBuild, PressedCheck
from tickborg.systems import System
from workflows.build_orders import BuildOrders
from workflows.late_answers import LateAnswers
from workflows.owned_builds import OwnedBuilds

GRACE = Asker(comment_id=1, login="grace")
LINUX = System.X86_64_LINUX
PRESSED = PressedCheck(
    build=BuildReference(
        origin=Origin(pull=7), project="cgit", system=LINUX, mode=BuildMode.BUILD, n="1", run_id="1"
    ),
    head_sha=HEAD,
)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> PullRequestMemory:
    """What an owner knows whose run was begun by this version."""
    monkeypatch.setattr(workflow, "patched", lambda _id: True)
    memory = PullRequestMemory(repo=REPO, number=7)
    memory.believe(pull_request())
    return memory


def more_than_counts(asked: list[int]) -> Iterator[NoticedBuild]:
    """Very many builds; how many were asked for is noted."""
    for n in range(10 * ABOUT_LIMIT):
        asked.append(n)
        yield NoticedBuild(project=f"p{n}", system=LINUX)


def test_of_very_many_builds_no_more_are_counted_than_it_takes_to_see_that(memory: PullRequestMemory) -> None:
    """Thousands of projects on every system, for each of twenty orders, would be seconds in one task."""
    asked: list[int] = []
    LateAnswers(memory, lambda _answer: None).say(GRACE, "not built", more_than_counts(asked))
    assert len(asked) == ABOUT_LIMIT + 1
    [answer] = memory.unsent
    assert (answer.text, answer.about) == ("not built", ())


def test_of_many_builds_all_are_kept(memory: PullRequestMemory) -> None:
    """They may be said in the summary, if the comment cannot be answered, until each is built."""
    about = tuple(NoticedBuild(project=f"p{n}", system=LINUX) for n in range(ABOUT_LIMIT))
    LateAnswers(memory, lambda _answer: None).say(GRACE, "not built", about)
    assert [answer.about for answer in memory.unsent] == [about]


@pytest.mark.parametrize(
    ("skipped", "changed", "said"),
    [
        ((), (), "`1234567` changes no project"),
        (("draft; ask",), ("cgit",), "What was asked for will not be built. `cgit`: draft; ask."),
        (
            ("draft; ask", "for people who may push; ask them"),
            ("cgit",),
            (
                "What was asked for will not be built. `cgit`: draft; ask."
                " `cgit`: for people who may push; ask them."
            ),
        ),
    ],
)
def test_all_checks_are_not_run_again_where_nothing_is_planned(
    memory: PullRequestMemory, skipped: tuple[str, ...], changed: tuple[str, ...], said: str
) -> None:
    """GitHub waits for a word about the check run, as the target branch is another one by now."""
    memory.skipped = tuple(SkippedBuild(project="cgit", reason=reason) for reason in skipped)
    memory.changed_projects = changed
    orders_of(memory).answer_rebuild(PRESSED, LeftOut())
    [answer] = memory.unsent
    assert answer.whom == PRESSED
    assert answer.text.startswith(said)


def test_all_checks_of_a_head_that_is_let_in_meanwhile_wait_for_its_evaluation(
    memory: PullRequestMemory,
) -> None:
    """It is about to be evaluated once more, and only that says what is built."""
    memory.awaits_approval, memory.approved_sha = True, HEAD
    orders_of(memory).answer_rebuild(PRESSED, LeftOut())
    assert (memory.unsent, memory.rebuild_pressed) == ((), PRESSED)


def orders_of(memory: PullRequestMemory) -> BuildOrders:
    """The orders of an owner that starts nothing."""
    builds = OwnedBuilds(memory, run=lambda _build: None, tell=lambda _ended: None)
    answers = LateAnswers(memory, lambda _answer: None)
    return BuildOrders(memory, builds, lambda _reading: None, lambda _read: None, answers)
