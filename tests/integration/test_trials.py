"""``tickborg try`` on real repositories of every kind, with all that it starts, in the process of the tests.

What only a process of its own shows is in :mod:`tests.integration.test_try`.
"""

import os
import tempfile
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.local_repository import LocalRepository
from cli.trial import ExitStatus, Trial, attempt
from tests.support.command_line import CommandLine, Ended
from tests.support.git_repository import Changes, GitRepository, symlink
from tests.support.site import SYSTEM
from tests.support.tools import need
from tests.support.trials import (
    BROKEN,
    C_PROJECT,
    GOOD,
    ODD_NAMES,
    TWO_PROJECTS,
    fingerprint,
    git,
    odd_tree,
    report,
    work_tree,
)


class Trier:
    """Does what ``tickborg try`` does."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    async def attempt(self, repository: Path, **options: Any) -> Ended:
        """Try a change of a repository, which must be afterwards as it was before."""
        before, printed = fingerprint(repository), StringIO()
        trial = Trial(repository, **{"base": "main", "head": "HEAD", **options})
        source = LocalRepository(repository)
        change = source.change(trial.base, trial.head)
        status = await attempt(trial, source, change, Console(file=printed, width=200))
        assert fingerprint(repository) == before
        return Ended(status, printed.getvalue(), self._capture.readouterr().err)


@pytest.fixture
async def trier(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Trier]:
    """Tries changes; nothing may be left of it."""
    need("git", "make", "bwrap", "prlimit")
    place = CommandLine(tmp_path / "home")
    monkeypatch.setattr(tempfile, "tempdir", str(place.temporary))
    yield Trier(capfd)
    assert place.left() == []


async def test_each_of_several_failed_builds_is_explained_at_the_end(trier: Trier, tmp_path: Path) -> None:
    """What they printed at last comes again, then how they ended, and what may help if that is known."""
    offline = "all:\n\t@printf '\\033[2JCould not resolve host: example.org\\n'; exit 6\n"
    files = {f"one/{name}": text for name, text in C_PROJECT.items()} | {"two/Makefile": "all:\n"}
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
    tried = await trier.attempt(repository, as_json=True)
    found = report(tried)
    assert tried.status == found["exit_status"] == ExitStatus.BUILD_FAILED
    assert [(check["name"], check["state"]) for check in found["checks"]] == [("format", "failure")]
    GitRepository(repository).commit({"one/notes": "better\n"}, branch="topic")
    assert (await trier.attempt(repository)).status == ExitStatus.SUCCESS


async def test_unrelated_histories_end_with_2(trier: Trier, tmp_path: Path) -> None:
    """That there is nothing to merge from is no conflict of files, and is said as what it is."""
    repository = GitRepository(work_tree(tmp_path / "mono"))
    repository.commit({"main.c": GOOD}, branch="orphan", parents=())
    tried = await trier.attempt(repository.path, head="orphan")
    assert tried.status == ExitStatus.NOT_EVALUATED
    said = "nothing can be merged: the head and main have no commit in common"
    assert tried.printed.splitlines()[-1] == said


async def test_a_project_that_the_change_removes_is_no_failure(trier: Trier, tmp_path: Path) -> None:
    """There is nothing to build of it; what needs it is built all the same."""
    needs = TWO_PROJECTS.replace('path = "one"', 'path = "one"\nneeds = ["two"]')
    files = {f"{name}/{file}": text for name in ("one", "two") for file, text in C_PROJECT.items()}
    repository = work_tree(tmp_path / "mono", {**files, ".tickborg.toml": needs}, {"two": None})
    tried = await trier.attempt(repository, as_json=True)
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
    files = {f"{name}/{file}": text for name in ("one", "two") for file, text in C_PROJECT.items()}
    change: Changes = {"two": symlink(str(outside))}
    repository = work_tree(tmp_path / "mono", {**files, ".tickborg.toml": TWO_PROJECTS}, change)
    tried = await trier.attempt(repository, as_json=True)
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
    files = {f"{name}/{file}": text for name in ("one", "two") for file, text in C_PROJECT.items()}
    repository = work_tree(tmp_path / "mono", {**files, ".tickborg.toml": projects}, {"one/a": "1"})
    tried = await trier.attempt(repository)
    assert tried.status == ExitStatus.NOT_EVALUATED
    reason = 'key "needs": goes round in a circle: one needs two needs one; leave one out'
    assert tried.printed.splitlines()[-2:] == [
        f'.tickborg.toml line 4, project "one", {reason}',
        '.tickborg.toml line 8, project "two", key "needs": no project "x"',
    ]


async def test_conflicts_in_odd_names_are_readable(trier: Trier, tmp_path: Path) -> None:
    """A path in conflict stands on one line, and each character that would not be seen as a sign."""
    repository = odd_tree(tmp_path / "mono")
    repository.commit(dict.fromkeys(ODD_NAMES, "3\n"))
    tried = await trier.attempt(repository.path, head="topic")
    assert tried.status == ExitStatus.NOT_EVALUATED
    assert tried.printed.splitlines()[-4:] == [
        "merge conflict in a b/ -rf \\u202e and 2 more",
        "  conflict  a b/ -rf \\u202e",
        "  conflict  a b/x\N{SYMBOL FOR LINE FEED}y\N{SYMBOL FOR ESCAPE}[31m",
        "  conflict  new\N{SYMBOL FOR LINE FEED}line/caf\\xe9",
    ]


async def test_a_project_file_that_cannot_be_used_ends_with_2(trier: Trier, tmp_path: Path) -> None:
    """The target branch's file counts, and its fault is named with its line."""
    repository = work_tree(tmp_path / "mono", {**C_PROJECT, ".tickborg.toml": "[[project]\n"})
    tried = await trier.attempt(repository, as_json=True)
    assert tried.status == report(tried)["exit_status"] == ExitStatus.NOT_EVALUATED
    assert report(tried)["evaluation"] == "bad_project_file"
    assert report(tried)["evaluation_reason"].startswith(".tickborg.toml line 1")


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
    tried = await trier.attempt(path, base=base, head=head, as_json=True, build=False)
    assert (tried.status, tried.complained) == (ExitStatus.SUCCESS, "")
    assert report(tried)["exit_status"] == ExitStatus.SUCCESS
    assert report(tried)["pull"]["title"] == "Do it better"
    [project] = report(tried)["changed_projects"]
    assert project in {"mono", "kind", "shallow"}
    assert report(tried)["builds"] == []
