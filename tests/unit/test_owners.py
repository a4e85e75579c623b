"""How owners are told something: alike by the webhook and by activities."""

from typing import Any

from tests.support.github_json import pull_json
from tests.support.webhooks import decide, pull_request_payload, push_payload
from tickborg.events.pull_requests import pull_request_from_json
from tickborg.github import RepositoryName
from tickborg.jobs import Origin
from tickborg.memory import PullRequestStart
from tickborg.owners import tell_owner
from tickborg.push_memory import PushStart
from tickborg.requests import EvaluateOrder, OwnerMessage, Request
from tickborg.starts import Signal, Start

REPO = RepositoryName(owner="acme", name="mono")
PULL = pull_request_from_json(pull_json())
REQUEST = Request(id="comment 99", by="bob", pull=PULL, orders=(EvaluateOrder(),))


def described(start: Start) -> dict[str, Any]:
    """All of ``start`` but what its owner is told, and by whom."""
    fields = vars(start).copy()
    for name in ("signal", "author", "attributes"):
        del fields[name]
    return fields


def test_a_request_is_the_signal() -> None:
    """The owner is started with it, or hears it."""
    start = tell_owner(OwnerMessage(repo=REPO, origin=Origin(pull=7), request=REQUEST))
    assert (start.workflow, start.workflow_id) == ("PullRequest", "pr/acme/mono/7")
    assert start.argument == PullRequestStart(repo=REPO, number=7)
    assert start.signal == Signal("request", REQUEST)
    assert not start.once


def test_a_pull_requests_owner_is_the_same_whoever_starts_it() -> None:
    """Its work is its author's, even if another's comment was the first that was heard of it."""
    heard = decide(pull_request_payload())
    assert isinstance(heard, Start)
    asked = tell_owner(OwnerMessage(repo=REPO, origin=Origin(pull=7), request=REQUEST))
    assert described(asked) == described(heard)
    assert (asked.author, asked.attributes) == (heard.author, heard.attributes)


def test_a_branchs_owner_is_the_same_whoever_starts_it() -> None:
    """But for who asked: nobody knows who pushed."""
    heard = decide(push_payload(), "push")
    assert isinstance(heard, Start)
    request = REQUEST.model_copy(update={"pull": None})
    asked = tell_owner(OwnerMessage(repo=REPO, origin=Origin(branch="main"), request=request))
    assert described(asked) == described(heard)
    assert asked.argument == PushStart(repo=REPO, branch="main")
    assert asked.author == asked.attributes["TickborgAuthor"] == "bob"


def test_the_pull_request_need_not_be_described() -> None:
    """A button names the pull request's number only, and whoever pressed it stands in for the author."""
    request = REQUEST.model_copy(update={"pull": None})
    start = tell_owner(OwnerMessage(repo=REPO, origin=Origin(pull=7), request=request))
    assert (start.workflow_id, start.summary, start.author) == ("pr/acme/mono/7", "acme/mono#7", "bob")
    assert start.attributes["TickborgPr"] == 7
