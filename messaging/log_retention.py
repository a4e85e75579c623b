"""How the log store stays bounded: old logs go, and the oldest beyond a size (design, section 3).

It is done by the process that writes the logs, which alone knows their disk and talks to nobody but RabbitMQ.
A log of a build that may still run is never removed; one that has been silent for longer than any build lasts
is said to be lost, if nobody else has said how it ended.
"""

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from messaging.blocking import in_thread
from messaging.files import try_lock
from messaging.log_assembly import assemble
from messaging.log_format import log_path, metadata_path, read_metadata
from messaging.log_writer import LogWriter
from tickborg.errors import InfrastructureError
from tickborg.messages import BuildLogEnd, BuildLogStatus
from tickborg.retention import Retention, Stored, expendable, space_taken
from tickborg.texts.durations import spoken
from tickborg.texts.sizes import in_units
from tickborg.texts.wording import counted

EVERY = timedelta(hours=1)

QUIET = timedelta(minutes=10)
"""What was written within that time is left alone: somebody looks at it now, or a message comes twice."""

LONGEST_SILENCE = timedelta(days=3)
"""A log without an end is of a build that runs, unless it has been silent for longer than builds and outages
of RabbitMQ last: its builder died, and so did whoever should have said so."""

_UNFINISHED = frozenset({None, BuildLogStatus.LOST})
"""A builder that was thought dead may be back, and go on."""

_TOO_LARGE = (
    "the logs in %s take %s although [logs] log_storage_limit is %s: they are of builds that may still run;"
    " raise the limit, or lower [builder.limits] log_size"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """What one round came to."""

    removed: int
    freed: int
    """Bytes."""
    left: int
    """Logs that are still there."""
    size: int
    """Bytes of those."""


class LogRetention:
    """Removes from the log store in ``folder`` what ``retention`` does not keep."""

    def __init__(
        self, folder: Path, retention: Retention, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._folder = folder
        self._retention = retention
        self._now = now
        self._ended: set[str] = set()
        """Logs of which is known that somebody has said how they ended."""

    async def run(self) -> None:
        """Do so at once and every hour, until cancelled; what fails is tried again then."""
        while True:
            try:
                await in_thread(self.prune)
                await in_thread(self.end_silent)
            except OSError as error:
                _log.error("old logs could not be removed, which is tried again in an hour: %s", error)
            await asyncio.sleep(EVERY.total_seconds())

    def prune(self) -> Kept:
        """Do so once, and say what came of it; another process may do the same at the same time.

        Raises:
            OSError: a log could not be removed; those before it are.
        """
        logs = self._found()
        chosen = expendable(logs, self._retention, self._now(), needed=self._may_grow)
        gone = [log for log in chosen if self._remove(UUID(log.name))]
        freed = sum(log.size for log in gone)
        kept = Kept(len(gone), freed, len(logs) - len(gone), sum(log.size for log in logs) - freed)
        self._say(kept)
        return kept

    def end_silent(self) -> None:
        """Say of logs that will never end by themselves that they are lost.

        Raises:
            OSError: one could not be written, and is tried again by the next round.
        """
        silent = {log.name for log in self._found() if self._now() - log.used > LONGEST_SILENCE}
        self._ended &= silent
        self._ended |= {name for name in silent - self._ended if self._end(UUID(name))}

    def _end(self, attempt_id: UUID) -> bool:
        """End a log unless somebody has; False: it is being written after all."""
        metadata = read_metadata(self._folder, attempt_id)
        if metadata is None or metadata.status is not None:
            return True
        end = BuildLogEnd(attempt_id=attempt_id, status=BuildLogStatus.LOST, ended_at=self._now())
        try:
            with closing(LogWriter(self._folder, attempt_id)) as log:
                log.write(assemble(log.progress, [end]).pieces)
        except InfrastructureError:
            return False
        _log.warning("log %s has been silent for %s, so it is lost", attempt_id, spoken(LONGEST_SILENCE))
        return True

    def _found(self) -> list[Stored]:
        """The logs, each with its metadata. Whatever else lies in the folder is somebody else's."""
        sizes: dict[UUID, int] = defaultdict(int)
        written: dict[UUID, float] = defaultdict(float)
        for entry in _entries(self._folder):
            attempt_id = _attempt_of(entry.name)
            if attempt_id is None:
                continue
            with suppress(FileNotFoundError):  # metadata being replaced, or removed by another process
                status = entry.stat(follow_symlinks=False)
                sizes[attempt_id] += space_taken(status.st_size, status.st_blocks)
                written[attempt_id] = max(written[attempt_id], status.st_mtime)
        return [
            Stored(str(attempt_id), size, datetime.fromtimestamp(written[attempt_id], UTC))
            for attempt_id, size in sizes.items()
        ]

    def _may_grow(self, stored: Stored) -> bool:
        silent = self._now() - stored.used
        if silent < QUIET:
            return True
        if silent > LONGEST_SILENCE:
            return False
        metadata = read_metadata(self._folder, UUID(stored.name))
        return metadata is not None and metadata.status in _UNFINISHED

    def _remove(self, attempt_id: UUID) -> bool:
        """Remove a log that nobody writes; False: somebody does."""
        path = log_path(self._folder, attempt_id)
        try:
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            self._remove_metadata(attempt_id)
            return True
        try:
            if not try_lock(file):
                return False
            path.unlink(missing_ok=True)
            self._remove_metadata(attempt_id)
        finally:
            os.close(file)
        return True

    def _say(self, kept: Kept) -> None:
        if kept.removed:
            freed, size = in_units(kept.freed), in_units(kept.size)
            removed, left = counted(kept.removed, "old log"), counted(kept.left, "log")
            _log.info("removed %s (%s) from %s; it keeps %s (%s)", removed, freed, self._folder, left, size)
        if kept.size > self._retention.size:
            size, limit = in_units(kept.size), in_units(self._retention.size)
            _log.warning(_TOO_LARGE, self._folder, size, limit)

    def _remove_metadata(self, attempt_id: UUID) -> None:
        path = metadata_path(self._folder, attempt_id)
        path.unlink(missing_ok=True)
        path.with_suffix(".json.new").unlink(missing_ok=True)


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        yield from entries


def _attempt_of(name: str) -> UUID | None:
    stem, _, suffix = name.partition(".")
    if suffix not in {"log", "json", "json.new"}:
        return None
    try:
        attempt_id = UUID(stem)
    except ValueError:
        return None
    return attempt_id if str(attempt_id) == stem else None
