"""From the headers and the body of a signed webhook to its event and payload; no I/O."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from pydantic_core import from_json

from tickborg.errors import RefusedError

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MEDIA_TYPES = frozenset({JSON, FORM})

_FORM_FIELD = "payload"
_MOST_FIELDS = 10
_TOKEN = re.compile(r"[A-Za-z0-9._:-]{1,100}")
"""GitHub's delivery ids are UUIDs, its event names words; both are logged and kept."""


@dataclass(frozen=True)
class Headers:
    """The headers that matter, each with all its values, since a client can send one twice."""

    event: Sequence[str]
    delivery: Sequence[str]
    signature: Sequence[str]
    content_type: Sequence[str]


@dataclass(frozen=True)
class Delivery:
    """One webhook. A redelivery has the same ``id``."""

    id: str
    event: str
    payload: Mapping[str, object]


def media_type(values: Sequence[str]) -> str:
    """The one media type, without parameters; empty where there is none or more than one."""
    return values[0].partition(";")[0].strip().lower() if len(values) == 1 else ""


def read_delivery(headers: Headers, body: bytes) -> Delivery:
    """Read a webhook whose media type is one of :data:`MEDIA_TYPES`.

    Raises:
        RefusedError: a header is missing, twice there or malformed, or the body is no JSON object.
    """
    return Delivery(
        id=_token("X-GitHub-Delivery", headers.delivery),
        event=_token("X-GitHub-Event", headers.event),
        payload=_read_payload(media_type(headers.content_type), body),
    )


def _token(name: str, values: Sequence[str]) -> str:
    if len(values) != 1:
        raise RefusedError(f"the header {name} must be there once, and is there {len(values)} times")
    if not _TOKEN.fullmatch(values[0]):
        raise RefusedError(f"the header {name} is not 1 to 100 letters, digits or any of . _ : -")
    return values[0]


def _read_payload(media: str, body: bytes) -> Mapping[str, object]:
    payload = _read_json(_form_field(body) if media == FORM else body)
    if not isinstance(payload, dict):
        raise RefusedError("the payload is JSON, but not an object")
    return payload


def _form_field(body: bytes) -> bytes:
    """The payload of a form, which GitHub sends when a webhook is set up with that content type."""
    try:
        fields = parse_qsl(
            body.decode("ascii"), strict_parsing=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise RefusedError(f"the body is not a form: {error}") from None
    payloads = [value for name, value in fields if name == _FORM_FIELD]
    if len(payloads) != 1:
        raise RefusedError(f"the form must have one field `payload`, and has {len(payloads)}")
    return payloads[0].encode()


def _read_json(data: bytes) -> object:
    """Strict: no NaN, no lone surrogate, no byte that is not UTF-8, and not nested without end."""
    if not data:
        raise RefusedError("the payload is empty")
    try:
        parsed: object = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise RefusedError(f"the payload is not JSON: {error}") from None
    return parsed
