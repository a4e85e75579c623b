"""What the owner of a branch knows, and what it tells those who ask."""

from tests.support.samples import BASE, HEAD, MERGE, REPO, build_job, build_view
from tickborg.build_records import BuildRecord, build_key
from tickborg.events.pushes import ZERO_SHA, PushEvent
from tickborg.jobs import BuildOutcome, Origin
from tickborg.push_memory import PushMemory


def push(before: str, after: str) -> PushEvent:
    """A push to ``main``."""
    return PushEvent(
        delivery=after,
        repo=REPO,
        ref="refs/heads/main",
        before=before,
        after=after,
        pusher="ada",
        default_branch="main",
    )


def memory(*pushes: PushEvent, **fields: object) -> PushMemory:
    """What is known after ``pushes``, none of which has been looked at."""
    known = PushMemory.model_validate({"repo": REPO, "branch": "main", **fields})
    for each in pushes:
        known.take(each)
    return known


def built(sha: str) -> dict[str, BuildRecord]:
    """A build of that commit, which has ended."""
    job = build_job(origin=Origin(branch="main"), merge=MERGE.model_copy(update={"head_sha": sha}))
    view = build_view(outcome=BuildOutcome.SUCCESS, head_sha=sha)
    return {build_key(job): BuildRecord(n="1", job=job, view=view)}


def test_a_push_that_has_not_been_looked_at_is_told() -> None:
    """Or a page would say that nothing is to be built."""
    known = memory(push(ZERO_SHA, HEAD))
    view = known.view()
    assert (view.head_sha, view.pusher, view.looking) == (HEAD, "ada", True)
    known.waiting = ()
    assert not known.view().looking


def test_a_newer_push_is_not_what_could_not_be_looked_at() -> None:
    """The error is the newest push's alone; a late one is not newer."""
    known = memory(push(BASE, HEAD), error="no such tree")
    assert known.error == ""
    known.error = "no such tree"
    known.take(push(ZERO_SHA, BASE))
    assert (known.view().head_sha, known.error) == (HEAD, "no such tree")


def test_builds_of_older_heads_are_forgotten() -> None:
    """Those of the newest are kept, also when they have ended."""
    known = memory(push(ZERO_SHA, HEAD), builds={**built(BASE), **built(HEAD)})
    known.forget_the_done()
    assert [build.head_sha for build in known.view().builds] == [HEAD]


def test_without_a_push_there_is_no_older_head() -> None:
    """Somebody pressed a button long after the last push; how that ended is worth knowing."""
    known = memory(builds=built(BASE))
    known.forget_the_done()
    assert [build.head_sha for build in known.view().builds] == [BASE]
