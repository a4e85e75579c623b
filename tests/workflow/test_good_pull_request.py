"""What a person sees of a pull request that changes projects and builds (design, sections 3 and 8)."""

from activities.ports import Exit
from tests.support.fake_builder import Scripted
from tests.support.fake_repositories import make_project
from tests.support.workflow_bench import HEAD, NUMBER, REPO, Bench
from tests.workflow.conftest import NewBench
from tickborg.github import CheckConclusion, CheckStatus, StatusState
from tickborg.texts.statuses import EVALUATION_CONTEXT


async def test_the_evaluation_goes_from_pending_to_success(bench: Bench) -> None:
    """The author sees that something happens, and then which projects are changed."""
    await bench.open("cgit", "cmark")
    last = await bench.until_status(HEAD, StatusState.SUCCESS)
    history = bench.github.status_history(HEAD, EVALUATION_CONTEXT)
    assert [status.state for status in history[:-1]] == [StatusState.PENDING] * (len(history) - 1)
    assert history[0].description == "starting"
    assert last.description == "2 projects: cgit, cmark"
    assert last.target_url == "http://127.0.0.1:8080/acme/mono/pull/7"


async def test_the_builds_are_wanted_before_the_status_says_so(bench: Bench) -> None:
    """No build waits for a status."""
    saying = bench.github.hold("set_status")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert not bench.github.statuses
    saying.set()
    await bench.until_status(HEAD, StatusState.SUCCESS)


async def test_each_build_is_one_check_run_updated_in_place(bench: Bench) -> None:
    """Queued, in progress with a link to the log, completed with how long it took."""
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    [history] = bench.check_run_history("cgit")
    assert [run.status for run in history] == [
        CheckStatus.QUEUED,
        CheckStatus.IN_PROGRESS,
        CheckStatus.COMPLETED,
    ]
    assert len({run.external_id for run in history}) == 1
    log = next(iter(bench.logs.logs))
    assert [run.details_url for run in history[1:]] == [f"http://127.0.0.1:8080/logs/{log}"] * 2
    assert history[1].title == "running on builder-1"


async def test_a_failed_build_fails_its_check_run_and_no_workflow(bench: Bench) -> None:
    """A failed build is a result: it is made once, and the author is told how to repeat it."""
    bench.floor.script["make"] = Scripted(output=b"cgit.c:1: oops\n", exit=Exit(2))
    await bench.open("cgit")
    run = await bench.until_check_run("cgit", CheckConclusion.FAILURE)
    await bench.until_commented("The build failed")
    histories = await bench.end()
    assert "`make -j2` failed with status 2" in run.title
    assert "cgit.c:1: oops" in run.text
    assert [build.ending for build in histories.of("Build")] == ["completed"]
    assert len(histories.activities("build")) == 1


async def test_one_summary_comment_is_edited_until_all_is_done(new_bench: NewBench) -> None:
    """However many builds there are, the author gets one mail; and far fewer edits than builds that end."""
    names = [f"p{n}" for n in range(8)]
    projects = tuple(map(make_project, names))
    bench = await new_bench(projects=projects, concurrent_builds=len(names))
    for name in names:
        bench.floor.hold(name)
    await bench.open(*names)
    for name in names:
        await bench.until_check_run(name, CheckStatus.IN_PROGRESS)
    for name in names:
        bench.floor.release(name)
        await bench.until_check_run(name, CheckConclusion.SUCCESS)
    await bench.until_commented("All 8 builds succeeded")
    [summary] = bench.github.bot_comments(REPO, NUMBER)
    assert len(summary.bodies) <= len(names) // 2
    assert bench.github.calls["create_comment"] == 1


async def test_the_labels_that_hold_are_put_on(bench: Bench) -> None:
    """Projects touched and words of the title."""
    await bench.open("cgit", title="Build on Windows")
    await bench.until_labelled("project: cgit", "platform: windows")


async def test_labels_that_no_longer_hold_are_taken_off_and_those_of_people_stay(bench: Bench) -> None:
    """The next head changes something else."""
    pull = await bench.open("cgit")
    await bench.until_labelled("project: cgit")
    bench.github.put_label(REPO, NUMBER, "project: meshmc")
    await bench.push(pull, "2" * 40, "cmark")
    await bench.until_labelled("project: cmark", "project: meshmc")


async def test_a_change_of_no_project_is_said_in_the_status_alone(bench: Bench) -> None:
    """Nobody gets a mail about nothing."""
    await bench.open()
    status = await bench.until_status(HEAD, StatusState.SUCCESS)
    histories = await bench.end()
    assert status.description == "no project is changed"
    assert not bench.github.comments
    assert not bench.github.check_runs
    assert not histories.of("Build")
