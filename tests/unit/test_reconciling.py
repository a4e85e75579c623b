"""What owners have to be told that no webhook told them (design, section 3)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.github_json import pull_json
from tests.support.samples import NOON, REPO
from tickborg.deliveries import GivenUp
from tickborg.events.pull_requests import PullRequestEvent, pull_request_from_json
from tickborg.events.pushes import PushEvent
from tickborg.github import PullRequest, PullRequestState
from tickborg.memory import PullRequestStart
from tickborg.messages import Event, EventName, ReconcileOutcome
from tickborg.push_memory import PushStart
from tickborg.reconciling import (
    MISSED_KINDS,
    SKEW,
    BranchTip,
    Marks,
    Missed,
    ReconcileReport,
    ServedRepository,
    events_of,
    is_behind,
    missed_of_pull,
    missed_push,
)
from tickborg.starts import Signal
from tickborg.views import PullRequestView

A, B = "a" * 40, "b" * 40
KNOWN = pull_request_from_json(pull_json(draft=False))
LATER = KNOWN.updated_at + timedelta(seconds=1)
REPOSITORY = ServedRepository(repo=REPO, default_branch="main", pushed_at=NOON)


def now(**changes: Any) -> PullRequest:
    """What GitHub says by now of the pull request that an owner knows."""
    return KNOWN.model_copy(update={"updated_at": LATER, **changes})


def event_of(missed: Missed | None) -> PullRequestEvent:
    """What the owner of a pull request is told."""
    assert missed is not None
    assert missed.pull is not None
    return missed.pull


def known(**changes: Any) -> PullRequestView:
    """What an owner knows."""
    return PullRequestView(pull=KNOWN.model_copy(update=changes))


@pytest.mark.parametrize(
    ("view", "pull", "action"),
    [
        (None, now(), "opened"),
        (known(), now(), None),
        (known(), now(labels=("x",)), None),
        (known(), now(draft=True), None),
        (known(), now(head_sha=B), "synchronize"),
        (known(), now(base_ref="stable"), "edited"),
        (known(title="WIP: cgit"), now(title="cgit"), "edited"),
        (known(draft=True), now(), "ready_for_review"),
        (known(draft=True), now(head_sha=B), "synchronize"),
        (known(), now(state=PullRequestState.CLOSED), "closed"),
        (known(head_sha=B), now(state=PullRequestState.CLOSED), "closed"),
        (known(state=PullRequestState.CLOSED), now(), "reopened"),
        (known(state=PullRequestState.CLOSED), now(state=PullRequestState.CLOSED), None),
        (None, now(state=PullRequestState.CLOSED), None),
    ],
)
def test_the_webhook_that_would_have_told_of_it(
    view: PullRequestView | None, pull: PullRequest, action: str | None
) -> None:
    """Told is what an owner does not know, and nothing where it knows all that matters."""
    missed = missed_of_pull(pull, view)
    assert (missed and missed.pull and missed.pull.action) == action
    assert missed is None or missed.kind in MISSED_KINDS


@pytest.mark.parametrize("view", [None, known(head_sha=B)])
def test_what_was_missed_does_not_tell_since_when_there_is_the_head(view: PullRequestView | None) -> None:
    """Anything else may have changed since."""
    event = event_of(missed_of_pull(now(), view))
    assert not event.tells_of_head
    assert event.model_copy(update={"delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}).tells_of_head


def test_an_owner_that_knows_more_than_a_list_is_told_nothing() -> None:
    """GitHub's replicas lag behind its own webhooks."""
    newer = known(updated_at=LATER + timedelta(seconds=1), head_sha=B)
    assert missed_of_pull(now(), newer) is None


def test_an_edit_says_what_was_before() -> None:
    """An owner evaluates again for a new target branch, or for a title that matters."""
    event = event_of(missed_of_pull(now(base_ref="stable", title="cgit"), known(title="WIP: cgit")))
    assert (event.base_changed, event.previous_title) == (True, "WIP: cgit")
    event = event_of(missed_of_pull(now(head_sha=B), known()))
    assert (event.base_changed, event.previous_title) == (False, None)


def test_what_is_told_twice_is_one_delivery() -> None:
    """And what changed since is another."""
    first, again, later = (
        event_of(missed_of_pull(pull, None)).delivery
        for pull in (now(), now(), now(updated_at=LATER + timedelta(seconds=1)))
    )
    assert first == again != later


def test_the_owner_of_a_pull_request_is_told_as_by_the_webhook() -> None:
    """It is started where there is none."""
    missed = missed_of_pull(now(), None)
    assert missed is not None
    start = missed.start
    assert (start.workflow, start.workflow_id) == ("PullRequest", f"pr/{REPO}/7")
    assert start.argument == PullRequestStart(repo=REPO, number=7)
    assert start.signal == Signal("pull_request_event", event_of(missed))
    assert str(missed) == f"{REPO}#7 opened"


@pytest.mark.parametrize("last_known", [None, A])
def test_a_branch_that_was_looked_at_or_never_was_misses_nothing(last_known: str | None) -> None:
    """Where the bot is new, nobody asked it to build all that is there."""
    assert missed_push(REPOSITORY, "main", BranchTip(sha=A, author="ada"), last_known) is None


def test_a_push_that_nobody_looked_at_begins_where_the_last_one_ended() -> None:
    """Its owner is told of all that was pushed since in one go, and once."""
    tip = BranchTip(sha=B, author="ada")
    missed, again = (missed_push(REPOSITORY, "main", tip, A) for _ in range(2))
    assert missed == again
    assert missed is not None
    push = missed.push
    assert push is not None
    assert (push.before, push.after, push.branch, push.pusher) == (A, B, "main", "ada")
    assert (push.is_creation, push.is_deletion) == (False, False)
    assert missed.start.workflow_id == f"push/{REPO}/main"
    assert missed.start.argument == PushStart(repo=REPO, branch="main")
    assert missed.start.signal == Signal("push_event", push)
    assert str(missed) == f"{REPO} push to main"


def test_an_event_is_about_something() -> None:
    """A pull request or a branch."""
    with pytest.raises(ValueError, match="about nothing"):
        _ = Missed().start
    tag = PushEvent(
        delivery="1", repo=REPO, ref="refs/tags/v1", before=A, after=B, pusher="ada", default_branch="main"
    )
    with pytest.raises(ValueError, match="about nothing"):
        _ = Missed(push=tag).start


def test_a_repository_that_could_not_be_compared_is_behind_the_others() -> None:
    """Clocks differ, so all are looked at from a little earlier."""
    marks = Marks(compared_until=NOON, behind={"acme/other": NOON - timedelta(hours=1), "acme/new": None})
    other, new = (REPO.model_copy(update={"name": name}) for name in ("other", "new"))
    assert marks.compared(REPO) == NOON - SKEW
    assert marks.compared(other) == NOON - timedelta(hours=1) - SKEW
    assert marks.compared(new) is None
    assert Marks().compared(REPO) is None


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, ReconcileOutcome.WHOLE),
        ({"compared": False, "unsettled": 3}, ReconcileOutcome.AWAITING),
        ({"compared": False, "unsettled": 3, "failed": ("deliveries: …",)}, ReconcileOutcome.FAILED),
        ({"refused": {413: 1}}, ReconcileOutcome.REFUSED),
        ({"compared": False, "unsettled": 3, "refused": {403: 3}}, ReconcileOutcome.REFUSED),
        ({"failed": ("acme/mono: …",)}, ReconcileOutcome.FAILED),
        ({"marks": Marks(behind={"acme/mono": None})}, ReconcileOutcome.FAILED),
        ({"complete": False}, ReconcileOutcome.FAILED),
    ],
)
def test_a_run_is_whole_when_it_has_left_nothing_undone(
    changes: dict[str, Any], outcome: ReconcileOutcome
) -> None:
    """That is what operators wait for; a webhook that is away is told from GitHub or Temporal that fail."""
    report = ReconcileReport(compared=True).model_copy(update=changes)
    [event] = events_of(report, (), NOON)
    assert is_behind(report) == (outcome is not ReconcileOutcome.WHOLE)
    assert event == Event(name=EventName.RECONCILED, outcome=outcome, at=NOON)


def test_what_was_given_up_is_left_to_a_person() -> None:
    """The next run does not ask for it either, so a script has to hear of it now."""
    given_up = GivenUp(guid="1", event="issue_comment", last_id=1, status_code=400)
    assert is_behind(ReconcileReport(compared=True, given_up=(given_up,)))


def test_what_a_run_did_is_counted_by_kind() -> None:
    """How much was asked for and came, what is given up since, and what owners had to be told of."""
    told = [missed_of_pull(now(number=number), None) for number in (1, 2)]
    pushed = missed_push(REPOSITORY, "main", BranchTip(sha=B, author="ada"), A)
    known, new = (GivenUp(guid=guid, event="push", last_id=1, status_code=500) for guid in "12")
    report = ReconcileReport(asked=5, arrived=4, compared=True, given_up=(known, new))
    _, *counted = events_of(report, [missed for missed in (*told, pushed) if missed], NOON, before=(known,))
    assert counted == [
        Event(name=EventName.DELIVERY_ASKED_FOR, count=5),
        Event(name=EventName.DELIVERY_ARRIVED, count=4),
        Event(name=EventName.DELIVERY_GIVEN_UP, count=1),
        Event(name=EventName.OWNER_TOLD, event="opened", count=2),
        Event(name=EventName.OWNER_TOLD, event="push", count=1),
    ]
