"""Putting the messages of one log in order: pure decisions of the log collector.

Lines are numbered from 1 without gaps, so what comes twice and what is missing can be seen. In a log every
message has a position: the start is at 0, lines are at the number of their first, the end is behind the last
line. A message behind a gap waits; when the gap is given up, the lines that never came become a hole.

A log that would need more than :data:`HOLES_LIMIT` of them is cut there: what comes behind is one hole that
stays open, and grows. Its sender is broken or hostile, and may cost others neither memory nor time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from tickborg.messages import BuildLogEnd, BuildLogMsg, BuildLogStart, BuildLogStatus

AnyLogMessage = BuildLogStart | BuildLogMsg | BuildLogEnd

HOLES_LIMIT = 250
"""Each has a line of its own in the log, and a place in its metadata, written anew with every one."""


@dataclass(frozen=True)
class Progress:
    """How much of a log is written."""

    next_line: int = 0
    """The number of the next line; 0: not even the header is written."""
    ended: bool = False
    """True: the builder itself ended the log, and nothing more belongs to it."""
    holes: int = 0
    """How many holes it has, the open one not counted."""
    cut: bool = False
    """True: it has an open hole, and no more of its lines are kept."""


@dataclass(frozen=True)
class Header:
    """Write the header of a log. Without a start, that message was lost."""

    start: BuildLogStart | None
    witness: AnyLogMessage
    """Some message of the log, which knows a little about it."""


@dataclass(frozen=True)
class LateStart:
    """Complete the metadata of a log whose header had to be written without its start."""

    start: BuildLogStart


@dataclass(frozen=True)
class Lines:
    r"""Write ``count`` lines joined by ``\n``; the first has the number ``first``."""

    first: int
    count: int
    text: str


@dataclass(frozen=True)
class Hole:
    """Say that the lines from ``first`` to ``last`` were lost."""

    first: int
    last: int
    open: bool = False
    """True: so are all that come behind; of such holes a log has one, and each piece makes it longer."""

    @property
    def count(self) -> int:
        """How many lines that are."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class Ending:
    """Write how the log ended."""

    end: BuildLogEnd


Piece = Header | LateStart | Lines | Hole | Ending


@dataclass
class Assembly:
    """What to write next, and what has to wait for messages before it."""

    pieces: list[Piece] = field(default_factory=list)
    waiting: list[AnyLogMessage] = field(default_factory=list)
    progress: Progress = Progress()

    @property
    def lost_lines(self) -> int:
        """Lines given up."""
        return sum(piece.count for piece in self.pieces if isinstance(piece, Hole))


def position(message: AnyLogMessage) -> int:
    """Where the message belongs."""
    if isinstance(message, BuildLogStart):
        return 0
    if isinstance(message, BuildLogMsg):
        return message.line_number
    return 1 if _is_open_end(message) else (message.line_count or 0) + 1


def assemble(progress: Progress, messages: Sequence[AnyLogMessage], give_up_before: int = 0) -> Assembly:
    """Decide what to write of ``messages``, which are all of one log.

    Gaps in front of messages at positions up to ``give_up_before`` are not waited for.
    """
    assembly = Assembly(progress=progress)
    for message in sorted(messages, key=position):
        place = position(message)
        if assembly.progress.ended:
            break
        if assembly.progress.cut or assembly.progress.next_line < place <= give_up_before:
            _give_up(assembly, message)
        if place > assembly.progress.next_line:
            assembly.waiting.append(message)
        else:
            _add(assembly, message)
    return assembly


def _is_open_end(end: BuildLogEnd) -> bool:
    """Whether more may come: a builder that died may be restarted and send what it had spooled."""
    return end.status is BuildLogStatus.LOST or end.line_count is None


def _give_up(assembly: Assembly, message: AnyLogMessage) -> None:
    """Make the log ready for ``message`` by marking what is missing before it."""
    place = position(message)
    if assembly.progress.next_line == 0:
        _put(assembly, Header(None, message), Progress(1))
    if place > assembly.progress.next_line:
        _put(assembly, *_lost(assembly.progress, place - 1))


def _add(assembly: Assembly, message: AnyLogMessage) -> None:
    """Write ``message``, or what of it is not written yet; doubles vanish here."""
    for piece, progress in _written(assembly.progress, message):
        _put(assembly, piece, progress)


def _put(assembly: Assembly, piece: Piece, progress: Progress) -> None:
    """Write one piece; what makes an open hole longer is written at once."""
    before = assembly.pieces[-1] if assembly.pieces else None
    if isinstance(piece, Hole) and isinstance(before, Hole) and piece.open and before.open:
        assembly.pieces[-1] = replace(before, last=piece.last)
    else:
        assembly.pieces.append(piece)
    assembly.progress = progress


def _lost(progress: Progress, last: int) -> tuple[Hole, Progress]:
    """The hole from where the log is to ``last``, and the progress behind it."""
    cut = progress.cut or progress.holes == HOLES_LIMIT
    hole = Hole(progress.next_line, last, open=cut)
    holes = progress.holes if cut else progress.holes + 1
    return hole, replace(progress, next_line=last + 1, holes=holes, cut=cut)


def _written(progress: Progress, message: AnyLogMessage) -> Iterator[tuple[Piece, Progress]]:
    """The piece that ``message`` gives, if any, and the progress after it."""
    if isinstance(message, BuildLogStart):
        first = progress.next_line == 0
        yield (Header(message, message), Progress(1)) if first else (LateStart(message), progress)
    elif isinstance(message, BuildLogEnd):
        yield Ending(message), replace(progress, ended=not _is_open_end(message))
    else:
        yield from _new_lines(progress, message)


def _new_lines(progress: Progress, message: BuildLogMsg) -> Iterator[tuple[Piece, Progress]]:
    """Those lines of ``message`` that are not written; of a log that was cut none ever is."""
    count = message.output.count("\n") + 1
    known = progress.next_line - message.line_number
    if known < count and progress.cut:
        yield _lost(progress, progress.next_line + count - known - 1)
    elif known < count:
        text = message.output if known == 0 else message.output.split("\n", known)[known]
        written = replace(progress, next_line=progress.next_line + count - known)
        yield Lines(progress.next_line, count - known, text), written
