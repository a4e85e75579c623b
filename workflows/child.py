"""A child workflow that its owner may cancel at any time, even before it has started."""

from collections.abc import Awaitable
from typing import Any, Generic, TypeVar

from temporalio.workflow import ChildWorkflowHandle

R = TypeVar("R")


class Child(Generic[R]):
    """Runs one child workflow to its end, and passes on the reason it is cancelled for."""

    def __init__(self, n: str) -> None:
        self.n = n
        self.reason: str | None = None
        """What it has been asked to end for; None: it has not been asked."""
        self._handle: ChildWorkflowHandle[Any, R] | None = None

    async def run(self, starting: Awaitable[ChildWorkflowHandle[Any, R]]) -> R:
        """Start it, and wait for its result.

        Raises:
            ChildWorkflowError: it failed, or could not be started.
        """
        # Hazard: a cancel may come while the server is still starting the child.
        self._handle = await starting
        if self.reason is not None:
            self._handle.cancel(self.reason)
        return await self._handle

    def cancel(self, reason: str) -> None:
        """Ask it to end. Only the first reason counts."""
        if self.reason is not None:
            return
        self.reason = reason
        if self._handle is not None:
            self._handle.cancel(reason)
