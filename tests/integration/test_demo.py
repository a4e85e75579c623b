"""``tickborg demo``, from its first line to its last."""

import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, Ended
from tests.support.shown import timeless
from tests.support.site import SYSTEM
from tests.support.tools import need

BUILT, TESTED = "success: built in N s", "success: built and tested in N s"
EVALUATED = "status tickborg-eval: success"
NOTES, PAINTER, PALETTE = (f"check {name} on {SYSTEM}" for name in ("notes", "painter", "palette"))

CONFLICT = ["status tickborg-eval: failure: merge conflict in README.md"]
SUPERSEDED = ["labels: project: notes", f"{EVALUATED}: 1 project: notes", f"{NOTES}: {BUILT}"]
DOCUMENTATION = ["labels: scope: docs", f"{EVALUATED}: no project is changed"]


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[CommandLine]:
    """Where the demo is run; nothing may be left of it."""
    need("make", "bwrap", "prlimit")
    made = CommandLine(tmp_path / "home")
    yield made
    await made.end()
    assert made.left() == []


async def test_every_scene_has_its_outcome(terminal: CommandLine) -> None:
    """Five pull requests, a comment, a button and a push, and what is shown of them in the end."""
    need("cmake", "meson", "ninja")
    ended = await terminal.run("demo")

    assert (ended.status, ended.complained) == (0, "")
    assert "  projects           palette, painter, clock, notes" in ended.printed.splitlines()
    assert shown(ended) == {
        1: [
            "labels: project: notes, project: palette",
            f"{EVALUATED}: 3 projects: notes, painter, palette",
            *(f"{check}: {BUILT}" for check in (NOTES, PAINTER)),
            f"{PALETTE}: {TESTED}",
        ],
        2: [
            "labels: project: palette",
            f"{EVALUATED}: 2 projects: painter, palette",
            f"{PAINTER}: failure: `cmake --build` failed with status 2 after N s",
            f"{PALETTE}: failure: `make -j{os.cpu_count()}` failed with status 2 after N s",
        ],
        3: CONFLICT,
        4: SUPERSEDED,
        5: DOCUMENTATION,
    }
    assert "cancelled: superseded by " in ended.printed
    assert "No project `ntoes`; did you mean `notes`?" in ended.printed
    assert f"check notes on {SYSTEM} (push to main): success: built in" in ended.printed
    assert Counter(logs(ended)) == {"success": 6, "failure": 3, "cancelled": 1}
    for outcome, count in (("Success", 6), ("Failure", 3)):
        labels = f'outcome="{outcome}",system="{SYSTEM}"'
        assert f"  tickborg_builds_completed_total{{{labels}}} {count}.0" in ended.printed.splitlines()


async def test_what_cannot_be_built_here_is_named_and_left_out(terminal: CommandLine, tmp_path: Path) -> None:
    """Without CMake and Meson the demo goes on with the projects that need neither, and without RabbitMQ."""
    path = path_without(tmp_path / "bin", "cmake", "meson", "epmd")
    ended = await terminal.run("demo", PATH=str(path))

    assert (ended.status, ended.complained) == (0, "")
    assert "in this process (RabbitMQ is not installed)" in ended.printed
    assert ended.printed.splitlines()[8:11] == [
        "  projects           palette, notes",
        "  left out: painter  cmake is not installed",
        "  left out: clock    meson is not installed",
    ]
    assert shown(ended) == {
        1: [
            "labels: project: notes, project: palette",
            f"{EVALUATED}: 2 projects: notes, palette",
            f"{NOTES}: {BUILT}",
            f"{PALETTE}: {TESTED}",
        ],
        2: [
            "labels: project: palette",
            f"{EVALUATED}: 1 project: palette",
            f"{PALETTE}: failure: `make -j{os.cpu_count()}` failed with status 2 after N s",
        ],
        3: CONFLICT,
        4: SUPERSEDED,
        5: DOCUMENTATION,
    }


def shown(ended: Ended) -> dict[int, list[str]]:
    """Labels, statuses and check runs of each pull request, without times, as the demo prints them last."""
    pulls = part(ended, "What GitHub shows").split("\nexample/monorepo main")[0]
    sections = pulls.split("example/monorepo#")[1:]
    kept = ("  labels:", "  status ", "  check ")
    return {
        int(section.split()[0]): [
            timeless(line.strip()) or "" for line in section.splitlines() if line.startswith(kept)
        ]
        for section in sections
    }


def logs(ended: Ended) -> list[str]:
    """How each log ended; its file and what it is of come before."""
    return [line.rsplit(": ", 1)[1] for line in part(ended, "Logs").splitlines() if line]


def part(ended: Ended, heading: str) -> str:
    """What the demo prints under a heading."""
    rest = ended.printed.split(f"\n{heading}\n", 1)[1]
    return rest.split("\nLogs\n")[0].split("\nMetrics\n")[0]


def path_without(folder: Path, *missing: str) -> Path:
    """A folder with links to all programs that this process finds, but for those that are ``missing``."""
    folder.mkdir()
    for place in os.environ["PATH"].split(":"):
        for program in Path(place).glob("*"):
            link = folder / program.name
            if program.name not in missing and not link.is_symlink():
                link.symlink_to(program)
    return folder
