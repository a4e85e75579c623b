"""GitHub's refusals in tickborg's words: the one place that knows what a status means (design, section 9).

Messages go into histories and check runs. They are made of method, path, status and what GitHub said, and
never of a header, a query or a body that we sent, so that no token can get into one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from activities.clients.github.rate_limits import SECONDARY_LIMIT_WAIT, named_wait
from tickborg.errors import (
    HeadGoneError,
    PermanentError,
    RateLimitedError,
    TickborgError,
    UnauthorizedError,
    UnavailableError,
)

MESSAGE_LIMIT = 500
"""Characters of GitHub's own message that are passed on."""

_RATE_LIMIT_WORDS = ("rate limit", "abuse detection")
_HEAD_GONE_WORDS = "no commit found for sha"
_NOT_ACCESSIBLE_WORDS = "not accessible by integration"
_SUSPENDED_WORDS = "installation has been suspended"
_NO_APP_WORDS = "integration not found"
_WRONG_KEY_WORDS = "web token could not be decoded"

_PERMISSIONS = (
    ("/check-runs", "checks=write"),
    ("/statuses/", "statuses=write"),
    ("/labels", "pull_requests=write"),
    ("/comments", "pull_requests=write"),
    ("/pulls", "pull_requests=read"),
    ("/collaborators/", "metadata=read"),
)
"""Which permission a path needs, for answers that do not say."""

_LOCKED_OUT = {
    _SUSPENDED_WORDS: (
        "Unsuspend it, or have its owner do so: the account's settings, Applications, GitHub Apps, Configure"
    ),
    _NO_APP_WORDS: "There is no App of this id, or no longer: check [github] app_id",
    _WRONG_KEY_WORDS: (
        "The private key is none of this App's, or no longer: generate one in the App's settings "
        "and put it where [github] private_key_file says"
    ),
}
"""What to do where the App is not let in, whatever it asks for.

A clock that is wrong is refused too, but is put right by itself: that is tried again.
"""

_ADVICE: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "It is not there, or the App may not see it: check the App's permissions",
    HTTPStatus.GONE: "Somebody deleted it",
    HTTPStatus.UNPROCESSABLE_ENTITY: "GitHub does not take what was sent, for the reason it names",
}
_OTHER_ADVICE = "It stays so until the reason that GitHub names is gone"


class MissingError(PermanentError):
    """404 or 410: it is not there, or GitHub does not show it to this installation."""


@dataclass(frozen=True)
class Answer:
    """What GitHub answered to one call, as it came."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def path(self) -> str:
        """Where the call went, without the query."""
        return urlsplit(self.url).path


def refusal(answer: Answer, now: datetime, unnamed_wait: timedelta = SECONDARY_LIMIT_WAIT) -> TickborgError:
    """The error that an answer other than 2xx stands for.

    Total: whatever the status, the headers and the body, HTML of a proxy included.

    Args:
        answer: GitHub's, or that of something in between.
        now: from when on waits are counted.
        unnamed_wait: how long to wait for a rate limit whose end GitHub does not name.
    """
    said = _message(answer.body)
    what = f"{answer.method} {answer.path}: GitHub answered {answer.status}" + (f", {said!r}" if said else "")
    return _passing(answer, said, what, now, unnamed_wait) or _lasting(answer, said, what)


def _passing(
    answer: Answer, said: str, what: str, now: datetime, unnamed_wait: timedelta
) -> TickborgError | None:
    """What another attempt may heal."""
    if answer.status == HTTPStatus.UNAUTHORIZED and _WRONG_KEY_WORDS not in said.lower():
        return UnauthorizedError(f"{what}. If it stays so, check the App's id, its private key and the clock")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.REQUEST_TIMEOUT:
        return UnavailableError(what)
    if _is_rate_limit(answer, said):
        retry_at = now + (named_wait(answer.headers, now) or unnamed_wait)
        return RateLimitedError(f"{what}. Calls are taken again at {retry_at:%Y-%m-%d %H:%M:%S %Z}", retry_at)
    return None


def _lasting(answer: Answer, said: str, what: str) -> TickborgError:
    """What stays as it is until a person, or a newer head, does something."""
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY and _HEAD_GONE_WORDS in said.lower():
        return HeadGoneError(f"{what}. The branch was pushed over; the newer head's event does the work")
    if answer.status == HTTPStatus.FORBIDDEN and _NOT_ACCESSIBLE_WORDS in said.lower():
        return PermanentError(f"{what}. {_missing_permission(answer)}")
    for words, advice in _LOCKED_OUT.items():
        if words in said.lower():
            return PermanentError(f"{what}. {advice}")
    missing = answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
    return (MissingError if missing else PermanentError)(
        f"{what}. {_ADVICE.get(answer.status, _OTHER_ADVICE)}"
    )


def _is_rate_limit(answer: Answer, said: str) -> bool:
    """Whether a 403 or 429 is about how often, and not about what.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    """
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    return answer.status == HTTPStatus.FORBIDDEN and (
        "retry-after" in answer.headers
        or answer.headers.get("x-ratelimit-remaining") == "0"
        or any(words in said.lower() for words in _RATE_LIMIT_WORDS)
    )


def _missing_permission(answer: Answer) -> str:
    """Which permission the App lacks, and what to do about it.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible
    """
    by_path = next((needed for part, needed in _PERMISSIONS if part in answer.path), "")
    needed = answer.headers.get("x-accepted-github-permissions") or by_path
    which = f"the permission {needed}" if needed else "a permission"
    return (
        f"The App lacks {which}: grant it in the App's settings, and have the installation's owner accept it"
    )


def _message(body: bytes) -> str:
    """What GitHub said: its message and those of the ``errors`` below it; empty where it is no such JSON."""
    try:
        data = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors") or []
    said = [data.get("message"), *map(_error_message, errors if isinstance(errors, list) else [errors])]
    return "; ".join(part for part in said if isinstance(part, str) and part)[:MESSAGE_LIMIT]


def _error_message(error: Any) -> Any:
    """One entry of ``errors``: a sentence, or an object with ``message`` or with ``field`` and ``code``."""
    if not isinstance(error, dict):
        return error
    return error.get("message") or " ".join(str(error[key]) for key in ("field", "code") if key in error)
