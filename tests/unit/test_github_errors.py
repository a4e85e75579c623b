"""The failure table's first rows: what each of GitHub's refusals becomes (design, section 9)."""

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.clients.github.errors import MESSAGE_LIMIT, Answer, MissingError, refusal
from tests.support.clock import NOON
from tickborg.errors import (
    HeadGoneError,
    PermanentError,
    RateLimitedError,
    TickborgError,
    UnauthorizedError,
    UnavailableError,
)

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

STATUS_URL = "https://api.github.com/repos/acme/mono/statuses/abc?secret=query"
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
NOT_ACCESSIBLE = "Resource not accessible by integration"
NOWHERE = json.dumps({"message": NOT_ACCESSIBLE}).encode()


def refused(status: int, body: Any = None, **headers: str) -> TickborgError:
    """The error of an answer to a POST of a status; underscores in header names stand for dashes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return refusal(Answer("POST", STATUS_URL, status, named, content), NOON)


def exact(error: TickborgError) -> type[TickborgError]:
    """An error's class, itself and no subclass."""
    return type(error)


ANSWERS: list[tuple[int, Any, type[TickborgError]]] = [
    (401, {"message": "Bad credentials"}, UnauthorizedError),
    (401, {"message": "'Expiration time' claim ('exp') is too far in the future"}, UnauthorizedError),
    (401, {"message": "A JSON web token could not be decoded"}, PermanentError),
    (404, {"message": "Integration not found"}, PermanentError),
    (500, {"message": "Server Error"}, UnavailableError),
    (502, b"<html>Bad Gateway</html>", UnavailableError),
    (503, b"", UnavailableError),
    (520, b"unknown to http.HTTPStatus", UnavailableError),
    (408, b"", UnavailableError),
    (403, {"message": SECONDARY}, RateLimitedError),
    (403, {"message": "You have triggered an abuse detection mechanism."}, RateLimitedError),
    (429, {"message": "Too many requests"}, RateLimitedError),
    (429, b"<html>", RateLimitedError),
    (403, {"message": NOT_ACCESSIBLE}, PermanentError),
    (403, {"message": "This installation has been suspended"}, PermanentError),
    (422, {"message": "No commit found for SHA: abc"}, HeadGoneError),
    (
        422,
        {"message": "Validation Failed", "errors": [{"message": "No commit found for SHA: abc"}]},
        HeadGoneError,
    ),
    (422, {"message": "Validation Failed", "errors": "No commit found for SHA: abc"}, HeadGoneError),
    (422, {"message": "Validation Failed", "errors": [{"field": "name", "code": "x"}]}, PermanentError),
    (422, ["a", "list"], PermanentError),
    (422, {}, PermanentError),
    (404, {"message": "Not Found"}, MissingError),
    (410, {"message": "This issue was deleted"}, MissingError),
    (400, {"message": "Problems parsing JSON"}, PermanentError),
    (409, {"message": "Git Repository is empty."}, PermanentError),
    (451, {"message": "Repository access blocked"}, PermanentError),
    (499, b"", PermanentError),
    (304, b"", PermanentError),
]


@pytest.mark.parametrize(("status", "body", "expected"), ANSWERS)
def test_an_answer_becomes_a_row_of_the_failure_table(
    status: int, body: Any, expected: type[TickborgError]
) -> None:
    """Each status has one meaning, whatever its body looks like."""
    assert exact(refused(status, body)) is expected


def test_what_is_said_of_each(snapshot: "SnapshotAssertion") -> None:
    """What was asked, GitHub's words, and what to do: people read it where "tickborg failed"."""
    said = [refused(status, body) for status, body, _ in ANSWERS]
    elsewhere = refusal(Answer("GET", "https://api.github.com/x", 403, {}, NOWHERE), NOON)
    assert "\n".join(map(str, (*said, elsewhere))) == snapshot


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "30"}, timedelta(seconds=30)),
        (
            {"retry_after": "30", "x_ratelimit_remaining": "0", "x_ratelimit_reset": "1"},
            timedelta(seconds=30),
        ),
        (
            {"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(NOON.timestamp()) + 900)},
            timedelta(minutes=15),
        ),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "soon"}, timedelta(minutes=1)),
        ({"x_ratelimit_remaining": "0"}, timedelta(minutes=1)),
        ({"retry_after": "0"}, timedelta(seconds=1)),
        ({"retry_after": "9" * 30}, timedelta(minutes=1)),
        ({"retry_after": "-5"}, timedelta(minutes=1)),
    ],
)
def test_a_rate_limit_is_waited_for_as_github_asks(headers: dict[str, str], wait: timedelta) -> None:
    """Retry-After first, then the reset of a used up limit, then a minute."""
    error = refused(403, {"message": "slow down"}, **headers)
    assert isinstance(error, RateLimitedError)
    assert error.retry_at == NOON + wait


def test_a_reset_is_counted_on_githubs_clock() -> None:
    """With our clock ten minutes fast, the reset is still ahead and not in the past."""
    theirs = NOON - timedelta(minutes=10)
    reset = str(int((theirs + timedelta(minutes=5)).timestamp()))
    error = refused(
        403,
        {"message": "API rate limit exceeded"},
        x_ratelimit_remaining="0",
        x_ratelimit_reset=reset,
        date=format_datetime(theirs, usegmt=True),
    )
    assert isinstance(error, RateLimitedError)
    assert error.retry_at == NOON + timedelta(minutes=5)


def test_a_forbidden_call_with_quota_left_is_no_rate_limit() -> None:
    """A missing permission stays missing: waiting for a reset would hide it for an hour."""
    error = refused(403, {"message": NOT_ACCESSIBLE}, x_ratelimit_remaining="4999")
    assert exact(error) is PermanentError


@pytest.mark.parametrize(
    ("headers", "permission"),
    [
        ({"x_accepted_github_permissions": "statuses=write; repository_hooks=read"}, "statuses=write; "),
        ({}, ""),
    ],
)
def test_a_missing_permission_is_named(headers: dict[str, str], permission: str) -> None:
    """GitHub names it in a header; where it does not, the path tells."""
    message = str(refused(403, {"message": NOT_ACCESSIBLE}, **headers))
    assert (permission or "statuses=write") in message
    assert "grant it in the App's settings" in message


def test_a_message_says_which_call_was_refused_and_why() -> None:
    """Method, path, status and GitHub's words, but not the query, which may hold anything."""
    message = str(
        refused(422, {"message": "Validation Failed", "errors": [{"field": "name", "code": "missing_field"}]})
    )
    assert message.startswith("POST /repos/acme/mono/statuses/abc: GitHub answered 422, ")
    assert "Validation Failed; name missing_field" in message
    assert "secret=query" not in message


def test_a_long_message_is_cut() -> None:
    """An answer of megabytes does not go into a history."""
    assert len(str(refused(400, {"message": "x" * 10_000}))) < MESSAGE_LIMIT + 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["message", "errors", "field"]) | st.text(), inner)
    ),
)


@given(
    status=st.integers(300, 999),
    body=st.binary() | json_values.map(lambda value: json.dumps(value).encode()),
    reset=st.text(),
    after=st.text(),
    date=st.text(),
)
def test_no_answer_is_too_strange(status: int, body: bytes, reset: str, after: str, date: str) -> None:
    """Every status, body and header gives some error of the table, and never another."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset, "retry-after": after, "date": date}
    assert isinstance(refusal(Answer("GET", STATUS_URL, status, headers, body), NOON), TickborgError)
