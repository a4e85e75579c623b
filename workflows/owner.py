"""What owners of pull requests and of branches are alike in: an inbox, and one loop that acts on it.

Signals are recorded into the inbox, and the loop never waits for anything else. What takes time is a child
workflow or a task of its own, whose end comes into the same inbox (design, section 3).
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

from temporalio import workflow

Item = TypeVar("Item")


class Owner(ABC, Generic[Item]):
    """Acts on what comes, for as long as there is something to wait for."""

    def __init__(self) -> None:
        self._inbox: deque[Item] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    @abstractmethod
    def _act(self, item: Item) -> None:
        """Act on one thing that came, without waiting for anything."""

    @abstractmethod
    def _settle(self) -> None:
        """Do what follows when all that came has been acted on, without waiting for it."""

    @property
    @abstractmethod
    def _may_end(self) -> bool:
        """Whether there is nothing more to wait for."""

    async def _live(self) -> bool:
        """Act on what comes; True: until there is nothing more to wait for. False: go on in a new run.

        There must be no ``await`` between the last look at an empty inbox, which is here, and the end of the
        run: a signal that came in between would be lost with it (measured; design, section 3).
        """
        while True:
            await workflow.wait_condition(lambda: bool(self._inbox) or self._may_end or self._may_renew)
            while self._inbox:
                self._act(self._inbox.popleft())
            self._settle()
            if self._may_end or self._may_renew:
                return self._may_end

    @property
    def _busy(self) -> bool:
        return bool(self._tasks or self._inbox)

    @property
    def _may_renew(self) -> bool:
        """Continue-as-new cancels children, so it waits until there are none."""
        return renewal_is_due() and not self._busy and workflow.all_handlers_finished()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something go on beside the loop."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def renewal_is_due() -> bool:
    """Whether the run's history has grown so long that another run is to go on."""
    return workflow.info().is_continue_as_new_suggested()
