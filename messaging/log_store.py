"""The folder in which logs are collected: written here by one collector, read by anybody."""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from messaging.log_format import HEADER_LIMIT, LogMetadata, body_offset, log_path, read_metadata
from messaging.log_writer import LogWriter, count_lines

OPEN_LOGS = 128
"""Logs kept open between batches; one that is needed again is recovered from its file."""

IDLE_SECONDS = 3600.0
"""A log is kept open, and locked, for so long without a message: it may be one that nobody will ever end."""

_CHUNK = 1024 * 1024


class LogStore:
    """Writers of a folder of logs, a bounded number of them open."""

    def __init__(
        self, folder: Path, open_logs: int = OPEN_LOGS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._open_logs = open_logs
        self._clock = clock
        self._writers: OrderedDict[UUID, LogWriter] = OrderedDict()
        self._used: dict[UUID, float] = {}

    @property
    def folder(self) -> Path:
        """Where the logs are."""
        return self._folder

    def writer(self, attempt_id: UUID) -> LogWriter:
        """The writer of an attempt's log.

        Raises:
            InfrastructureError: another process is writing it.
            OSError: the folder cannot be written.
        """
        if attempt_id not in self._writers:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._writers[attempt_id] = LogWriter(self._folder, attempt_id)
        self._writers.move_to_end(attempt_id)
        self._used[attempt_id] = self._clock()
        return self._writers[attempt_id]

    def tidy(self) -> None:
        """Close the writers of ended logs, idle ones, and those used longest ago, down to the bound."""
        idle = self._clock() - IDLE_SECONDS
        for attempt_id, writer in list(self._writers.items()):
            if writer.progress.ended or self._used[attempt_id] <= idle:
                self._close(attempt_id)
        while len(self._writers) > self._open_logs:
            self._close(next(iter(self._writers)))

    def close(self) -> None:
        """Close all writers; what they knew is recovered from the files."""
        while self._writers:
            with suppress(OSError):
                self._close(next(iter(self._writers)))

    def _close(self, attempt_id: UUID) -> None:
        del self._used[attempt_id]
        self._writers.pop(attempt_id).close()


@dataclass(frozen=True)
class LogPosition:
    """A place between two lines of a log file; the default is before the first."""

    offset: int = 0
    """In bytes; 0: before the header."""
    text_line: int = 1
    """Which line of the file, after the header, comes next."""


@dataclass(frozen=True)
class LogLine:
    """One line of a log file."""

    number: int | None
    """The build's number of the line; None: it stands for lines that were lost."""
    text: str


@dataclass(frozen=True)
class LogPage:
    """Some lines of a log, in order."""

    lines: tuple[LogLine, ...]
    next: LogPosition
    """Where to read on; the same place as before while nothing more is written."""


class LogReader:
    """Logs of a folder, for those who only look. Its methods block for as long as the disk takes.

    Args:
        folder: the log store.
        kept: how long logs are kept in it, to tell whoever asks for one that is gone; None: not known.
    """

    def __init__(self, folder: Path, kept: timedelta | None = None) -> None:
        self._folder = folder
        self.kept = kept

    def metadata(self, attempt_id: UUID) -> LogMetadata | None:
        """What is known about a log; None: there is none."""
        return read_metadata(self._folder, attempt_id)

    def read(self, attempt_id: UUID, start: LogPosition | None = None, limit: int = _CHUNK) -> LogPage:
        """Whole lines from ``start`` on, about ``limit`` bytes of them; none of a log that is not there.

        To tail a log, read on from :attr:`LogPage.next` until the metadata has a status.
        """
        start = start or LogPosition()
        try:
            with log_path(self._folder, attempt_id).open("rb") as file:
                return self._page(file.fileno(), attempt_id, start, limit)
        except FileNotFoundError:
            return LogPage((), start)

    def tail(self, attempt_id: UUID, lines: int, limit: int = _CHUNK) -> LogPosition:
        """Where the last ``lines`` (at least 1) lines begin, or as many of them as ``limit`` bytes hold.

        All of the log is looked through, since lines are counted from its beginning: 200 MB take 0.1 s.
        """
        try:
            with log_path(self._folder, attempt_id).open("rb") as file:
                return _tail(file.fileno(), lines, limit)
        except FileNotFoundError:
            return LogPosition()

    def size(self, attempt_id: UUID) -> int | None:
        """How many bytes the file of a log has, its header included; None: there is none."""
        try:
            return log_path(self._folder, attempt_id).stat().st_size
        except FileNotFoundError:
            return None

    def raw(self, attempt_id: UUID, offset: int, limit: int) -> bytes:
        """Bytes of the file of a log as they are; none at its end, or of a log that is not there."""
        try:
            with log_path(self._folder, attempt_id).open("rb") as file:
                return os.pread(file.fileno(), limit, offset)
        except FileNotFoundError:
            return b""

    def _page(self, file: int, attempt_id: UUID, start: LogPosition, limit: int) -> LogPage:
        offset = start.offset or body_offset(os.pread(file, HEADER_LIMIT, 0))
        if offset is None:
            return LogPage((), start)
        data = _whole_lines(file, offset, limit)
        texts = data.decode("utf-8", "replace").split("\n")[:-1]
        lines = tuple(_numbered(texts, start.text_line, self.metadata(attempt_id)))
        return LogPage(lines, LogPosition(offset + len(data), start.text_line + len(texts)))


def _numbered(texts: list[str], first_text_line: int, metadata: LogMetadata | None) -> Iterator[LogLine]:
    """Lines of the file with the numbers the build gave them."""
    holes = {hole.text_line: hole for hole in metadata.gaps} if metadata else {}
    shift = sum(hole.last - hole.first for line, hole in holes.items() if line < first_text_line)
    for text_line, text in enumerate(texts, first_text_line):
        hole = holes.get(text_line)
        if hole is None:
            yield LogLine(text_line + shift, text)
        else:
            yield LogLine(None, text)
            shift += hole.last - hole.first


def _tail(file: int, lines: int, limit: int) -> LogPosition:
    start = body_offset(os.pread(file, HEADER_LIMIT, 0))
    if start is None:
        return LogPosition()
    count, end = count_lines(file, start)
    offset = max(start, end - limit - 1)  # one more: what is behind a line break is a whole line
    data = os.pread(file, end - offset, offset)
    if offset > start:
        torn = data.find(b"\n") + 1
        data, offset = data[torn:], offset + torn
    kept = data.split(b"\n")[:-1][-lines:]
    size = sum(map(len, kept)) + len(kept)
    return LogPosition(offset + len(data) - size, count - len(kept) + 1)


def _whole_lines(file: int, offset: int, limit: int) -> bytes:
    """At least one whole line from ``offset`` on, if there is one, and about ``limit`` bytes."""
    data = os.pread(file, limit, offset)
    while data and b"\n" not in data:
        more = os.pread(file, _CHUNK, offset + len(data))
        if not more:
            return b""
        data += more
    return data[: data.rfind(b"\n") + 1]
