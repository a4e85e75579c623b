"""Headers and bodies, good and bad, as they come over the wire."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg.errors import RefusedError
from webhook.reading import FORM, JSON, Delivery, Headers, media_type, read_delivery


def read(body: bytes, **changes: list[str]) -> Delivery:
    """Read a body that came with good headers but for ``changes``."""
    good = {"event": ["ping"], "delivery": ["d-1"], "signature": [], "content_type": [JSON]}
    return read_delivery(Headers(**(good | changes)), body)


def form(**fields: str) -> bytes:
    """A form."""
    return urlencode(fields).encode()


@given(payload=st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_json_and_form_say_the_same(payload: dict[str, Any]) -> None:
    """Whichever content type the webhook is set up with, the payload is the same."""
    text = json.dumps(payload)
    assert read(text.encode()).payload == payload
    assert read(form(payload=text), content_type=[f"{FORM}; charset=utf-8"]).payload == payload


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is empty"),
        (b"\n", "not JSON"),
        (b'{"action": "ope', "not JSON"),
        (b"[" * 100_000, "not JSON: recursion"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "not JSON: recursion"),
        (b'{"number": ' + b"9" * 10_000 + b"}", "not JSON: number out of range"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a": -Infinity}', "not JSON"),
        (b'{"a": "\xff"}', "not JSON"),
        (b'{"a": "\\ud800"}', "not JSON"),
        (b'{"a": "\xed\xa0\x80"}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        ('{"a": 1}'.encode("utf-16"), "not JSON"),
        (b"{} {}", "not JSON"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b'"payload"', "not an object"),
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes, why: str) -> None:
    """Broken, endless and undecodable bodies are refused in one way, and end nothing else."""
    with pytest.raises(RefusedError, match=why):
        read(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "has 0"),
        (b"{}", "not a form"),
        (form(other="{}"), "has 0"),
        (b"payload={}&payload={}", "has 2"),
        (b"payload=" + "é".encode(), "not a form"),
        (b"payload=%ff", "not a form"),
        (b"payload=%ed%a0%80", "not a form"),
        (b"a=1&" * 1_000, "not a form"),
        (form(payload="{"), "not JSON"),
        (b"payload=&other=1", "has 0"),
    ],
)
def test_what_is_no_form_with_a_payload_is_refused(body: bytes, why: str) -> None:
    """A form is read as strictly as JSON."""
    with pytest.raises(RefusedError, match=why):
        read(body, content_type=[FORM])


@given(body=st.binary(max_size=200), media=st.sampled_from([JSON, FORM]))
def test_no_body_does_anything_but_be_read_or_refused(body: bytes, media: str) -> None:
    """Whatever the bytes are."""
    try:
        assert isinstance(read(body, content_type=[media]).payload, dict)
    except RefusedError as refused:
        assert str(refused)  # noqa: PT017 - either end is right


@pytest.mark.parametrize("name", ["event", "delivery"])
@pytest.mark.parametrize("values", [[], [""], ["a", "b"], ["a" * 101], ["a\tb"], ["ä"], ["a\x1b[31m"]])
def test_event_and_delivery_are_one_word_each(name: str, values: list[str]) -> None:
    """They are logged and kept, so that they are checked first."""
    with pytest.raises(RefusedError, match=f"the header X-GitHub-{name.capitalize()}"):
        read(b"{}", **{name: values})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["application/json"], JSON),
        (["Application/JSON; charset=UTF-8"], JSON),
        ([" application/x-www-form-urlencoded ;x=y"], FORM),
        (["text/plain"], "text/plain"),
        ([], ""),
        ([JSON, JSON], ""),
    ],
)
def test_the_media_type_is_read_without_parameters(values: list[str], expected: str) -> None:
    """JSON is UTF-8 whatever a charset says."""
    assert media_type(values) == expected
