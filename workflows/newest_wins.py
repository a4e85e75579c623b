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

    A call under way is never abandoned: it must have ended before the next begins. So ``publish`` has to be
    an activity whose cancellation waits until it has ended.

    Args:
        what: what is published, and of what, as an operator is told when it cannot be.
        publish: tells the world one value.
    """

    def __init__(self, what: str, publish: Callable[[T], Awaitable[None]]) -> None:
        self._what = what
        self._publish = publish
        self._waiting: list[T] = []
        self._task: asyncio.Task[None] | None = None
        self._failure: FailureError | None = None
        self.has_spoken = False
        """Whether the world may have heard anything yet."""
        self.has_finished = False
        """Whether the last word has been said, or is being said; nothing is said after it."""

    @property
    def busy(self) -> bool:
        """Whether something said has not been published yet."""
        return self._task is not None and not self._task.done()

    def say(self, value: T) -> None:
        """Publish ``value`` unless a newer one comes first. A failure is logged, not raised."""
        if not self.has_finished:
            self._say(value)

    async def settle(self) -> None:
        """Wait until all that was said is published or given up."""
        while self._task is not None and not self._task.done():
            await workflow.wait([self._task])

    async def silence(self) -> None:
        """Drop what waits, call off what is to be tried again, and wait for the call under way."""
        self._waiting = []
        if self._task is not None:
            self._task.cancel()
        await self.settle()

    async def finish(self, value: T) -> None:
        """Publish ``value`` as the last word. It is said even if the caller is cancelled meanwhile.

        Raises:
            FailureError: it could not be published.
        """
        # Said at once, behind the call under way: a caller that is cancelled here has said it all the same.
        self.has_finished = True
        self._say(value)
        await self.settle()
        if self._failure is not None:
            raise self._failure

    def _say(self, value: T) -> None:
        self._waiting = [value]
        if not self.busy:
            self._task = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        while self._waiting:
            value = self._waiting.pop()
            self.has_spoken, self._failure = True, None
            try:
                await self._publish(value)
            except FailureError as error:
                self._failure = error
                workflow.logger.warning(
                    "%s could not be published: %s. When it changes it is tried again",
                    self._what,
                    failure_reason(error),
                )
