"""Signed webhooks that are nearly what GitHub sends, or nothing like it: answered soon, and never 500."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.hostile_json import RAW, near
from tests.fuzz.targets.webhook_body import EVENTS, assert_signed
from tests.support.github_json import pull_json
from tests.support.webhooks import PAYLOADS, comment_payload, encode, pull_request_payload, push_payload
from webhook.reading import FORM

Event = tuple[str, Mapping[str, Any]]
EXAMPLES = st.sampled_from(list(PAYLOADS.items()))


@settings(max_examples=50)
@given(st.data())
def test_nearly_a_webhook(data: st.DataObject) -> None:
    """With fields of wrong types, missing, null, huge, nested without end."""
    event, payload = data.draw(EXAMPLES)
    assert_signed(event, data.draw(near(payload)))


@settings(max_examples=50)
@given(st.sampled_from(EVENTS), st.binary(max_size=200))
def test_anything(event: str, body: bytes) -> None:
    """Which is almost never JSON."""
    assert_signed(event, body)


@settings(max_examples=50)
@given(st.data(), st.sampled_from(["payload", "Payload", "payload[]", ""]))
def test_nearly_a_form(data: st.DataObject, name: str) -> None:
    """Escaped as forms are, half escaped, or with more fields than one."""
    event, payload = data.draw(EXAMPLES)
    body = data.draw(near(payload))
    forms = [
        urlencode({name: body}).encode(),
        f"{name}={quote(body)}&{name}=1".encode(),
        name.encode() + b"=" + body,
        urlencode({name: body}).encode().replace(b"%22", b"%2", 1),
    ]
    assert_signed(event, data.draw(st.sampled_from(forms)), FORM)


@pytest.mark.parametrize("event", PAYLOADS)
@pytest.mark.parametrize("value", RAW)
def test_a_hostile_value_in_any_field(event: str, value: str) -> None:
    """Of those that matter, one after the other; the answer is never 500, and never 503."""
    for body in with_each_field(PAYLOADS[event], RAW[value]):
        assert_signed(event, body)


LARGE = "x" * 3 * 1024 * 1024


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("pull_request", pull_request_payload(pull_request=pull_json(title=LARGE))),
        ("pull_request", pull_request_payload(pull_request=pull_json(labels=[{"name": "x" * 50}] * 50_000))),
        ("issue_comment", comment_payload(f"@tickbot eval {LARGE}")),
        ("issue_comment", comment_payload(id=10**1_100)),
        ("issue_comment", comment_payload(user={"login": "x" * 3_000, "type": "User"})),
        ("push", push_payload(sender={"login": "a\0b"})),
    ],
)
def test_what_is_too_large_for_temporal_is_refused(event: str, payload: dict[str, Any]) -> None:
    """For good, and not with a 503 that is worth repeating."""
    assert assert_signed(event, encode(payload)) == 400


@pytest.mark.parametrize("event", PAYLOADS)
def test_a_field_twice(event: str) -> None:
    """The last one counts, as in every parser of JSON; what is signed is GitHub's."""
    whole = json.dumps(PAYLOADS[event])
    assert assert_signed(event, (whole[:-1] + f', "extra": 1, {whole[1:]}').encode()) == 202
    assert assert_signed(event, (whole[:-1] + ', "repository": null}').encode()) == 400


def with_each_field(payload: Mapping[str, Any], raw: str) -> list[bytes]:
    """The payload again and again, each time with another of its fields written as ``raw``."""
    mark = "\ue000"
    return [
        json.dumps(changed).replace(json.dumps(mark), raw).encode()
        for changed in _each_replaced(payload, mark)
    ]


def _each_replaced(value: Any, mark: str) -> list[Any]:
    if not isinstance(value, dict):
        return [mark]
    inner = [value | {name: each} for name in value for each in _each_replaced(value[name], mark)]
    return [mark, *inner]
