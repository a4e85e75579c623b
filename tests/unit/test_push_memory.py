"""What the owner of a branch remembers, in whatever order pushes come (design, section 3)."""

from tests.support.samples import NOON, REPO, build_job, build_view
from tickborg.build_records import BuildRecord, build_key
from tickborg.events.pushes import PushEvent
from tickborg.jobs import BuildJob, BuildOutcome, BuildStage, Merge, Origin
from tickborg.push_memory import PushMemory

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)


def push(before: str, after: str) -> PushEvent:
    """A push to main."""
    return PushEvent(
        delivery=f"{before[0]}{after[0]}",
        repo=REPO,
        ref="refs/heads/main",
        before=before,
        after=after,
        pusher="ada",
        default_branch="main",
    )


def memory(*pushes: PushEvent) -> PushMemory:
    """The memory of an owner that heard of pushes in this order."""
    remembered = PushMemory(repo=REPO, branch="main")
    for each in pushes:
        remembered.take(each)
    return remembered


def test_the_newest_push_is_the_head() -> None:
    """Pushes usually come in their order."""
    remembered = memory(push(A, B), push(B, C))
    assert remembered.head == push(B, C)


def test_a_push_that_comes_late_is_not_the_head() -> None:
    """It ends where a known one begins. It is looked at all the same, for nobody has seen what it changed."""
    remembered = memory(push(B, C), push(A, B))
    assert remembered.head == push(B, C)
    assert remembered.waiting == (push(B, C), push(A, B))


def test_a_push_back_to_an_earlier_commit_is_the_newest() -> None:
    """A forced push that undoes the one before begins where the branch is."""
    assert memory(push(A, B), push(B, A)).head == push(B, A)


def test_a_push_that_fits_nowhere_is_the_newest() -> None:
    """After a forced push, or when webhooks were lost, the order in which they come is all there is."""
    assert memory(push(A, B), push(C, D)).head == push(C, D)


def test_projects_wanted_are_a_set() -> None:
    """Two pushes may change the same project."""
    remembered = memory()
    remembered.want(("cmark", "cgit"))
    remembered.want(("cgit", "meshmc"))
    assert remembered.wanted == ("cgit", "cmark", "meshmc")


def test_builds_of_older_heads_are_forgotten_when_they_have_ended() -> None:
    """Those of the newest stay, and those that run."""
    remembered = memory(push(A, B), push(B, C))
    jobs = {name: _job(name, sha) for name, sha in (("old", B), ("running", B), ("new", C))}
    for name, job in jobs.items():
        outcome = None if name == "running" else BuildOutcome.SUCCESS
        stage = BuildStage.RUNNING if name == "running" else BuildStage.DONE
        view = build_view(name, outcome=outcome, stage=stage)
        remembered.builds[build_key(job)] = BuildRecord(n=name, job=job, view=view)
    remembered.forget_the_done()
    assert {record.n for record in remembered.builds.values()} == {"running", "new"}


def test_what_was_seen_is_done_once() -> None:
    """Redeliveries have the id of the first."""
    remembered = memory()
    assert [remembered.first_sight("72d3162e", NOON) for _ in range(2)] == [True, False]


def test_a_push_that_has_not_been_looked_at_is_told() -> None:
    """Or a page would say that nothing is to be built."""
    remembered = memory(push(A, B))
    view = remembered.view()
    assert (view.head_sha, view.pusher, view.looking) == (B, "ada", True)
    remembered.waiting = ()
    assert not remembered.view().looking


def test_a_newer_push_is_not_what_could_not_be_looked_at() -> None:
    """The error is the newest push's alone; a late one is not newer."""
    remembered = memory()
    remembered.error = "no such tree"
    remembered.take(push(B, C))
    assert remembered.error == ""
    remembered.error = "no such tree"
    remembered.take(push(A, B))
    assert (remembered.view().head_sha, remembered.error) == (C, "no such tree")


def test_without_a_push_there_is_no_older_head() -> None:
    """Somebody pressed a button long after the last push; how that ended is worth knowing."""
    remembered = memory()
    job = _job("old", A)
    view = build_view("old", outcome=BuildOutcome.SUCCESS)
    remembered.builds[build_key(job)] = BuildRecord(n="1", job=job, view=view)
    remembered.forget_the_done()
    assert len(remembered.view().builds) == 1


def _job(name: str, sha: str) -> BuildJob:
    merge = Merge(base_sha=sha, head_sha=sha, merge_base=sha, tree="e" * 40)
    return build_job(
        origin=Origin(branch="main"),
        merge=merge,
        project={"name": name, "path": name, "build_system": "make"},
    )
