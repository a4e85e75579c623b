"""The way of log messages to RabbitMQ, through the spool while it is away.

Of one attempt, every message either went directly or lies in the spool behind all earlier ones that do: once
one had to be spooled, all later ones are, until the spool is drained. So they arrive in order; what was sent
without being confirmed is spooled too and may arrive twice, and the collector drops the double.
"""

import asyncio
import logging
from collections import deque

from messaging.log_assembly import AnyLogMessage
from messaging.log_envelope import outgoing
from messaging.spool_drain import SpoolDrain, Spooled
from messaging.transport import Transport
from tickborg.errors import InfrastructureError, UnavailableError
from tickborg.messages import BuildLogEnd, BuildLogMsg

WINDOW = 8

_log = logging.getLogger(__name__)


class NotKeptError(InfrastructureError):
    """Neither RabbitMQ nor the spool took messages, of which so many ``lines`` are lost."""

    def __init__(self, message: str, lines: int) -> None:
        super().__init__(message)
        self.lines = lines


class LogRoute:
    """Takes the messages of one attempt, one after the other.

    Up to ``WINDOW`` of them are sent before the first is confirmed: a confirm takes the broker milliseconds.
    """

    def __init__(self, transport: Transport, drain: SpoolDrain) -> None:
        self._transport = transport
        self._drain = drain
        self._unconfirmed: deque[tuple[AnyLogMessage, asyncio.Task[None]]] = deque()
        self._spooled: Spooled | None = None
        self._refused = False
        """The spool did not take the last message that was to go there."""
        self._failure = ""
        self._lost_lines = 0

    async def send(self, message: AnyLogMessage) -> None:
        """Take a message; returns when there is room for another. :meth:`flush` says what became of it."""
        await self._confirm(WINDOW - 1)
        if self._spooled is None:
            self._publish(message)
        else:
            await self._spool(message)

    def close(self) -> None:
        """Say that no more messages will come."""
        if self._spooled is not None:
            self._drain.let_go(self._spooled)

    def cancel(self) -> None:
        """Give up what is not confirmed."""
        for _, publishing in self._unconfirmed:
            publishing.cancel()

    async def flush(self) -> None:
        """Return when RabbitMQ or the spool has kept every message.

        Raises:
            NotKeptError: neither kept one of those that were sent since the last time.
        """
        await self._confirm(0)
        (failure, lines), self._failure, self._lost_lines = (self._failure, self._lost_lines), "", 0
        if failure:
            raise NotKeptError(failure, lines)

    def _publish(self, message: AnyLogMessage) -> None:
        publishing = asyncio.create_task(self._transport.publish(outgoing(message)))
        self._unconfirmed.append((message, publishing))

    async def _confirm(self, most: int) -> None:
        """Wait until at most so many are unconfirmed, and spool what failed."""
        while len(self._unconfirmed) > most or self._first_is_done():
            message, publishing = self._unconfirmed[0]
            await asyncio.wait([publishing])
            self._unconfirmed.popleft()
            failure = publishing.exception()
            if failure is None:
                continue
            if not isinstance(failure, UnavailableError):
                raise failure
            if self._spooled is None and not self._refused:
                _log.warning("%s; the log goes to the spool", failure)
            most = 0  # what follows waits, so that it does not overtake
            await self._spool(message)

    def _first_is_done(self) -> bool:
        return bool(self._unconfirmed) and self._unconfirmed[0][1].done()

    async def _spool(self, message: AnyLogMessage) -> None:
        """Put a message into the spool; if that has just been drained, the message goes directly."""
        try:
            if self._spooled is None:
                self._spooled = await self._drain.spool(message.attempt_id)
            reserve = isinstance(message, BuildLogEnd)
            body = outgoing(message).body
            if not await self._drain.append(self._spooled, body, reserve=reserve):
                self._spooled = None
                self._publish(message)
        except (OSError, InfrastructureError) as error:
            self._refused = True
            self._lose(message, error)
        else:
            self._refused = False

    def _lose(self, message: AnyLogMessage, error: Exception) -> None:
        """Lose lines: the collector sees the gap. A log without start or end would never be whole again."""
        if isinstance(message, BuildLogMsg):
            self._lost_lines += message.output.count("\n") + 1
        else:
            self._drain.owe(message)
        self._failure = (
            f"neither RabbitMQ nor the spool takes the log of attempt {message.attempt_id}: {error}"
        )
