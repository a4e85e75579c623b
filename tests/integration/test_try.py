"""``tickborg try`` as a process of its own; :mod:`tests.integration.test_trials` tries more repositories."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.main import UNREAD
from cli.trial import ExitStatus
from tests.support.command_line import CommandLine, Ended
from tests.support.git_repository import GitRepository
from tests.support.patience import PROGRAM_SECONDS
from tests.support.site import SYSTEM
from tests.support.tools import need
from tests.support.trials import (
    BROKEN,
    C_PROJECT,
    GOOD,
    TWO_PROJECTS,
    fingerprint,
    git,
    odd_tree,
    report,
    work_tree,
)


class Trier(CommandLine):
    """Runs ``tickborg try``."""

    async def attempt(self, repository: Path, *options: str) -> Ended:
        """Run it on a repository, which must be afterwards as it was before."""
        before = fingerprint(repository)
        ended = await self.run("try", "--repo", str(repository), *options)
        assert fingerprint(repository) == before
        return ended


@pytest.fixture
async def trier(tmp_path: Path) -> AsyncIterator[Trier]:
    """Runs ``tickborg try``; nothing may be left of it."""
    need("git", "make", "bwrap", "prlimit")
    made = Trier(tmp_path / "home")
    yield made
    await made.end()
    assert made.left() == []


async def test_a_change_that_builds_ends_with_0(trier: Trier, tmp_path: Path) -> None:
    """Only the project that changed is built, what it prints is shown as it comes, and git sees no change."""
    files = {f"{name}/{file}": text for name in ("one", "two") for file, text in C_PROJECT.items()}
    change = {"two/main.c": f"/* better */\n{GOOD}"}
    repository = work_tree(tmp_path / "mono", {**files, ".tickborg.toml": TWO_PROJECTS}, change)
    refs = git(repository, "show-ref")
    tried = await trier.attempt(repository)

    assert (tried.status, tried.complained) == (ExitStatus.SUCCESS, "")
    shown = tried.printed.splitlines()
    assert shown[0].startswith("trying HEAD (")
    assert shown[0].endswith(": Do it better)")
    for line in ("  two │ cc -o main main.c", "1 project: two"):
        assert line in shown
    assert shown[-1].startswith(f"  Success  two on {SYSTEM} after ")
    assert (git(repository, "show-ref"), git(repository, "status", "--porcelain")) == (refs, "")


async def test_a_change_that_does_not_build_ends_with_1(trier: Trier, tmp_path: Path) -> None:
    """The report says which command failed, and the status is in it as well."""
    tried = await trier.attempt(work_tree(tmp_path / "mono", change={"main.c": BROKEN}), "--json")
    assert (tried.status, tried.complained) == (ExitStatus.BUILD_FAILED, "")
    assert report(tried)["exit_status"] == ExitStatus.BUILD_FAILED
    [build] = report(tried)["builds"]
    assert (build["project"], build["outcome"]) == ("mono", "Failure")
    assert build["failed_command"].startswith("make -j")
    assert any("oops" in line for line in build["log_tail"])


async def test_tests_run_where_they_are_asked_for(trier: Trier, tmp_path: Path) -> None:
    """The program builds, and its test fails."""
    change = {"main.c": "int main(void) { return 1; }\n"}
    tried = await trier.attempt(work_tree(tmp_path / "mono", change=change), "--json", "--test")
    assert tried.status == ExitStatus.BUILD_FAILED
    [build] = report(tried)["builds"]
    assert (build["mode"], build["failed_command"]) == ("test", "make check")


async def test_a_conflict_ends_with_2(trier: Trier, tmp_path: Path) -> None:
    """The file is named."""
    repository = GitRepository(work_tree(tmp_path / "mono"))
    repository.commit({"main.c": f"/* worse */\n{GOOD}"}, branch="main")
    tried = await trier.attempt(repository.path)
    assert tried.status == ExitStatus.NOT_EVALUATED
    assert tried.printed.splitlines()[-2:] == ["merge conflict in main.c", "  conflict  main.c"]


async def test_odd_names_go_the_whole_way(trier: Trier, tmp_path: Path) -> None:
    """From the changed files through labels and workspaces to what is said; a terminal is not disturbed."""
    repository = odd_tree(tmp_path / "mono")
    tried = await trier.attempt(repository.path, "--head", "topic")
    assert (tried.status, tried.complained) == (ExitStatus.SUCCESS, "")
    shown = tried.printed.splitlines()
    title = "caf\N{REPLACEMENT CHARACTER}\N{SYMBOL FOR ESCAPE}[31m"
    assert shown[0] == f"trying topic ({repository.head('topic')[:7]}: {title})"
    assert "2 projects: a-b, new-line" in shown
    printed = [" ".join(line.split()) for line in shown]
    assert (printed.count("a-b │ 2"), printed.count("new-line │ 2")) == (2, 1)
    labels = next(line for line in shown if line.startswith("  labels "))
    assert labels.endswith(" project: a-b, project: new-line")


async def test_what_cannot_be_tried_ends_with_3(trier: Trier, tmp_path: Path) -> None:
    """Whoever mistyped something is told in one line what."""
    repository, empty = work_tree(tmp_path / "mono"), tmp_path / "empty"
    GitRepository.create(empty)
    unborn = work_tree(tmp_path / "unborn")
    git(unborn, "checkout", "--quiet", "--orphan", "fresh")
    gone = tmp_path / "gone"
    absent = "has no such branch, tag or commit"
    complaints = {
        (repository, "--head tpoic"): f'--head tpoic: {repository} {absent}; did you mean "topic"?',
        (repository, "--base trunk"): f"--base trunk: {repository} {absent}; it has main, topic",
        (repository, "--base --all"): f"--base --all: {repository} {absent}; it has main, topic",
        (repository, "--head main:Makefile"): f"--head main:Makefile: {repository} {absent}",
        (
            unborn,
            "",
        ): f"--head HEAD: {unborn} has no commit yet on its branch fresh; make one, or name another",
        (repository, "--head main"): "nothing to try: --head main has no commit that --base main lacks",
        (repository, "--bild"): "No such option: --bild",
        (empty, ""): f"--base main: {empty} has no commit yet; make one and try again",
        (gone, ""): f"{gone} is not a folder; give --repo the path of a git repository",
        (trier.temporary, ""): f"{trier.temporary} is no git repository that can be read: fatal: not a git ",
    }
    tried = await asyncio.gather(*(trier.attempt(path, *options.split()) for path, options in complaints))
    for complaint, found in zip(complaints.values(), tried, strict=True):
        assert (found.status, found.printed) == (ExitStatus.USAGE, ""), complaint
        assert complaint in found.complained
        assert "Traceback" not in found.complained


async def test_without_builds_nothing_is_said_of_drafts(trier: Trier, tmp_path: Path) -> None:
    """That the bot is shown one, so that it builds nothing, is nobody's concern."""
    tried = await trier.attempt(work_tree(tmp_path / "mono"), "--no-build")
    assert tried.printed.splitlines()[-2:] == [
        "1 project changed; none is built, as --no-build asks",
        "  changed  mono",
    ]
    assert "draft" not in tried.printed


async def test_a_clone_without_the_history_is_named(trier: Trier, tmp_path: Path) -> None:
    """Two branches without a common commit are no conflict where the clone is shallow."""
    source = work_tree(tmp_path / "mono")
    GitRepository(source).commit({"README.md": "more\n"}, branch="main")
    options = ("--quiet", "--no-single-branch", "--depth", "1")
    git(source, "clone", *options, source.as_uri(), str(tmp_path / "shallow"))
    tried = await trier.attempt(tmp_path / "shallow", "--base", "origin/main", "--head", "origin/topic")
    assert (tried.status, tried.printed) == (ExitStatus.USAGE, "")
    assert "is a shallow clone, in which origin/main and origin/topic have no commit" in tried.complained


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_signal_ends_everything(
    trier: Trier, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    """In mid-build, by Ctrl-C or by TERM: builds, servers and files are gone when it ends."""
    makefile = "all:\n\t@echo begun; sleep 600\n"
    repository = work_tree(tmp_path / "mono", change={"Makefile": makefile})
    process = await trier.start("try", "--repo", str(repository))
    assert process.stdout
    async with asyncio.timeout(PROGRAM_SECONDS):
        while b"begun" not in await process.stdout.readline():
            pass
        process.send_signal(number)
        _, complained = await process.communicate()
    assert (process.returncode, complained) == (status, b"")


async def test_when_nobody_reads_on_it_ends(trier: Trier, tmp_path: Path) -> None:
    """As under ``| head``: in mid-build, without a word, and as any program that a closed pipe ends."""
    makefile = "all:\n\t@echo begun; while :; do echo more; sleep 0.1; done\n"
    repository = work_tree(tmp_path / "mono", change={"Makefile": makefile})
    reading, writing = os.pipe()
    process = await trier.start_printing_to(writing, "try", "--repo", str(repository))
    os.close(writing)
    with os.fdopen(reading, "rb") as printed:
        while b"begun" not in await asyncio.to_thread(printed.readline):
            pass
    async with asyncio.timeout(PROGRAM_SECONDS):
        _, complained = await process.communicate()
    assert (process.returncode, complained) == (UNREAD, b"")


def test_a_bug_is_no_failed_build(tmp_path: Path) -> None:
    """Whatever goes wrong within, a script hears that nothing was found out."""
    script = "from cli.main import run\nasync def work(): return 1 // 0\nrun(work(), crashed=2)\n"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (ExitStatus.NOT_EVALUATED, "")
    assert done.stderr.endswith("ZeroDivisionError: integer division or modulo by zero\n")
