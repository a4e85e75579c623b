r"""From the bytes a build prints to the numbered lines of its log (design, section 10).

A line ends at ``\n``, ``\r\n`` or a lone ``\r``: a progress bar, which redraws itself by ``\r``, is shown
while it runs and nothing of it is lost. NUL, which databases and terminals trip over, is shown as ``␀``;
all other control characters are kept, for whoever shows a log escapes it. What is not UTF-8 becomes
U+FFFD.
"""

import codecs
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import chain

MAX_LINE = 64 * 1024
"""Characters; what a longer line has more is continued on the next numbered line."""

TAIL_LINES = 60
TAIL_LINE_LENGTH = 500
"""Characters of one line of a tail, the mark of what was cut off included."""
TAIL_BYTES = 20_000
"""Of a whole tail, in UTF-8: it travels through Temporal, where a payload may have 2 MiB."""

_CUT = "…"
_VISIBLE_NUL = "␀"


class LineAssembler:
    """Makes lines of bytes that come in pieces cut anywhere, even inside a character.

    Holds back less than one line of :data:`MAX_LINE`, whatever it is fed.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._carriage_return = ""
        """The last character, held back while it may be the first half of a CRLF."""

    def feed(self, data: bytes) -> list[str]:
        """The lines that ``data`` completes, none of which contains a line break."""
        return self._split(self._decoder.decode(data))

    def finish(self) -> list[str]:
        """What is left at the end: a last line without a line break, if there is one."""
        lines = self._split(self._decoder.decode(b"", final=True))
        last = self._rest
        if last or self._carriage_return:
            lines.append(last)
        self._rest = self._carriage_return = ""
        return lines

    def _split(self, decoded: str) -> list[str]:
        text = self._carriage_return + decoded
        self._carriage_return = text[-1:] if text.endswith("\r") else ""
        if self._carriage_return:
            text = text[:-1]
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", _VISIBLE_NUL)
        lines = (self._rest + text).split("\n")
        lines = _continued(lines)
        self._rest = lines.pop()
        return lines


class Tail:
    """The last lines of a log, bounded in number and length: what a check run shows."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=TAIL_LINES)

    def add(self, lines: Sequence[str]) -> None:
        """Take note of the next lines of the log."""
        self._lines.extend(_shortened(line) for line in lines[-TAIL_LINES:])

    def lines(self) -> tuple[str, ...]:
        """As many of the last lines as fit."""
        kept: deque[str] = deque()
        room = TAIL_BYTES
        for line in reversed(self._lines):
            room -= len(line.encode()) + 1
            if room < 0:
                break
            kept.appendleft(line)
        return tuple(kept)


def _continued(lines: list[str]) -> list[str]:
    """The same lines, the overlong ones cut in pieces."""
    if max(map(len, lines)) <= MAX_LINE:
        return lines
    return list(chain.from_iterable(map(_pieces, lines)))


def _pieces(line: str) -> Iterable[str]:
    return (line[start : start + MAX_LINE] for start in range(0, max(len(line), 1), MAX_LINE))


def _shortened(line: str) -> str:
    return line if len(line) <= TAIL_LINE_LENGTH else line[: TAIL_LINE_LENGTH - len(_CUT)] + _CUT
