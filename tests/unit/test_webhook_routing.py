"""The table of answers: what each event leads to, and whose events are heard at all."""

from typing import Any

import pytest

from tests.support.webhooks import PAYLOADS, decide, hearing, pull_request_payload
from tickborg.errors import RefusedError
from tickborg.starts import Start
from webhook.decisions import Ignore

HANDLED = sorted(PAYLOADS)


@pytest.mark.parametrize("event", HANDLED)
def test_each_event_of_the_table_starts_something(event: str) -> None:
    """So that the other tests here mean something."""
    assert isinstance(decide(PAYLOADS[event], event), Start)


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("ping", {"zen": "Keep it logically awesome.", "hook_id": 1}),
        ("installation", {"action": "created", "installation": {"id": 1}}),
        ("installation_repositories", {"action": "added"}),
        ("marketplace_purchase", {}),
        ("an_event_of_tomorrow", {}),
    ],
)
def test_events_that_start_nothing_need_no_repository(event: str, payload: dict[str, Any]) -> None:
    """Not all of GitHub's events have one."""
    assert isinstance(decide(payload, event), Ignore)


@pytest.mark.parametrize("event", HANDLED)
@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (("acme/mono",), Start),
        (("ACME/Mono",), Start),
        (("acme/*",), Start),
        (("other/repo", "Acme/*"), Start),
        ((), Ignore),
        (("acme/monolith", "acme/mon", "*/mono", "acm*/mono", "acme"), Ignore),
    ],
)
def test_only_the_repositories_served_start_anything(
    event: str, patterns: tuple[str, ...], expected: type
) -> None:
    """An exact name, or all of an owner's, in any case; an empty list serves nobody."""
    assert isinstance(decide(PAYLOADS[event], event, hearing(*patterns)), expected)


@pytest.mark.parametrize("event", HANDLED)
@pytest.mark.parametrize(
    "repository",
    [None, {}, {"full_name": 7}, {"full_name": "acme/.."}, {"full_name": "acme/mono/x"}],
)
def test_an_event_of_the_table_needs_a_repository(event: str, repository: object) -> None:
    """Nobody knows whose it is otherwise."""
    with pytest.raises(RefusedError, match=r"repository\.full_name"):
        decide(PAYLOADS[event] | {"repository": repository}, event)


@pytest.mark.parametrize("event", [event for event in HANDLED if event != "push"])
@pytest.mark.parametrize("action", [None, 7, ["created"]])
def test_an_event_must_say_what_was_done(event: str, action: object) -> None:
    """All but ``push`` have an action."""
    with pytest.raises(RefusedError, match=f"action: a {event} event"):
        decide(PAYLOADS[event] | {"action": action}, event)


@pytest.mark.parametrize("event", [event for event in HANDLED if event != "push"])
def test_an_action_of_tomorrow_starts_nothing(event: str) -> None:
    """It need not even be readable, and what is repeated of it is short."""
    payload = {"action": "x" * 1000, "repository": pull_request_payload()["repository"]}
    decision = decide(payload, event)
    assert isinstance(decision, Ignore)
    assert decision.reason.startswith(f"{event}.xxx")
    assert len(decision.reason) < 100
