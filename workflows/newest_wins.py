"""Tell the world the newest of many values, one call at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.failures import failure_reason

T = TypeVar("T")


class NewestWins(Generic[T]):
    """Publishes the newest value said; values said while a call is under way are coalesced.

    A status, a check run and the summary comment are all of this kind: only the newest matters, two calls
    must never overtake each other, and nobody waits for any but the last. The task behind it is not the
    workflow's main one, so cancelling the workflow leaves it running and the last word is still said.
    """

    def __init__(self, publish: Callable[[T], Awaitable[None]]) -> None:
        self._publish = publish
        self._waiting: list[T] = []
        self._task: asyncio.Task[None] | None = None
        self.has_spoken = False
        """Whether the world may have heard anything yet."""

    @property
    def busy(self) -> bool:
        """Whether something said has not been published yet."""
        return self._task is not None and not self._task.done()

    def say(self, value: T) -> None:
        """Publish ``value`` unless a newer one comes first. A failure is logged, not raised."""
        self._waiting = [value]
        if not self.busy:
            self._task = asyncio.create_task(self._drain())

    async def settle(self) -> None:
        """Wait until all that was said is published or given up."""
        while self.busy and self._task is not None:
            await asyncio.shield(self._task)

    async def silence(self) -> None:
        """Drop what waits, and wait for the call under way."""
        self._waiting = []
        await self.settle()

    async def finish(self, value: T) -> None:
        """Publish ``value`` as the last word.

        Raises:
            FailureError: it could not be published.
        """
        await self.silence()
        self.has_spoken = True
        await self._publish(value)

    async def _drain(self) -> None:
        while self._waiting:
            value = self._waiting.pop()
            self.has_spoken = True
            try:
                await self._publish(value)
            except FailureError as error:
                workflow.logger.warning("not published: %s", failure_reason(error))
