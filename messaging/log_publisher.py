"""Logs of builds on their way to RabbitMQ, behind the Protocols of :mod:`activities.ports`.

Lines are sent in batches: the first of a build at once, so that a viewer sees it begin, later ones when
``Batching.seconds`` have passed or a batch is full. One confirmed message a line would be some 1,700 lines a
second. Memory is bounded: a build that prints faster than its lines are kept waits in ``write``.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from messaging import background
from messaging.backoff import Backoff
from messaging.log_assembly import AnyLogMessage
from messaging.log_route import LogRoute, NotKeptError
from messaging.spool import SpoolFolder
from messaging.spool_drain import SpoolDrain
from messaging.transport import Transport
from tickborg.errors import InfrastructureError
from tickborg.messages import BuildLogEnd, BuildLogMsg, BuildLogStart, BuildLogStatus

CLOSE_SECONDS = 30.0
"""How long a build waits for its log: more than one confirm and one spool take."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batching:
    """How lines become messages."""

    seconds: float = 0.2
    lines: int = 500
    characters: int = 128 * 1024
    buffered_lines: int = 4_000
    """Beyond these a build waits."""
    buffered_characters: int = 1024 * 1024
    line_characters: int = 64 * 1024
    """A longer line is cut, and says so."""


class PublishedLog:
    """The log of one attempt: lines go in, numbered messages go out."""

    def __init__(
        self, start: BuildLogStart, route: LogRoute, batching: Batching, now: Callable[[], datetime]
    ) -> None:
        self._start = start
        self._route = route
        self._batching = batching
        self._now = now
        self._lines: deque[str] = deque()
        self._characters = 0
        self._next_line = 1
        self._status: BuildLogStatus | None = None
        self._stopped = False
        self._degraded = False
        self._lost_lines = 0
        self._sent_at = float("-inf")
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self.sending = background.start(self._send(), f"log {start.attempt_id}")
        """Ends when the end of the log is kept."""
        self.sending.add_done_callback(lambda _: self._room.set())

    async def write(self, lines: Sequence[str]) -> None:
        """Send lines, numbered in this order; waits while too many are on their way.

        Raises:
            InfrastructureError: the log is closed.
        """
        if self._closing or self.sending.done():
            raise InfrastructureError(f"the log of attempt {self._start.attempt_id} takes no more lines")
        for line in lines:
            cut = _cut(line, self._batching.line_characters)
            self._lines.append(cut)
            self._characters += len(cut)
        self._changed.set()
        while self._holds(self._batching.buffered_lines, self._batching.buffered_characters):
            if self.sending.done():
                raise InfrastructureError(f"the log of attempt {self._start.attempt_id} is no longer sent")
            self._room.clear()
            await self._room.wait()

    async def close(self, status: BuildLogStatus) -> None:
        """Send the end and wait until all is kept; after ``CLOSE_SECONDS`` it goes on without waiting."""
        self._status = self._status or status
        self._changed.set()
        _, unfinished = await asyncio.wait([self.sending], timeout=CLOSE_SECONDS)
        if unfinished:
            _log.error("the log of attempt %s is still neither confirmed nor spooled", self._start.attempt_id)

    def stop(self) -> None:
        """Send what was written and no end: the process ends before the build does."""
        self._stopped = True
        self._changed.set()

    @property
    def _closing(self) -> bool:
        return self._stopped or self._status is not None

    async def _send(self) -> None:
        try:
            await self._send_all()
        except asyncio.CancelledError:
            self._route.cancel()
            raise
        self._route.close()

    async def _send_all(self) -> None:
        await self._keep(self._start)
        while await self._until_due():
            self._sent_at = asyncio.get_running_loop().time()
            await self._keep(self._next_message())
        if self._status is not None:
            await self._keep(self._ending(self._status))
        if self._lost_lines:
            _log.error("%d lines of the log of attempt %s are lost", self._lost_lines, self._start.attempt_id)

    def _ending(self, status: BuildLogStatus) -> BuildLogEnd:
        return BuildLogEnd(
            attempt_id=self._start.attempt_id,
            status=status,
            line_count=self._next_line - 1,
            ended_at=self._now(),
        )

    async def _keep(self, message: AnyLogMessage) -> None:
        await self._route.send(message)
        if self._full_batch:
            return  # the build prints faster than messages are confirmed
        try:
            await self._route.flush()
        except NotKeptError as error:
            self._lose(error)

    def _lose(self, error: NotKeptError) -> None:
        """A build does not fail for its log; the collector sees the gap, and counts it."""
        if not self._degraded:
            _log.error("%s; the build goes on", error)
        self._degraded = True
        self._lost_lines += error.lines

    async def _until_due(self) -> bool:
        """Wait until lines should be sent; False: there are none left and the log is closed."""
        while (pause := self._pause()) != 0:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._changed.wait()
        return bool(self._lines)

    def _pause(self) -> float | None:
        """Seconds until the next batch should go; None: for as long as nothing changes."""
        if self._closing or self._full_batch:
            return 0
        if not self._lines:
            return None
        due = self._sent_at + self._batching.seconds
        return max(0, due - asyncio.get_running_loop().time())

    @property
    def _full_batch(self) -> bool:
        return self._holds(self._batching.lines, self._batching.characters)

    def _holds(self, lines: int, characters: int) -> bool:
        return len(self._lines) >= lines or self._characters >= characters

    def _next_message(self) -> BuildLogMsg:
        text = _encodable("\n".join(self._take()))
        message = BuildLogMsg(
            attempt_id=self._start.attempt_id,
            identity=self._start.identity,
            system=self._start.system,
            line_number=self._next_line,
            output=text,
        )
        self._next_line += text.count("\n") + 1
        self._room.set()
        return message

    def _take(self) -> list[str]:
        """The next lines, at least one, as many as fit a batch."""
        taken: list[str] = []
        room = self._batching.characters
        while self._lines and len(taken) < self._batching.lines and (room > 0 or not taken):
            line = self._lines.popleft()
            room -= len(line)
            self._characters -= len(line)
            taken.append(line)
        return taken


class LogPublisher:
    """Opens logs of attempts, and sends what is in the spool; an async context manager.

    Entering takes over the spool of a process that died. Leaving sends what open logs hold, for
    ``CLOSE_SECONDS`` at most, but no end: it is not known. What is then in the spool is for the next process.
    """

    def __init__(
        self,
        transport: Transport,
        spool: SpoolFolder,
        *,
        batching: Batching | None = None,
        retry: Backoff | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._transport = transport
        self._drain = SpoolDrain(transport, spool, retry)
        self._batching = batching or Batching()
        self._now = now
        self._draining: asyncio.Task[None] | None = None
        self._open: set[PublishedLog] = set()

    async def __aenter__(self) -> Self:
        self._draining = background.start(self._drain.run(), "spool")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for log in self._open:
            log.stop()
        sending = [log.sending for log in self._open]
        if sending:
            await asyncio.wait(sending, timeout=CLOSE_SECONDS)
        await background.stop(*sending, *([self._draining] if self._draining else []))
        self._drain.close()

    async def open(self, start: BuildLogStart) -> PublishedLog:
        """Begin the log of an attempt; returns at once."""
        log = PublishedLog(start, LogRoute(self._transport, self._drain), self._batching, self._now)
        self._open.add(log)
        log.sending.add_done_callback(lambda _: self._open.discard(log))
        return log

    async def abandon(self, end: BuildLogEnd) -> None:
        """Say that an attempt will write no more because its builder died.

        Raises:
            NotKeptError: neither RabbitMQ nor the spool took it.
        """
        route = LogRoute(self._transport, self._drain)
        try:
            await route.send(end)
            await route.flush()
        except asyncio.CancelledError:
            route.cancel()
            raise
        finally:
            route.close()


def _cut(line: str, most: int) -> str:
    """The line, or its beginning with a note of how much is missing."""
    if len(line) <= most:
        return line
    return f"{line[:most]} [tickborg: {len(line) - most} more characters cut]"


def _encodable(text: str) -> str:
    """The text without lone surrogates, which UTF-8 and therefore JSON cannot hold."""
    return text.encode("utf-8", "replace").decode()
