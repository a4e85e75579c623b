"""A trial on a terminal: what the bot says, what builds print, and what came of them.

What builds print is other people's: on a terminal it keeps its colours and loses whatever else a terminal
would obey, and a file gets plain text. Lines too long for the terminal go on under their own beginning, so
that the column of project names stays readable.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from messaging.live import LiveLogs
from messaging.log_assembly import AnyLogMessage
from tickborg.escape_sequences import with_colours, without_sequences
from tickborg.jobs import BuildOutcome, EvaluationOutcome
from tickborg.log_lines import Tail
from tickborg.messages import BuildLogEnd, BuildLogMsg, BuildLogStart
from tickborg.texts.durations import spoken
from tickborg.texts.shortening import visible
from tickborg.texts.wording import counted
from tickborg.views import BuildView, PullRequestView

LAST_LINES = 30
"""So many lines of a failed build's log are shown again, where several builds printed at once."""

PATIENCE_SECONDS = 30.0
"""How long the rest of a log is waited for whose build has ended."""

_NAME_COLUMN = 32
_LEAST_ROOM = 24
"""In a column narrower than this, lines are left to the terminal to break."""


@dataclass(frozen=True)
class Checked:
    """How an evaluation check ended."""

    name: str
    state: str
    """As GitHub shows it."""
    description: str


@dataclass(frozen=True)
class Tried:
    """What a trial came to."""

    view: PullRequestView
    checks: tuple[Checked, ...] = ()


@dataclass
class _Log:
    """One attempt's log, as far as it is known."""

    project: str
    tail: Tail = field(default_factory=Tail)


class TrialDisplay:
    """Shows a trial on a console.

    Args:
        console: where to.
        silent: True: nothing is shown, and what builds print is remembered all the same.
        building: False: the bot is shown a draft, so that it builds nothing, and says so; that is left out.
    """

    def __init__(self, console: Console, *, silent: bool, building: bool = True) -> None:
        self._console = console
        self._silent = silent
        self._building = building
        self._logs: dict[UUID, _Log] = {}
        self._name_width = 0
        self._ended: set[UUID] = set()
        self._changed = asyncio.Event()

    def say(self, *lines: str, indent: str = "") -> None:
        """Show lines of our own; what does not fit goes on below ``indent``."""
        for line in lines:
            self._show("", line, indent)

    def sight(self, name: str, text: str) -> None:
        """Something new that the bot says; the summary comment is shown at the end."""
        if not self._building and text.startswith("success: "):
            return
        if name.startswith("check "):
            self._make_room_for(name.removeprefix("check ").rpartition(" on ")[0])
        if not name.startswith("comment"):
            beginning = f"  {name:<{_NAME_COLUMN}}  "
            self._show(beginning, text, " " * len(beginning))

    async def follow(self, logs: LiveLogs) -> None:
        """Show what all builds print, until cancelled."""
        async with logs.follow_all() as messages:
            async for message in messages:
                self._hear(message)

    async def until_heard(self, view: PullRequestView) -> None:
        """Return when all that the builds of ``view`` printed was shown, or after a while."""
        attempts = {UUID(build.attempt_id) for build in view.builds if build.attempt_id}
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not attempts <= self._ended:
                    self._changed.clear()
                    await self._changed.wait()

    def tail(self, build: BuildView) -> tuple[str, ...]:
        """The last lines that a build printed, as plain text."""
        log = self._logs.get(UUID(build.attempt_id)) if build.attempt_id else None
        return tuple(map(without_sequences, log.tail.lines())) if log else ()

    def conclude(self, tried: Tried) -> None:
        """Why what failed did, and what came of everything."""
        view = tried.view
        if len(self._logs) > 1:
            for build in view.builds:
                self._show_end_of_log(build)
        self.say("", *view.evaluation_reason.split("\n"))
        for path in view.conflicts:
            self.say(f"  conflict  {visible(path)}")
        if view.conflict_count > len(view.conflicts):
            self.say(f"  and {view.conflict_count - len(view.conflicts):,} more")
        self._show_checks(tried)
        for build in view.builds:
            self._show(f"  {build.outcome or build.stage}  ", _result(build), " " * 11)
        for skipped in view.skipped:
            where = f" on {skipped.system}" if skipped.system else ""
            self._show("  not built: ", f"{skipped.project}{where}: {skipped.reason}", " " * 13)

    def conclude_without_builds(self, tried: Tried) -> None:
        """What changed, where no builds were asked for."""
        view = tried.view
        if view.evaluation is not EvaluationOutcome.EVALUATED or not view.changed_projects:
            self.conclude(tried)
            return
        changed = counted(len(view.changed_projects), "project")
        self.say("", f"{changed} changed; none is built, as --no-build asks")
        self._show_checks(tried)
        self.say(*(f"  changed  {project}" for project in view.changed_projects))

    def _show_checks(self, tried: Tried) -> None:
        for check in tried.checks:
            beginning = f"  {check.state.capitalize()}  "
            self._show(beginning, f"check {check.name}: {check.description}", " " * 11)

    def _show_end_of_log(self, build: BuildView) -> None:
        """What a failed build said at last, which others may have printed over."""
        if build.outcome in {BuildOutcome.SUCCESS, BuildOutcome.SKIPPED} or not self.tail(build):
            return
        self.say("", f"the end of the log of {build.project} on {build.system}")
        self._print(build.project, self.tail(build)[-LAST_LINES:])

    def _hear(self, message: AnyLogMessage) -> None:
        match message:
            case BuildLogStart():
                self._logs[message.attempt_id] = _Log(message.project)
                self._make_room_for(message.project)
            case BuildLogMsg():
                self._hear_lines(message.attempt_id, message.output.split("\n"))
            case BuildLogEnd():
                self._ended.add(message.attempt_id)
                self._changed.set()

    def _make_room_for(self, project: str) -> None:
        """Have a column of project names that is wide enough from the first line on, if possible."""
        self._name_width = max(self._name_width, len(project))

    def _hear_lines(self, attempt_id: UUID, lines: Sequence[str]) -> None:
        log = self._logs.setdefault(attempt_id, _Log(""))
        log.tail.add(lines)
        self._print(log.project, lines)

    def _print(self, project: str, lines: Iterable[str]) -> None:
        """Show lines that a build printed."""
        name = f"{project:<{self._name_width}}"
        self._write(f"  {name} │ ", lines, f"  {'':<{self._name_width}} │ ")

    def _show(self, beginning: str, text: str, indent: str) -> None:
        self._write(beginning, [text], indent)

    def _write(self, beginning: str, lines: Iterable[str], indent: str) -> None:
        """Show lines after ``beginning``; what does not fit goes on after ``indent``.

        Written past rich, and all lines at once: a build may print millions, and waits for them to be shown.
        """
        if self._silent:
            return
        whole = self._whole if self._console.is_terminal else _plain
        shown = (line for text in lines for line in whole(beginning, text, indent))
        self._console.file.write("".join(f"{line}\n" for line in shown))
        self._console.file.flush()

    def _whole(self, beginning: str, text: str, indent: str) -> Iterator[str]:
        """The lines on the terminal that ``text`` takes."""
        shown = without_sequences(text) if self._console.no_color else with_colours(text)
        width = self._console.width
        room = width - cell_len(indent)
        columns = len((" " * cell_len(beginning) + shown).expandtabs())
        if room < _LEAST_ROOM or (shown.isascii() and columns <= width):
            yield beginning + shown
            return
        for piece in Text.from_ansi(shown).wrap(self._console, room, overflow="fold"):
            piece.rstrip()
            yield beginning + self._styled(piece)
            beginning = indent

    def _styled(self, piece: Text) -> str:
        with self._console.capture() as captured:
            self._console.print(piece, end="", soft_wrap=True)
        return captured.get()


def _plain(beginning: str, text: str, _indent: str) -> Iterator[str]:
    yield beginning + without_sequences(text)


def _result(build: BuildView) -> str:
    took = f" after {spoken(build.duration)}" if build.duration else ""
    reason = f": {build.reason}" if build.reason else ""
    return f"{build.project} on {build.system}{took}{reason}"
