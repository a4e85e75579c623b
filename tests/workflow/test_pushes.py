"""Pushes to branches: one owner a branch, as long as there is something to do (design, sections 3 and 5)."""

from functools import partial

from activities.ports import Exit
from tests.support import asking
from tests.support.eventually import eventually
from tests.support.fake_builder import Scripted
from tests.support.fake_repositories import make_project
from tests.support.workflow_bench import HEAD, LINUX, NEXT_HEAD, REPO, THIRD_HEAD, Bench
from tests.workflow.conftest import NewBench
from tickborg.github import CheckConclusion, CheckStatus, StatusState
from tickborg.jobs import BuildStage
from tickborg.names import STATE_QUERY, push_id
from tickborg.policy import Policy
from tickborg.systems import System
from tickborg.texts.push_statuses import PUSH_CONTEXT
from tickborg.views import BranchView

ARM, MAC = System.AARCH64_LINUX, System.AARCH64_DARWIN
QUEUED, SUCCESS = CheckStatus.QUEUED, CheckConclusion.SUCCESS

LATE_HEAD = "4" * 40
DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


async def test_a_push_builds_what_it_changes(bench: Bench) -> None:
    """Check runs are named for the branch, a status says what changed, and then the owner ends."""
    await asking.push(bench, HEAD, "cgit", "cmark")
    run = await asking.until_built(bench, "cgit", HEAD, CheckConclusion.SUCCESS)
    assert run.name == "cgit on x86_64-linux (push to main)"
    await asking.until_built(bench, "cmark", HEAD, CheckConclusion.SUCCESS)
    status = await bench.until_status(HEAD, StatusState.SUCCESS, context=PUSH_CONTEXT)
    assert status.description == "2 projects: cgit, cmark"
    await bench.client.get_workflow_handle(push_id(REPO, "main")).result()


async def test_the_whole_range_of_a_push_is_looked_at(bench: Bench) -> None:
    """Not only its last commit."""
    await asking.push(bench, HEAD, "cgit", before=THIRD_HEAD)
    await asking.until_built(bench, "cgit", HEAD, CheckConclusion.SUCCESS)
    [job] = bench.repositories.pushes
    assert (job.before, job.after) == (THIRD_HEAD, HEAD)


async def test_a_push_that_changes_no_project_says_so(bench: Bench) -> None:
    """And starts no build."""
    await asking.push(bench, HEAD)
    status = await bench.until_status(HEAD, StatusState.SUCCESS, context=PUSH_CONTEXT)
    assert status.description == "no project is changed"
    histories = await bench.end()
    assert not histories.of("Build")


async def test_a_push_that_nobody_builds_says_so(new_bench: NewBench) -> None:
    """Its owner ends at once, and can be asked for it."""
    projects = (make_project("cgit", systems=(MAC,)), make_project("cmark"))
    bench = await new_bench(policy=Policy(systems=(LINUX,)), projects=projects)
    await asking.push(bench, HEAD, "cgit")
    status = await bench.until_status(HEAD, StatusState.SUCCESS, context=PUSH_CONTEXT)
    assert status.description == "1 project: cgit; no builders for aarch64-darwin"
    owner = bench.client.get_workflow_handle(push_id(REPO, "main"))
    await owner.result()
    view: BranchView = await owner.query(STATE_QUERY, result_type=BranchView)
    assert [(each.project, each.system) for each in view.skipped] == [("cgit", MAC)]
    assert not bench.github.check_runs


async def test_a_delivery_that_comes_twice_is_built_once(bench: Bench) -> None:
    """While the owner runs it knows the delivery."""
    bench.floor.hold("cgit")
    await asking.push(bench, HEAD, "cgit", delivery=DELIVERY)
    await asking.until_built(bench, "cgit", HEAD, CheckStatus.IN_PROGRESS)
    await asking.push(bench, HEAD, "cgit", delivery=DELIVERY)
    bench.floor.release("cgit")
    await asking.until_built(bench, "cgit", HEAD, CheckConclusion.SUCCESS)
    histories = await bench.end()
    assert len(histories.of("Build")) == 1


async def test_a_newer_push_supersedes_what_no_builder_has_begun(bench: Bench) -> None:
    """What waits is cancelled and built on the newest head instead; what runs goes on to its end."""
    bench.cluster.builders.clear()
    await asking.push(bench, HEAD, "cgit")
    await bench.until(lambda: _says(bench, "cgit", HEAD, "no x86_64-linux builder is online"))
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)
    ended = await asking.until_built(bench, "cgit", HEAD, CheckConclusion.CANCELLED)
    assert ended.title == f"superseded by {NEXT_HEAD[:7]}"
    for project in ("cgit", "cmark"):
        await asking.until_built(bench, project, NEXT_HEAD, CheckStatus.QUEUED)
        await _cancel(bench, project, NEXT_HEAD)


async def test_a_branch_that_is_set_back_has_built_what_was_superseded(bench: Bench) -> None:
    """Nothing is new in its commit then, and the check run of it says that a newer one is built instead."""
    bench.cluster.builders.clear()
    await asking.push(bench, HEAD, "cgit")
    await asking.until_built(bench, "cgit", HEAD, QUEUED)
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)
    await asking.until_built(bench, "cgit", HEAD, CheckConclusion.CANCELLED)
    for project in ("cgit", "cmark"):
        await asking.until_built(bench, project, NEXT_HEAD, QUEUED)
        await _cancel(bench, project, NEXT_HEAD)
    bench.cluster.builders[LINUX] = 1
    await asking.set_back(bench, HEAD, before=NEXT_HEAD)
    await asking.until_built(bench, "cgit", HEAD, SUCCESS)
    assert not bench.check_run_history("cmark", HEAD, LINUX, "main")
    said = await bench.until(lambda: bench.github.status_history(HEAD, PUSH_CONTEXT)[1:])
    assert [status.description for status in said or ()] == ["1 project: cgit"]


async def test_what_runs_is_not_superseded(bench: Bench) -> None:
    """A build that has begun tells something of its commit, which stays in the branch's history."""
    bench.floor.hold("cgit")
    await asking.push(bench, HEAD, "cgit")
    await eventually(partial(_knows_that_it_runs, bench))
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)
    await asking.until_built(bench, "cmark", NEXT_HEAD, CheckConclusion.SUCCESS)
    bench.floor.release("cgit")
    await asking.until_built(bench, "cgit", HEAD, CheckConclusion.SUCCESS)
    assert bench.github.check_run("cgit on x86_64-linux (push to main)", NEXT_HEAD) is None


async def test_a_push_that_comes_late_is_built_on_the_newest_head(bench: Bench) -> None:
    """Webhooks overtake each other: nobody has looked at what the older one changed."""
    bench.floor.hold("cmark")
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)
    await asking.until_built(bench, "cmark", NEXT_HEAD, CheckStatus.IN_PROGRESS)
    await asking.push(bench, HEAD, "cgit")
    bench.floor.release("cmark")
    await asking.until_built(bench, "cgit", NEXT_HEAD, CheckConclusion.SUCCESS)
    assert bench.github.check_run("cgit on x86_64-linux (push to main)", HEAD) is None
    status = await bench.until_status(HEAD, StatusState.SUCCESS, context=PUSH_CONTEXT)
    assert status.description == f"1 project: cgit; built with the newer {NEXT_HEAD[:7]}"


async def test_a_push_that_comes_late_supersedes_nothing(bench: Bench) -> None:
    """Although the one that joins it to the newest is not known: its commit is in the newest's history."""
    bench.cluster.builders.clear()
    await asking.push(bench, HEAD, "meshmc")
    bench.repositories.touch_branch(LATE_HEAD, "cmark", before=HEAD)
    bench.repositories.touch_branch(NEXT_HEAD, "cmark", before=LATE_HEAD)
    await asking.push(bench, THIRD_HEAD, "cgit", before=NEXT_HEAD)
    await asking.until_built(bench, "cgit", THIRD_HEAD, CheckStatus.QUEUED)
    await asking.push(bench, LATE_HEAD, "cmark", before=HEAD)
    await bench.until_status(LATE_HEAD, StatusState.SUCCESS, context=PUSH_CONTEXT)
    await asking.until_built(bench, "cmark", THIRD_HEAD, CheckStatus.QUEUED)
    await asking.push(bench, NEXT_HEAD, "cmark", before=LATE_HEAD)
    await bench.until_status(NEXT_HEAD, StatusState.SUCCESS, context=PUSH_CONTEXT)
    for project in ("cgit", "cmark", "meshmc"):
        await asking.until_built(bench, project, THIRD_HEAD, CheckStatus.QUEUED)
        await _cancel(bench, project, THIRD_HEAD)
    histories = await bench.end()
    assert len([run for run in histories.of("Build") if THIRD_HEAD[:12] in run.workflow_id]) == 3


async def test_a_check_run_of_a_push_is_run_again(bench: Bench) -> None:
    """Although its owner has ended: the check run says all that is needed."""
    bench.floor.script["make"] = Scripted(exit=Exit(2))
    await asking.push(bench, HEAD, "cgit")
    failed = await asking.until_built(bench, "cgit", HEAD, CheckConclusion.FAILURE)
    await bench.client.get_workflow_handle(push_id(REPO, "main")).result()
    del bench.floor.script["make"]
    await asking.press(bench, failed)
    again = await asking.until_built(bench, "cgit", HEAD, CheckConclusion.SUCCESS)
    assert again.external_id != failed.external_id


async def test_all_checks_of_a_push_are_run_again(bench: Bench) -> None:
    """GitHub knows which they were."""
    await asking.push(bench, HEAD, "cgit", "cmark")
    for project in ("cgit", "cmark"):
        await asking.until_built(bench, project, HEAD, CheckConclusion.SUCCESS)
    await bench.client.get_workflow_handle(push_id(REPO, "main")).result()
    await asking.press_all(bench)
    for project in ("cgit", "cmark"):
        await bench.until(partial(_seen_twice, bench, project))


async def _knows_that_it_runs(bench: Bench) -> bool:
    """Whether the owner has heard so of its one build: GitHub may show it before."""
    owner = bench.client.get_workflow_handle(push_id(REPO, "main"))
    view: BranchView = await owner.query(STATE_QUERY, result_type=BranchView)
    return [build.stage for build in view.builds] == [BuildStage.RUNNING]


async def _cancel(bench: Bench, project: str, sha: str) -> None:
    """Press *Cancel*, so that the owner ends: nobody waits six hours for a builder."""
    run = bench.github.check_run(f"{project} on x86_64-linux (push to main)", sha)
    assert run is not None
    await asking.press(bench, run, "cancel")
    ended = await asking.until_built(bench, project, sha, CheckConclusion.CANCELLED)
    assert ended.title == "cancelled by @grace"


def _seen_twice(bench: Bench, project: str) -> bool | None:
    return len(bench.check_run_history(project, branch="main")) == 2 or None


def _says(bench: Bench, project: str, sha: str, title: str) -> bool | None:
    run = bench.github.check_run(f"{project} on x86_64-linux (push to main)", sha)
    return (run is not None and title in run.title) or None


async def test_a_cancelled_build_does_not_come_back_with_the_next_push(new_bench: NewBench) -> None:
    """It waits for a builder, and has not ended yet when somebody pushes something else."""
    bench = await new_bench(policy=Policy(systems=(LINUX, ARM)))
    await asking.push(bench, HEAD, "cgit", "cmark")
    waits = {name: await asking.until_built(bench, name, HEAD, QUEUED, ARM) for name in ("cgit", "cmark")}
    for name in waits:
        await asking.until_built(bench, name, HEAD, SUCCESS)
    ending = bench.github.hold("update_check_run")
    await asking.press(bench, waits["cgit"], "cancel")
    await asking.push(bench, NEXT_HEAD, "meshmc", before=HEAD)
    again = [await asking.until_built(bench, name, NEXT_HEAD, QUEUED, ARM) for name in ("cmark", "meshmc")]
    ending.set()
    for run in again:
        await asking.press(bench, run, "cancel")
    await bench.end()
    assert not bench.check_run_history("cgit", NEXT_HEAD, LINUX, "main")
    assert not bench.check_run_history("cgit", NEXT_HEAD, ARM, "main")
