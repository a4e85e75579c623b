"""Sending what lies in the spool, in order, as soon as RabbitMQ is there to take it."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from uuid import UUID

from messaging.backoff import Backoff
from messaging.blocking import in_thread, opened_in_thread
from messaging.log_assembly import AnyLogMessage
from messaging.log_envelope import outgoing
from messaging.refusal import InvalidMessageError, read
from messaging.spool import SpoolFile, SpoolFolder, SpoolFullError
from messaging.transport import OutgoingMessage, Transport
from tickborg.errors import UnavailableError
from tickborg.messages import LOG_MESSAGE

WINDOW = 8
"""Messages on their way at once, as from a living build."""

OWED_LIMIT = 1_000
"""Starts and ends of logs that are kept in memory because the disk refuses them; the oldest are dropped."""

OPEN_FILES = 64
"""Files of ended logs kept open: a day without RabbitMQ has more builds than a process may have files."""

ADOPT_SECONDS = 60.0
"""How often is looked for the spool of a builder that has died beside us."""

_log = logging.getLogger(__name__)


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
        self._owed: deque[AnyLogMessage] = deque(maxlen=OWED_LIMIT)
        self._wanted = asyncio.Event()
        self._sending = False
        """Whether RabbitMQ takes what is spooled just now."""
        self._moved = asyncio.Event()
        """Set, and replaced, when there may be room again or none will come."""

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

    def owe(self, message: AnyLogMessage) -> None:
        """Send a message when RabbitMQ is there, and keep it in memory alone: the spool did not take it."""
        if message not in self._owed:  # whoever was told that it is not kept may try again
            self._owed.append(message)
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

        While files are being sent, and deleted, it waits for room: nothing need be lost.

        Raises:
            SpoolFullError: there is no room, or it may not use the ``reserve``.
            OSError: the disk refuses.
        """
        while True:
            moved = self._moved
            async with spooled.growing:
                if spooled.drained:
                    return False
                try:
                    await in_thread(self._folder.require_room, len(body), reserve=reserve)
                    await in_thread(spooled.file.append, body)
                except (SpoolFullError, OSError):
                    if not self._sending:
                        raise
                else:
                    return True
            await moved.wait()

    def let_go(self, spooled: Spooled) -> None:
        """Close a file that grows no more, if many are open; it is adopted when those have been sent."""
        if len(self._waiting) > OPEN_FILES and spooled in self._waiting and spooled is not self._waiting[0]:
            self._waiting.remove(spooled)
            spooled.file.close()

    def close(self) -> None:
        """Leave what is not sent to the next process."""
        for spooled in self._waiting:
            spooled.file.close()

    async def _orphans(self) -> list[Spooled]:
        adopt = partial(self._folder.orphans, max(0, OPEN_FILES - len(self._waiting)))
        return [Spooled(file) for file in await opened_in_thread(adopt, _close)]

    async def _until_wanted(self) -> None:
        """Return when there may be something to send, and RabbitMQ is there to take it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ADOPT_SECONDS):
                await self._wanted.wait()
        await self._transport.available()

    async def _drain_all(self) -> None:
        """Send everything; what the disk does not read keeps nothing else from being sent.

        Raises:
            UnavailableError: RabbitMQ is away again.
            OSError: some files could not be read.
        """
        unread: list[tuple[Spooled, OSError]] = []
        self._sending = True
        try:
            while self._waiting:
                try:
                    await self._drain(self._waiting[0])
                except OSError as error:
                    unread.append((self._waiting[0], error))
                else:
                    self._retry.reset()
                self._waiting.popleft()
                self._say_moved()
            await self._send_owed()
        finally:
            self._waiting.extend(spooled for spooled, _ in unread)
            self._sending = False
            self._say_moved()
        if unread:
            raise unread[0][1]
        self._wanted.clear()

    def _say_moved(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def _send_owed(self) -> None:
        while self._owed:
            await self._transport.publish(outgoing(self._owed[0]))
            self._owed.popleft()

    async def _drain(self, spooled: Spooled) -> None:
        """Send a file to its end, and delete it.

        What it holds is sent while it grows. What came meanwhile is sent while it must not: a build that
        prints faster than RabbitMQ takes its lines waits, as it does without a spool, or there is no end.
        """
        held = await in_thread(spooled.file.size)
        while spooled.offset < held and await self._send_some(spooled):
            pass
        async with spooled.growing:
            while await self._send_some(spooled):
                pass
            await in_thread(spooled.file.remove)
            spooled.drained = True
        _log.info("the spool %s is sent", spooled.file.path.name)

    async def _send_some(self, spooled: Spooled) -> bool:
        """Send the next records; False: there are none."""
        bodies, behind = await in_thread(spooled.file.read, spooled.offset)
        messages = _messages(bodies)
        while some := list(islice(messages, WINDOW)):
            await self._send(some)
        more = behind > spooled.offset
        spooled.offset = behind
        return more

    async def _send(self, messages: Sequence[OutgoingMessage]) -> None:
        """Send messages, all before the first is confirmed: each takes the broker milliseconds."""
        sending = (self._transport.publish(message) for message in messages)
        for failure in await asyncio.gather(*sending, return_exceptions=True):
            if failure is not None:
                raise failure


def _close(files: Iterable[SpoolFile]) -> None:
    for file in files:
        file.close()


def _messages(bodies: Iterable[bytes]) -> Iterator[OutgoingMessage]:
    """Spooled bodies as messages; what cannot be read is passed over, and the collector sees the gap."""
    for body in bodies:
        try:
            yield outgoing(read(LOG_MESSAGE, body))
        except InvalidMessageError as error:
            _log.error("passed over a spooled message: %s", error)
