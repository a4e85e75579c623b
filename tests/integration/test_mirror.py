"""Bare mirrors: what is fetched, when, and what a merge report says of real histories."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from activities.clients.git.fetch import GitFetch
from activities.clients.git.merge_report import CONFLICTS_SHOWN, PULL_COMMITS_LIMIT
from activities.clients.git.mirror_store import MirrorStore, Wanted
from tests.support.git_repository import Changes
from tests.support.mirror_server import PROJECTS, REPO, Server
from tests.support.patience import PATIENCE_SECONDS
from tickborg.errors import HeadGoneError, InfrastructureError, PermanentError, RefusedError
from tickborg.github import RepositoryName
from tickborg.jobs import MergeReport
from tickborg.settings import GitSettings


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A server whose ``main`` has two projects."""
    server = Server(tmp_path)
    server.repository.commit(PROJECTS)
    return server


def test_a_report_says_what_the_merge_changes(server: Server) -> None:
    """Base, head, merge base, tree, projects, changed ones and subjects are those of the histories."""
    start = server.repository.head()
    head = server.pull({"cmark/main.c": "int main;\n"}, at=start, message="cmark: add a main\n\nAnd why.")
    base = server.repository.commit({"cgit/main.c": "int main;\n"})
    report = server.merge(head)
    expected = server.repository.store_tree(
        {**PROJECTS, "cmark/main.c": "int main;\n", "cgit/main.c": "int main;\n"}
    )
    assert report.merge is not None
    assert (report.base_sha, report.merge.base_sha, report.merge.head_sha) == (base, base, head)
    assert (report.merge.merge_base, report.merge.tree) == (start, expected)
    assert [project.name for project in report.projects.projects] == ["cgit", "cmark"]
    assert report.changes.touched == ("cmark",)
    assert report.changes.subjects == ("cmark: add a main",)
    assert report.changes.path_count == 1
    assert not report.whole_merge


def test_what_is_there_is_not_fetched_again(server: Server) -> None:
    """With head and base pinned, merging again asks the server nothing."""
    head = server.pull({"cmark/a": "1"}, at=server.repository.head())
    base = server.merge(head).base_sha
    fetched = server.fetch_count
    again = server.merge(head, base=base)
    assert server.fetch_count == fetched
    assert again.merge is not None


def test_the_base_is_whatever_the_branch_points_at(server: Server) -> None:
    """Without a pinned base, the branch is looked up each time."""
    head = server.pull({"cmark/a": "1"}, at=server.repository.head())
    server.merge(head)
    moved = server.repository.commit({"cgit/b": "1"})
    assert server.merge(head).base_sha == moved


def test_a_pinned_base_stays_though_the_branch_moves_on(server: Server) -> None:
    """A pinned base that no mirror has is fetched by its sha."""
    pinned = server.repository.head()
    head = server.pull({"cmark/a": "1"}, at=pinned)
    server.repository.commit({"cgit/b": "1"})
    report = server.merge(head, base=pinned)
    assert report.base_sha == pinned
    assert report.merge is not None


def test_a_head_that_was_replaced_is_fetched_by_its_sha(server: Server) -> None:
    """After a force-push the ref points elsewhere; the server may still have the commit."""
    start = server.repository.head()
    head = server.pull({"cmark/a": "1"}, at=start)
    server.pull({"cmark/a": "2"}, at=start)
    report = server.merge(head)
    assert report.merge is not None
    assert report.merge.head_sha == head


def test_a_head_whose_ref_is_gone_is_fetched_by_its_sha(server: Server) -> None:
    """A deleted branch leaves its commits behind for a while."""
    head = server.pull({"cmark/a": "1"}, at=server.repository.head())
    server.repository.set_ref("refs/pull/7/head", None)
    assert server.merge(head).merge is not None


@pytest.mark.parametrize("ref_there", [True, False])
def test_a_head_that_is_nowhere_is_gone(server: Server, *, ref_there: bool) -> None:
    """The newer head's event does the work then."""
    server.pull({"cmark/a": "1"}, at=server.repository.head())
    if not ref_there:
        server.repository.set_ref("refs/pull/7/head", None)
    with pytest.raises(HeadGoneError):
        server.merge("1" * 40)


def test_a_pinned_base_that_is_nowhere_is_gone(server: Server) -> None:
    """A base may be forced away too."""
    head = server.pull({"cmark/a": "1"}, at=server.repository.head())
    with pytest.raises(HeadGoneError):
        server.merge(head, base="2" * 40)


def test_a_sha_that_is_no_commit_is_no_head(server: Server) -> None:
    """The id of a tree can be fetched and not be merged."""
    head = server.pull({"cmark/a": "1"}, at=server.repository.head())
    with pytest.raises(HeadGoneError, match="has no commit"):
        server.merge(server.repository.tree(head))


def test_a_target_branch_that_is_missing_is_named(server: Server) -> None:
    """Nobody but a person can help."""
    head = server.pull({"cmark/a": "1"}, at=server.repository.head())
    with pytest.raises(
        PermanentError, match=r"octo/monorepo has no refs/heads/gone: was it renamed or deleted\?"
    ):
        server.merge(head, base_ref="gone")


def test_an_empty_repository_has_no_target_branch(tmp_path: Path) -> None:
    """A repository without a commit is asked for a branch that is not born."""
    server = Server(tmp_path)
    with pytest.raises(PermanentError, match="has no refs/heads/main"):
        server.merge("1" * 40)


@pytest.mark.parametrize("base_ref", ["release/1.x", "-q", "ünïcode", "a@b", "x.y-z"])
def test_branches_may_have_odd_names(server: Server, base_ref: str) -> None:
    """Slashes, leading dashes and letters of any kind are names and not options."""
    head = server.pull({"cmark/a": "1"}, at=server.repository.head())
    server.repository.branch(base_ref, server.repository.head())
    assert server.merge(head, base_ref=base_ref).merge is not None


@pytest.mark.parametrize("base_ref", ["a..b", "*", "a b", "a:b", "x\ny", ""])
def test_what_is_no_branch_is_refused(server: Server, base_ref: str) -> None:
    """Nothing of it reaches git."""
    with pytest.raises(RefusedError, match="no full name of a ref"):
        server.merge("1" * 40, base_ref=base_ref)
    assert server.fetch_count == 0


@pytest.mark.parametrize("head", ["main", "HEAD", "1" * 39, "--upload-pack=x", "G" * 40])
def test_what_is_no_sha_is_refused(server: Server, head: str) -> None:
    """Only a full sha names a head."""
    with pytest.raises(RefusedError, match="40 hex digits"):
        server.merge(head)


@pytest.mark.parametrize("name", ["..", "a/b", "", "a b", "-x/../y"])
def test_a_repository_with_another_name_than_githubs_is_refused(server: Server, name: str) -> None:
    """A mirror is always inside the folder of mirrors."""
    job = server.job("1" * 40).model_copy(update={"repo": RepositoryName(owner="octo", name=name)})
    with pytest.raises(RefusedError, match="no name of a repository"):
        server.mirror.merge(job)


def test_conflicts_are_named_up_to_a_limit(server: Server) -> None:
    """The report names the first of them, sorted, and how many there are."""
    names = [b"cmark/%03d \xff" % number for number in range(30)]
    start = server.repository.commit(dict.fromkeys(names, "1\n"))
    head = server.pull(dict.fromkeys(names, "2\n"), at=start)
    server.repository.commit(dict.fromkeys(names, "3\n"))
    report = server.merge(head)
    assert report.merge is None
    assert report.conflict_count == 30
    assert len(report.conflicts) == CONFLICTS_SHOWN
    assert report.conflicts[0] == r"cmark/000 \xff"


def test_histories_without_a_common_commit_conflict(server: Server) -> None:
    """There is nothing to merge from, and no path to name."""
    head = server.repository.commit({"cmark/a": "1"}, branch="orphan", parents=())
    server.repository.set_ref("refs/pull/7/head", head)
    report = server.merge(head)
    assert report.merge is None
    assert (report.conflicts, report.conflict_count) == ((), 0)


def test_a_head_that_is_merged_already_changes_nothing(server: Server) -> None:
    """The merge is the base."""
    start = server.repository.head()
    head = server.pull({"cmark/a": "1"}, at=start)
    base = server.repository.commit({}, parents=(head,))
    report = server.merge(head)
    assert report.merge is not None
    assert report.merge.tree == server.repository.tree(base)
    assert (report.changes.path_count, report.changes.subjects) == (0, ())


def test_one_merge_base_of_several_is_used_always_the_same(server: Server) -> None:
    """In a criss-cross history the report names a merge base from which the tree follows."""
    repository = server.repository
    start = repository.head()
    left = repository.commit({"cmark/l": "1"}, branch="left", parents=(start,))
    right = repository.commit({"cmark/r": "1"}, branch="right", parents=(start,))
    both: Changes = {"cmark/l": "1", "cmark/r": "1"}
    repository.commit({**both, "cgit/main": "1"}, parents=(left, right))
    head = repository.commit({**both, "cmark/topic": "1"}, branch="topic", parents=(right, left))
    repository.set_ref("refs/pull/7/head", head)
    reports = [server.merge(head), server.merge(head)]
    assert reports[0].merge is not None
    assert reports[0].merge.merge_base in {left, right}
    assert reports[0] == reports[1]


def test_subjects_are_bounded_and_of_the_pull_request_only(server: Server) -> None:
    """Commits of the base do not count, even if the head has merged them; a long list is cut."""
    start = server.repository.head()
    head = server.pull({"cmark/a": "1"}, at=start)
    tree = server.repository.tree(head)
    for number in range(PULL_COMMITS_LIMIT + 5):
        head = server.repository.commit_tree(tree, parents=(head,), message=f"cmark: {number}")
    base = server.repository.commit({"cgit/b": "1"}, message="cgit: of the base")
    changes: Changes = {"cgit/b": "1"}
    head = server.repository.commit(changes, branch="topic-7", parents=(head, base), message="Merge main")
    server.repository.set_ref("refs/pull/7/head", head)
    subjects = server.merge(head).changes.subjects
    assert len(subjects) == PULL_COMMITS_LIMIT
    assert subjects[:2] == ("Merge main", f"cmark: {PULL_COMMITS_LIMIT + 4}")
    assert "cgit: of the base" not in subjects


def test_a_subject_may_be_anything(server: Server) -> None:
    """Bytes that are no UTF-8 are replaced, and a commit may say nothing."""
    start = server.repository.head()
    server.repository.branch("topic-7", start)
    server.repository.commit({"cmark/a": "1"}, branch="topic-7", message=b"caf\xe9: x" + b"y" * 300)
    head = server.pull({"cmark/a": "2"}, message="")
    assert server.merge(head).changes.subjects == ("", "caf\N{REPLACEMENT CHARACTER}: x" + "y" * 193)


def test_projects_come_from_the_target_branch(server: Server) -> None:
    """The file of the pull request has no say, and build systems are found in the target's tree."""
    project_file = '[[project]]\nname = "lib"\npath = "cmark"\n'
    start = server.repository.commit({".tickborg.toml": project_file})
    head = server.pull(
        {".tickborg.toml": "[[project]]\nname = 'mine'\npath = 'cgit'\n", "cmark/a": "1"}, at=start
    )
    report = server.merge(head)
    assert [(project.name, project.build_system) for project in report.projects.projects] == [("lib", "make")]
    assert report.changes.touched == ("lib",)


@pytest.mark.parametrize(
    ("project_file", "fault"),
    [("[[project]\n", ".tickborg.toml"), ({".tickborg.toml/x": "1"}, "is no file")],
)
def test_a_bad_project_file_is_reported(
    server: Server, project_file: str | dict[str, str], fault: str
) -> None:
    """The merge is there, and the report says why there are no projects."""
    changes = {".tickborg.toml": project_file} if isinstance(project_file, str) else project_file
    head = server.pull({"cmark/a": "1"}, at=server.repository.commit(changes))
    report = server.merge(head)
    assert report.merge is not None
    assert fault in (report.project_file_error or "")
    assert report.projects.projects == ()


def test_threads_and_workers_share_a_mirror(server: Server) -> None:
    """Twelve evaluations at once, in two workers, all get their own head."""
    start = server.repository.head()
    heads = [server.pull({f"cmark/{n}": "1"}, at=start, number=n) for n in range(12)]
    workers = (server.mirror, server.new_mirror())
    together = threading.Barrier(12)

    def merge(number: int) -> MergeReport:
        together.wait(PATIENCE_SECONDS)
        return workers[number % 2].merge(server.job(heads[number], number=number))

    with ThreadPoolExecutor(12) as threads:
        reports = list(threads.map(merge, range(12)))
    assert [report.merge and report.merge.head_sha for report in reports] == heads
    assert {report.changes.touched for report in reports} == {("cmark",)}


def test_a_builder_of_the_same_host_takes_no_history_from_a_worker(server: Server) -> None:
    """What a builder has fetched, without its history, a worker would find no common commit in."""
    git = GitSettings(mirror_path=server.mirrors)
    fetching = GitFetch(lambda _: server.url, lambda _: None, environment=os.environ)
    builder = MirrorStore(git.shallow_mirror_path, fetching, shallow=True)
    start = server.repository.head()
    server.pull({"cmark/a": "1"}, at=start)
    head, base = server.pull({"cmark/b": "1"}), server.repository.commit({"cgit/c": "1"})
    builder.read(REPO, [Wanted(sha=head), Wanted(sha=base)], lambda _repo, _shas: None)
    report = server.merge(head, base=base)
    assert report.merge is not None
    assert report.merge.merge_base == start


def test_processes_share_a_mirror(server: Server) -> None:
    """The lock holds between processes: each makes its merge while the other fetches."""
    start = server.repository.head()
    heads = [server.pull({f"cmark/{n}": "1"}, at=start, number=n) for n in range(4)]
    script = (
        "import os, sys; from pathlib import Path\n"
        "from activities.clients.git.fetch import GitFetch\n"
        "from activities.clients.git.mirror import Mirror\n"
        "from activities.clients.git.mirror_store import MirrorStore\n"
        "from tickborg.jobs import MergeJob\n"
        "root, url, job = sys.argv[1:]\n"
        "git = GitFetch(lambda _: url, lambda _: None, environment=os.environ)\n"
        "report = Mirror(MirrorStore(Path(root), git)).merge(MergeJob.model_validate_json(job))\n"
        "print(report.merge.head_sha)\n"
    )
    arguments = [sys.executable, "-c", script, str(server.mirrors), server.url]
    processes = [
        subprocess.Popen(
            [*arguments, server.job(head, number=number).model_dump_json()], stdout=subprocess.PIPE, text=True
        )
        for number, head in enumerate(heads)
    ]
    assert [process.communicate(timeout=PATIENCE_SECONDS)[0].strip() for process in processes] == heads


def _empty_objects(mirror: Path) -> None:
    for file in mirror.glob("objects/*/*"):
        file.chmod(0o600)
        file.write_bytes(b"")


def _remove_objects(mirror: Path) -> None:
    for file in mirror.glob("objects/*/*"):
        file.unlink()


def _spoil_head(mirror: Path) -> None:
    (mirror / "HEAD").write_bytes(b"\0")


def _spoil_packed_refs(mirror: Path) -> None:
    (mirror / "packed-refs").write_text("garbage\n")


@pytest.mark.parametrize("known", [True, False], ids=["known head", "new head"])
@pytest.mark.parametrize("spoil", [_empty_objects, _remove_objects, _spoil_head, _spoil_packed_refs])
def test_a_damaged_mirror_is_made_anew(
    server: Server, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture, *, known: bool
) -> None:
    """Whatever a disk did to it, one more fetch mends it, and nobody but the log notices."""
    start = server.repository.head()
    head = server.pull({"cmark/a": "1"}, at=start)
    base = server.merge(head).base_sha
    spoil(server.folder.path)
    if not known:
        head, base = server.pull({"cmark/b": "1"}), server.repository.commit({"cgit/b": "1"})
    with caplog.at_level(logging.WARNING):
        report = server.merge(head, base=base)
    assert report.merge is not None
    assert report.merge.head_sha == head
    assert not list(server.folder.path.parent.glob("*.*.*"))


def test_a_server_that_is_damaged_itself_does_not_loop(server: Server) -> None:
    """It is looked at twice, a new mirror is tried once; that this fails too is said."""
    head = server.pull({"cmark/a": "1"}, at=server.repository.head())
    _empty_objects(server.repository.path)
    with pytest.raises(InfrastructureError, match="is corrupt"):
        server.merge(head)
    assert server.fetch_count == 3


def test_what_a_killed_git_left_does_not_stop_the_next(server: Server) -> None:
    """Its locks and half-written packs and objects are removed under the mirror's own lock."""
    start = server.repository.head()
    server.merge(server.pull({"cmark/a": "1"}, at=start))
    mirror = server.folder.path
    head = server.pull({"cmark/b": "1"})
    leftovers = [
        mirror / "packed-refs.lock",
        mirror / "shallow.lock",
        mirror / "config.lock",
        mirror / f"refs/tickborg/pin/{head}.lock",
        mirror / "refs/tickborg/fetched/0.lock",
        mirror / "objects/pack/tmp_pack_Xy12Zz",
        mirror / "objects/ab/tmp_obj_Xy12Zz",
    ]
    for leftover in leftovers:
        leftover.parent.mkdir(parents=True, exist_ok=True)
        leftover.write_text("half")
    assert server.merge(head).merge is not None
    assert not any(leftover.exists() for leftover in leftovers)


def test_a_pin_that_lost_its_content_is_no_pin(server: Server) -> None:
    """After a power cut a file may be empty; the commit is fetched again."""
    head = server.pull({"cmark/a": "1"}, at=server.repository.head())
    base = server.merge(head).base_sha
    for pin in (server.folder.path / "refs/tickborg/pin").iterdir():
        pin.write_text("")
    assert server.merge(head, base=base).merge is not None


def test_the_settings_of_the_host_do_not_matter(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither git's nor libgit2's: a user who turned rename detection off gets the same merge."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        '[merge]\n\trenames = false\n[url "/nowhere/"]\n\tinsteadOf = file:///\n'
    )
    monkeypatch.setenv("HOME", str(home))
    text = "".join(f"{line}\n" for line in range(20))
    start = server.repository.commit({"cmark/old": text})
    head = server.pull({"cmark/old": None, "cmark/new": text}, at=start)
    server.repository.commit({"cmark/old": text + "more\n"})
    report = server.merge(head)
    assert report.whole_merge
    assert report.merge is not None


def test_a_local_repository_may_be_somebody_elses(server: Server, tmp_path: Path) -> None:
    """``tickborg try`` reads what the user can read; git asks whose it is, and is told not to mind."""
    head = server.pull({"cmark/a": "1"}, at=server.repository.head())
    git = tmp_path / "bin/git"
    git.parent.mkdir()
    git.write_text(
        f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 PATH="{os.environ["PATH"]}" exec git "$@"\n'
    )
    git.chmod(0o755)
    server.url = str(server.repository.path)
    server.mirror = server.new_mirror({"PATH": f"{git.parent}:{os.environ['PATH']}"})
    assert server.merge(head).merge is not None


def test_a_mirror_that_cannot_be_written_is_this_hosts_fault(server: Server) -> None:
    """The folder of mirrors is named."""
    server.mirrors.write_text("a file where a folder should be")
    with pytest.raises(InfrastructureError, match="mirrors"):
        server.merge("1" * 40)
