"""The way of log messages to RabbitMQ, through the spool while it is away.

Of one attempt, every message either went directly or lies in the spool behind all earlier ones that do: once
one had to be spooled, all later ones are, until the spool is drained. So they arrive in order; what was sent
without being confirmed is spooled too and may arrive twice, and the collector drops the double.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from uuid import UUID

from messaging.backoff import Backoff
from messaging.blocking import in_thread, opened_in_thread
from messaging.log_assembly import AnyLogMessage, position
from messaging.refusal import InvalidMessageError, read
from messaging.spool import SpoolFile, SpoolFolder
from messaging.topology import LOGS
from messaging.transport import OutgoingMessage, Transport
from tickborg.errors import InfrastructureError, UnavailableError
from tickborg.messages import LOG_MESSAGE, BuildLogEnd, log_routing_key

WINDOW = 8
ADOPT_SECONDS = 60.0
"""How often is looked for the spool of a builder that has died beside us."""

_log = logging.getLogger(__name__)


class NotKeptError(InfrastructureError):
    """Neither RabbitMQ nor the spool took a message."""


def outgoing(message: AnyLogMessage) -> OutgoingMessage:
    """The message as it is sent. It has the same id when it is sent again."""
    return OutgoingMessage(
        exchange=LOGS,
        routing_key=log_routing_key(message.attempt_id),
        message_id=f"{message.attempt_id}/{message.type}/{position(message)}",
        body=message.model_dump_json(exclude_none=True).encode(),
    )


class Spooled:
    """A spool file that is drained while it may still grow."""

    def __init__(self, file: SpoolFile) -> None:
        self.file = file
        self.growing = asyncio.Lock()
        """Held while a record is appended, and while it is decided that there are no more."""
        self.drained = False
        self.offset = 0


class SpoolDrain:
    """Sends what is spooled as soon as RabbitMQ is there, and deletes the files."""

    def __init__(self, transport: Transport, folder: SpoolFolder, retry: Backoff | None = None) -> None:
        self._transport = transport
        self._folder = folder
        self._retry = retry or Backoff()
        self._waiting: deque[Spooled] = deque()
        self._wanted = asyncio.Event()

    async def run(self) -> None:
        """Drain until cancelled: what dead processes of this host left, and what is added."""
        while True:
            try:
                self.add(*await self._orphans())
                await self._until_wanted()
                await self._drain_all()
            except (UnavailableError, OSError) as error:
                _log.warning("%d logs stay in the spool: %s", len(self._waiting), error)
                await self._retry.pause()

    def add(self, *spooled: Spooled) -> None:
        """Take over spool files."""
        self._waiting.extend(spooled)
        if self._waiting:
            self._wanted.set()

    async def spool(self, attempt_id: UUID) -> Spooled:
        """A new spool file for an attempt, drained from now on.

        Raises:
            OSError: the folder cannot be written.
        """
        spooled = Spooled(await opened_in_thread(partial(self._folder.create, attempt_id), SpoolFile.remove))
        self.add(spooled)
        return spooled

    async def append(self, spooled: Spooled, body: bytes, *, reserve: bool) -> bool:
        """Put a message behind the others; False: the file has been drained meanwhile.

        Raises:
            SpoolFullError: there is no room, and it may not use the ``reserve``.
            OSError: the disk refuses.
        """
        async with spooled.growing:
            if spooled.drained:
                return False
            if not reserve:
                await in_thread(self._folder.require_room, len(body))
            await in_thread(spooled.file.append, body)
            return True

    def close(self) -> None:
        """Leave what is not sent to the next process."""
        for spooled in self._waiting:
            spooled.file.close()

    async def _orphans(self) -> list[Spooled]:
        return [Spooled(file) for file in await opened_in_thread(self._folder.orphans, _close)]

    async def _until_wanted(self) -> None:
        """Return when there may be something to send, and RabbitMQ is there to take it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ADOPT_SECONDS):
                await self._wanted.wait()
        await self._transport.available()

    async def _drain_all(self) -> None:
        while self._waiting:
            try:
                await self._drain(self._waiting[0])
            except OSError:
                self._waiting.rotate(-1)  # the disk may read the others
                raise
            self._retry.reset()
            self._waiting.popleft()
        self._wanted.clear()

    async def _drain(self, spooled: Spooled) -> None:
        while not spooled.drained:
            if await self._send_some(spooled):
                continue
            async with spooled.growing:
                if not await self._send_some(spooled):
                    await in_thread(spooled.file.remove)
                    spooled.drained = True
                    _log.info("the spool %s is sent", spooled.file.path.name)

    async def _send_some(self, spooled: Spooled) -> bool:
        """Send the next records; False: there are none."""
        bodies, behind = await in_thread(spooled.file.read, spooled.offset)
        for message in _messages(bodies):
            await self._transport.publish(message)
        more = behind > spooled.offset
        spooled.offset = behind
        return more


class LogRoute:
    """Takes the messages of one attempt, one after the other.

    Up to ``WINDOW`` of them are sent before the first is confirmed: a confirm takes the broker milliseconds.
    """

    def __init__(self, transport: Transport, drain: SpoolDrain) -> None:
        self._transport = transport
        self._drain = drain
        self._unconfirmed: deque[tuple[AnyLogMessage, asyncio.Task[None]]] = deque()
        self._spooled: Spooled | None = None
        self._failure: NotKeptError | None = None

    async def send(self, message: AnyLogMessage) -> None:
        """Take a message; returns when there is room for another. :meth:`flush` says what became of it."""
        await self._confirm(WINDOW - 1)
        if self._spooled is None:
            self._publish(message)
        else:
            await self._spool(message)

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
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

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
            if self._spooled is None:
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
            self._failure = NotKeptError(f"{message.type} of attempt {message.attempt_id} is lost: {error}")


def _close(files: Iterable[SpoolFile]) -> None:
    for file in files:
        file.close()


def _messages(bodies: Iterable[bytes]) -> Iterable[OutgoingMessage]:
    """Spooled bodies as messages; what cannot be read is passed over, and the collector sees the gap."""
    for body in bodies:
        try:
            yield outgoing(read(LOG_MESSAGE, body))
        except InvalidMessageError as error:
            _log.error("passed over a spooled message: %s", error)
