"""Branches in bare mirrors: their projects, and what a push to one changes."""

from pathlib import Path

import pytest

from tests.support.git_repository import Changes
from tests.support.mirror_server import PROJECTS, REPO, Server
from tickborg.changes import SUBJECTS_LIMIT
from tickborg.errors import HeadGoneError, PermanentError, RefusedError
from tickborg.jobs import ProjectsJob, ProjectsReport, PushJob, PushReport

NOWHERE = "1" * 40


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A server whose ``main`` has two projects."""
    server = Server(tmp_path)
    server.repository.commit(PROJECTS, message="Begin")
    return server


def read_projects(server: Server, branch: str = "main", at: str | None = None) -> ProjectsReport:
    """The projects of a branch."""
    return server.mirror.read_projects(ProjectsJob(repo=REPO, base_ref=branch, base_sha=at))


def pushed(
    server: Server,
    after: str,
    before: str | None,
    branch: str = "main",
    default: str = "main",
    known: str | None = None,
) -> PushReport:
    """What a push changes, and whether it is behind the commit that is known."""
    job = PushJob(repo=REPO, branch=branch, before=before, after=after, default_branch=default, known=known)
    return server.mirror.read_push(job)


def commit(server: Server, path: str, branch: str = "main", onto: str | None = None) -> str:
    """Push a commit that changes ``path``, and says so; ``onto`` moves the branch there first."""
    if onto is not None:
        server.repository.branch(branch, onto)
    return server.repository.commit({path: path}, branch=branch, message=f"Change {path}")


def test_a_push_is_its_whole_range(server: Server) -> None:
    """All commits and all paths between, and not only the last: of three, all are new."""
    before = server.repository.head()
    commit(server, "cgit/a")
    commit(server, "docs/b.md")
    after = commit(server, "cmark/c")
    report = pushed(server, after, before)
    assert (report.since, report.tree) == (before, server.repository.tree(after))
    assert report.changes.touched == ("cgit", "cmark")
    assert report.changes.areas == ("docs",)
    assert report.changes.subjects == ("Change cmark/c", "Change docs/b.md", "Change cgit/a")
    assert report.changes.path_count == 3
    assert [project.name for project in report.projects.projects] == ["cgit", "cmark"]
    assert report.project_file_error is None


def test_what_a_branch_is_made_of_tells_which_of_two_commits_is_newer(server: Server) -> None:
    """The known one, unless the branch does not have it (any more), or has it in what was pushed."""
    begin = server.repository.head()
    late = commit(server, "cgit/a")
    newest = commit(server, "cmark/b")
    other = commit(server, "cmark/c", "other", onto=begin)
    found = {known: pushed(server, late, begin, known=known) for known in (newest, begin, other, NOWHERE)}
    assert {known for known, report in found.items() if report.behind} == {newest}
    assert {report.tip for report in found.values()} == {newest}
    unasked = pushed(server, late, begin)
    assert (unasked.tip, unasked.behind) == (None, False)


def test_a_branch_that_was_set_back_or_rewritten_is_asked_for_anew(server: Server) -> None:
    """However much the mirror knows; of two lines it is the one that it is on."""
    begin = server.repository.head()
    older = commit(server, "cgit/a")
    newer = commit(server, "cmark/b")
    assert pushed(server, newer, begin).tip is None
    server.repository.branch("main", older)
    report = pushed(server, older, None, known=newer)
    assert (report.tip, report.behind) == (older, False)
    rewritten = commit(server, "cmark/c", onto=older)
    assert pushed(server, newer, older, known=rewritten).behind
    assert not pushed(server, rewritten, newer, known=newer).behind


def test_of_a_branch_that_is_no_more_the_history_of_its_commits_tells(server: Server) -> None:
    """As far as they are still there."""
    begin = server.repository.head()
    late = commit(server, "cgit/a", "release", onto=begin)
    newest = commit(server, "cmark/b", "release")
    server.repository.set_ref("refs/heads/release", None)
    server.repository.branch("kept", newest)
    report = pushed(server, late, begin, "release", known=newest)
    assert (report.tip, report.behind) == (None, True)
    assert not pushed(server, newest, begin, "release", known=late).behind


def test_what_was_looked_at_before_is_fetched_in_one_go(server: Server) -> None:
    """The owner of a branch asks from where it last was; a retry asks nobody."""
    before = server.repository.head()
    after = commit(server, "cgit/a")
    pushed(server, after, before)
    further = commit(server, "cmark/b")
    fetched = server.fetch_count
    assert pushed(server, further, after).changes.touched == ("cmark",)
    assert server.fetch_count == fetched + 1
    assert pushed(server, further, after).changes.touched == ("cmark",)
    assert server.fetch_count == fetched + 1


def test_what_a_commit_did_and_another_undid_is_no_change(server: Server) -> None:
    """What counts is how the two trees differ."""
    before = server.repository.head()
    server.repository.commit({"cgit/a": "1"})
    after = server.repository.commit({"cgit/a": None})
    report = pushed(server, after, before)
    assert (report.changes.touched, report.changes.path_count) == ((), 0)
    assert len(report.changes.subjects) == 2


def test_a_merged_pull_request_is_in_the_range(server: Server) -> None:
    """Its own commits are new on the branch, whenever they were made."""
    before = server.repository.head()
    topic = server.repository.commit({"cmark/a": "1"}, branch="topic", parents=(before,), message="cmark: a")
    after = server.repository.commit({"cmark/a": "1"}, parents=(before, topic), message="Merge topic")
    report = pushed(server, after, before)
    assert report.changes.subjects == ("Merge topic", "cmark: a")
    assert report.changes.touched == ("cmark",)


def test_the_same_commit_again_is_nothing_new(server: Server) -> None:
    """Somebody asks twice."""
    head = server.repository.head()
    report = pushed(server, head, head)
    assert (report.since, report.changes.path_count, report.changes.subjects) == (head, 0, ())


def test_a_forced_default_branch_is_new_since_the_histories_part(server: Server) -> None:
    """What was thrown away is not looked at, and what was there before is not new."""
    start = commit(server, "cgit/kept")
    before = commit(server, "cgit/thrown-away")
    after = commit(server, "cmark/instead", onto=start)
    report = pushed(server, after, before)
    assert report.since == start
    assert report.changes.touched == ("cmark",)
    assert report.changes.subjects == ("Change cmark/instead",)


def test_a_default_branch_that_goes_back_has_nothing_new(server: Server) -> None:
    """Its commits were all there before."""
    start = server.repository.head()
    before = commit(server, "cgit/thrown-away")
    server.repository.branch("main", start)
    report = pushed(server, start, before)
    assert (report.since, report.changes.path_count) == (start, 0)


def test_a_forced_branch_is_new_since_it_left_the_default_branch(server: Server) -> None:
    """With all it has kept of itself: nobody knows that it was built with what is new below it."""
    start = server.repository.head()
    kept = commit(server, "cgit/kept", "release", onto=start)
    before = commit(server, "cgit/thrown-away", "release")
    commit(server, "cmark/on-main")
    after = commit(server, "docs/instead.md", "release", onto=kept)
    report = pushed(server, after, before, "release")
    assert report.since == start
    assert report.changes.touched == ("cgit",)
    assert report.changes.subjects == ("Change docs/instead.md", "Change cgit/kept")


def test_a_new_branch_is_new_since_it_left_the_default_branch(server: Server) -> None:
    """Which has moved on meanwhile."""
    start = server.repository.head()
    after = commit(server, "cgit/a", "release", onto=start)
    commit(server, "cmark/on-main")
    report = pushed(server, after, None, "release")
    assert (report.since, report.changes.touched) == (start, ("cgit",))


def test_a_new_branch_without_a_commit_of_its_own_has_nothing_new(server: Server) -> None:
    """It was all built on the default branch."""
    start = server.repository.head()
    server.repository.branch("release", start)
    commit(server, "cmark/on-main")
    report = pushed(server, start, None, "release")
    assert (report.since, report.changes.path_count) == (start, 0)


@pytest.mark.parametrize("default", ["main", "trunk"])
def test_what_is_new_depends_on_what_the_default_branch_is(server: Server, default: str) -> None:
    """It is asked for by its name."""
    start = server.repository.head()
    on_trunk = commit(server, "cgit/a", "trunk", onto=start)
    after = commit(server, "cmark/b", "release", onto=on_trunk)
    report = pushed(server, after, None, "release", default=default)
    assert report.since == (start if default == "main" else on_trunk)


def test_a_commit_that_is_gone_makes_a_branch_as_good_as_new(server: Server) -> None:
    """The server has thrown it away after a forced push."""
    start = server.repository.head()
    after = commit(server, "cgit/a", "release", onto=start)
    report = pushed(server, after, NOWHERE, "release")
    assert (report.since, report.changes.touched) == (start, ("cgit",))


@pytest.mark.parametrize("before", [None, NOWHERE])
def test_a_new_default_branch_is_all_new(server: Server, before: str | None) -> None:
    """There is nothing to compare it with: all projects are built."""
    after = commit(server, "cgit/a")
    report = pushed(server, after, before)
    assert report.since is None
    assert report.changes.touched == ("cgit", "cmark")
    assert report.changes.subjects == ("Change cgit/a", "Begin")
    assert report.changes.path_count == len(PROJECTS) + 1


@pytest.mark.parametrize("branch", ["main", "orphan"])
def test_a_history_of_its_own_is_all_new(server: Server, branch: str) -> None:
    """It shares no commit with what was there before, nor with the default branch."""
    before = server.repository.head()
    changes: Changes = {"cgit/Makefile": "all:\n"}
    after = server.repository.commit(changes, branch=branch, parents=(), message="Begin anew")
    report = pushed(server, after, before, branch)
    assert report.since is None
    assert (report.changes.touched, report.changes.subjects) == (("cgit",), ("Begin anew",))


def test_a_push_that_another_has_replaced_is_fetched_by_its_sha(server: Server) -> None:
    """The branch points elsewhere by now."""
    before = server.repository.head()
    after = commit(server, "cgit/a")
    commit(server, "cmark/b", onto=before)
    assert pushed(server, after, before).changes.touched == ("cgit",)


def test_a_push_to_a_branch_that_is_gone_is_fetched_by_its_sha(server: Server) -> None:
    """It was deleted a moment later."""
    start = server.repository.head()
    after = commit(server, "cgit/a", "release", onto=start)
    server.repository.set_ref("refs/heads/release", None)
    assert pushed(server, after, start, "release").changes.touched == ("cgit",)


@pytest.mark.parametrize("before", [None, NOWHERE])
def test_a_push_that_is_gone_is_told(server: Server, before: str | None) -> None:
    """The newer push's event does the work."""
    with pytest.raises(HeadGoneError, match="2222"):
        pushed(server, "2" * 40, before)


def test_a_missing_default_branch_is_named(server: Server) -> None:
    """Where it is needed, and only there."""
    start = server.repository.head()
    after = commit(server, "cgit/a", "release", onto=start)
    assert pushed(server, after, start, "release", default="gone").since == start
    with pytest.raises(PermanentError, match="has no refs/heads/gone"):
        pushed(server, after, None, "release", default="gone")


def test_what_is_no_sha_is_refused(server: Server) -> None:
    """Nothing of it reaches git."""
    for after, before in (("main", None), (server.repository.head(), "HEAD")):
        with pytest.raises(RefusedError, match="40 hex digits"):
            pushed(server, after, before)


def test_many_commits_are_bounded(server: Server) -> None:
    """A history carries their first lines; the paths are all looked at."""
    before = head = server.repository.head()
    tree = server.repository.store_tree({**PROJECTS, "cgit/a": "1"})
    for number in range(SUBJECTS_LIMIT + 5):
        head = server.repository.commit_tree(tree, parents=(head,), message=f"cgit: {number}")
    server.repository.branch("main", head)
    changes = pushed(server, head, before).changes
    assert len(changes.subjects) == SUBJECTS_LIMIT
    assert changes.subjects[0] == f"cgit: {SUBJECTS_LIMIT + 4}"
    assert changes.touched == ("cgit",)


def test_a_pushed_branch_has_the_projects_that_it_names(server: Server) -> None:
    """As they are after the push, which may be what it changed."""
    before = server.repository.head()
    project_file = '[[project]]\nname = "lib"\npath = "cmark"\n'
    after = server.repository.commit({".tickborg.toml": project_file, "cmark/a": "1"})
    report = pushed(server, after, before)
    assert [project.name for project in report.projects.projects] == ["lib"]
    assert report.changes.touched == ("lib",)
    worse = server.repository.commit({".tickborg.toml": "[[project]\n"})
    report = pushed(server, worse, after)
    assert ".tickborg.toml" in (report.project_file_error or "")
    assert report.projects.projects == ()


def test_projects_are_read_where_the_branch_is(server: Server) -> None:
    """Or where it was, by its sha."""
    start = server.repository.head()
    moved = server.repository.commit({"meshmc/Makefile": "all:\n"})
    now, then = read_projects(server), read_projects(server, at=start)
    assert (now.base_sha, then.base_sha) == (moved, start)
    assert [project.name for project in now.projects.projects] == ["cgit", "cmark", "meshmc"]
    assert [project.name for project in then.projects.projects] == ["cgit", "cmark"]


def test_projects_that_cannot_be_read_are_reported(server: Server) -> None:
    """With the reason, which a person is told."""
    server.repository.commit({".tickborg.toml": "[[project]\n"})
    report = read_projects(server)
    assert ".tickborg.toml" in (report.project_file_error or "")
    assert report.projects.projects == ()


def test_projects_of_what_is_not_there(server: Server) -> None:
    """A branch that was renamed needs a person; a commit that was replaced does not."""
    with pytest.raises(PermanentError, match="has no refs/heads/gone"):
        read_projects(server, "gone")
    with pytest.raises(HeadGoneError):
        read_projects(server, at=NOWHERE)


def test_known_projects_are_not_fetched_again(server: Server) -> None:
    """A pinned commit that is here is here."""
    base = read_projects(server).base_sha
    fetched = server.fetch_count
    assert read_projects(server, at=base).base_sha == base
    assert server.fetch_count == fetched
