"""What is left of GitHub's quota, as workers have read it, for each owner with our App."""

from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime, timedelta

from tickborg.messages import QuotaReading
from tickborg.quota import SAME_WINDOW, WINDOW, Quota, left, newer

MOST_OWNERS = 1_000
"""Those that were heard of last; OpenTelemetry's limit of 2,000 series would drop any."""

KEPT = timedelta(days=1)
"""Of an owner whose installation nobody calls any more, nothing is shown after that."""


class QuotaReadings:
    """The quota of each owner. Between two readings, a new hour brings back all calls."""

    def __init__(self) -> None:
        self._quotas: OrderedDict[str, Quota] = OrderedDict()

    def take(self, reading: QuotaReading, now: datetime) -> None:
        """Take in what a worker has read."""
        # A clock that is wrong must not make its reading the newest for ever.
        resets_at = min(reading.resets_at, now + WINDOW + SAME_WINDOW)
        read = Quota(reading.limit, reading.remaining, resets_at)
        self._quotas[reading.owner] = newer(read, self._quotas.get(reading.owner))
        self._quotas.move_to_end(reading.owner)
        if len(self._quotas) > MOST_OWNERS:
            self._quotas.popitem(last=False)

    def limits(self, now: datetime) -> Iterator[tuple[str, int]]:
        """How many calls each owner's installation has in an hour."""
        return ((owner, quota.limit) for owner, quota in self._heard_of(now))

    def remaining(self, now: datetime) -> Iterator[tuple[str, int]]:
        """How many of them are left."""
        return ((owner, left(quota, now)) for owner, quota in self._heard_of(now))

    def _heard_of(self, now: datetime) -> list[tuple[str, Quota]]:
        return [(owner, quota) for owner, quota in self._quotas.items() if now - quota.resets_at < KEPT]
