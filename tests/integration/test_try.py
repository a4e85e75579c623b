"""``tickborg try`` on real repositories of every kind, as a process of its own."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cli.main import UNREAD
from cli.trial import ExitStatus
from tests.support.command_line import CommandLine, Ended
from tests.support.git_repository import Changes, GitRepository, submodule, symlink
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


def work_tree(path: Path, files: Changes | None = None, change: Changes | None = None) -> Path:
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
    assert any("oops" in line for line in build["log_tail"])


async def test_each_of_several_failed_builds_is_explained_at_the_end(trier: Trier, tmp_path: Path) -> None:
    """What they printed at last comes again, then how they ended, and what may help if that is known."""
    offline = "all:\n\t@printf '\\033[2JCould not resolve host: example.org\\n'; exit 6\n"
    files = {f"one/{name}": text for name, text in _FILES.items()} | {"two/Makefile": "all:\n"}
    change = {"one/main.c": BROKEN, "two/Makefile": offline}
    tried = await trier.attempt(
        work_tree(tmp_path / "mono", {**files, ".tickborg.toml": TWO_PROJECTS}, change)
    )
    assert tried.status == ExitStatus.BUILD_FAILED
    shown = tried.printed.splitlines()
    one, two = (shown.index(f"the end of the log of {name} on {SYSTEM}") for name in ("one", "two"))
    assert any("oops" in line for line in shown[one:two])
    assert "  two │ Could not resolve host: example.org" in shown[two:]
    assert shown[-2].startswith(f"  Failure  one on {SYSTEM} after ")
    assert shown[-1].endswith("only if its project says `network = true` in `.tickborg.toml`")


async def test_a_check_that_fails_is_told_and_a_removed_project_is_not(trier: Trier, tmp_path: Path) -> None:
    """The first ends a trial with 1; the second is no failure."""
    check = '[[check]]\nname = "format"\ncommand = ["grep", "better", "one/notes"]\n'
    files = {".tickborg.toml": TWO_PROJECTS + check, "one/Makefile": "all:\n", "two/Makefile": "all:\n"}
    repository = work_tree(tmp_path / "mono", files, {"one/notes": "worse\n", "two/Makefile": None})
    tried = await trier.attempt(repository, "--json")
    found = report(tried)
    assert tried.status == found["exit_status"] == ExitStatus.BUILD_FAILED
    assert [(check["name"], check["state"]) for check in found["checks"]] == [("format", "failure")]
    GitRepository(repository).commit({"one/notes": "better\n"}, branch="topic")
    assert (await trier.attempt(repository)).status == ExitStatus.SUCCESS


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


async def test_unrelated_histories_end_with_2(trier: Trier, tmp_path: Path) -> None:
    """That there is nothing to merge from is no conflict of files, and is said as what it is."""
    repository = GitRepository(work_tree(tmp_path / "mono"))
    repository.commit({"main.c": GOOD}, branch="orphan", parents=())
    tried = await trier.attempt(repository.path, "--head", "orphan")
    assert tried.status == ExitStatus.NOT_EVALUATED
    said = "nothing can be merged: the head and main have no commit in common"
    assert tried.printed.splitlines()[-1] == said


async def test_a_project_that_the_change_removes_is_no_failure(trier: Trier, tmp_path: Path) -> None:
    """There is nothing to build of it; what needs it is built all the same."""
    needs = TWO_PROJECTS.replace('path = "one"', 'path = "one"\nneeds = ["two"]')
    files = {f"{name}/{file}": text for name in ("one", "two") for file, text in _FILES.items()}
    repository = work_tree(tmp_path / "mono", {**files, ".tickborg.toml": needs}, {"two": None})
    tried = await trier.attempt(repository, "--json")
    assert tried.status == ExitStatus.SUCCESS
    outcomes = {build["project"]: build["outcome"] for build in report(tried)["builds"]}
    assert outcomes == {"one": "Success", "two": "Skipped"}


async def test_a_project_that_becomes_a_link_out_of_the_repository_fails(
    trier: Trier, tmp_path: Path
) -> None:
    """Nothing is run where it leads to."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "Makefile").write_text("all:\n\ttouch ran\n")
    files = {f"{name}/{file}": text for name in ("one", "two") for file, text in _FILES.items()}
    change: Changes = {"two": symlink(str(outside))}
    repository = work_tree(tmp_path / "mono", {**files, ".tickborg.toml": TWO_PROJECTS}, change)
    tried = await trier.attempt(repository, "--json")
    assert tried.status == ExitStatus.BUILD_FAILED
    [build] = report(tried)["builds"]
    assert build["reason"] == (
        "`two` is not a folder of the repository, but a file or a link that leads out of it"
    )
    assert [path.name for path in outside.iterdir()] == ["Makefile"]


async def test_a_circle_of_needs_ends_with_2(trier: Trier, tmp_path: Path) -> None:
    """It is named from project to project, and so is each other fault; nothing is built."""
    projects = (
        TWO_PROJECTS.replace('path = "one"', 'path = "one"\nneeds = ["two"]') + 'needs = ["one", "x"]\n'
    )
    files = {f"{name}/{file}": text for name in ("one", "two") for file, text in _FILES.items()}
    repository = work_tree(tmp_path / "mono", {**files, ".tickborg.toml": projects}, {"one/a": "1"})
    tried = await trier.attempt(repository)
    assert tried.status == ExitStatus.NOT_EVALUATED
    reason = 'key "needs": goes round in a circle: one needs two needs one; leave one out'
    assert tried.printed.splitlines()[-2:] == [
        f'.tickborg.toml line 4, project "one", {reason}',
        '.tickborg.toml line 8, project "two", key "needs": no project "x"',
    ]


ODD_NAMES = (b"a b/x\ny\x1b[31m", b"new\nline/caf\xe9", b"a b/ -rf \xe2\x80\xae")
"""Spaces, line breaks, colours, bytes that are not UTF-8, options, and a change of direction."""


def odd_tree(path: Path) -> GitRepository:
    """A repository of two projects with files and folders of odd names, links and a submodule."""
    names: Changes = dict.fromkeys(ODD_NAMES, "1\n")
    others: Changes = {
        "a b/Makefile": "all:\n\tcat ./*y* ./*rf*\n",
        "new\nline/Makefile": "all:\n\tcat caf*\n",
        b"caf\xe9/Makefile": "all:\n",
        "a b/out": symlink("../../../../etc"),
        "a b/vendor": submodule("1" * 40),
        "link": symlink("a b"),
    }
    repository = GitRepository.create(path)
    repository.branch("topic", repository.commit({**names, **others}, message="Begin"))
    repository.commit(dict.fromkeys(ODD_NAMES, "2\n"), branch="topic", message=b"caf\xe9\x1b[31m")
    return repository


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


async def test_conflicts_in_odd_names_are_readable(trier: Trier, tmp_path: Path) -> None:
    """A path in conflict stands on one line, and each character that would not be seen as a sign."""
    repository = odd_tree(tmp_path / "mono")
    repository.commit(dict.fromkeys(ODD_NAMES, "3\n"))
    tried = await trier.attempt(repository.path, "--head", "topic")
    assert tried.status == ExitStatus.NOT_EVALUATED
    assert tried.printed.splitlines()[-4:] == [
        "merge conflict in a b/ -rf \\u202e and 2 more",
        "  conflict  a b/ -rf \\u202e",
        "  conflict  a b/x\N{SYMBOL FOR LINE FEED}y\N{SYMBOL FOR ESCAPE}[31m",
        "  conflict  new\N{SYMBOL FOR LINE FEED}line/caf\\xe9",
    ]


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
