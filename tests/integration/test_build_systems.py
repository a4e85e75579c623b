"""Every build system for real, in the sandbox, in each way in which its build can end (design, section 7)."""

import asyncio
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.build_bench import Bench, sample
from tests.support.processes import alive, new_marker, supervised, supervisors
from tests.support.samples import build_job, project
from tests.support.tools import need
from tickborg.jobs import BuildMode, BuildOutcome
from tickborg.messages import BuildLogStatus
from tickborg.projects import BuildSystem

DOES_NOT_COMPILE = "int main(void) { return nothing; }\n"
FAILS = "int main(void) { return 1; }\n"
HANGS = "sh -c 'sleep 600; :' MARKER"
"""Found by its marker, from outside the sandbox too."""


@dataclass(frozen=True)
class Facts:
    """What is to be known about a build system, and how its sample is broken and slowed down."""

    needs: tuple[str, ...]
    built: str
    """Where the sample's program is afterwards."""
    source: str
    """The file that is broken."""
    build_command: str
    test_command: str
    hanging: dict[str, str]
    """Files with which the build never ends."""
    process: str
    """What runs while it does."""
    does_not_compile: str = DOES_NOT_COMPILE
    complaint: str = "undeclared (first use in this function)"
    fails: str = FAILS


FACTS = {
    BuildSystem.CMAKE: Facts(
        needs=("cmake", "make"),
        built="build/greeting",
        source="greeting.c",
        build_command="cmake --build build --config Release -j 2",
        test_command="ctest --test-dir build --output-on-failure",
        hanging={
            "CMakeLists.txt": (
                "cmake_minimum_required(VERSION 3.20)\nproject(greeting NONE)\n"
                'add_custom_target(hang ALL COMMAND sh -c "sleep 600; :" MARKER VERBATIM)\n'
            )
        },
        process="cmake",
    ),
    BuildSystem.MESON: Facts(
        needs=("meson", "ninja"),
        built="build/greeting",
        source="greeting.c",
        build_command="meson compile -C build",
        test_command="meson test -C build",
        hanging={
            "meson.build": (
                "project('greeting')\n"
                "hangs = ['sh', '-c', 'sleep 600; :', 'MARKER']\n"
                "custom_target('hang', output: 'hang', command: hangs, build_by_default: true)\n"
            )
        },
        process="ninja",
    ),
    BuildSystem.AUTOTOOLS: Facts(
        needs=("autoreconf", "make"),
        built="greeting",
        source="src/greeting.c",
        build_command="make -j2",
        test_command="make check",
        hanging={
            "configure.ac": (
                "AC_INIT([greeting], [1.0])\nAM_INIT_AUTOMAKE([foreign])\n"
                "AC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n"
            ),
            "Makefile.am": f"all-local:\n\t{HANGS}\n",
        },
        process="make",
    ),
    BuildSystem.CARGO: Facts(
        needs=("cargo",),
        built="target/release/greeting",
        source="src/main.rs",
        build_command="cargo build --release",
        test_command="cargo test --release",
        hanging={
            "build.rs": (
                'fn main() { std::process::Command::new("sh").args(["-c", "sleep 600; :", "MARKER"])'
                ".status().unwrap(); }\n"
            )
        },
        process="cargo",
        does_not_compile="fn main() { nothing }\n",
        complaint="cannot find value `nothing` in this scope",
        fails="fn main() {}\n#[test]\nfn greets() { assert!(false); }\n",
    ),
    BuildSystem.GRADLE: Facts(
        needs=("gradle",),
        built="greeting",
        source="greeting.c",
        build_command="gradle assemble",
        test_command="gradle check",
        hanging={
            "build.gradle": (
                "plugins { id 'base' }\n"
                "task hang(type: Exec) { commandLine 'sh', '-c', 'sleep 600; :', 'MARKER' }\n"
                "assemble.dependsOn hang\n"
            )
        },
        process="java",
    ),
    BuildSystem.MAKE: Facts(
        needs=("make",),
        built="greeting",
        source="greeting.c",
        build_command="make -j2",
        test_command="make check",
        hanging={"Makefile": f"all:\n\t{HANGS}\n"},
        process="make",
    ),
    BuildSystem.CUSTOM: Facts(
        needs=("sh",),
        built="greeting",
        source="compose.sh",
        build_command="sh -c ./compose.sh",
        test_command="sh -c './greeting | grep '\"'\"'hello from custom'\"'\"''",
        hanging={"compose.sh": f"#!/bin/sh\n{HANGS}\n"},
        process="compose.sh",
        does_not_compile="#!/bin/sh\nnothing\n",
        complaint="nothing: not found",
        fails="#!/bin/sh\necho true >greeting\nchmod +x greeting\n",
    ),
}


@pytest.fixture(params=BuildSystem)
def build_system(request: pytest.FixtureRequest) -> BuildSystem:
    """Each of the seven."""
    found: BuildSystem = request.param
    need(*FACTS[found].needs)
    return found


@pytest.fixture
def facts(build_system: BuildSystem) -> Facts:
    """What is to be known about it."""
    return FACTS[build_system]


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    """A builder with the sample projects."""
    return Bench(tmp_path)


def hang(bench: Bench, build_system: BuildSystem) -> str:
    """Make the build of the sample one that never ends, and return the marker of what hangs."""
    marker = new_marker()
    files = FACTS[build_system].hanging.items()
    bench.change({f"{build_system}/{name}": text.replace("MARKER", marker) for name, text in files})
    return marker


async def test_it_builds_and_passes_its_tests(bench: Bench, build_system: BuildSystem, facts: Facts) -> None:
    """Configure, build and test really run, without a network; what was built greets."""
    greetings: list[bytes] = []

    def greet(workspace: Path) -> None:
        program = workspace / build_system / facts.built
        greetings.append(subprocess.run([program], check=True, capture_output=True).stdout)

    bench.workspaces.inspect = greet
    result = await bench.build(sample(build_system))
    log = await bench.logs.next()
    assert result.outcome is BuildOutcome.SUCCESS, "\n".join(log.lines)
    assert greetings == [f"hello from {build_system}\n".encode()]
    assert result.commands[-2:] == (facts.build_command, facts.test_command)
    assert log.status is BuildLogStatus.SUCCESS
    assert [line for line in log.lines if line.startswith("$ ")] == [
        f"$ cd {build_system}",
        *(f"$ {command}" for command in result.commands),
    ]


async def test_code_that_does_not_compile_fails_the_build(
    bench: Bench, build_system: BuildSystem, facts: Facts
) -> None:
    """The tool's own words are in the result, the failed command is named, and no test is run."""
    bench.change({f"{build_system}/{facts.source}": facts.does_not_compile})
    result = await bench.build(sample(build_system))
    assert (result.outcome, result.failed_command) == (BuildOutcome.FAILURE, facts.build_command)
    assert result.exit_status
    assert result.exit_status > 0
    assert any(facts.complaint in line for line in result.log_tail), "\n".join(result.log_tail)
    assert facts.test_command not in result.commands


async def test_a_test_that_fails_fails_the_test_step(
    bench: Bench, build_system: BuildSystem, facts: Facts
) -> None:
    """The code builds, and it is the test's command that is named."""
    bench.change({f"{build_system}/{facts.source}": facts.fails})
    result = await bench.build(sample(build_system))
    assert (result.outcome, result.failed_command) == (BuildOutcome.FAILURE, facts.test_command)
    assert (await bench.logs.next()).status is BuildLogStatus.FAILURE


async def test_a_cancel_in_mid_build_ends_every_process(
    bench: Bench, build_system: BuildSystem, facts: Facts
) -> None:
    """The tool, what it started and the sandbox around them are gone when the cancel is answered."""
    marker = hang(bench, build_system)
    task = asyncio.create_task(bench.build(sample(build_system)))
    tree = await supervised(marker)
    assert facts.process in {process.name() for process in tree}
    bench.temporal.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [process for process in tree if process.is_running()] == []
    assert (alive(marker), supervisors()) == ([], [])
    assert bench.workspaces.left() == []
    assert (await bench.logs.next()).status is BuildLogStatus.CANCELLED


async def test_a_build_over_its_time_is_ended_with_every_process(
    bench: Bench, build_system: BuildSystem
) -> None:
    """The project's time is over at whatever step; the one that ran is named, and nothing is left of it."""
    marker = hang(bench, build_system)
    result = await bench.build(sample(build_system, timeout=timedelta(seconds=1)))
    assert result.outcome is BuildOutcome.TIMED_OUT
    assert result.failed_command == result.commands[-1]
    assert result.reason.endswith("was still running when the project's 1 s were over, and was ended")
    assert (alive(marker), supervisors()) == ([], [])
    assert bench.workspaces.left() == []
    assert (await bench.logs.next()).status is BuildLogStatus.TIMED_OUT


async def test_a_gradle_project_with_a_wrapper_is_built_by_it(bench: Bench) -> None:
    """No installed Gradle is asked for: the project says which one it wants."""
    need("java")
    wrapped = project("gradle-wrapper", build_system=BuildSystem.GRADLE)
    result = await bench.build(build_job(project=wrapped, mode=BuildMode.TEST))
    assert result.outcome is BuildOutcome.SUCCESS, "\n".join(result.log_tail)
    assert result.commands == ("./gradlew assemble", "./gradlew check")
