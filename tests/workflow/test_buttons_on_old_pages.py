"""Buttons of a branch's builds, pressed on a page that has grown old meanwhile (design, section 6)."""

from tests.support import asking
from tests.support.workflow_bench import HEAD, NEXT_HEAD, REPO, Bench
from tickborg.github import CheckConclusion, CheckRun, CheckStatus
from tickborg.names import push_id

SUCCESS = CheckConclusion.SUCCESS


async def run_again(bench: Bench) -> tuple[CheckRun, CheckRun]:
    """A push that is built once more: the check run of the build that ended, and of the one that runs."""
    bench.floor.hold("cgit")
    await asking.push(bench, HEAD, "cgit")
    running = await asking.until_built(bench, "cgit", HEAD, CheckStatus.IN_PROGRESS)
    bench.floor.release("cgit")
    await bench.client.get_workflow_handle(push_id(REPO, "main")).result()
    bench.floor.hold("cgit")
    await asking.press(bench, running)
    await bench.until(lambda: len(bench.check_run_history("cgit", branch="main")) == 2 or None)
    return running, await asking.until_built(bench, "cgit", HEAD, CheckStatus.IN_PROGRESS)


async def test_a_cancel_on_an_old_page_ends_no_newer_build_of_a_branch(bench: Bench) -> None:
    """The build whose button it was has ended; its own check run says so."""
    old, new = await run_again(bench)
    await asking.press(bench, old, "cancel")
    await bench.until(
        lambda: (
            "there is nothing to cancel: this build of `cgit` has ended"
            in bench.check_run_history("cgit", branch="main")[0][-1].summary
            or None
        )
    )
    bench.floor.release("cgit")
    ended = await asking.until_built(bench, "cgit", HEAD, SUCCESS)
    assert ended.external_id == new.external_id


async def test_a_re_run_on_an_old_page_is_of_what_runs_already(bench: Bench) -> None:
    """It is the same that both ask for: that project of that commit, once more."""
    old, _ = await run_again(bench)
    await asking.press(bench, old)
    bench.floor.release("cgit")
    await asking.until_built(bench, "cgit", HEAD, SUCCESS)
    await bench.client.get_workflow_handle(push_id(REPO, "main")).result()
    assert len(bench.check_run_history("cgit", branch="main")) == 2


async def test_a_cancel_means_the_build_of_its_own_head(bench: Bench) -> None:
    """A branch has builds of several."""
    bench.floor.hold("cgit")
    await asking.push(bench, HEAD, "cgit")
    run = await asking.until_built(bench, "cgit", HEAD, CheckStatus.IN_PROGRESS)
    await asking.push(bench, NEXT_HEAD, "cgit", before=HEAD)
    await asking.until_built(bench, "cgit", NEXT_HEAD, CheckStatus.IN_PROGRESS)
    await asking.press(bench, run, "cancel")
    await asking.until_built(bench, "cgit", HEAD, CheckConclusion.CANCELLED)
    bench.floor.release("cgit")
    await asking.until_built(bench, "cgit", NEXT_HEAD, SUCCESS)
