"""The folder in which logs are collected: written here by one collector, read by anybody."""

import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from messaging.file_lock import try_lock
from messaging.log_assembly import Ending, Header, Hole, LateStart, Lines, Piece, Progress
from messaging.log_format import (
    HEADER_LIMIT,
    LogMetadata,
    body_offset,
    first_metadata,
    header_text,
    hole_text,
)
from tickborg.errors import InfrastructureError
from tickborg.messages import BuildLogStatus

OPEN_LOGS = 128
"""Logs kept open between batches; one that is needed again is recovered from its file."""

_CHUNK = 1024 * 1024


def log_path(folder: Path, attempt_id: UUID) -> Path:
    """The file with the lines of an attempt."""
    return folder / f"{attempt_id}.log"


def metadata_path(folder: Path, attempt_id: UUID) -> Path:
    """The file with the metadata of an attempt."""
    return folder / f"{attempt_id}.json"


class LogWriter:
    """One log, open for appending and locked against another writer.

    Opening recovers how far it is from the file itself, so a collector that was killed goes on where its
    last whole line is. Every method may raise OSError; the writer is then of no more use.
    """

    def __init__(self, folder: Path, attempt_id: UUID) -> None:
        self._folder = folder
        self._attempt_id = attempt_id
        self._file = _open_locked(log_path(folder, attempt_id))
        try:
            self._recover()
        except BaseException:
            self.close()
            raise

    def write(self, pieces: Iterable[Piece]) -> None:
        """Append pieces as :mod:`messaging.log_assembly` made them for :attr:`progress`."""
        text: list[str] = []
        for piece in pieces:
            if isinstance(piece, Lines):
                text.append(piece.text)
                self._count(piece.count, piece.count)
                continue
            self._append(text)
            text = []
            self._write_special(piece)
        self._append(text)

    def sync(self) -> None:
        """Return when all that was written is on the disk."""
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file and let another write it."""
        os.close(self._file)

    def _recover(self) -> None:
        self._metadata = read_metadata(self._folder, self._attempt_id) or LogMetadata(
            attempt_id=self._attempt_id
        )
        self._text_lines = 0
        self.progress = Progress()
        offset = body_offset(os.pread(self._file, HEADER_LIMIT, 0))
        if offset is None:
            os.ftruncate(self._file, 0)
            return
        self._text_lines, end = _count_lines(self._file, offset)
        os.ftruncate(self._file, end)  # a line torn by a crash was not acknowledged and comes again
        written = self._metadata.with_text_lines(self._text_lines)
        if written != self._metadata:
            self._save(written)
        ended = self._metadata.status not in {None, BuildLogStatus.LOST}
        self.progress = Progress(self._metadata.lines_in(self._text_lines) + 1, ended)

    def _write_special(self, piece: Header | LateStart | Hole | Ending) -> None:
        if isinstance(piece, Header):
            self._save(first_metadata(piece))
            _write_all(self._file, header_text(self._metadata).encode("utf-8", "replace"))
            self.progress = Progress(1)
        elif isinstance(piece, Hole):
            self._save(self._metadata.with_hole(piece, self._text_lines + 1))
            self._append([hole_text(piece).removesuffix("\n")])
            self._count(1, piece.count)
        elif isinstance(piece, LateStart):
            if self._metadata.started_at is None:
                self._save(self._metadata.started(piece.start))
        else:
            self._end(piece)

    def _end(self, piece: Ending) -> None:
        """Say in the metadata that the log ended, once its lines are on the disk."""
        self.sync()
        self._save(self._metadata.ended(piece.end, self.progress.next_line - 1))
        final = piece.end.status is not BuildLogStatus.LOST
        self.progress = Progress(self.progress.next_line, ended=final)

    def _append(self, texts: list[str]) -> None:
        if texts:
            _write_all(self._file, "\n".join([*texts, ""]).encode("utf-8", "replace"))

    def _count(self, text_lines: int, lines: int) -> None:
        self._text_lines += text_lines
        self.progress = Progress(self.progress.next_line + lines)

    def _save(self, metadata: LogMetadata) -> None:
        """Replace the metadata file, so that a reader sees the old or the new one and never half of it."""
        path = metadata_path(self._folder, self._attempt_id)
        new = path.with_suffix(".json.new")
        with new.open("wb") as file:
            file.write(metadata.model_dump_json(indent=2).encode("utf-8", "replace") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        _sync_folder(self._folder)
        self._metadata = metadata


class LogStore:
    """Writers of a folder of logs, a bounded number of them open."""

    def __init__(self, folder: Path, open_logs: int = OPEN_LOGS) -> None:
        self._folder = folder
        self._open_logs = open_logs
        self._writers: OrderedDict[UUID, LogWriter] = OrderedDict()

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
        return self._writers[attempt_id]

    def close_idle(self) -> None:
        """Close the writers that were not used for longest, down to the bound."""
        while len(self._writers) > self._open_logs:
            _, writer = self._writers.popitem(last=False)
            writer.close()

    def close(self) -> None:
        """Close all writers; what they knew is recovered from the files."""
        while self._writers:
            _, writer = self._writers.popitem()
            with suppress(OSError):
                writer.close()

    def prune(self, before: datetime) -> int:
        """Remove the logs last written before then and return how many there were."""
        old = [path for path in self._folder.glob("*.log") if path.stat().st_mtime < before.timestamp()]
        for path in old:
            path.unlink(missing_ok=True)
            path.with_suffix(".json").unlink(missing_ok=True)
        return len(old)


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
    """Logs of a folder, for those who only look. Its methods block for as long as the disk takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

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

    def _page(self, file: int, attempt_id: UUID, start: LogPosition, limit: int) -> LogPage:
        offset = start.offset or body_offset(os.pread(file, HEADER_LIMIT, 0))
        if offset is None:
            return LogPage((), start)
        data = _whole_lines(file, offset, limit)
        texts = data.decode("utf-8", "replace").split("\n")[:-1]
        lines = tuple(_numbered(texts, start.text_line, self.metadata(attempt_id)))
        return LogPage(lines, LogPosition(offset + len(data), start.text_line + len(texts)))


def read_metadata(folder: Path, attempt_id: UUID) -> LogMetadata | None:
    """The metadata of a log, or None."""
    try:
        return LogMetadata.model_validate_json(metadata_path(folder, attempt_id).read_bytes())
    except FileNotFoundError:
        return None


def _numbered(texts: list[str], first_text_line: int, metadata: LogMetadata | None) -> Iterator[LogLine]:
    """Lines of the file with the numbers the build gave them."""
    holes = {hole.text_line: hole for hole in metadata.holes} if metadata else {}
    shift = sum(hole.last - hole.first for line, hole in holes.items() if line < first_text_line)
    for text_line, text in enumerate(texts, first_text_line):
        hole = holes.get(text_line)
        if hole is None:
            yield LogLine(text_line + shift, text)
        else:
            yield LogLine(None, text)
            shift += hole.last - hole.first


def _whole_lines(file: int, offset: int, limit: int) -> bytes:
    """At least one whole line from ``offset`` on, if there is one, and about ``limit`` bytes."""
    data = os.pread(file, limit, offset)
    while data and b"\n" not in data:
        more = os.pread(file, _CHUNK, offset + len(data))
        if not more:
            return b""
        data += more
    return data[: data.rfind(b"\n") + 1]


def _count_lines(file: int, offset: int) -> tuple[int, int]:
    """How many whole lines there are from ``offset`` on, and the offset behind the last."""
    count, end = 0, offset
    while chunk := os.pread(file, _CHUNK, offset):
        found = chunk.count(b"\n")
        if found:
            count += found
            end = offset + chunk.rfind(b"\n") + 1
        offset += len(chunk)
    return count, end


def _open_locked(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    if not try_lock(file):
        os.close(file)
        raise InfrastructureError(f"{path} is being written by another log collector; stop one of them")
    return file


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _sync_folder(folder: Path) -> None:
    """Make new names of a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
