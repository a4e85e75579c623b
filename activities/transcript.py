"""The log of one attempt as the builder writes it: what commands print, and what the builder says itself."""

from collections.abc import Sequence

from activities.ports import BuildLog
from tickborg.log_lines import LineAssembler, Tail


class LogTooLongError(Exception):
    """A build prints more than a log may have."""


class Transcript:
    """Makes lines of output, sends them to the log and remembers the last ones.

    Args:
        log: where the lines go.
        limit: bytes of output, of all commands together.
    """

    def __init__(self, log: BuildLog, limit: int) -> None:
        self._log = log
        self._room = limit
        self._assembler = LineAssembler()
        self._tail = Tail()
        self.line_count = 0

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines, bounded in number and length."""
        return self._tail.lines()

    async def say(self, line: str) -> None:
        """Write a line of the builder's own, between the outputs of commands."""
        await self._write([part.rstrip("\r") for part in line.split("\n")])

    async def take(self, chunk: bytes) -> None:
        """Write what a command printed.

        Raises:
            LogTooLongError: that was more than the limit; it is written all the same.
        """
        await self._write(self._assembler.feed(chunk))
        self._room -= len(chunk)
        if self._room < 0:
            raise LogTooLongError

    async def end_command(self) -> None:
        """Write the last line of a command's output, if it has no line break."""
        await self._write(self._assembler.finish())

    async def _write(self, lines: Sequence[str]) -> None:
        if lines:
            self.line_count += len(lines)
            self._tail.add(lines)
            await self._log.write(lines)
