"""What ``tickborg try`` shows, on terminals of several widths and in a pipe."""

import asyncio
import io
from uuid import UUID

import pytest
from rich.console import Console

from cli.trial_display import LAST_LINES, Checked, TrialDisplay, Tried
from messaging.in_process import QUEUE_LENGTH, InProcessTransport
from messaging.live import LiveLogs
from messaging.log_assembly import AnyLogMessage
from messaging.log_envelope import outgoing
from tests.support.build_logs import ATTEMPT, START, end, lines
from tests.support.log_pipeline import running
from tests.support.samples import build_view, pull_request_view
from tickborg.jobs import BuildOutcome, EvaluationOutcome
from tickborg.messages import BuildLogMsg, BuildLogStatus
from tickborg.views import BuildView, PullRequestView

OTHER = UUID("6a1f0000-0000-4000-8000-000000000002")


class Screen:
    """A display on a terminal of ``width`` columns, or in a pipe, and the logs that it follows."""

    def __init__(self, width: int | None = None, *, silent: bool = False, no_color: bool = False) -> None:
        self.output = io.StringIO()
        console = Console(file=self.output, width=width, force_terminal=width is not None, no_color=no_color)
        self.display = TrialDisplay(console, silent=silent)
        self.transport = InProcessTransport()

    @property
    def shown(self) -> list[str]:
        """The lines shown so far."""
        return self.output.getvalue().splitlines()

    async def hear(self, *messages: AnyLogMessage, view: PullRequestView) -> None:
        """Have messages published, and all of them shown."""
        async with running(self.display.follow(LiveLogs(self.transport))):
            await asyncio.sleep(0)  # now it follows
            for message in messages:
                await self.transport.publish(outgoing(message))
            await self.display.until_heard(view)

    async def print(self, *printed: str) -> None:
        """Have one build print lines, and end."""
        await self.hear(START, said(*printed), end(BuildLogStatus.SUCCESS, len(printed)), view=view_of())


def said(*printed: str, attempt: UUID = ATTEMPT) -> BuildLogMsg:
    """Lines of a build."""
    return lines(1, 1, attempt).model_copy(update={"output": "\n".join(printed)})


def failed(name: str, attempt: UUID) -> BuildView:
    """A build that failed."""
    reason = "`make -j2` exited with status 2"
    return build_view(name, outcome=BuildOutcome.FAILURE, attempt_id=str(attempt), reason=reason)


def view_of(*builds: BuildView) -> PullRequestView:
    """Builds that are done, one that failed if none is given."""
    given = builds or (failed("meshmc", ATTEMPT),)
    reason = f"{len(given)} projects"
    return pull_request_view(*given, evaluation=EvaluationOutcome.EVALUATED, evaluation_reason=reason)


async def test_a_pipe_gets_whole_lines_of_plain_text() -> None:
    """However long they are, and whatever a build would have done to a terminal."""
    screen = Screen()
    await screen.print("\x1b[31mred\x1b[m and \x1b]0;title\x07no title", "x" * 300, "", "a\tb\x1bc\x08")
    assert screen.shown == [
        "  meshmc │ red and no title",
        f"  meshmc │ {'x' * 300}",
        "  meshmc │ ",
        "  meshmc │ a\tb␈",
    ]


async def test_a_terminal_gets_colours_and_nothing_else_to_obey() -> None:
    """Clearing the screen, its title and its reset are not a build's to decide."""
    screen = Screen(80)
    await screen.print("\x1b[31mred\x1b[2J\x1b]0;title\x07\x1bc")
    assert screen.shown == ["  meshmc │ \x1b[31mred\x1b[m"]


async def test_whoever_wants_no_colour_gets_none() -> None:
    """https://no-color.org."""
    screen = Screen(80, no_color=True)
    await screen.print("\x1b[31mred\x1b[m", "\x1b[31mred\x1b[m " * 30)
    assert "\x1b[31m" not in screen.output.getvalue()


@pytest.mark.parametrize("width", [60, 80, 100])
async def test_a_long_line_goes_on_under_its_beginning(width: int) -> None:
    """The column of names stays clear, no line is broken by the terminal, and no word is lost."""
    words = [f"-DOPTION_{number}=/usr/include/number/{number}" for number in range(20)]
    screen = Screen(width)
    await screen.print(" ".join(words), f"\x1b[1m{'é' * 300}\x1b[m")
    first, *others = screen.shown
    assert first.startswith("  meshmc │ -DOPTION_0")
    assert all(other[:11] in {"         │ ", "  meshmc │ "} for other in others)
    assert all(len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) <= width for line in screen.shown)
    text = " ".join(line[11:] for line in screen.shown)
    assert text.split()[: len(words)] == words
    assert text.count("é") == 300


async def test_on_a_very_narrow_terminal_lines_are_left_to_it() -> None:
    """A column of a few letters would help nobody."""
    screen = Screen(30)
    await screen.print("one two three four five six seven eight")
    assert screen.shown == ["  meshmc │ one two three four five six seven eight"]


async def test_what_the_bot_says_is_in_two_columns() -> None:
    """The summary comment is left out: what is in it is shown at the end."""
    screen = Screen(80)
    screen.display.sight("status tickborg-eval", "failure: merge conflict in a/rather/long/path.c and 2 more")
    screen.display.sight("comment by tickborg[bot]", "everything")
    assert screen.shown == [
        "  status tickborg-eval              failure: merge conflict in",
        "                                    a/rather/long/path.c and 2 more",
    ]


async def test_of_several_builds_the_failed_ones_are_explained_at_the_end() -> None:
    """What they said at last is shown again, since others printed in between; the outcomes come last."""
    screen = Screen()
    other = START.model_copy(update={"attempt_id": OTHER, "project": "cgit"})
    printed = [f"line {number}" for number in range(100)]
    good = build_view("cgit", outcome=BuildOutcome.SUCCESS, attempt_id=str(OTHER))
    view = view_of(good, failed("meshmc", ATTEMPT))
    closing = (end(BuildLogStatus.FAILURE, 100), end(BuildLogStatus.SUCCESS, 1, OTHER))
    await screen.hear(START, other, said(*printed), said("fine", attempt=OTHER), *closing, view=view)
    screen.output.truncate(0)
    screen.output.seek(0)
    screen.display.conclude(Tried(view))
    assert screen.shown == [
        "",
        "the end of the log of meshmc on x86_64-linux",
        *(f"  meshmc │ {line}" for line in printed[-LAST_LINES:]),
        "",
        "2 projects",
        "  Success  cgit on x86_64-linux after 12 s",
        "  Failure  meshmc on x86_64-linux after 12 s: `make -j2` exited with status 2",
    ]


@pytest.mark.parametrize("building", [True, False])
def test_checks_are_part_of_the_conclusion(building: bool) -> None:  # noqa: FBT001
    """With builds and without."""
    screen = Screen()
    view = pull_request_view(evaluation=EvaluationOutcome.EVALUATED, changed_projects=("cgit",))
    tried = Tried(view, (Checked("format", "failure", "`make` failed with status 2 after 1 s"),))
    (screen.display.conclude if building else screen.display.conclude_without_builds)(tried)
    assert "  Failure  check format: `make` failed with status 2 after 1 s" in screen.shown


async def test_of_one_build_nothing_is_said_twice() -> None:
    """Its log has just been shown."""
    screen = Screen()
    await screen.print("error: no")
    screen.display.conclude(Tried(view_of()))
    assert screen.output.getvalue().count("error: no") == 1


async def test_names_of_projects_are_in_line_from_the_first_check_on() -> None:
    """The longest is known before the first build prints."""
    screen = Screen()
    screen.display.sight("check a-longer-name on x86_64-linux", "queued")
    await screen.print("line")
    assert screen.shown[-1] == "  meshmc        │ line"


async def test_a_silent_display_remembers_what_builds_printed() -> None:
    """For the JSON document: the last lines as plain text."""
    screen = Screen(silent=True)
    await screen.print("\x1b[31mred\x1b[m", "the end")
    assert screen.shown == []
    assert screen.display.tail(failed("meshmc", ATTEMPT)) == ("red", "the end")
    assert screen.display.tail(build_view()) == ()


async def test_a_build_that_prints_very_much_is_shown_to_the_end() -> None:
    """More messages than are ever on their way at once, every one of them."""
    screen = Screen()
    many = QUEUE_LENGTH + 10
    async with running(screen.display.follow(LiveLogs(screen.transport))):
        await asyncio.sleep(0)
        collector = screen.transport.subscribe("build-logs", many)
        async with collector as collecting:
            for number in range(many):
                await screen.transport.publish(outgoing(said(f"line {number}")))
                await collecting.acknowledge(await collecting.batch())
                await asyncio.sleep(0)
        await screen.transport.publish(outgoing(end(BuildLogStatus.SUCCESS, many)))
        await screen.display.until_heard(view_of())
    assert len(screen.shown) == many
