"""Waiting longer after each failure."""

import asyncio
import random
from dataclasses import dataclass


def heed_cancel() -> None:
    """End the task if it was told to end, before it waits for what may never come.

    Raises:
        CancelledError: it was told to. Up to Python 3.11 ``wait_for`` forgets a cancel that comes as what it
            waits for ends, well or badly (https://github.com/python/cpython/issues/86296).
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@dataclass
class Backoff:
    """Pauses that double from ``first`` to ``longest`` seconds.

    Each is shortened by chance, by half at most, so that the builders of a broker that comes back do not
    all return in the same instant.
    """

    first: float = 0.2
    longest: float = 10.0
    failures: int = 0

    def reset(self) -> None:
        """Begin anew: it worked."""
        self.failures = 0

    async def pause(self) -> None:
        """Wait after a failure.

        Raises:
            CancelledError: the task was told to end, see :func:`heed_cancel`.
        """
        heed_cancel()
        await asyncio.sleep(self._next() * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, no secret

    def _next(self) -> float:
        # The exponent is bounded because a float overflows after a thousand failures.
        pause = min(self.longest, self.first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return pause
