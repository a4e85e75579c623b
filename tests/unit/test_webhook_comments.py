"""``issue_comment`` events: which comments are read for commands."""

from typing import Any

import pytest

from tests.support.webhooks import DELIVERY, comment_payload, decide, hearing
from tickborg.errors import RefusedError
from tickborg.events.comments import IssueComment
from tickborg.starts import SUMMARY_LIMIT, Start
from webhook.decisions import Ignore


def read(payload: dict[str, Any]) -> IssueComment:
    """The comment that is read because of ``payload``."""
    decision = decide(payload, "issue_comment")
    assert isinstance(decision, Start)
    assert isinstance(decision.argument, IssueComment)
    return decision.argument


def reason(payload: dict[str, Any], handle: str = "tickbot") -> str:
    """Why ``payload`` starts nothing."""
    decision = decide(payload, "issue_comment", hearing("acme/mono", handle=handle))
    assert isinstance(decision, Ignore)
    return decision.reason


def test_a_comment_that_mentions_the_bot_is_read_once() -> None:
    """By a workflow that is named after it, and never started a second time."""
    decision = decide(comment_payload("@tickbot build cgit"), "issue_comment")
    assert isinstance(decision, Start)
    assert (decision.workflow, decision.workflow_id) == ("Comment", "comment/acme/mono/7/99")
    assert decision.once
    assert decision.summary == "acme/mono#7 comment by bob: @tickbot build cgit"
    assert decision.attributes == {"TickborgRepo": "acme/mono", "TickborgPr": 7, "TickborgAuthor": "bob"}
    assert decision.author == "bob"


def test_the_workflow_is_given_the_comment() -> None:
    """Word for word, and with the delivery."""
    comment = read(comment_payload("Hm.\r\n@TickBot eval"))
    assert (comment.delivery, str(comment.repo), comment.number) == (DELIVERY, "acme/mono", 7)
    assert (comment.comment_id, comment.author, comment.body) == (99, "bob", "Hm.\r\n@TickBot eval")


@pytest.mark.parametrize("action", ["edited", "deleted", "pinned"])
def test_only_a_new_comment_is_read(action: str) -> None:
    """What was done is done once, so an edit asks for nothing."""
    assert reason(comment_payload(action=action)) == f"issue_comment.{action} starts nothing"


def test_a_comment_on_an_issue_is_none_on_a_pull_request() -> None:
    """There is nothing to build."""
    payload = comment_payload()
    del payload["issue"]["pull_request"]
    assert "no pull request" in reason(payload)


@pytest.mark.parametrize(
    "changes",
    [
        {"user": {"login": "tickbot[bot]", "type": "Bot"}},
        {"user": {"login": "dependabot[bot]", "type": "Bot"}},
        {"user": {"login": "tickbot[bot]", "type": "Bot"}, "performed_via_github_app": {"id": 1}},
    ],
)
def test_a_bot_is_not_listened_to(changes: dict[str, Any]) -> None:
    """Nor are two bots to talk to each other for ever: our own replies mention our handle."""
    assert "that a bot wrote" in reason(comment_payload(**changes))


def test_a_person_who_writes_through_an_app_is_listened_to() -> None:
    """GitHub names the App, and the person as the author."""
    assert read(comment_payload(performed_via_github_app={"id": 1})).author == "bob"


def test_a_comment_to_others_starts_nothing() -> None:
    """The answer names the handle, so that a person sees which one is set."""
    assert "@tickbot" in reason(comment_payload("@ada, could you look?"))
    assert "@robo" in reason(comment_payload("@tickbot eval"), handle="robo")


def test_the_handle_is_the_operators_choice() -> None:
    """Any account's name."""
    decision = decide(comment_payload("@robo eval"), "issue_comment", hearing("acme/mono", handle="Robo"))
    assert isinstance(decision, Start)


def test_a_deleted_account_is_the_ghost() -> None:
    """As GitHub shows it; a comment may say nothing too."""
    assert read(comment_payload(user=None)).author == "ghost"
    assert "does not mention" in reason(comment_payload(body=None))


@pytest.mark.parametrize(
    ("part", "changes", "place"),
    [
        ("issue", None, "issue"),
        ("issue", {"number": 0, "pull_request": {}}, "issue.number"),
        ("issue", {"number": 10**30, "pull_request": {}}, "issue.number"),
        ("comment", None, "comment"),
        ("comment", {"id": 0, "user": None}, "comment.id"),
        ("comment", {"id": 1}, "comment.user"),
        ("comment", {"id": 1, "user": {}}, "comment.user.login"),
        ("comment", {"id": 1, "user": None, "body": 7}, "comment.body"),
    ],
)
def test_a_comment_event_that_lacks_something_says_what(part: str, changes: object, place: str) -> None:
    """The person who looks at the delivery finds the field."""
    with pytest.raises(RefusedError, match=f"not an issue_comment event of GitHub: {place}: "):
        decide(comment_payload() | {part: changes}, "issue_comment")


def test_the_summary_fits_whatever_was_written() -> None:
    """A comment may have 65,536 characters."""
    decision = decide(comment_payload("@tickbot " + "\n😀" * 30_000), "issue_comment")
    assert isinstance(decision, Start)
    assert len(decision.summary.encode()) <= SUMMARY_LIMIT
    assert "\n" not in decision.summary
