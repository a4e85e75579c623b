"""What builds do that a builder must bear: print much, nothing or rubbish, ask, hang, outlive, need too much.

In the sandbox, for real; only what is beyond this machine is fake (design, sections 7, 9 and 13).
"""

import asyncio
import math
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from activities.attempt import Builder
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.sandbox import Limits, Toolchain
from tests.support.build_bench import Bench, sample, script
from tests.support.clock import PassTime
from tests.support.processes import alive, new_marker
from tests.support.samples import build_job
from tests.support.tools import need
from tickborg.jobs import BuildMode, BuildOutcome
from tickborg.messages import BuildLogStatus
from tickborg.projects import BuildSystem


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    """A builder with the sample projects."""
    return Bench(tmp_path)


async def test_a_folder_called_build_is_left_alone(bench: Bench) -> None:
    """A project with a ``build`` folder of its own is built elsewhere."""
    need("cmake")
    bench.change({"cmake/build/notes.txt": "mine"})
    result = await bench.build(sample(BuildSystem.CMAKE))
    assert result.outcome is BuildOutcome.SUCCESS
    assert result.commands[0].startswith("cmake -S . -B build.tickborg ")


@pytest.fixture
def few_programs() -> Iterator[Path]:
    """A folder with no programs but those that a sandbox needs, for any user: pytest's own are private."""
    folder = Path(tempfile.mkdtemp(prefix="tickborg-test-"))
    folder.chmod(0o755)
    for program in ("sh", "setpriv", "choom", "prlimit"):
        need(program)
        (folder / program).symlink_to(shutil.which(program) or "")
    yield folder
    shutil.rmtree(folder)


async def test_a_tool_that_is_not_installed_is_named(bench: Bench, few_programs: Path) -> None:
    """The question is asked inside the sandbox: what only the builder has does not count."""
    need("make", "bwrap")
    bench.use(
        Bubblewrap(
            Limits(),
            toolchains=[Toolchain((few_programs,))],
            environment={"PATH": str(few_programs)},
            program=shutil.which("bwrap") or "",
        )
    )
    result = await bench.build(sample(BuildSystem.MAKE))
    assert result.outcome is BuildOutcome.UNEXPECTED_ERROR
    assert result.reason.startswith("make is not installed on the builder builder-1: its operator should")
    assert result.commands == ()


async def test_a_build_over_its_time_is_ended(bench: Bench, pass_time: PassTime) -> None:
    """The whole tree ends, and what was printed is kept."""
    marker, limit = new_marker(), timedelta(hours=1)
    job = script(f"sh -c 'echo begun; sleep 60; :' '{marker}' & sleep 61", timeout=limit)
    building = asyncio.create_task(bench.build(job))
    await (await bench.logs.next()).until("begun")
    pass_time(limit)
    result = await building
    assert result.outcome is BuildOutcome.TIMED_OUT
    assert "begun" in result.log_tail
    assert alive(marker) == []


async def test_a_cancelled_build_leaves_nothing(bench: Bench) -> None:
    """No process, no workspace, and a log that says ``cancelled``."""
    marker = new_marker()
    deaf = f"trap '' TERM; sh -c 'trap \"\" TERM; echo begun; sleep 60' {marker} & wait"
    task = asyncio.create_task(bench.build(script(deaf)))
    log = await bench.logs.next()
    await log.until("begun")
    bench.temporal.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive(marker) == []
    assert bench.workspaces.left() == []
    assert log.status is BuildLogStatus.CANCELLED


async def test_a_build_that_ignores_term_is_ended_all_the_same(bench: Bench) -> None:
    """Over its time it is asked to end, and then killed with all it started."""
    marker = new_marker()
    deaf = "trap '' TERM; while :; do sleep 0.1; done"
    job = script(f'sh -c "{deaf}" {marker} & {deaf}', timeout=timedelta(seconds=0.5))
    assert (await bench.build(job)).outcome is BuildOutcome.TIMED_OUT
    assert alive(marker) == []


async def test_what_a_build_leaves_running_ends_with_it(bench: Bench) -> None:
    """A daemon in a session of its own, with the log still open, neither holds up nor outlives its build."""
    marker = new_marker()
    daemon = f"setsid sh -c 'trap \"\" TERM; echo begun; sleep 600' {marker}"
    result = await bench.build(script(f"({daemon} &); until pgrep -f {marker}; do :; done"))
    assert result.outcome is BuildOutcome.SUCCESS
    assert alive(marker) == []
    assert (await bench.logs.next()).status is BuildLogStatus.SUCCESS


async def test_a_build_that_prints_nothing_has_a_log_and_a_result(bench: Bench) -> None:
    """The log says what was run, and that it succeeded."""
    result = await bench.build(script("true"))
    log = await bench.logs.next()
    assert (result.outcome, log.status) == (BuildOutcome.SUCCESS, BuildLogStatus.SUCCESS)
    assert log.lines == ["$ cd custom", "$ sh -c true"]
    assert (result.line_count, result.log_tail) == (2, tuple(log.lines))


async def test_200_mb_of_output_are_200_mb_of_log(bench: Bench) -> None:
    """A build that prints much takes seconds, succeeds, and its result stays small."""
    line = "a line of a build that prints very very much"
    result = await bench.build(script(f"yes '{line}' | head -c 200000000"))
    own_lines, printed = 2, math.ceil(200_000_000 / (len(line) + 1))
    assert result.outcome is BuildOutcome.SUCCESS
    assert result.line_count == own_lines + printed == (await bench.logs.next()).count
    assert len(result.model_dump_json()) < 30_000


async def test_a_line_of_100_mb_is_continued(bench: Bench) -> None:
    """A line without end becomes lines of 64 Ki characters, as it is printed."""
    result = await bench.build(script("head -c 100000000 /dev/zero | tr '\\0' x"))
    assert result.outcome is BuildOutcome.SUCCESS
    log = await bench.logs.next()
    printed = log.lines[2:]
    assert {len(line) for line in printed[:-1]} == {65536}
    assert sum(map(len, printed)) == 100_000_000


async def test_a_build_that_never_stops_printing_is_ended(bench: Bench) -> None:
    """The limit of a log ends a build long before its time is over."""
    bench.builder = Builder("builder-1", jobs=2, log_limit=10 * 1024 * 1024)
    result = await bench.build(script("yes"))
    assert result.outcome is BuildOutcome.FAILURE
    assert (
        result.reason == "`sh -c yes` was ended: the build printed more than the 10 MiB that a log may have"
    )


async def test_output_that_is_no_text_is_kept_readable(bench: Bench) -> None:
    """NUL, broken UTF-8, colours and CRLF come out as lines."""
    await bench.build(script(r"printf 'a\0b\r\n\377\n\033[31mred\033[0m\n'; printf 'no end'"))
    log = await bench.logs.next()
    assert log.lines[2:] == ["a␀b", "\ufffd", "\x1b[31mred\x1b[0m", "no end"]


async def test_10_mb_of_nuls_are_made_visible(bench: Bench) -> None:
    """A line of nothing but NUL is continued like any other, and the result stays small."""
    result = await bench.build(script("head -c 10000000 /dev/zero"))
    assert result.outcome is BuildOutcome.SUCCESS
    printed = (await bench.logs.next()).lines[2:]
    assert {len(line) for line in printed[:-1]} == {65536}
    assert "".join(printed) == "␀" * 10_000_000
    assert len(result.model_dump_json()) < 30_000


@pytest.mark.parametrize(
    "command",
    ["rm -rf ../custom", "rm -rf ../custom; touch ../custom", "rm -rf ../custom; ln -s /etc ../custom"],
    ids=["removes it", "makes it a file", "makes it a link that leads out"],
)
async def test_a_build_that_takes_its_folder_away_fails(bench: Bench, command: str) -> None:
    """What should run next has nowhere to run, which is the change's fault and no failure of the sandbox."""
    job = build_job(project=script(command, test_command=("echo", "tested")).project, mode=BuildMode.TEST)
    result = await bench.build(job)
    assert (result.outcome, result.failed_command) == (BuildOutcome.FAILURE, f"sh -c '{command}'")
    assert result.reason == f"`sh -c '{command}'` left no folder `custom` that anything could be run in"
    assert "tested" not in result.log_tail


async def test_a_build_that_asks_gets_no_answer(bench: Bench) -> None:
    """A build that reads from a terminal fails at once instead of waiting for its time to be over."""
    result = await bench.build(script("read answer"))
    assert (result.outcome, result.exit_status) == (BuildOutcome.FAILURE, 1)
