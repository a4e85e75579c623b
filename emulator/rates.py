"""The primary rate limit: so many calls an hour for each who calls."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_WINDOW = timedelta(hours=1)


@dataclass
class Rate:
    """One caller's hour."""

    limit: int
    resets: datetime
    used: int = 0

    @property
    def remaining(self) -> int:
        """Calls left till `resets`."""
        return max(0, self.limit - self.used)

    @property
    def exceeded(self) -> bool:
        """Whether a call was made beyond the limit."""
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        """The `X-RateLimit-…` headers of an answer."""
        return {f"x-ratelimit-{name}": str(value) for name, value in self.numbers().items()} | {
            "x-ratelimit-resource": "core"
        }

    def numbers(self) -> dict[str, int]:
        """A `rate-limit`."""
        reset = int(self.resets.timestamp())
        return {
            "limit": self.limit,
            "remaining": self.remaining,
            "reset": reset,
            "used": min(self.used, self.limit),
        }


class Rates:
    """Every caller's present hour."""

    def __init__(self) -> None:
        self._rates: dict[str, Rate] = {}

    def of(self, caller: str, limit: int, now: datetime) -> Rate:
        """The caller's present hour, a new one if the last is over."""
        rate = self._rates.get(caller)
        if rate is None or rate.resets <= now:
            rate = self._rates[caller] = Rate(limit, now + _WINDOW)
        rate.limit = limit
        return rate
