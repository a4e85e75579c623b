"""One log of the store, open for writing: the collector's side of :mod:`messaging.log_format`."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from messaging.files import is_named, sync_folder, try_lock, write_all
from messaging.log_assembly import Ending, Header, Hole, LateStart, Lines, Piece, Progress
from messaging.log_format import (
    HEADER_LIMIT,
    LogMetadata,
    body_offset,
    first_metadata,
    header_text,
    hole_text,
    log_path,
    metadata_path,
    read_metadata,
)
from tickborg.errors import InfrastructureError

_CHUNK = 1024 * 1024


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
        self._text_lines, end = count_lines(self._file, offset)
        os.ftruncate(self._file, end)  # a line torn by a crash was not acknowledged and comes again
        written = self._metadata.with_text_lines(self._text_lines)
        if written != self._metadata:
            self._save(written)
        self.progress = Progress(
            self._metadata.lines_in(self._text_lines) + 1,
            ended=self._metadata.final,
            holes=len(self._metadata.holes),
            cut=self._metadata.rest is not None,
        )

    def _write_special(self, piece: Header | LateStart | Hole | Ending) -> None:
        if isinstance(piece, Header):
            self._save(first_metadata(piece))
            write_all(self._file, header_text(self._metadata).encode("utf-8", "replace"))
            self.progress = Progress(1)
        elif isinstance(piece, Hole):
            self._mark(piece)
        elif isinstance(piece, LateStart):
            if self._metadata.started_at is None:
                self._save(self._metadata.started(piece.start))
        else:
            self._end(piece)

    def _mark(self, hole: Hole) -> None:
        """Say that lines are missing. All that an open hole swallows has one line in the log."""
        self._save(self._metadata.with_hole(hole, self._text_lines + 1))
        marked = self.progress.cut
        if not marked:
            self._append([hole_text(hole).removesuffix("\n")])
        self._count(0 if marked else 1, hole.count)
        self.progress = replace(self.progress, holes=len(self._metadata.holes), cut=hole.open)

    def _end(self, piece: Ending) -> None:
        """Say in the metadata that the log ended, once its lines are on the disk."""
        self.sync()
        self._save(self._metadata.ended(piece.end, self.progress.next_line - 1))
        self.progress = replace(self.progress, ended=self._metadata.final)

    def _append(self, texts: list[str]) -> None:
        if texts:
            write_all(self._file, "\n".join([*texts, ""]).encode("utf-8", "replace"))

    def _count(self, text_lines: int, lines: int) -> None:
        self._text_lines += text_lines
        self.progress = replace(self.progress, next_line=self.progress.next_line + lines)

    def _save(self, metadata: LogMetadata) -> None:
        """Replace the metadata file, so that a reader sees the old or the new one and never half of it."""
        path = metadata_path(self._folder, self._attempt_id)
        new = path.with_suffix(".json.new")
        with new.open("wb") as file:
            file.write(metadata.model_dump_json(indent=2).encode("utf-8", "replace") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(self._folder)
        self._metadata = metadata


def count_lines(file: int, offset: int) -> tuple[int, int]:
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
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        if not try_lock(file):
            os.close(file)
            raise InfrastructureError(f"{path} is being written by another log collector; stop one of them")
        if is_named(file, path):
            return file
        os.close(file)  # it was opened when it was about to be removed, and what is written now would be lost
