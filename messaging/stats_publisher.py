"""Counting what happens, best effort: a lost event never holds up a build."""

import asyncio
import logging
from collections import deque
from types import TracebackType
from typing import Protocol, Self
from uuid import uuid4

from messaging import background
from messaging.backoff import Backoff
from messaging.topology import STATS
from messaging.transport import OutgoingMessage, Transport
from tickborg.errors import UnavailableError
from tickborg.messages import Event, EventMessage

BATCH_EVENTS = 200
BUFFER_EVENTS = 10_000
"""Events kept while RabbitMQ is away; the oldest are dropped beyond, and counted."""

CLOSE_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Stats(Protocol):
    """Where events are counted."""

    async def notify(self, *events: Event) -> None:
        """Publish events; never raises and never waits long."""


class NoStats:
    """Counts nothing."""

    async def notify(self, *events: Event) -> None:
        """Forget the events."""


class StatsPublisher:
    """Publishes events in the background; an async context manager.

    Leaving it sends what is left, for ``CLOSE_SECONDS`` at most.
    """

    def __init__(self, transport: Transport, sender: str, retry: Backoff | None = None) -> None:
        self._transport = transport
        self._sender = sender
        self._retry = retry or Backoff()
        self._buffer: deque[Event] = deque()
        self._wanted = asyncio.Event()
        self._idle = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self.dropped = 0
        """Events that were dropped because too many were waiting, since the start."""

    async def __aenter__(self) -> Self:
        self._sending = background.start(self._send(), "stats")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sending is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._idle.wait()
        except TimeoutError:
            _log.warning("at least %d events were not counted: RabbitMQ is away", len(self._buffer))
        await background.stop(self._sending)

    async def notify(self, *events: Event) -> None:
        """Take events to be published soon; returns at once and never raises."""
        self._buffer.extend(events)
        excess = len(self._buffer) - BUFFER_EVENTS
        if excess > 0:
            self._drop(excess)
        self._idle.clear()
        self._wanted.set()

    def _drop(self, count: int) -> None:
        if self.dropped == 0:
            _log.warning("events are dropped: RabbitMQ is away and %d wait", BUFFER_EVENTS)
        self.dropped += count
        for _ in range(count):
            self._buffer.popleft()

    async def _send(self) -> None:
        while True:
            while self._buffer:
                await self._publish(self._next_message())
            self._wanted.clear()
            self._idle.set()
            await self._wanted.wait()

    def _next_message(self) -> OutgoingMessage:
        events = [self._buffer.popleft() for _ in range(min(BATCH_EVENTS, len(self._buffer)))]
        body = EventMessage(sender=self._sender, events=events).model_dump_json(exclude_none=True)
        return OutgoingMessage(STATS, "", uuid4().hex, body.encode())

    async def _publish(self, message: OutgoingMessage) -> None:
        """Send a message until it is confirmed; the collector knows it again by its id."""
        while True:
            await self._transport.available()
            try:
                await self._transport.publish(message)
            except UnavailableError as error:
                _log.warning("events wait to be counted: %s", error)
                await self._retry.pause()
            else:
                self._retry.reset()
                return
