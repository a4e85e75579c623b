"""``tickborg try`` on real repositories of every kind, as a process of its own."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cli.trial import ExitStatus
from tests.support.command_line import CommandLine, Ended
from tests.support.git_repository import GitRepository
from tests.support.patience import PROGRAM_SECONDS
from tests.support.site import SYSTEM
from tests.support.tools import need

MAKEFILE = "all: main.c\n\t$(CC) -o main main.c\n\ncheck: all\n\t./main\n"
GOOD, BROKEN = "int main(void) { return 0; }\n", "int main(void) { return oops; }\n"
TWO_PROJECTS = '[[project]]\nname = "one"\npath = "one"\n[[project]]\nname = "two"\npath = "two"\n'


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


def report(tried: Ended) -> dict[str, Any]:
    """What ``--json`` printed."""
    found: dict[str, Any] = json.loads(tried.printed)
    return found


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file below a folder with a hash of what it holds and its mode, those of git as well."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() or path.is_symlink())
    return {str(path): f"{path.lstat().st_mode:o} {_hash(path)}" for path in files}


def _hash(path: Path) -> str:
    return str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()


def git(folder: Path, *arguments: str) -> str:
    """Run git as a person would, with none of this machine's settings."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    command = ["git", "-c", "safe.directory=*", *identity, "-C", str(folder), *arguments]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip()


def work_tree(path: Path, files: dict[str, str] | None = None, change: dict[str, str] | None = None) -> Path:
    """A repository with a work tree, on a branch ``topic`` that changes one thing of ``main``."""
    repository = GitRepository.create(path)
    base = repository.commit(files or {"Makefile": MAKEFILE, "main.c": GOOD}, message="Begin")
    repository.branch("topic", base)
    repository.commit(change or {"main.c": f"/* better */\n{GOOD}"}, branch="topic", message="Do it better")
    repository.check_out("topic")
    return path


async def test_a_change_that_builds_ends_with_0(trier: Trier, tmp_path: Path) -> None:
    """Only the project that changed is built, what it prints is shown as it comes, and git sees no change."""
    files = {f"{name}/{file}": text for name in ("one", "two") for file, text in _FILES.items()}
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


_FILES = {"Makefile": MAKEFILE, "main.c": GOOD}


async def test_a_change_that_does_not_build_ends_with_1(trier: Trier, tmp_path: Path) -> None:
    """The report says which command failed, and the status is in it as well."""
    tried = await trier.attempt(work_tree(tmp_path / "mono", change={"main.c": BROKEN}), "--json")
    assert (tried.status, tried.complained) == (ExitStatus.BUILD_FAILED, "")
    assert report(tried)["exit_status"] == ExitStatus.BUILD_FAILED
    [build] = report(tried)["builds"]
    assert (build["project"], build["outcome"]) == ("mono", "Failure")
    assert build["failed_command"].startswith("make -j")


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


async def test_a_project_file_that_cannot_be_used_ends_with_2(trier: Trier, tmp_path: Path) -> None:
    """The target branch's file counts, and its fault is named with its line."""
    repository = work_tree(tmp_path / "mono", {**_FILES, ".tickborg.toml": "[[project]\n"})
    tried = await trier.attempt(repository, "--json")
    assert tried.status == report(tried)["exit_status"] == ExitStatus.NOT_EVALUATED
    assert report(tried)["evaluation"] == "bad_project_file"
    assert report(tried)["evaluation_reason"].startswith(".tickborg.toml line 1")


async def test_what_cannot_be_tried_ends_with_3(trier: Trier, tmp_path: Path) -> None:
    """Whoever mistyped something is told in one line what."""
    repository, empty = work_tree(tmp_path / "mono"), tmp_path / "empty"
    GitRepository.create(empty)
    gone = tmp_path / "gone"
    complaints = {
        (repository, "--head tpoic"): f"--head tpoic: {repository} has no such branch, tag or commit",
        (repository, "--base --all"): f"--base --all: {repository} has no such branch, tag or commit",
        (repository, "--head main"): "nothing to try: --head main has no commit that --base main lacks",
        (repository, "--bild"): "No such option: --bild",
        (empty, ""): f"--base main: {empty} has no such branch, tag or commit",
        (gone, ""): f"{gone} is not a folder; give --repo the path of a git repository",
        (trier.temporary, ""): f"{trier.temporary} is no git repository that can be read: ",
    }
    tried = await asyncio.gather(*(trier.attempt(path, *options.split()) for path, options in complaints))
    for complaint, found in zip(complaints.values(), tried, strict=True):
        assert (found.status, found.printed) == (ExitStatus.USAGE, ""), complaint
        assert complaint in found.complained
        assert "Traceback" not in found.complained


def bare(source: Path, place: Path) -> tuple[Path, str, str]:
    """A bare repository."""
    git(source, "clone", "--quiet", "--bare", str(source), str(place / "kind.git"))
    return place / "kind.git", "main", "topic"


def linked_work_tree(source: Path, place: Path) -> tuple[Path, str, str]:
    """A second work tree of a repository; ``HEAD`` is that of the work tree."""
    git(source, "worktree", "add", "--quiet", str(place / "linked"), "-b", "third", "topic")
    return place / "linked", "main", "HEAD"


def subfolder(source: Path, place: Path) -> tuple[Path, str, str]:
    """A folder within a work tree."""
    (source / "below").mkdir()
    return source / "below", "main", "topic"


def detached(source: Path, place: Path) -> tuple[Path, str, str]:
    """A work tree on no branch."""
    git(source, "checkout", "--quiet", "--detach", "topic")
    return source, "main", "HEAD"


def shas_and_tags(source: Path, place: Path) -> tuple[Path, str, str]:
    """The base is an annotated tag, the head an abbreviated sha."""
    git(source, "tag", "--annotate", "--message", "First", "v1", "main")
    return source, "v1", git(source, "rev-parse", "--short", "topic")


def other_base(source: Path, place: Path) -> tuple[Path, str, str]:
    """The branch to merge with is not called ``main``, and has a slash in its name."""
    git(source, "branch", "--move", "main", "release/1.0")
    return source, "release/1.0", "topic"


def shallow(source: Path, place: Path) -> tuple[Path, str, str]:
    """A clone that has just enough history to merge."""
    options = ("--quiet", "--no-single-branch", "--depth", "2")
    git(source, "clone", *options, source.as_uri(), str(place / "shallow"))
    return place / "shallow", "origin/main", "HEAD"


def of_somebody_else(source: Path, place: Path) -> tuple[Path, str, str]:
    """Its files belong to another user, where we may change that."""
    if os.geteuid() == 0:
        for path in (source, *source.rglob("*")):
            os.chown(path, 12_345, 12_345)
    return source, "main", "topic"


@pytest.mark.parametrize(
    "kind",
    [bare, linked_work_tree, subfolder, detached, shas_and_tags, other_base, shallow, of_somebody_else],
    ids=lambda kind: kind.__name__,
)
async def test_every_kind_of_repository_can_be_tried(trier: Trier, tmp_path: Path, kind: Any) -> None:
    """The change is found, named after the repository, and nothing is written into it."""
    path, base, head = kind(work_tree(tmp_path / "mono"), tmp_path)
    tried = await trier.attempt(path, "--base", base, "--head", head, "--json", "--no-build")
    assert (tried.status, tried.complained) == (ExitStatus.SUCCESS, "")
    assert report(tried)["exit_status"] == ExitStatus.SUCCESS
    assert report(tried)["pull"]["title"] == "Do it better"
    [project] = report(tried)["changed_projects"]
    assert project in {"mono", "kind", "shallow"}
    assert report(tried)["builds"] == []


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
