"""``push`` events: which pushes the owner of a branch is told of."""

from typing import Any

import pytest

from tests.support.webhooks import DELIVERY, decide, hearing, push_payload
from tickborg.errors import RefusedError
from tickborg.events.pushes import PushEvent
from tickborg.push_memory import PushStart
from tickborg.starts import Start
from webhook.decisions import Ignore

ZERO = "0" * 40


def told(payload: dict[str, Any], *branches: str) -> PushEvent:
    """What the owner of a branch is told."""
    decision = decide(payload, "push", hearing("acme/mono", push_branches=branches or ("main",)))
    assert isinstance(decision, Start)
    assert decision.signal is not None
    assert decision.signal.name == "push_event"
    assert isinstance(decision.signal.argument, PushEvent)
    return decision.signal.argument


def reason(payload: dict[str, Any], *branches: str) -> str:
    """Why ``payload`` starts nothing."""
    decision = decide(payload, "push", hearing("acme/mono", push_branches=branches))
    assert isinstance(decision, Ignore)
    return decision.reason


def test_the_owner_of_the_branch_is_told() -> None:
    """It is started where there is none, under the branch's name."""
    decision = decide(push_payload(), "push")
    assert isinstance(decision, Start)
    assert (decision.workflow, decision.workflow_id) == ("Push", "push/acme/mono/main")
    assert isinstance(decision.argument, PushStart)
    assert (str(decision.argument.repo), decision.argument.branch) == ("acme/mono", "main")
    assert decision.summary == "acme/mono pushes to main"
    assert decision.attributes == {"TickborgRepo": "acme/mono", "TickborgAuthor": "maya"}
    assert (decision.author, decision.once) == ("maya", False)


def test_the_range_is_told() -> None:
    """With all that is needed to know what is new in it."""
    event = told(push_payload(repository={"full_name": "acme/mono", "default_branch": "trunk"}))
    assert (event.delivery, event.branch, event.pusher) == (DELIVERY, "main", "maya")
    assert (event.before, event.after) == ("a" * 40, "b" * 40)
    assert (event.default_branch, event.is_creation) == ("trunk", False)


def test_a_new_branch_is_told() -> None:
    """There is something to build, although nothing was there before."""
    event = told(push_payload(ref="refs/heads/release/1", before=ZERO), "release/1")
    assert (event.branch, event.is_creation) == ("release/1", True)


@pytest.mark.parametrize("branch", ["topic", "main2", "Main", "ma", "feature/main", ""])
def test_other_branches_start_nothing(branch: str) -> None:
    """Names are compared whole; git tells upper case from lower."""
    assert "[policy] push_branches" in reason(push_payload(ref=f"refs/heads/{branch}"), "main", "next")


def test_no_branch_at_all_may_be_built() -> None:
    """Where the operator wants pull requests only."""
    assert reason(push_payload())


@pytest.mark.parametrize("ref", ["refs/tags/main", "refs/tags/v1", "refs/pull/7/head", "main"])
def test_a_tag_is_no_branch(ref: str) -> None:
    """Even one that is called like a branch."""
    assert reason(push_payload(ref=ref), "main", "v1") == f"{ref} is no branch: a push to it starts nothing"


@pytest.mark.parametrize("changes", [{"after": ZERO}, {"deleted": True}, {"deleted": True, "after": ZERO}])
def test_a_deletion_starts_nothing(changes: dict[str, Any]) -> None:
    """There is nothing left to build."""
    assert "was deleted" in reason(push_payload(**changes), "main")


def test_a_name_is_repeated_in_short() -> None:
    """Whoever may push chooses it."""
    assert len(reason(push_payload(ref="refs/heads/" + "x" * 900), "main")) < 150


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"ref": None}, "ref"),
        ({"before": "main"}, "before"),
        ({"after": "b" * 39}, "after"),
        ({"after": "b" * 40 + "\n"}, "after"),
        ({"repository": {"full_name": "acme/mono"}}, "repository.default_branch"),
    ],
)
def test_a_push_event_that_lacks_something_says_what(changes: dict[str, Any], place: str) -> None:
    """The person who looks at the delivery finds the field."""
    with pytest.raises(RefusedError, match=f"not a push event of GitHub: {place}: "):
        decide(push_payload(**changes), "push")


def test_a_missing_sender_is_the_ghost() -> None:
    """Events about deleted accounts are events too."""
    assert told(push_payload(sender=None)).pusher == "ghost"
