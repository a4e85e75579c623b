"""A transport that fails on request, over the one in memory."""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from enum import Enum

from messaging.in_process import InProcessTransport
from messaging.topology import Exchange
from messaging.transport import OutgoingMessage, Subscription
from tickborg.errors import UnavailableError


class Trouble(Enum):
    """What becomes of one published message."""

    NONE = "kept and confirmed"
    REFUSED = "not kept, and the publisher is told"
    UNCONFIRMED = "kept, but the publisher is told that it may not be"


class UnreliableTransport:
    """Follows a script of troubles, one a message, and can be away altogether."""

    def __init__(self, script: Iterable[Trouble] = ()) -> None:
        self._inner = InProcessTransport()
        self._script = deque(script)
        self._there = asyncio.Event()
        self._there.set()
        self._confirming = asyncio.Event()
        self._confirming.set()
        self.stalled = asyncio.Event()
        """Set when a message has been sent while confirms are held back."""

    def go_away(self) -> None:
        """Refuse everything."""
        self._there.clear()

    def come_back(self) -> None:
        """Take messages again."""
        self._there.set()

    def hold_confirms(self) -> None:
        """Keep messages and do not say so."""
        self._confirming.clear()

    def confirm(self) -> None:
        """Say it now, and from now on."""
        self._confirming.set()

    async def available(self) -> None:
        """Return when it is not away."""
        await self._there.wait()

    async def publish(self, message: OutgoingMessage) -> None:
        """Do as the script says."""
        trouble = self._script.popleft() if self._script else Trouble.NONE
        if trouble is Trouble.REFUSED or not self._there.is_set():
            raise UnavailableError(f"{message.message_id} is refused")
        await self._inner.publish(message)
        if not self._confirming.is_set():
            self.stalled.set()
            await self._confirming.wait()
        if trouble is Trouble.UNCONFIRMED:
            raise UnavailableError(f"{message.message_id} is not confirmed")

    def subscribe(self, queue: str, prefetch: int) -> AbstractAsyncContextManager[Subscription]:
        """Consume without trouble."""
        return self._inner.subscribe(queue, prefetch)

    def follow(self, exchange: Exchange, routing_key: str) -> AbstractAsyncContextManager[Subscription]:
        """Follow without trouble."""
        return self._inner.follow(exchange, routing_key)
