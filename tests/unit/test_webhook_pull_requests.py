"""``pull_request`` events: what the owner of a pull request is told."""

from typing import Any

import pytest

from tests.support.github_json import pull_json
from tests.support.webhooks import DELIVERY, decide, pull_request_payload
from tickborg.errors import RefusedError
from tickborg.events.pull_requests import PullRequestEvent
from tickborg.hearing import PULL_REQUEST_ACTIONS
from tickborg.memory import PullRequestStart
from tickborg.starts import SUMMARY_LIMIT, Start
from webhook.decisions import Decision, Ignore

EDITS: list[dict[str, Any]] = [
    {"changes": {"base": {"ref": {"from": "main"}, "sha": {"from": "c" * 40}}}},
    {"changes": {"title": {"from": "WIP: A change"}}},
]


def started(decision: Decision) -> PullRequestEvent:
    """The event that the owner of acme/mono#7 is told."""
    assert isinstance(decision, Start)
    assert (decision.workflow, decision.workflow_id) == ("PullRequest", "pr/acme/mono/7")
    assert decision.signal is not None
    assert decision.signal.name == "pull_request_event"
    assert isinstance(decision.argument, PullRequestStart)
    assert isinstance(decision.signal.argument, PullRequestEvent)
    return decision.signal.argument


@pytest.mark.parametrize("action", sorted(PULL_REQUEST_ACTIONS - {"edited"}))
def test_the_owner_hears_what_happens_to_its_pull_request(action: str) -> None:
    """It is told the action, the delivery and the pull request as the payload has it."""
    event = started(decide(pull_request_payload(action)))
    assert (event.action, event.delivery, event.sender) == (action, DELIVERY, "ada")
    assert (event.pull.number, event.pull.title) == (7, "A change")
    assert not event.base_changed
    assert event.previous_title is None


@pytest.mark.parametrize("action", sorted(PULL_REQUEST_ACTIONS - {"edited"}))
def test_what_a_head_sends_tells_since_when_it_is_there(action: str) -> None:
    """What is opened again may have its head for long."""
    event = started(decide(pull_request_payload(action)))
    assert event.tells_of_head == (action in {"opened", "synchronize"})


def test_a_new_base_or_title_is_told() -> None:
    """Whether a new title matters is the owner's decision, so it is given the old one."""
    base, title = (started(decide(pull_request_payload("edited", **edit))) for edit in EDITS)
    assert (base.base_changed, base.previous_title) == (True, None)
    assert (title.base_changed, title.previous_title) == (False, "WIP: A change")


@pytest.mark.parametrize(
    "payload",
    [
        pull_request_payload("edited", changes={"body": {"from": "old"}}),
        pull_request_payload("edited", changes={}),
        pull_request_payload("edited"),
        pull_request_payload("labeled"),
        pull_request_payload("review_requested"),
        pull_request_payload("an action that GitHub adds tomorrow"),
    ],
)
def test_other_changes_start_nothing(payload: dict[str, Any]) -> None:
    """They are answered with the reason."""
    assert isinstance(decide(payload), Ignore)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"pull_request": None}, "not a pull request"),
        ({"pull_request": pull_json(number=0)}, "number"),
        ({"pull_request": pull_json(number=10**30)}, "number"),
        (
            {"pull_request": pull_json(base={"ref": "m", "sha": "b" * 40, "repo": {"full_name": "a/b"}})},
            "a/b",
        ),
        ({"sender": "ada"}, "sender"),
        ({"changes": []}, "changes"),
        ({"changes": {"title": "new"}}, "changes.title"),
    ],
)
def test_a_pull_request_event_that_lacks_something_says_what(changes: dict[str, Any], place: str) -> None:
    """The person who looks at the delivery finds the field."""
    with pytest.raises(RefusedError, match=place):
        decide(pull_request_payload(**changes))


def test_a_missing_sender_is_the_ghost() -> None:
    """Events about deleted accounts are events too."""
    assert started(decide(pull_request_payload(sender=None))).sender == "ghost"


def test_the_summary_fits_whatever_the_title_is() -> None:
    """Temporal refuses to start a workflow whose summary is too long."""
    decision = decide(pull_request_payload(pull_request=pull_json(title="\n😀" * 500)))
    assert isinstance(decision, Start)
    assert len(decision.summary.encode()) <= SUMMARY_LIMIT
    assert decision.summary.startswith("acme/mono#7 by ada: ")
    assert "\n" not in decision.summary


def test_the_owner_is_found_by_repository_number_and_author() -> None:
    """In the Web UI; and the author's pull requests share one place in the queue."""
    decision = decide(pull_request_payload())
    assert isinstance(decision, Start)
    assert decision.attributes == {"TickborgRepo": "acme/mono", "TickborgPr": 7, "TickborgAuthor": "ada"}
    assert (decision.author, decision.once) == ("ada", False)
