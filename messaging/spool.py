r"""Log messages on disk while RabbitMQ is away, to be sent in order when it is back (design, section 9).

One append-only file for an attempt, ``{attempt_id}.{random}.spool``, with one record a line::

    5d41402a {"type":"lines",…}\n       CRC-32 of the JSON in hexadecimal, a space, the message's body

A record is on the disk (fsync) when :meth:`SpoolFile.append` returns. A process that is killed in the middle
of one leaves a torn last line; a checksum that does not fit marks it, and it is passed over, since nobody was
told that it is kept. The file of a living process is locked; unlocked ones are orphans of a dead process, or
of one that had too many open.

A file is opened first and locked then, and removed while it is locked. So a lock counts only if the name
still leads to the file: in between somebody else may have taken it for an orphan, sent it and removed it, and
what is put into a file without a name is lost.

**When it is full.** All files of a folder together take at most ``limit`` bytes of the disk. Beyond that,
lines are refused (:class:`SpoolFullError`), so the first lines of a log are kept and later ones lost: the
collector marks them as a hole and counts them as ``LogLinesLost``. The end of a log is taken as long as all
together take no more than :data:`RESERVE` beyond that: a RabbitMQ that never comes back fills no disk.
"""

import logging
import os
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid4

from messaging.files import is_named, remove_open, sync_folder, try_lock, write_all
from tickborg.errors import InfrastructureError
from tickborg.retention import space_taken
from tickborg.settings import RabbitMQSettings

SPOOL_LIMIT = RabbitMQSettings().spool_limit
"""Bytes in one folder: some 10 million lines."""

RESERVE = 256 * 1024**2
"""Bytes more for the ends of logs: those of some 65,000 builds, each in a block of the disk."""

COUNTED_SECONDS = 1.0
"""For so long a folder is not counted again: after a day without RabbitMQ there are thousands of files. What
others put there meanwhile may make it larger than its limit."""

_NO_FOLDER = (FileNotFoundError, NotADirectoryError, PermissionError)
_SUFFIX = ".spool"
_CHECKSUM_LENGTH = 8
_READ_BYTES = 1024 * 1024

_log = logging.getLogger(__name__)


class SpoolFullError(InfrastructureError):
    """The folder holds as much as it may."""


class SpoolFile:
    """The records of one attempt, open, locked and ours. Its methods block for as long as the disk takes."""

    def __init__(self, path: Path, file: FileIO) -> None:
        self.path = path
        self._file = file
        self._at_work = threading.Lock()
        """Whoever reads moves the one position of the file, and so does whoever appends."""
        self._torn = False

    def append(self, body: bytes) -> None:
        """Put a record at the end and return when it is on the disk.

        Raises:
            OSError: it is not; what was written of it has been taken back.
        """
        with self._at_work:
            before = self._file.seek(0, os.SEEK_END)
            try:
                write_all(self._file.fileno(), (b"\n" if self._torn else b"") + _record(body))
                os.fsync(self._file.fileno())
            except OSError:
                self._torn = True
                with suppress(OSError):
                    self._file.truncate(before)
                raise
            self._torn = False

    def read(self, offset: int) -> tuple[list[bytes], int]:
        """Some records from ``offset`` on, and the offset behind them: the same one at the end."""
        with self._at_work:
            data = self._read_lines(offset)
        whole = data.rfind(b"\n") + 1
        return list(_bodies(data[:whole])), offset + whole

    def size(self) -> int:
        """Bytes in the file by now."""
        return os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Leave the file to whoever comes next."""
        self._file.close()

    def remove(self) -> None:
        """Delete the file: all of it has been sent."""
        remove_open(self._file, self.path)

    def _read_lines(self, offset: int) -> bytes:
        """At least one whole line from ``offset`` on, if there is one."""
        self._file.seek(offset)
        data = b""
        while more := self._file.read(_READ_BYTES):
            data += more
            if b"\n" in more:
                break
        return data


class SpoolFolder:
    """The spool files of a host. Its methods block for as long as the disk takes."""

    def __init__(self, folder: Path, limit: int = SPOOL_LIMIT) -> None:
        self._folder = folder
        self._limit = limit
        self._counting = threading.Lock()
        self._used = 0
        self._counted_at = float("-inf")

    def create(self, attempt_id: UUID) -> SpoolFile:
        """A new, empty file.

        Raises:
            OSError: the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            file = _take(self._folder / f"{attempt_id}.{uuid4().hex[:8]}{_SUFFIX}", "a+b")
            if file is not None:
                sync_folder(self._folder)
                return file

    def require_room(self, size: int, *, reserve: bool = False) -> None:
        """Check that ``size`` bytes more may be spooled; with ``reserve``, that even an end of a log may.

        Raises:
            SpoolFullError: they may not.
        """
        most = self._limit + (RESERVE if reserve else 0)
        with self._counting:
            if time.monotonic() - self._counted_at > COUNTED_SECONDS or self._used + size > most:
                self._used = sum(size for _, size, _ in self._entries())
                self._counted_at = time.monotonic()
            used = self._used
            self._used += size
        if used + size > most:
            raise SpoolFullError(
                f"the spool {self._folder} is full ({used} of {self._limit} bytes);"
                " bring RabbitMQ back, or raise [rabbitmq] spool_limit"
            )

    def orphans(self, most: int = sys.maxsize) -> list[SpoolFile]:
        """The oldest files that nobody has open, now ours: their process is no more, or let go of them."""
        taken = (_adopt(path) for _, _, path in sorted(self._entries()))
        return list(islice((file for file in taken if file is not None), most))

    def _entries(self) -> Iterator[tuple[int, int, Path]]:
        """Time of the last change in nanoseconds, bytes of the disk, and path of each file."""
        with suppress(*_NO_FOLDER), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(_SUFFIX):
                    with suppress(FileNotFoundError):  # sent and removed by another process
                        path = Path(entry.path)
                        status = path.stat()  # Windows does not know the size of an open file from its folder
                        blocks = getattr(status, "st_blocks", 0)  # which Windows does not tell
                        yield status.st_mtime_ns, space_taken(status.st_size, blocks), path


def _take(path: Path, mode: str) -> SpoolFile | None:
    """The file, ours from now on; None: it is somebody else's, or has just been sent and removed."""
    file = FileIO(path, mode)
    if try_lock(file.fileno()) and is_named(file.fileno(), path):
        return SpoolFile(path, file)
    file.close()
    return None


def _adopt(path: Path) -> SpoolFile | None:
    try:
        return _take(path, "r+b")
    except FileNotFoundError:  # sent and removed by another process
        return None
    except OSError as error:
        _log.error("left %s in the spool: %s", path.name, error)
        return None  # it must not keep the others from being sent


def _record(body: bytes) -> bytes:
    return b"%08x %b\n" % (zlib.crc32(body), body)


def _bodies(data: bytes) -> Iterator[bytes]:
    """The bodies of whole records; torn ones are passed over."""
    for line in data.split(b"\n"):
        checksum, body = line[:_CHECKSUM_LENGTH], line[_CHECKSUM_LENGTH + 1 :]
        if checksum == b"%08x" % zlib.crc32(body):
            yield body
