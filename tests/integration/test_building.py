"""Real builds of real projects by every build system, in the sandbox (design, sections 7 and 13)."""

import asyncio
import math
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.attempt import Builder
from activities.building import BuildActivities
from activities.clients.sandbox.bubblewrap import Bubblewrap
from activities.clients.sandbox.process import ProcessRunner
from activities.clients.sandbox.sandbox import Limits, found_toolchains
from tests.support.clock import PassTime
from tests.support.fake_builder import FakeBuildLogs, FakeCluster, FakeStats, FakeWorkspaces
from tests.support.processes import alive, new_marker
from tests.support.samples import build_job, project
from tests.support.tools import need
from tickborg.jobs import BuildJob, BuildMode, BuildOutcome, BuildResult
from tickborg.messages import BuildLogStatus
from tickborg.projects import BuildSystem

SAMPLES = Path(__file__).parents[1] / "samples"
TOOLS = {
    BuildSystem.CMAKE: ("cmake", "make"),
    BuildSystem.MESON: ("meson", "ninja"),
    BuildSystem.AUTOTOOLS: ("autoreconf", "make"),
    BuildSystem.CARGO: ("cargo",),
    BuildSystem.GRADLE: ("java",),
    BuildSystem.MAKE: ("make",),
    BuildSystem.CUSTOM: ("sh",),
}
BUILT = {
    BuildSystem.CMAKE: "build/greeting",
    BuildSystem.MESON: "build/greeting",
    BuildSystem.AUTOTOOLS: "greeting",
    BuildSystem.CARGO: "target/release/greeting",
    BuildSystem.GRADLE: "greeting",
    BuildSystem.MAKE: "greeting",
    BuildSystem.CUSTOM: "greeting",
}
SCRIPTS = {
    "command": "./compose.sh",
    "test_command": ("sh", "-c", "./greeting | grep 'hello from custom'"),
}


class Bench:
    """A builder that really builds; only what is beyond this machine is fake."""

    def __init__(self, tmp_path: Path) -> None:
        need("bwrap", "prlimit")
        sandbox = Bubblewrap(Limits(), toolchains=found_toolchains(os.environ))
        self.runner = ProcessRunner(
            sandbox, grace=timedelta(seconds=0.5), leftover_patience=timedelta(seconds=0.3)
        )
        self.workspaces = FakeWorkspaces(tmp_path, source=SAMPLES)
        self.logs = FakeBuildLogs()
        self.stats = FakeStats()
        self.temporal = ActivityEnvironment()
        self.builder = Builder("builder-1", jobs=2)

    async def build(self, job: BuildJob) -> BuildResult:
        """Run the activity."""
        activities = BuildActivities(
            self.builder,
            workspaces=self.workspaces,
            runner=self.runner,
            logs=self.logs,
            stats=self.stats,
            cluster=FakeCluster(),
        )
        return await self.temporal.run(activities.build, job)


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    """A builder with the sample projects."""
    return Bench(tmp_path)


def sample(build_system: BuildSystem, **fields: object) -> BuildJob:
    """Build and test the sample project of ``build_system``."""
    scripts = SCRIPTS if build_system is BuildSystem.CUSTOM else {}
    values = {"build_system": build_system, **scripts, **fields}
    return build_job(project=project(build_system.value, **values), mode=BuildMode.TEST)


def script(command: str, **fields: object) -> BuildJob:
    """Build a custom project by ``command``."""
    values = {"path": "custom", "build_system": BuildSystem.CUSTOM, "command": command, **fields}
    return build_job(project=project("custom", **values))


@pytest.mark.parametrize("build_system", BuildSystem)
async def test_every_build_system_builds_and_tests_its_sample(
    bench: Bench, build_system: BuildSystem
) -> None:
    """Configure, build and test really run, in the sandbox, without a network; what was built greets."""
    need(*TOOLS[build_system])
    greetings: list[bytes] = []

    def greet(workspace: Path) -> None:
        program = workspace / build_system / BUILT[build_system]
        greetings.append(subprocess.run([program], check=True, capture_output=True).stdout)

    bench.workspaces.inspect = greet
    result = await bench.build(sample(build_system))
    log = await bench.logs.next()
    assert result.outcome is BuildOutcome.SUCCESS, "\n".join(log.lines)
    assert greetings == [f"hello from {build_system}\n".encode()]
    assert log.status is BuildLogStatus.SUCCESS
    assert [line for line in log.lines if line.startswith("$ ")] == [
        f"$ cd {build_system}",
        *(f"$ {command}" for command in result.commands),
    ]


async def test_a_folder_called_build_is_left_alone(tmp_path: Path) -> None:
    """A project with a ``build`` folder of its own is built elsewhere."""
    need("cmake")
    bench = Bench(tmp_path)
    bench.workspaces = FakeWorkspaces(tmp_path, source=SAMPLES, files={"cmake/build/notes.txt": "mine"})
    result = await bench.build(sample(BuildSystem.CMAKE))
    assert result.outcome is BuildOutcome.SUCCESS
    assert result.commands[0].startswith("cmake -S . -B build.tickborg ")


async def test_code_that_does_not_compile_fails(tmp_path: Path) -> None:
    """The compiler's words are in the log and the result, and the failed command is named."""
    need("cmake")
    bench = Bench(tmp_path)
    broken = {"cmake/greeting.c": "int main(void) { return nothing; }\n"}
    bench.workspaces = FakeWorkspaces(tmp_path, source=SAMPLES, files=broken)
    result = await bench.build(sample(BuildSystem.CMAKE))
    assert result.outcome is BuildOutcome.FAILURE
    assert result.failed_command == "cmake --build build --config Release -j 2"
    assert result.exit_status == 2
    assert any("nothing" in line and "undeclared" in line for line in result.log_tail)


async def test_tests_that_fail_fail(tmp_path: Path) -> None:
    """A test that fails is the failure of the test step."""
    need("make")
    bench = Bench(tmp_path)
    rude = {"make/greeting.c": "int main(void) { return 0; }\n"}
    bench.workspaces = FakeWorkspaces(tmp_path, source=SAMPLES, files=rude)
    result = await bench.build(sample(BuildSystem.MAKE))
    assert (result.outcome, result.failed_command) == (BuildOutcome.FAILURE, "make check")


async def test_a_tool_that_is_not_installed_is_named(bench: Bench) -> None:
    """The question is asked inside the sandbox: what only the builder has does not count."""
    if shutil.which("gradle", path="/usr/local/bin:/usr/bin:/bin") is not None:
        pytest.fail("this test needs a machine without gradle: apt-get remove gradle")
    job = build_job(project=project("custom", build_system=BuildSystem.GRADLE))
    result = await bench.build(job)
    assert result.outcome is BuildOutcome.UNEXPECTED_ERROR
    assert result.reason.startswith("gradle is not installed on the builder builder-1")


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


async def test_a_build_that_asks_gets_no_answer(bench: Bench) -> None:
    """A build that reads from a terminal fails at once instead of waiting for its time to be over."""
    result = await bench.build(script("read answer"))
    assert (result.outcome, result.exit_status) == (BuildOutcome.FAILURE, 1)
