"""What is kept of an answer that is to come: as little as it takes."""

from collections.abc import Iterator

import pytest
from temporalio import workflow

from tests.support.samples import REPO, pull_request
from tickborg.memory import PullRequestMemory
from tickborg.order_memory import ABOUT_LIMIT
from tickborg.requests import Asker, NoticedBuild
from tickborg.systems import System
from workflows.late_answers import LateAnswers

GRACE = Asker(comment_id=1, login="grace")


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
        yield NoticedBuild(project=f"p{n}", system=System.X86_64_LINUX)


def test_of_very_many_builds_no_more_are_counted_than_it_takes_to_see_that(memory: PullRequestMemory) -> None:
    """Thousands of projects on every system, for each of twenty orders, would be seconds in one task."""
    asked: list[int] = []
    LateAnswers(memory, lambda _answer: None).say(GRACE, "not built", more_than_counts(asked))
    assert len(asked) == ABOUT_LIMIT + 1
    [answer] = memory.unsent
    assert (answer.text, answer.about) == ("not built", ())


def test_of_many_builds_all_are_kept(memory: PullRequestMemory) -> None:
    """They may be said in the summary, if the comment cannot be answered, until each is built."""
    about = tuple(NoticedBuild(project=f"p{n}", system=System.X86_64_LINUX) for n in range(ABOUT_LIMIT))
    LateAnswers(memory, lambda _answer: None).say(GRACE, "not built", about)
    assert [answer.about for answer in memory.unsent] == [about]
