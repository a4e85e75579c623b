r"""How the log of an attempt lies on disk, written by the collector and read by the dashboard.

``{attempt_id}.log``, UTF-8::

    tickborg build log 1            the format and its version
    attempt: 6a1f…                  one line a field, "name: value"
    project: meshmc
    system: x86_64-linux
    repo: owner/monorepo
    pull request: 7                 or, of a push, "branch: main"
    head: 1f0c…
    builder: builder-1
    started: 2026-01-31T12:00:00+00:00
                                    an empty line ends the header
    first line of the build
    …

The lines follow as the build printed them, each ended by ``\n``. A reader may tail the file: it only grows,
and what stands before the last ``\n`` is final. A line that was lost has no line here; for a run of them one
line says how many, and ``holes`` of the metadata says which line that is, since a build could print the same.
Behind too many holes a last line says that nothing more is kept, and ``rest`` which lines that are.

``{attempt_id}.json`` is :class:`LogMetadata`, replaced as a whole when the log begins, loses lines or ends.
"""

import logging
import re
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from messaging.log_assembly import Header, Hole
from messaging.refusal import why_invalid
from tickborg.messages import BuildLogEnd, BuildLogMsg, BuildLogStart, BuildLogStatus

HEADER_LIMIT = 64 * 1024
"""Bytes within which a header ends."""

_FIRST_LINE = "tickborg build log 1"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_VALUE_LIMIT = 1024

_log = logging.getLogger(__name__)


def log_path(folder: Path, attempt_id: UUID) -> Path:
    """The file with the lines of an attempt."""
    return folder / f"{attempt_id}.log"


def metadata_path(folder: Path, attempt_id: UUID) -> Path:
    """The file with the metadata of an attempt."""
    return folder / f"{attempt_id}.json"


class LogHole(BaseModel):
    """Lines that were lost. All numbers count from 1."""

    model_config = ConfigDict(frozen=True)

    text_line: int
    """Which line of the file, after its header, stands for them."""
    first: int
    last: int


class LogMetadata(BaseModel):
    """What is known about the log of one attempt."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    attempt_id: UUID
    identity: str = ""
    """The builder."""
    system: str = ""
    project: str = ""
    repo: str = ""
    pr: int | None = None
    branch: str | None = None
    head_sha: str = ""
    attempted_attrs: list[str] = []
    skipped_attrs: list[str] = []
    started_at: datetime | None = None
    """None: the message that began the log never came."""
    ended_at: datetime | None = None
    status: BuildLogStatus | None = None
    """None: it is still being written."""
    line_count: int | None = None
    """Lines the builder sent, lost ones included; None while it is written, or when nobody knows."""
    complete: bool = False
    """True: it ended, and every line is here."""
    holes: list[LogHole] = []
    rest: LogHole | None = None
    """The lines that are not kept because there were too many holes before them."""

    @property
    def gaps(self) -> list[LogHole]:
        """All lines that are missing, in order."""
        return [*self.holes, self.rest] if self.rest else self.holes

    @property
    def final(self) -> bool:
        """Whether the builder itself said how the log ended; else more of it may come."""
        return self.status not in {None, BuildLogStatus.LOST} and self.line_count is not None

    def started(self, start: BuildLogStart) -> "LogMetadata":
        """The metadata with what the start says."""
        return self.model_copy(update=start.model_dump(exclude={"type"}))

    def ended(self, end: BuildLogEnd, lines: int) -> "LogMetadata":
        """The metadata of a log that ended with ``lines`` lines known."""
        whole = end.line_count == lines and not self.holes and self.started_at is not None
        ended = {"ended_at": end.ended_at, "status": end.status, "line_count": end.line_count}
        return self.model_copy(update={**ended, "complete": whole and end.status is not BuildLogStatus.LOST})

    def with_hole(self, hole: Hole, text_line: int) -> "LogMetadata":
        """The metadata with one hole more, or with the open one made longer."""
        if hole.open and self.rest:
            return self.model_copy(update={"rest": self.rest.model_copy(update={"last": hole.last})})
        lost = LogHole(text_line=text_line, first=hole.first, last=hole.last)
        return self.model_copy(update={"rest": lost} if hole.open else {"holes": [*self.holes, lost]})

    def with_text_lines(self, count: int) -> "LogMetadata":
        """The metadata without the holes that a crash kept from being written."""
        holes = [hole for hole in self.holes if hole.text_line <= count]
        rest = self.rest if self.rest and self.rest.text_line <= count else None
        return self.model_copy(update={"holes": holes, "rest": rest})

    def lines_in(self, text_lines: int) -> int:
        """How many lines of the build a file with this many lines stands for."""
        return text_lines + sum(hole.last - hole.first for hole in self.gaps)


def first_metadata(header: Header) -> LogMetadata:
    """What is known when the header is written."""
    metadata = LogMetadata(attempt_id=header.witness.attempt_id)
    start = header.witness.of if isinstance(header.witness, BuildLogEnd) else header.start
    if start is not None:
        return metadata.started(start)
    if isinstance(header.witness, BuildLogMsg):
        known = {"identity": header.witness.identity, "system": header.witness.system}
        return metadata.model_copy(update=known)
    return metadata


def header_text(metadata: LogMetadata) -> str:
    """The header, its empty line included."""
    fields = {
        "attempt": str(metadata.attempt_id),
        "project": metadata.project,
        "system": metadata.system,
        "repo": metadata.repo,
        "pull request": "" if metadata.pr is None else str(metadata.pr),
        "branch": metadata.branch or "",
        "head": metadata.head_sha,
        "builder": metadata.identity,
        "started": metadata.started_at.isoformat() if metadata.started_at else "",
    }
    lines = [_FIRST_LINE, *(f"{name}: {_one_line(value)}" for name, value in fields.items() if value)]
    return "\n".join(lines) + "\n\n"


def hole_text(hole: Hole) -> str:
    """The line that stands for lost ones."""
    if hole.open:
        return f"[tickborg: lines were lost in too many places; from line {hole.first} on none is kept]\n"
    if hole.count == 1:
        return f"[tickborg: line {hole.first} was lost]\n"
    return f"[tickborg: lines {hole.first} to {hole.last} were lost]\n"


def body_offset(beginning: bytes) -> int | None:
    """Where the lines begin, given the first bytes of a file; None: it has no whole header."""
    if not beginning.startswith(_FIRST_LINE.encode() + b"\n"):
        return None
    end = beginning.find(b"\n\n")
    return None if end < 0 else end + 2


def _one_line(value: str) -> str:
    """A value that cannot break out of its line, nor make the header longer than a reader looks."""
    return _CONTROL.sub(" ", value)[:_VALUE_LIMIT]


def read_metadata(folder: Path, attempt_id: UUID) -> LogMetadata | None:
    """The metadata of a log, or None."""
    path = metadata_path(folder, attempt_id)
    try:
        return LogMetadata.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        _log.error("%s is passed over: %s", path, why_invalid(error))
        return None
