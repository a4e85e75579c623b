"""Following a log as it grows: each line once and in order, from the broker at once, from the file for sure.

The file is the truth and comes a moment later; what the broker says is shown where it goes on without a gap
from what has been shown. Where it does not, because a viewer came late or read slowly, the file fills in.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from messaging.blocking import in_thread
from messaging.live import LiveLogs
from messaging.log_assembly import AnyLogMessage
from messaging.log_store import LogLine, LogPage, LogPosition, LogReader
from tickborg.errors import UnavailableError
from tickborg.messages import BuildLogMsg

LOOK_SECONDS = 0.5
"""How often the file is looked at."""

SHOWN_LINES = 5_000
SHOWN_BYTES = 1024 * 1024
"""So much of the end of a long log is shown: what a browser can cope with. The rest is a link away."""

BEHIND_BYTES = 2 * SHOWN_BYTES
"""Whoever is further behind is shown the end, and not all that was printed meanwhile."""

LEFT_OUT = LogLine(None, "[lines are left out here; all of them are in the plain text]")

_PAGE_BYTES = 64 * 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """How far a viewer has come; what a browser hands back when it connects again."""

    file: LogPosition
    """What of the file has been looked at."""
    shown: int
    """The number of the last line that was shown; the broker may have told of more than the file."""

    def __str__(self) -> str:
        return f"{self.file.offset}-{self.file.text_line}-{self.shown}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what ``str`` gave; None: it is nothing of the kind."""
        numbers = text.split("-")
        if len(numbers) != 3 or not all(number.isdecimal() and len(number) < 16 for number in numbers):  # noqa: PLR2004
            return None
        offset, text_line, shown = map(int, numbers)
        return cls(LogPosition(offset, text_line), shown)


BEGINNING = Place(LogPosition(), 0)
"""Before the first line."""


@dataclass(frozen=True)
class Growth:
    """Lines that were not shown before, and how far one has come with them."""

    lines: tuple[LogLine, ...]
    place: Place


def from_file(place: Place, page: LogPage) -> Growth:
    """What of ``page``, read from ``place.file`` on, was not shown before."""
    numbers = [line.number for line in page.lines]
    followed = zip(page.lines, [*numbers[1:], None], strict=False)
    fresh = tuple(line for line, following in followed if _is_fresh(line.number or following, place.shown))
    shown = max([place.shown, *(number for number in numbers if number is not None)])
    return Growth(fresh, Place(page.next, shown))


def _is_fresh(number: int | None, shown: int) -> bool:
    """Lost lines count as the line behind them; where none follows yet, nobody can have seen more."""
    return number is None or number > shown


def from_end(place: Place, end: LogPosition) -> Growth:
    """What to show to whoever goes on at ``end``: that something is left out."""
    return Growth((LEFT_OUT,), Place(end, place.shown))


def from_broker(place: Place, message: BuildLogMsg) -> Growth:
    """What of ``message`` goes on from what was shown; nothing where lines between the two are missing."""
    known = place.shown + 1 - message.line_number
    if known < 0:
        return Growth((), place)
    texts = message.output.split("\n")[known:]
    lines = tuple(LogLine(number, text) for number, text in enumerate(texts, place.shown + 1))
    return Growth(lines, Place(place.file, place.shown + len(lines)))


class LogFollower:
    """Follows logs for viewers, over the log store and, where there is one, the broker."""

    def __init__(
        self, reader: LogReader, live: LiveLogs | None = None, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._reader = reader
        self._live = live
        self._look_seconds = look_seconds

    async def follow(self, attempt_id: UUID, place: Place) -> AsyncGenerator[Growth | None, None]:
        """What comes behind ``place``, until the log has ended; None when the file has no more for now."""
        loop = asyncio.get_running_loop()
        async with self._broker(attempt_id) as broker:
            while True:
                # Asked before the file is read: what was written before the end is in the file then.
                ended = await self._has_ended(attempt_id)
                while (growth := await in_thread(self._look, attempt_id, place)) is not None:
                    place = growth.place
                    yield growth
                if ended:
                    return
                yield None
                next_look = loop.time() + self._look_seconds
                while (message := await broker.lines(until=next_look)) is not None:
                    growth = from_broker(place, message)
                    place = growth.place
                    yield growth

    async def _has_ended(self, attempt_id: UUID) -> bool:
        metadata = await in_thread(self._reader.metadata, attempt_id)
        return metadata is not None and metadata.status is not None

    def _look(self, attempt_id: UUID, place: Place) -> Growth | None:
        """What the file has behind ``place``: some of it, or the end of it where that is far away."""
        if (self._reader.size(attempt_id) or 0) - place.file.offset > BEHIND_BYTES:
            end = self._reader.tail(attempt_id, SHOWN_LINES, SHOWN_BYTES)
            if end.offset > place.file.offset:
                return from_end(place, end)
        page = self._reader.read(attempt_id, place.file, _PAGE_BYTES)
        return from_file(place, page) if page.lines else None

    @asynccontextmanager
    async def _broker(self, attempt_id: UUID) -> AsyncIterator["_Broker"]:
        async with AsyncExitStack() as stack:
            broker = _Broker(None)
            if self._live is not None:
                with suppress(UnavailableError):
                    broker = _Broker(await stack.enter_async_context(self._live.follow(attempt_id)))
            stack.push_async_callback(broker.close)
            yield broker


class _Broker:
    """Messages of one log, taken with a time limit. Where there are none, time passes all the same."""

    def __init__(self, messages: AsyncIterator[AnyLogMessage] | None) -> None:
        self._messages = messages
        self._next: asyncio.Task[AnyLogMessage] | None = None

    async def lines(self, *, until: float) -> BuildLogMsg | None:
        """The next lines; None when it is ``until``, or for any other message: the file will know more."""
        seconds = max(0.0, until - asyncio.get_running_loop().time())
        if self._messages is None:
            await asyncio.sleep(seconds)
            return None
        message = await self._message(self._messages, seconds)
        return message if isinstance(message, BuildLogMsg) else None

    async def close(self) -> None:
        """Wait for nothing more."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.wait([self._next])

    async def _message(self, messages: AsyncIterator[AnyLogMessage], seconds: float) -> AnyLogMessage | None:
        # Kept when time is up: cancelled, it would take the iterator with it.
        waiting = self._next = self._next or asyncio.create_task(_next_of(messages))
        await asyncio.wait([waiting], timeout=seconds)
        if not waiting.done():
            return None
        self._next = None
        try:
            return waiting.result()
        except UnavailableError as error:
            _log.warning("a log is followed in its file alone: %s", error)
            self._messages = None
            return None


async def _next_of(messages: AsyncIterator[AnyLogMessage]) -> AnyLogMessage:
    return await anext(messages)
