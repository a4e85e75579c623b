"""Waiting for something to become true, without sleeping or polling."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NeverHappenedError(TimeoutError):
    """What was waited for did not become true in time; the message describes the state instead."""


class Changes:
    """A bell rung at every change of the emulator's state. For one event loop."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def notify(self) -> None:
        """Wake everybody who waits in `until`, to look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(
        self, predicate: Callable[[], T | None], *, within: float | None, describe: Callable[[], str]
    ) -> T:
        """Wait till `predicate()` is true and return what it gave; it is asked again at every change.

        Raises `NeverHappenedError` after `within` seconds (None: never), saying what `describe()` then finds.
        """
        try:
            async with asyncio.timeout(within):
                # No await stands between looking and taking hold of the bell, so no ring is missed.
                while not (found := predicate()):
                    await self._changed.wait()
        except TimeoutError:
            raise NeverHappenedError(
                f"not so after {within} s; the emulated GitHub now:\n\n{describe()}"
            ) from None
        return found
