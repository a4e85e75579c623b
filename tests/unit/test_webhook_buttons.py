"""``check_run`` and ``check_suite`` events: which buttons are seen to."""

from typing import Any

import pytest

from tests.support.webhooks import DELIVERY, check_run_payload, check_suite_payload, decide
from tickborg.errors import RefusedError
from tickborg.events.buttons import Button, CheckRunButton, CheckSuiteButton, RerunStart
from tickborg.starts import Start
from webhook.decisions import Ignore

HEAD = "a" * 40


def started(payload: dict[str, Any], event: str) -> Start:
    """What ``payload`` starts."""
    decision = decide(payload, event)
    assert isinstance(decision, Start)
    return decision


def pressed(payload: dict[str, Any], event: str = "check_run") -> Button:
    """The button that is seen to because of ``payload``."""
    argument = started(payload, event).argument
    assert isinstance(argument, RerunStart)
    assert RerunStart.model_validate_json(argument.model_dump_json()) == argument
    return argument.button


def test_a_button_is_seen_to_once() -> None:
    """A delivery that comes again is the same press."""
    start = started(check_run_payload(), "check_run")
    assert (start.workflow, start.workflow_id, start.once) == ("Rerun", f"rerun/{DELIVERY}", True)
    assert start.summary == "acme/mono@aaaaaaa rerun of cgit on x86_64-linux for pr-7, asked for by maya"
    assert start.author == "maya"
    assert start.attributes == {
        "TickborgRepo": "acme/mono",
        "TickborgPr": 7,
        "TickborgAuthor": "maya",
        "TickborgSha": HEAD,
    }


def test_the_build_is_found_by_its_external_id() -> None:
    """The check events of a fork's pull request name no pull request."""
    button = pressed(check_run_payload())
    assert isinstance(button, CheckRunButton)
    assert (button.delivery, str(button.repo), button.by) == (DELIVERY, "acme/mono", "maya")
    assert (button.button, button.head_sha) == ("rerun", HEAD)
    build = button.build
    assert (build.origin.pull, build.project, build.system, build.mode) == (
        7,
        "cgit",
        "x86_64-linux",
        "build",
    )
    assert (build.n, build.run_id) == ("1a2b-3", "run-1")


@pytest.mark.parametrize("identifier", ["rerun", "test", "cancel"])
def test_the_actions_are_those_that_the_bot_offers(identifier: str) -> None:
    """Each by the identifier that GitHub sends back."""
    payload = check_run_payload("requested_action", requested_action={"identifier": identifier})
    button = pressed(payload)
    assert isinstance(button, CheckRunButton)
    assert button.button == identifier


def test_a_build_of_a_branch_has_no_pull_request() -> None:
    """It is found by its branch, whatever slashes that has."""
    run = {"external_id": "push/acme/mono/release/1 cgit/x86_64-linux/test 1 r", "head_sha": HEAD}
    start = started(check_run_payload(check_run=run), "check_run")
    assert "TickborgPr" not in start.attributes
    assert "for branch-release/1" in start.summary


@pytest.mark.parametrize("action", ["created", "completed"])
def test_what_our_own_check_runs_do_starts_nothing(action: str) -> None:
    """GitHub tells of each, and none is a press of a button."""
    assert isinstance(decide(check_run_payload(action), "check_run"), Ignore)


@pytest.mark.parametrize(
    "external_id",
    [
        None,
        "",
        "42",
        "pr/acme/other/7 cgit/x86_64-linux/build 1 r",
        "pr/acme/mono/seven cgit/x86_64-linux/build 1 r",
        "pr/acme/mono/7 cgit/x86_64-linux 1 r",
        "pr/acme/mono/7 cgit/amiga/build 1 r",
        "pr/acme/mono/7 cgit/x86_64-linux/burn 1 r",
        "pr/acme/mono/7 cgit/x86_64-linux/build 1",
        "pr/acme/mono/7 cgit/x86_64-linux/build 1 r x",
    ],
)
def test_another_check_run_is_not_ours(external_id: str | None) -> None:
    """Other Apps have check runs too, and external ids of their own."""
    payload = check_run_payload(check_run={"external_id": external_id, "head_sha": HEAD})
    assert isinstance(decide(payload, "check_run"), Ignore)


@pytest.mark.parametrize("requested", [None, {"identifier": "format"}, {"identifier": ""}])
def test_another_action_is_not_ours(requested: object) -> None:
    """Perhaps an older version of the bot offered it."""
    payload = check_run_payload("requested_action", requested_action=requested)
    assert isinstance(decide(payload, "check_run"), Ignore)


@pytest.mark.parametrize("branch", ["main", None])
def test_all_checks_may_be_asked_for_again(branch: str | None) -> None:
    """Of a commit, whose branch GitHub names only if it is in this repository."""
    payload = check_suite_payload(head_branch=branch)
    button = pressed(payload, "check_suite")
    assert isinstance(button, CheckSuiteButton)
    assert (button.by, button.head_sha) == ("maya", HEAD)
    start = started(payload, "check_suite")
    assert (start.workflow_id, start.once) == (f"rerun/{DELIVERY}", True)
    assert start.summary == "acme/mono@aaaaaaa rerun of all checks, asked for by maya"
    assert start.attributes == {"TickborgRepo": "acme/mono", "TickborgAuthor": "maya", "TickborgSha": HEAD}


@pytest.mark.parametrize("action", ["requested", "completed"])
def test_a_suite_that_github_makes_starts_nothing(action: str) -> None:
    """The push or the pull request says it already."""
    assert isinstance(decide(check_suite_payload(action), "check_suite"), Ignore)


@pytest.mark.parametrize(
    ("event", "payload", "place"),
    [
        ("check_run", check_run_payload(check_run=None), "check_run"),
        ("check_run", check_run_payload(check_run={"head_sha": "main"}), "check_run.head_sha"),
        ("check_run", check_run_payload(sender="maya"), "sender"),
        (
            "check_run",
            check_run_payload("requested_action", requested_action={}),
            "requested_action.identifier",
        ),
        ("check_suite", check_suite_payload(head_sha=None), "check_suite.head_sha"),
    ],
)
def test_a_check_event_that_lacks_something_says_what(
    event: str, payload: dict[str, Any], place: str
) -> None:
    """The person who looks at the delivery finds the field."""
    with pytest.raises(RefusedError, match=f"not a {event} event of GitHub: {place}: "):
        decide(payload, event)


def test_a_missing_sender_is_the_ghost() -> None:
    """Who may do nothing."""
    assert pressed(check_run_payload(sender=None)).by == "ghost"
    assert pressed(check_suite_payload() | {"sender": None}, "check_suite").by == "ghost"
