"""How GitHub's quota is spent: what people wait for goes before what is only shown (design, section 9).

An installation may make so many calls an hour. While few are left, steps yield first, then what shows
progress, so that results can be told until the last call is gone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WINDOW = timedelta(hours=1)
"""https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api."""


class Purpose(StrEnum):
    """What a call is for."""

    RESULT = "result"
    """What people wait for, and what is decided on."""
    PROGRESS = "progress"
    """Check runs and the summary comment while builds go on, and labels."""
    STEP = "step"
    """Steps of a commit status, and reactions."""


TOLD_EVERY = 0.01
"""Of a whole hour's calls: how many are made before operators are told again how many are left."""

SAME_WINDOW = timedelta(minutes=1)
"""Moments at which an hour of calls is said to end differ by clocks and by whole seconds, and by no more."""

_SHARES = {Purpose.RESULT: 0.0, Purpose.PROGRESS: 0.1, Purpose.STEP: 0.2}
"""Of a whole hour's calls, what has to be left over for what matters more."""


@dataclass(frozen=True)
class Quota:
    """What GitHub last said of the calls of one installation."""

    limit: int
    remaining: int
    resets_at: datetime


def reserve(quota: Quota, purpose: Purpose, now: datetime) -> int:
    """How many calls must remain for one of this ``purpose``: fewer, the sooner there are new ones."""
    share = min(max(quota.resets_at - now, timedelta()) / WINDOW, 1.0) * _SHARES[purpose]
    return max(1, round(quota.limit * share))


def put_off_until(quota: Quota, purpose: Purpose, now: datetime) -> datetime | None:
    """When a call of this ``purpose`` may be made; None: now."""
    if now >= quota.resets_at or quota.remaining >= reserve(quota, purpose, now):
        return None
    return quota.resets_at


def is_news(quota: Quota, told: Quota | None) -> bool:
    """Whether operators, who know ``told``, are to be told of ``quota``: about a hundred times an hour."""
    if told is None or quota.limit != told.limit or quota.resets_at - told.resets_at > SAME_WINDOW:
        return True
    spent = told.remaining - quota.remaining
    return spent > 0 and (quota.remaining == 0 or spent >= quota.limit * TOLD_EVERY)


def newer(quota: Quota, known: Quota | None) -> Quota:
    """The one of two that says more of now: workers spend the same calls, and are heard in any order."""
    if known is None or quota.resets_at - known.resets_at > SAME_WINDOW:
        return quota
    if known.resets_at - quota.resets_at > SAME_WINDOW:
        return known
    return quota if quota.limit != known.limit or quota.remaining < known.remaining else known


def left(quota: Quota, now: datetime) -> int:
    """How many calls may be made now: when the hour is over, all of them."""
    return quota.remaining if now < quota.resets_at else quota.limit
