"""What is built of a push (design, sections 3 and 5)."""

from tests.support.samples import HEAD, REPO, TREE, project, project_set
from tickborg.events.pushes import ZERO_SHA, PushEvent
from tickborg.external_ids import BuildReference
from tickborg.jobs import BuildMode, Origin, PushReport, SkippedBuild
from tickborg.policy import Policy
from tickborg.projects import ChangeFacts
from tickborg.push_memory import PushLook, PushMemory
from tickborg.push_planning import (
    builds_of_push,
    changed_by,
    look_at,
    not_built_of_push,
    source_of_push,
    status_of,
)
from tickborg.requests import ButtonOrder
from tickborg.systems import System

LINUX, MAC = System.X86_64_LINUX, System.AARCH64_DARWIN
BOTH = Policy(systems=(LINUX, MAC))
PROJECTS = project_set("cgit", project("launcher", needs=("nbt",), systems=(MAC,)), project("nbt"))
REPORT = PushReport(tree=TREE, projects=PROJECTS, changes=ChangeFacts(touched=("nbt",)))
PUSH = PushEvent(
    delivery="1",
    repo=REPO,
    ref="refs/heads/next",
    before="b" * 40,
    after=HEAD,
    pusher="ada",
    default_branch="main",
)


def test_a_push_changes_what_needs_what_it_touches() -> None:
    """As a pull request does."""
    assert changed_by(REPORT) == ("launcher", "nbt")


def test_the_whole_range_is_looked_at() -> None:
    """From what the branch was to what it is."""
    job = look_at(REPO, "next", PUSH)
    assert (job.before, job.after, job.default_branch) == ("b" * 40, HEAD, "main")


def test_of_a_new_branch_nothing_is_known_before() -> None:
    """GitHub says so with zeros."""
    assert look_at(REPO, "next", PUSH.model_copy(update={"before": ZERO_SHA})).before is None


def test_of_a_check_run_only_its_commit_is_looked_at() -> None:
    """What it changed does not matter any more."""
    build = BuildReference(
        origin=Origin(branch="next"), project="nbt", system=LINUX, mode=BuildMode.BUILD, n="1", run_id="2"
    )
    job = look_at(REPO, "next", ButtonOrder(button="rerun", build=build, head_sha=HEAD))
    assert (job.before, job.after) == (HEAD, HEAD)


def test_a_pushed_commit_is_built_as_it_is() -> None:
    """There is nothing to merge it with: three times the same commit, and its own tree."""
    policy = Policy(systems=(LINUX, MAC), automatic_tests=True)
    source = source_of_push(REPO, "next", HEAD, REPORT, "ada")
    builds = builds_of_push(PROJECTS, ["launcher", "nbt", "gone"], policy)
    assert [f"{build.project} on {build.system}" for build in builds] == [
        "launcher on aarch64-darwin",
        "nbt on x86_64-linux",
        "nbt on aarch64-darwin",
    ]
    job = source.job(builds[0])
    merge = job.merge
    assert {merge.base_sha, merge.head_sha, merge.merge_base} == {HEAD}
    assert (merge.tree, job.head_ref, job.author, job.mode) == (
        TREE,
        "refs/heads/next",
        "ada",
        BuildMode.TEST,
    )


def test_what_wants_a_system_that_nobody_builds_on_is_named() -> None:
    """A pull request says so too."""
    names = ["launcher", "nbt", "gone"]
    nowhere = SkippedBuild(
        project="launcher", system=MAC, reason="this tickborg has no builders for aarch64-darwin"
    )
    assert not_built_of_push(PROJECTS, names, Policy(systems=(LINUX,))) == (nowhere,)
    assert not_built_of_push(PROJECTS, names, BOTH) == ()


def test_the_status_of_a_push_names_what_it_has_of_what_was_superseded() -> None:
    """A project that an older commit changed may not be in a newer one, and none is built of it."""
    memory = PushMemory(repo=REPO, branch="next", head=PUSH, wanted=("cgit", "gone"))
    assert said_of(memory, PUSH) == "1 project: cgit"


def test_the_status_of_a_push_never_says_less_than_before() -> None:
    """What is owed is found piece by piece, and all of it is built there; of another head it is not said."""
    memory = PushMemory(repo=REPO, branch="next", head=PUSH, wanted=("cgit",), policy=BOTH)
    said_of(memory, PUSH)
    memory.wanted = ()
    all_of_it = "3 projects: cgit, launcher, nbt"
    assert said_of(memory, PUSH.model_copy(update={"before": "a" * 40}), "nbt") == all_of_it
    assert said_of(memory, PUSH, "cgit") == all_of_it
    memory.head = PUSH.model_copy(update={"before": PUSH.after, "after": "e" * 40})
    memory.wanted = ()
    assert said_of(memory, memory.head) == "no project is changed"


def said_of(memory: PushMemory, push: PushEvent, *changed: str) -> str:
    """What the status of a push says once a look at it has found what these projects change."""
    report = PushReport(tree=TREE, projects=PROJECTS, changes=ChangeFacts(touched=changed))
    look = PushLook(about=push, report=report)
    memory.learn(push, changed_by(report))
    status = status_of(memory, push, look, "")
    assert status is not None
    return status.description
