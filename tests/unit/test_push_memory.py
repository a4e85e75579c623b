"""What the owner of a branch remembers, in whatever order pushes come (design, section 3)."""

from datetime import timedelta

import pytest

from tests.support.samples import NOON, REPO, TREE, build_view
from tickborg.build_records import BuildRecord
from tickborg.events.pushes import ZERO_SHA, PushEvent
from tickborg.external_ids import BuildReference
from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, Origin, PushReport, SkippedBuild
from tickborg.push_memory import SKIPPED_LIMIT, PushLook, PushMemory
from tickborg.push_superseded import COMMITS_LIMIT, PROJECTS_LIMIT
from tickborg.requests import ButtonOrder
from tickborg.systems import System

A, B, C, D, E, F = (letter * 40 for letter in "abcdef")


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


def test_a_push_that_does_not_follow_the_newest_is_doubted() -> None:
    """It is newer, and what led to it was not heard of; or it is late, and what leads on from it was not."""
    late = memory(push(A, B), push(C, D), push(B, E))
    assert (late.head, late.doubted) == (push(B, E), push(C, D)), "it follows the one that was doubted before"
    settled = memory(push(A, B), push(C, D))
    settle(settled, tip=D)
    assert (settled.head, settled.doubted) == (push(C, D), None)
    settled.take(push(B, E))
    assert (settled.head, settled.doubted) == (push(B, E), push(C, D))
    settle(settled, tip=D)
    assert (settled.head, settled.doubted) == (push(C, D), None)


def test_a_branch_that_is_made_again_is_where_it_was_made() -> None:
    """Its creation leads to what is known, as a late one would; nobody tells of deletions: git is asked."""
    remembered = memory(push(B, C))
    remembered.take(push(ZERO_SHA, B))
    assert (remembered.head, remembered.doubted) == (push(ZERO_SHA, B), push(B, C))
    late = remembered.model_copy()
    settle(remembered, tip=B)
    assert remembered.head == push(ZERO_SHA, B)
    settle(late, tip=C)
    assert late.head == push(B, C)


@pytest.mark.parametrize(("behind", "head"), [(True, (B, C)), (False, (ZERO_SHA, B))])
def test_where_the_branch_has_moved_on_its_commits_tell_which_of_two_is_newer(
    *, behind: bool, head: tuple[str, str]
) -> None:
    """Nobody has told yet of what it points at; the look at another than the newest tells nothing then."""
    remembered = memory(push(B, C), push(ZERO_SHA, B))
    assert not settle(remembered, push(B, C), tip=F, behind=behind)
    assert settle(remembered, tip=F, behind=behind)
    assert remembered.head == push(*head)


def test_a_commit_that_is_gone_is_not_the_newest() -> None:
    """The branch does not point at it; what could not be looked at for another reason may be."""
    remembered = memory(push(B, C), push(A, D))
    assert not remembered.settle(push(A, D), PushLook(about=push(A, D), error="git refuses"))
    assert not remembered.settle(push(A, D), PushLook(about=push(A, D), gone=True)), "more is to be looked at"
    remembered.waiting = ()
    assert not remembered.settle(push(B, C), PushLook(about=push(B, C), gone=True))
    assert remembered.settle(push(A, D), PushLook(about=push(A, D), gone=True))
    assert remembered.head == push(B, C)


def test_a_late_push_with_a_bad_project_file_does_not_stay_the_newest() -> None:
    """Git was asked where the branch is, whatever its files say."""
    remembered = memory(push(B, C), push(A, D))
    remembered.waiting = ()
    report = PushReport(tree=TREE, project_file_error="line 1: is bad", tip=C)
    assert remembered.settle(push(A, D), PushLook(about=push(A, D), report=report))
    assert remembered.head == push(B, C)


def test_a_push_that_was_taken_for_late_is_looked_at_again_as_the_newest() -> None:
    """What it changed was built on another."""
    remembered = memory(push(B, C), push(A, B), push(C, A))
    settle(remembered, tip=B)
    assert (remembered.head, remembered.waiting) == (push(A, B), (push(A, B),))


def test_projects_wanted_are_a_set() -> None:
    """Two pushes may change the same project."""
    remembered = memory()
    remembered.want(("cmark", "cgit"))
    remembered.want(("cgit", "meshmc"))
    assert remembered.wanted == ("cgit", "cmark", "meshmc")


def test_what_could_not_be_looked_at_is_looked_at_with_the_newest() -> None:
    """From where the first of the failures began, so that nothing between is lost."""
    remembered = memory(push(A, B), push(B, C), push(C, D))
    for failed in (push(A, B), push(B, C)):
        assert remembered.next_look() == failed
        remembered.owe(failed)
        remembered.waiting = remembered.waiting[1:]
    assert remembered.next_look() == push(C, D).model_copy(update={"before": A})


def test_what_came_late_and_could_not_be_looked_at_is_owed_from_its_beginning() -> None:
    """It led to what was owed before."""
    remembered = memory(push(B, C), push(A, B))
    remembered.owe(push(B, C))
    remembered.owe(push(A, B))
    assert remembered.owed == {A: C}


def test_two_failures_that_do_not_join_are_both_owed() -> None:
    """The second of them came late, and nobody knows of what is between."""
    remembered = memory(push(C, D))
    remembered.owe(push(C, D))
    remembered.owe(push(A, B))
    for begin in (C, A):
        assert remembered.next_look() == push(C, D).model_copy(update={"before": begin})
        remembered.learn(push(begin, D), ())
    assert not remembered.owed


def test_what_is_owed_is_not_looked_at_with_a_head_that_may_be_older() -> None:
    """A late creation of the branch would show nothing from there, and pay it back."""
    remembered = memory(push(A, B))
    remembered.waiting = ()
    remembered.owe(push(A, B))
    remembered.take(push(ZERO_SHA, A))
    assert remembered.next_look() == push(ZERO_SHA, A)
    settle(remembered, tip=B)
    assert remembered.next_look() == push(A, B)


def test_another_push_that_begins_where_it_is_owed_pays_nothing_back() -> None:
    """A branch may be made twice: what was pushed on the first one is not in the second."""
    remembered = memory(push(B, D))
    for failed in (push(ZERO_SHA, A), push(A, B)):
        remembered.owe(failed)
    remembered.learn(push(ZERO_SHA, A), ())
    assert remembered.owed == {ZERO_SHA: B}


def test_an_older_push_is_looked_at_by_itself() -> None:
    """What is owed may be newer than it, and would show nothing."""
    remembered = memory(push(A, B), push(B, C))
    remembered.owe(push(C, D))
    assert remembered.next_look() == push(A, B)


def test_nothing_is_owed_once_it_has_been_looked_at() -> None:
    """And an older push, which began elsewhere, pays nothing back."""
    remembered = memory(push(B, C))
    remembered.owe(push(B, C))
    remembered.learn(push(A, B), ())
    assert remembered.owed == {B: C}
    remembered.learn(push(B, C), ("cgit",))
    assert not remembered.owed
    assert remembered.wanted == ("cgit",)


def test_what_is_looked_at_again_changes_nothing_more() -> None:
    """Or what somebody cancelled on it would be built again, because another push came late."""
    remembered = memory(push(B, C), push(A, B))
    for late in ((), ("cmark",)):
        remembered.learn(push(B, C), ("cgit",))
        remembered.wanted = ()
        remembered.learn(push(A, B), late)
    remembered.learn(push(B, C), ("cgit",))
    assert list(remembered.wanted) == ["cmark"]


def test_the_newest_is_looked_at_again_only_for_something() -> None:
    """Because of projects that are to be built on it, or of what nobody knows yet."""
    remembered = memory(push(A, B))
    remembered.look_again()
    assert list(remembered.waiting) == [push(A, B)]
    remembered.owe(push(A, B))
    remembered.look_again()
    assert list(remembered.waiting) == [push(A, B)] * 2


def test_an_owner_is_done_when_nothing_is_left_for_the_next_push_either() -> None:
    """What it knows ends with it."""
    remembered = memory()
    assert remembered.settled
    remembered.want(("cgit",))
    assert not remembered.settled
    remembered.wanted, remembered.owed = (), A
    assert not remembered.settled
    remembered.owed = None
    remembered.builds["put off"] = BuildRecord(view=build_view("cgit", head_sha=A))
    assert not remembered.settled


def test_builds_of_older_heads_are_forgotten_when_they_have_ended() -> None:
    """Those of the newest stay, and those that run."""
    remembered = memory(push(A, B), push(B, C))
    for name, sha in (("old", B), ("running", B), ("new", C)):
        outcome = None if name == "running" else BuildOutcome.SUCCESS
        stage = BuildStage.RUNNING if name == "running" else BuildStage.DONE
        view = build_view(name, outcome=outcome, stage=stage, head_sha=sha)
        remembered.builds[name] = BuildRecord(n=name, view=view)
    remembered.forget_the_done()
    assert {record.n for record in remembered.builds.values()} == {"running", "new"}


def test_late_pushes_that_lead_to_known_ones_leave_the_newest_the_newest() -> None:
    """What led from the known ones to the newest was never heard of; git has said that it is newer."""
    remembered = memory(push(C, D), push(E, F))
    settle(remembered, tip=F)
    remembered.take(push(A, B))
    assert (remembered.head, remembered.doubted) == (push(A, B), push(E, F))
    remembered.take(push(B, C))
    assert (remembered.head, remembered.doubted) == (push(E, F), push(A, B))


def test_builds_of_a_head_that_may_be_the_newest_after_all_are_kept() -> None:
    """Forgotten, they would be made again as soon as it is known to be the newest."""
    remembered = memory(push(B, C))
    view = build_view("cgit", outcome=BuildOutcome.SUCCESS, stage=BuildStage.DONE, head_sha=C)
    remembered.builds["cgit"] = BuildRecord(n="1", view=view)
    remembered.take(push(A, D))
    remembered.forget_the_done()
    assert remembered.builds
    settle(remembered, tip=D)
    remembered.forget_the_done()
    assert not remembered.builds


def test_builds_that_were_not_made_are_those_of_the_newest() -> None:
    """A late push adds to them; of very many only the first are remembered."""
    cgit, cmark = (SkippedBuild(project=name, reason="nobody builds it") for name in ("cgit", "cmark"))
    remembered = memory(push(A, B))
    remembered.skip(B, [cgit])
    remembered.skip(B, [cmark, cgit])
    assert remembered.view().skipped == (cgit, cmark)
    remembered.take(push(B, C))
    assert remembered.view().skipped == ()
    remembered.forget_the_done()
    assert not remembered.skipped
    remembered.skip(C, [cgit.model_copy(update={"project": f"p{n}"}) for n in range(SKIPPED_LIMIT + 1)])
    assert len(remembered.view().skipped) == SKIPPED_LIMIT


def test_what_was_superseded_is_wanted_again_where_the_branch_is_set_back() -> None:
    """Once."""
    remembered = memory(push(A, B), push(B, C))
    remembered.supersede(BuildRecord(view=build_view(name, head_sha=B)) for name in ("cmark", "cgit"))
    assert (remembered.wanted, remembered.superseded) == (("cgit", "cmark"), {B: ("cgit", "cmark")})
    remembered.wanted = ()
    remembered.learn(push(A, B), ())
    assert not remembered.wanted, "another is the newest"
    remembered.take(push(C, B))
    remembered.learn(push(C, B), ())
    assert list(remembered.wanted) == ["cgit", "cmark"]
    assert not remembered.superseded


@pytest.mark.parametrize(
    ("commits", "projects", "kept"), [(COMMITS_LIMIT + 1, 1, COMMITS_LIMIT), (3, PROJECTS_LIMIT // 2, 2)]
)
def test_of_very_many_commits_or_projects_it_is_forgotten_what_was_superseded_first(
    commits: int, projects: int, kept: int
) -> None:
    """What an owner remembers is one payload; what is wanted now is not forgotten."""
    remembered = memory()
    for n in range(commits):
        views = (build_view(f"project-{p}", head_sha=f"{n:040}") for p in range(projects))
        remembered.supersede(BuildRecord(view=view) for view in views)
    assert list(remembered.superseded) == [f"{n:040}" for n in range(commits - kept, commits)]
    assert len(remembered.wanted) == projects


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
    view = build_view("old", outcome=BuildOutcome.SUCCESS, head_sha=A)
    remembered.builds["old"] = BuildRecord(n="1", view=view)
    remembered.forget_the_done()
    assert len(remembered.view().builds) == 1


def last_run() -> PushMemory:
    """The memory of an owner that heard of two pushes, the second a day after the first, and then ended."""
    ended = memory(push(A, B), push(B, C))
    ended.waiting = ()
    ended.learn(push(B, C), ())
    ended.first_sight("ab", NOON)
    ended.first_sight("bc", NOON + timedelta(days=1))
    return ended


def test_the_next_run_goes_on_where_the_last_one_ended() -> None:
    """It knows as much as if it had not ended in between."""
    remembered = PushMemory(repo=REPO, branch="main")
    remembered.adopt(last_run(), NOON + timedelta(days=2))
    assert remembered == last_run()
    assert not remembered.first_sight("ab", NOON + timedelta(days=2))


def test_what_github_cannot_deliver_again_is_not_handed_on_for_ever() -> None:
    """Neither the delivery nor its place in the order; the newest push is."""
    remembered = PushMemory(repo=REPO, branch="main")
    remembered.adopt(last_run(), NOON + timedelta(days=4))
    assert (list(remembered.seen), remembered.chain) == (["bc"], (push(B, C),))
    remembered.adopt(last_run(), NOON + timedelta(days=5))
    assert (list(remembered.seen), remembered.chain) == ([], ())
    assert remembered.head == push(B, C)
    assert remembered.settled


def test_all_buttons_of_a_commit_take_one_look() -> None:
    """*Re-run all checks* presses hundreds at once; those of other commits and pushes wait for their own."""
    remembered = memory(push(A, B))
    orders = [button(name, sha) for name, sha in (("cgit", A), ("cmark", A), ("cgit", C))]
    remembered.waiting = (orders[0], *remembered.waiting, *orders[1:])
    assert remembered.strike_off(orders[0]) == (orders[0], orders[1])
    assert list(remembered.waiting) == [push(A, B), orders[2]]
    assert remembered.strike_off(push(A, B)) == ()
    assert list(remembered.waiting) == [orders[2]]


def settle(remembered: PushMemory, push: PushEvent | None = None, *, tip: str, behind: bool = False) -> bool:
    """Take in what was found out of a push, or of the newest one, when nothing else waits for that."""
    remembered.waiting = ()
    about = push or remembered.head
    assert about is not None
    return remembered.settle(
        about, PushLook(about=about, report=PushReport(tree=TREE, tip=tip, behind=behind))
    )


def button(project: str, sha: str) -> ButtonOrder:
    """*Re-run* of a build of main."""
    build = BuildReference(
        origin=Origin(branch="main"),
        project=project,
        system=System.X86_64_LINUX,
        mode=BuildMode.BUILD,
        n="ab1",
        run_id="r",
    )
    return ButtonOrder(button="rerun", build=build, head_sha=sha)
