"""What an evaluation finds out, and what the author is told of it (design, sections 7 to 9)."""

from activities.ports import Exit
from tests.support import asking
from tests.support.fake_builder import Scripted
from tests.support.fake_repositories import BASE_SHA
from tests.support.workflow_bench import HEAD, LINUX, NEXT_HEAD, NUMBER, PROJECTS, REPO, Bench, make_pull
from tests.workflow.conftest import NewBench
from tickborg.errors import HeadGoneError, PermanentError
from tickborg.github import CheckConclusion, Permission, StatusState
from tickborg.jobs import MergeReport
from tickborg.labels import INTERNAL_ERROR_LABEL
from tickborg.messages import EventName
from tickborg.policy import Policy
from tickborg.systems import System

ARM = System.AARCH64_LINUX
BOTH = Policy(systems=(LINUX, ARM))


async def test_a_conflict_fails_the_status_and_names_the_files(bench: Bench) -> None:
    """Nothing is built, and the comment says what to do."""
    bench.repositories.conflict(HEAD, "cmark/a.c", "cmark/b.c", "cmark/c.c")
    await bench.deliver("opened", bench.github.open_pull(make_pull()))
    status = await bench.until_status(HEAD, StatusState.FAILURE)
    comment = await bench.until_commented("Merge conflict")
    histories = await bench.end()
    assert status.description == "merge conflict in cmark/a.c and 2 more"
    assert "cmark/c.c" in comment
    assert not histories.of("Build")


async def test_a_conflict_is_forgotten_with_the_next_head(bench: Bench) -> None:
    """The same comment is edited."""
    bench.repositories.conflict(HEAD, "cmark/a.c")
    pull = await bench.deliver("opened", bench.github.open_pull(make_pull()))
    await bench.until_commented("Merge conflict")
    await bench.push(pull, NEXT_HEAD, "cmark")
    await bench.until_commented("The build succeeded")
    assert "conflict" not in bench.summary()


async def test_a_merge_that_trees_do_not_decide_is_counted(bench: Bench) -> None:
    """On /metrics, so that operators see how often the quick way is not enough."""
    bench.repositories.touch(HEAD, "cgit", whole_merge=True)
    bench.repositories.touch(NEXT_HEAD, "cgit")
    pull = await bench.deliver("opened", bench.github.open_pull(make_pull()))
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.push(pull, NEXT_HEAD, "cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    await bench.end()
    assert len(bench.stats.named(EventName.WHOLE_MERGE)) == 1


async def test_an_author_reads_what_the_bot_failed_of_and_nothing_around_it(bench: Bench) -> None:
    """Neither which workflow that was, nor the commit in forty digits."""
    bench.repositories.fail(HEAD, PermanentError("git refuses"))
    await bench.open("cgit")
    comment = await bench.until_commented("tickborg failed")
    assert comment.splitlines()[0] == "💥 **tickborg failed**, not your change: git refuses"


async def test_builds_of_another_base_are_told_apart_from_a_conflict(bench: Bench) -> None:
    """They stay to be looked at; once there is a merge again, it is built anew."""
    bench.floor.script["make"] = Scripted(exit=Exit(2))
    await bench.open("cgit")
    await bench.until_commented("❌ **The build failed**")
    await bench.until_ended("Evaluation")
    bench.repositories.conflict(HEAD, "cgit/a.c")
    await asking.comment(bench, "@tickbot eval")
    comment = await bench.until_commented("Merge conflict")
    assert f"Built before, on `main` at {BASE_SHA[:7]}:" in comment
    assert f"git checkout --detach {BASE_SHA}" in comment
    bench.repositories.touch(HEAD, "cgit")
    await asking.comment(bench, "@tickbot eval")
    assert "Built before" not in await bench.until_commented("❌ **The build failed**")


async def test_a_bad_project_file_fails_the_status_with_line_and_reason(bench: Bench) -> None:
    """It is the target branch's, so the comment says that the author is not to blame."""
    reason = ".tickborg.toml, line 3: build-system: there is no `cmaek`; did you mean `cmake`?"
    bench.repositories.report(HEAD, MergeReport(base_sha=BASE_SHA, project_file_error=reason))
    await bench.deliver("opened", bench.github.open_pull(make_pull()))
    status = await bench.until_status(HEAD, StatusState.FAILURE)
    comment = await bench.until_commented("cannot be used")
    assert status.description == reason
    assert "This change is not the cause" in comment


async def test_more_projects_than_are_built_by_themselves_wait_to_be_asked_for(new_bench: NewBench) -> None:
    """The status says how many there are, and how to ask."""
    bench = await new_bench(policy=Policy(max_auto_builds=2))
    await bench.open("cgit", "cmark", "meshmc")
    status = await bench.until_status(HEAD, StatusState.SUCCESS)
    histories = await bench.end()
    assert "3 projects" in status.description
    assert "@tickbot build" in status.description
    assert not histories.of("Build")


async def test_a_project_that_needs_a_changed_one_is_built_too(new_bench: NewBench) -> None:
    """And one that a commit's scope names."""
    needy = PROJECTS[2].model_copy(update={"needs": ("cgit",)})
    bench = await new_bench(projects=(*PROJECTS[:2], needy))
    bench.repositories.touch(HEAD, "cgit", subjects=("fix(cmark): less is more",))
    await bench.deliver("opened", bench.github.open_pull(make_pull()))
    status = await bench.until_status(HEAD, StatusState.SUCCESS)
    assert status.description == "3 projects: cgit, cmark, meshmc"
    for project in ("cgit", "cmark", "meshmc"):
        await bench.until_check_run(project, CheckConclusion.SUCCESS)


async def test_who_may_not_write_builds_on_primary_systems(new_bench: NewBench) -> None:
    """The comment says who can build on the others, and how."""
    bench = await new_bench(policy=BOTH, builders=(LINUX, ARM))
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    comment = await bench.until_commented("The build succeeded")
    histories = await bench.end()
    assert len(histories.of("Build")) == 1
    assert "aarch64-linux" in comment


async def test_who_may_write_builds_on_every_system(new_bench: NewBench) -> None:
    """GitHub is asked who that is."""
    bench = await new_bench(policy=BOTH, builders=(LINUX, ARM))
    bench.github.grant(REPO, "ada", Permission.WRITE)
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, system=ARM)


async def test_a_head_that_is_gone_is_skipped(bench: Bench) -> None:
    """It is benign: no label, no failed workflow, not even before the newer head's event has come."""
    merging = bench.repositories.hold(HEAD)
    bench.repositories.fail(HEAD, HeadGoneError(f"{HEAD} is not in acme/mono"))
    bench.repositories.touch(NEXT_HEAD, "cgit")
    await bench.open("cgit")
    await bench.until_said(HEAD, "merging with main")
    bench.github.push(REPO, NUMBER, NEXT_HEAD, force=True)
    merging.set()
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    histories = await bench.end()
    assert {run.ending for run in histories.runs} == {"completed"}
    assert INTERNAL_ERROR_LABEL not in bench.github.labels_on(REPO, NUMBER)


async def test_a_commit_that_git_does_not_have_yet_is_looked_for_again(timed_bench: Bench) -> None:
    """Its storage may lag behind the API, which still calls it the head."""
    gone = HeadGoneError(f"{HEAD} is not in acme/mono")
    timed_bench.repositories.fail(HEAD, gone, gone)
    await timed_bench.open("cgit")
    await timed_bench.pass_time(seconds=2)
    await timed_bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert len(timed_bench.repositories.jobs) == 3
