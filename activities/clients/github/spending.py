"""What is known of each installation's quota, and which calls are made with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.clients.github.rate_limits import SECONDARY_LIMIT_WAIT, quota_of
from activities.clock import Clock
from tickborg.errors import PutOffError, RateLimitedError
from tickborg.quota import Purpose, Quota, is_news, put_off_until, reserve

LONGEST_SILENCE = timedelta(hours=1)
"""GitHub is asked again after an hour, whatever it said."""

MOST_DOUBLINGS = 4
"""Of the wait for a limit whose end GitHub does not name, while it keeps refusing: up to 16 minutes."""

FORGIVEN_AFTER = timedelta(minutes=30)
"""A limit that comes later than that after the last is not the same one."""


@dataclass
class _Account:
    """One installation, as a token of its own makes it known."""

    quota: Quota | None = None
    told: Quota | None = None
    """What operators were last told of it."""
    silent_until: datetime | None = None
    """GitHub refuses calls until then."""
    refusals: int = 0
    """Rate limits in a row: some calls may be taken while others are refused."""

    def is_silent(self, now: datetime) -> bool:
        return self.silent_until is not None and now < self.silent_until

    def is_worth_keeping(self, now: datetime) -> bool:
        silent = self.silent_until is not None and now < self.silent_until + FORGIVEN_AFTER
        return silent or (self.quota is not None and now < self.quota.resets_at)


class Spending:
    """Learns from every answer, and holds back calls that GitHub would refuse or that others need more.

    Each worker process learns for itself: the headers count the calls of all. A token is an installation's;
    what was known of it is found out anew when it is renewed, by the first answer.

    Args:
        now: when quotas begin anew.
    """

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._accounts: dict[str, _Account] = {}

    def admit(self, token: str, purpose: Purpose, call: str) -> None:
        """Return if ``call`` may be made now.

        Raises:
            RateLimitedError: GitHub takes no calls; another one now might have the App blocked.
            PutOffError: it takes calls, but those that are left are kept for what matters more.
        """
        account, now = self._accounts.get(token), self._now()
        if account is None:
            return
        if account.silent_until is not None and account.is_silent(now):
            until = account.silent_until
            raise RateLimitedError(
                f"{call}: not sent, since GitHub takes no calls until {_in_words(until)}", until
            )
        if account.quota is not None:
            _spend(account.quota, purpose, call, now)

    def learn(self, token: str, headers: Mapping[str, str]) -> None:
        """Take in the headers of an answer that is no refusal for a rate limit."""
        account = self._account(token)
        account.quota = quota_of(headers, self._now()) or account.quota

    def news(self, token: str) -> Quota | None:
        """What operators are to be told of the quota now; None: nothing that they do not know."""
        account = self._accounts.get(token)
        if account is None or account.quota is None or not is_news(account.quota, account.told):
            return None
        account.told = account.quota
        return account.quota

    def patience(self, token: str) -> timedelta:
        """How long to wait where GitHub does not say: a minute, and twice as long each time in a row."""
        account, now = self._account(token), self._now()
        if account.silent_until is not None and account.is_silent(now):
            return account.silent_until - now
        if account.silent_until is not None and now - account.silent_until > FORGIVEN_AFTER:
            account.refusals = 0
        return SECONDARY_LIMIT_WAIT * (1 << min(account.refusals, MOST_DOUBLINGS))

    def refused(self, token: str, retry_at: datetime, headers: Mapping[str, str]) -> None:
        """Take in that GitHub takes no calls until ``retry_at``, and the headers of that answer."""
        account, now = self._account(token), self._now()
        account.quota = quota_of(headers, now) or account.quota
        # Of many calls refused at once only the first counts.
        account.refusals += not account.is_silent(now)
        account.silent_until = min(retry_at, now + LONGEST_SILENCE)

    def _account(self, token: str) -> _Account:
        if token not in self._accounts:
            now = self._now()
            kept = {
                known: account for known, account in self._accounts.items() if account.is_worth_keeping(now)
            }
            self._accounts = {**kept, token: _Account()}
        return self._accounts[token]


def _spend(quota: Quota, purpose: Purpose, call: str, now: datetime) -> None:
    until = put_off_until(quota, purpose, now)
    if until is None:
        return
    left = f"{quota.remaining:,} of {quota.limit:,} calls are left until {_in_words(until)}"
    if not quota.remaining:
        raise RateLimitedError(f"{call}: not sent: {left}", until)
    kept = reserve(quota, purpose, now)
    raise PutOffError(f"{call}: put off: {left}, and the last {kept:,} are kept for what matters more", until)


def _in_words(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"
