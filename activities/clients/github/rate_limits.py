"""What GitHub's headers say about how often it may be called.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from tickborg.quota import WINDOW, Quota

SECONDARY_LIMIT_WAIT = timedelta(minutes=1)
"""What GitHub asks for where it names no time: "wait for at least one minute"."""

SHORTEST_WAIT = timedelta(seconds=1)

_LONGEST_NUMBER = 11
"""Digits: enough for seconds since 1970, and too few to overflow a date."""

_REST = "core"
"""The resource that the calls of this client are counted under."""


def named_wait(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long GitHub wants to be left alone, by ``retry-after`` or else the reset; None: it does not say."""
    seconds = _number(headers.get("retry-after"))
    if seconds is None and headers.get("x-ratelimit-remaining") == "0":
        seconds = _seconds_to_reset(headers, now)
    return None if seconds is None else max(timedelta(seconds=seconds), SHORTEST_WAIT)


def quota_of(headers: Mapping[str, str], now: datetime) -> Quota | None:
    """What an answer says of the hour's calls; None: nothing, or nothing of ours."""
    limit, remaining = (_number(headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining"))
    seconds = _seconds_to_reset(headers, now)
    counted = headers.get("x-ratelimit-resource", _REST) == _REST
    if limit is None or remaining is None or seconds is None or not counted:
        return None
    return Quota(limit, remaining, now + min(timedelta(seconds=seconds), WINDOW))


def _seconds_to_reset(headers: Mapping[str, str], now: datetime) -> int | None:
    """From GitHub's own clock where it tells it: ours may be fast, and would retry at once for ever."""
    reset = _number(headers.get("x-ratelimit-reset"))
    if reset is None:
        return None
    with suppress(ValueError):
        now = parsedate_to_datetime(headers.get("date", ""))
    return max(0, reset - int(now.timestamp()))


def _number(header: str | None) -> int | None:
    """A count as a header gives it; None where it is absent or absurd."""
    plausible = (
        header is not None and header.isascii() and header.isdigit() and len(header) <= _LONGEST_NUMBER
    )
    return int(header) if header and plausible else None
