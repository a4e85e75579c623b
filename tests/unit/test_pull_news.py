"""What a word about a pull request means: it comes late, twice, in any order (design, sections 3 and 5)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.samples import NOON, pull_request
from tickborg.events.pull_requests import PullRequestEvent
from tickborg.github import PullRequest, PullRequestState
from tickborg.pull_news import News, news_of_description, news_of_event

KNOWN = pull_request(updated_at=NOON)
ANOTHER = "b" * 40
SECOND = timedelta(seconds=1)
SHUT = PullRequestState.CLOSED


def said(seconds: int = 1, **changes: Any) -> PullRequest:
    """The known pull request with changes, as of some seconds later."""
    return KNOWN.model_copy(update={"updated_at": NOON + seconds * SECOND, **changes})


def event(action: str, pull: PullRequest, **changes: Any) -> PullRequestEvent:
    """A webhook."""
    return PullRequestEvent(delivery="d", action=action, pull=pull, **changes)


@pytest.mark.parametrize(
    ("word", "news"),
    [
        (event("opened", said()), News.SAME),
        (event("synchronize", said(head_sha=ANOTHER)), News.EVALUATE),
        (event("edited", said(base_ref="stable"), base_changed=True), News.EVALUATE),
        (event("edited", said(title="WIP: " + KNOWN.title), previous_title=KNOWN.title), News.EVALUATE),
        (event("edited", said()), News.SAME),
        (event("converted_to_draft", said(draft=True)), News.SAME),
        (event("ready_for_review", said()), News.EVALUATE),
        (event("reopened", said()), News.EVALUATE),
        (event("closed", said(state=SHUT)), News.CLOSED),
    ],
)
def test_what_a_newer_webhook_means(word: PullRequestEvent, news: News) -> None:
    """Each kind does what the design says."""
    assert news_of_event(word, KNOWN, closed=False) is news


@pytest.mark.parametrize("action", ["edited", "converted_to_draft", "opened"])
def test_a_word_of_something_else_tells_of_a_new_head_too(action: str) -> None:
    """The webhook of the head was overtaken, and comes too late."""
    assert news_of_event(event(action, said(head_sha=ANOTHER)), KNOWN, closed=False) is News.EVALUATE


@pytest.mark.parametrize("action", ["edited", "synchronize", "reopened"])
def test_a_word_of_what_is_open_tells_that_it_was_opened_again(action: str) -> None:
    """Whatever the webhook is about."""
    assert news_of_event(event(action, said()), KNOWN, closed=True) is News.EVALUATE


def test_a_word_of_what_is_closed_tells_that_it_was_closed() -> None:
    """Whatever the webhook is about."""
    word = event("reopened", said(state=SHUT))
    assert news_of_event(word, KNOWN, closed=False) is News.CLOSED


def test_a_draft_that_is_one_no_more_is_evaluated_whoever_tells_of_it() -> None:
    """The webhook that says so may come too late."""
    draft = KNOWN.model_copy(update={"draft": True})
    assert news_of_event(event("edited", said()), draft, closed=False) is News.EVALUATE


def test_an_older_word_means_nothing() -> None:
    """What is newer is known."""
    older = said(-1, head_sha=ANOTHER)
    assert news_of_event(event("synchronize", older), KNOWN, closed=False) is News.OLD
    assert news_of_description(older, KNOWN, closed=False) is News.OLD


@pytest.mark.parametrize("changes", [{"head_sha": ANOTHER}, {"base_ref": "stable"}, {"state": SHUT}])
def test_another_word_of_the_same_second_is_unclear(changes: dict[str, Any]) -> None:
    """GitHub counts whole seconds, and has to be asked; what it answers then is believed."""
    word = said(0, **changes)
    assert news_of_event(event("edited", word), KNOWN, closed=False) is News.UNCLEAR
    expected = News.CLOSED if "state" in changes else News.EVALUATE
    assert news_of_description(word, KNOWN, closed=False) is expected


def test_the_first_word_is_evaluated() -> None:
    """Unless it says that there is nothing to evaluate any more."""
    assert news_of_event(event("edited", said()), None, closed=False) is News.EVALUATE
    assert news_of_description(said(), None, closed=False) is News.EVALUATE
    assert news_of_event(event("closed", said(state=SHUT)), None, closed=False) is News.CLOSED
