"""Room for builds: a builder whose disk is nearly full takes no new work, and says so to its operator.

Otherwise it would be the quickest to ask for work, and fail each build that it gets (design, section 9).
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from temporalio.worker import (
    CustomSlotSupplier,
    SlotMarkUsedContext,
    SlotPermit,
    SlotReleaseContext,
    SlotReserveContext,
)

from activities.ports import Stats
from tickborg.messages import Event, EventName
from tickborg.texts.sizes import in_units

logger = logging.getLogger(__name__)

INTERVAL = timedelta(seconds=10)
"""How often it is looked whether there is room again."""


class Room:
    """Whether there is room for one more build.

    Args:
        free_space: bytes that can still be written where builds are made. Blocks.
        least: bytes that a new build needs; 0: it is begun in any case.
        stats: where it is counted, each time that it is looked, that there is no room.
        interval: how often to look for room where there is none.
    """

    def __init__(
        self,
        free_space: Callable[[], int],
        least: int,
        stats: Stats | None = None,
        *,
        interval: timedelta = INTERVAL,
    ) -> None:
        self._free_space = free_space
        self._least = least
        self._stats = stats
        self._interval = interval.total_seconds()
        self._short = False

    async def until_enough(self) -> None:
        """Wait until there is room; the operator is told of each change once."""
        while self._is_short(await asyncio.to_thread(self._free_space)):
            if self._stats is not None:
                await self._stats.notify(Event(name=EventName.NO_ROOM))
            await asyncio.sleep(self._interval)

    def _is_short(self, free: int) -> bool:
        short = free < self._least
        if short != self._short:
            self._short = short
            self._tell(free)
        return short

    def _tell(self, free: int) -> None:
        if self._short:
            logger.warning(
                "no new build is taken: %s are left where builds are made, [builder] min_free_space is %s;"
                " make room there",
                in_units(free),
                in_units(self._least),
            )
        else:
            logger.info("builds are taken again: %s are free where they are made", in_units(free))


class BuildSlots(CustomSlotSupplier):
    """What a worker needs to ask for a build: there are ``concurrent``, and none while there is no room."""

    def __init__(self, concurrent: int, room: Room) -> None:
        self._free = asyncio.Semaphore(concurrent)
        self._room = room
        self._loop = asyncio.get_running_loop()

    async def reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit:  # noqa: ARG002 - Temporal's signature
        """Wait for a slot, and for room."""
        await self._free.acquire()
        try:
            await self._room.until_enough()
        except BaseException:
            self._free.release()
            raise
        return SlotPermit()

    def try_reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit | None:  # noqa: ARG002
        """None: a build is always asked for, where every builder may take it."""
        return None

    def mark_slot_used(self, ctx: SlotMarkUsedContext) -> None:
        """Nothing changes: a slot counts from when it is reserved."""

    def release_slot(self, ctx: SlotReleaseContext) -> None:  # noqa: ARG002
        """Give a slot back. Temporal calls this on threads of its own."""
        self._loop.call_soon_threadsafe(self._free.release)
