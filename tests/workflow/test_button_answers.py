"""A button that comes to nothing is answered, if nowhere else then on its check run (design, section 6)."""

from collections.abc import Coroutine
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from tests.support import asking
from tests.support.workflow_bench import HEAD, LINUX, NEXT_HEAD, NUMBER, PROJECTS, REPO, Bench
from tickborg.errors import HeadGoneError, PermanentError
from tickborg.github import CheckConclusion, CheckRun, CheckStatus
from tickborg.names import pull_request_id, push_id
from tickborg.projects import ProjectSet

SUCCESS = CheckConclusion.SUCCESS
OF_PULL, OF_MAIN = f"cgit on {LINUX}", f"cgit on {LINUX} (push to main)"
DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
FORBIDDEN = PermanentError("GitHub answered 403")


async def built(bench: Bench) -> CheckRun:
    """Open a pull request that changes cgit, and see what came of it."""
    await bench.open("cgit")
    run = await bench.until_check_run("cgit", SUCCESS)
    await bench.until_ended("Evaluation")
    return run


async def pushed(bench: Bench) -> CheckRun:
    """Push a change of cgit to main, and see what came of it to its end."""
    await asking.push(bench, HEAD, "cgit")
    run = await asking.until_built(bench, "cgit", HEAD, SUCCESS)
    await bench.client.get_workflow_handle(push_id(REPO, "main")).result()
    return run


async def closed(bench: Bench) -> CheckRun:
    """A build of a pull request that has been closed since."""
    run = await built(bench)
    await bench.close(bench.github.pulls[REPO, NUMBER])
    await bench.client.get_workflow_handle(pull_request_id(REPO, NUMBER)).result()
    return run


async def until_answered(bench: Bench, text: str, name: str = OF_MAIN) -> CheckRun:
    """Wait until the newest check run of that name says ``text`` above what it said."""

    def answered() -> CheckRun | None:
        run = bench.github.check_run(name, HEAD)
        return run if run is not None and text in run.summary else None

    return await bench.until(answered)


async def why_it_failed(pressing: Coroutine[Any, Any, None]) -> str:
    """Await a button whose workflow fails, and return what the Web UI shows."""
    with pytest.raises(WorkflowFailureError) as failure:
        await pressing
    assert isinstance(failure.value.cause, ApplicationError)
    return failure.value.cause.message


async def test_a_button_of_a_branch_by_somebody_who_may_not_push(bench: Bench) -> None:
    """Nothing is built, and the check run says why, above all that it said; it ended as it did."""
    run = await pushed(bench)
    await asking.press(bench, run, by="eve")
    said = await until_answered(bench, "@eve may not have builds of `main` run or cancelled")
    assert said.summary.endswith(run.summary)
    assert said == run.model_copy(update={"summary": said.summary})
    assert len(bench.check_run_history("cgit", branch="main")) == 1


async def test_a_cancel_of_a_branchs_build_by_somebody_who_may_not_push(bench: Bench) -> None:
    """The build goes on."""
    bench.floor.hold("cgit")
    await asking.push(bench, HEAD, "cgit")
    run = await asking.until_built(bench, "cgit", HEAD, CheckStatus.IN_PROGRESS)
    await asking.press(bench, run, "cancel", by="eve")
    await until_answered(bench, "@eve may not have builds of `main` run or cancelled")
    bench.floor.release("cgit")
    await asking.until_built(bench, "cgit", HEAD, SUCCESS)


async def test_all_checks_of_a_push_by_somebody_who_may_not(bench: Bench) -> None:
    """Said once, on the first of them."""
    await pushed(bench)
    await asking.press_all(bench, by="eve")
    await until_answered(bench, "@eve may not have builds of `main` run or cancelled")
    assert len(bench.check_run_history("cgit", branch="main")) == 1


async def test_a_cancel_of_a_branchs_build_that_has_ended(bench: Bench) -> None:
    """The page it was pressed on was older than the build's end."""
    bench.floor.hold("cgit")
    await asking.push(bench, HEAD, "cgit")
    running = await asking.until_built(bench, "cgit", HEAD, CheckStatus.IN_PROGRESS)
    bench.floor.release("cgit")
    await bench.client.get_workflow_handle(push_id(REPO, "main")).result()
    await asking.press(bench, running, "cancel")
    said = await until_answered(bench, "there is nothing to cancel: this build of `cgit` has ended")
    assert said.conclusion is SUCCESS


async def test_a_second_answer_takes_the_place_of_the_first(bench: Bench) -> None:
    """However often somebody presses."""
    run = await pushed(bench)
    for who in ("eve", "mallory"):
        await asking.press(bench, run, by=who)
    said = await until_answered(bench, "@mallory may not")
    assert "@eve" not in said.summary


async def test_a_build_of_a_branch_whose_project_is_gone(bench: Bench) -> None:
    """The commit is looked at anew, since its owner has forgotten it."""
    run = await pushed(bench)
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)
    await bench.client.get_workflow_handle(push_id(REPO, "main")).result()
    bench.repositories.projects = ProjectSet(projects=PROJECTS[1:])
    await asking.press(bench, run)
    await until_answered(bench, "cannot be built of `1111111`: that commit has no project `cgit`")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, "line 3: no such key"),
        (HeadGoneError("gone"), "`1111111` is no longer on GitHub"),
        (PermanentError("the disk is read-only"), "tickborg failed, not your change: the disk is read-only"),
    ],
)
async def test_a_build_of_a_branch_that_cannot_be_looked_at(
    bench: Bench, error: Exception | None, said: str
) -> None:
    """Whatever the reason: a bad project file, a commit that is gone, a fault of the bot's."""
    run = await pushed(bench)
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)
    await bench.client.get_workflow_handle(push_id(REPO, "main")).result()
    if error is None:
        bench.repositories.spoil_projects(".tickborg.toml: line 3: no such key")
    else:
        bench.repositories.fail(HEAD, error)
    await asking.press(bench, run)
    await until_answered(bench, said)


async def test_a_button_of_a_closed_pull_request(bench: Bench) -> None:
    """Answered once however often it is delivered; and its owner, which has ended, is not started."""
    run = await closed(bench)
    for _ in range(2):
        await asking.press(bench, run, delivery=DELIVERY)
    said = await until_answered(bench, "#7 is closed, so nothing is built. Reopen it first", OF_PULL)
    assert said.summary.count("Reopen it first") == 1
    assert bench.github.calls["answer_on_check_run"] == 1
    histories = await bench.end()
    assert [len(histories.of(kind)) for kind in ("PullRequest", "Build", "Rerun")] == [1, 1, 1]


async def test_all_checks_of_a_closed_pull_request(bench: Bench) -> None:
    """GitHub names only the open ones of a commit; whose builds are there is known by their check runs."""
    await closed(bench)
    await asking.press_all(bench)
    await until_answered(bench, "#7 is closed, so nothing is built", OF_PULL)


async def test_all_checks_of_an_older_head(bench: Bench) -> None:
    """In the summary comment, as for a single button."""
    await built(bench)
    await bench.push(bench.github.pulls[REPO, NUMBER], NEXT_HEAD, "cgit")
    await bench.until_check_run("cgit", SUCCESS, sha=NEXT_HEAD)
    await asking.press_all(bench)
    await bench.until_commented("Nothing is built again: `1111111` is not the head any more")


async def test_what_somebody_may_do_on_a_pull_request_cannot_be_asked(bench: Bench) -> None:
    """The summary comment says that the bot failed, and the Web UI why."""
    run = await built(bench)
    bench.github.fail("permission", FORBIDDEN)
    assert await why_it_failed(asking.press(bench, run)) == "GitHub answered 403"
    await bench.until_commented("tickborg failed at a button, not your change: GitHub answered 403")
    assert len(bench.check_run_history("cgit")) == 1


async def test_what_somebody_may_do_on_a_branch_cannot_be_asked(bench: Bench) -> None:
    """The check run says so."""
    run = await pushed(bench)
    bench.github.fail("permission", FORBIDDEN)
    assert await why_it_failed(asking.press(bench, run)) == "GitHub answered 403"
    await until_answered(bench, "tickborg failed, not your change: GitHub answered 403. Press again later.")


async def test_a_pull_request_that_cannot_be_asked_for_keeps_no_branch_waiting(bench: Bench) -> None:
    """Of one commit: the branch is built again, and the pull request's check run says what failed."""
    await built(bench)
    await pushed(bench)
    bench.github.fail("pull_request", FORBIDDEN)
    assert await why_it_failed(asking.press_all(bench)) == "GitHub answered 403"
    await until_answered(bench, "tickborg failed, not your change: GitHub answered 403", OF_PULL)
    await bench.until(lambda: len(bench.check_run_history("cgit", branch="main")) == 2 or None)


@pytest.mark.parametrize("question", ["open_pulls_at", "external_ids"])
async def test_a_question_that_fails_keeps_no_pull_request_waiting(bench: Bench, question: str) -> None:
    """Which it is, is known by either: the list of pull requests, or the check runs of its builds."""
    await built(bench)
    bench.github.fail(question, FORBIDDEN)
    assert await why_it_failed(asking.press_all(bench)) == "GitHub answered 403"
    await bench.until(lambda: len(bench.check_run_history("cgit")) == 2 or None)


async def test_an_answer_that_cannot_be_given_stops_nothing(bench: Bench) -> None:
    """The check run is out of reach, and the workflow has done what it could."""
    run = await pushed(bench)
    bench.github.fail("answer_on_check_run", FORBIDDEN)
    await asking.press(bench, run, by="eve")
    assert bench.github.check_run(OF_MAIN, HEAD) == run


async def test_a_refused_re_run_does_not_leave_the_checks_queued(bench: Bench) -> None:
    """GitHub has put them back into the queue: beside the summary, the check run is told, as it had ended."""
    run = await built(bench)
    await bench.push(bench.github.pulls[REPO, NUMBER], NEXT_HEAD, "cgit")
    await bench.until_check_run("cgit", SUCCESS, sha=NEXT_HEAD)
    await asking.press(bench, run)
    said = await until_answered(bench, "`1111111` is not the head any more", OF_PULL)
    assert said == run.model_copy(update={"summary": said.summary})
    assert said.summary.endswith(run.summary)


async def test_refused_checks_of_a_pull_request_are_not_left_queued(bench: Bench) -> None:
    """Of a suite one of its runs is told, in one breath with all else that comes to nothing."""
    run = await built(bench)
    await asking.press_all(bench, by="eve")
    said = await until_answered(bench, "@eve may not have everything built again", OF_PULL)
    assert said == run.model_copy(update={"summary": said.summary})
    await bench.until_commented("@eve may not have everything built again")


async def test_a_refused_button_of_ours_changes_no_check_run(bench: Bench) -> None:
    """GitHub only hands it on: the summary says so, and what runs is not spoken over."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    running = await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await asking.press(bench, running, "cancel", by="eve")
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", SUCCESS)
    await bench.until_commented("@eve may not cancel builds here")
    assert "answer_on_check_run" not in bench.github.calls


async def test_a_button_that_is_overtaken_by_a_close_is_answered(bench: Bench) -> None:
    """The pull request was open when GitHub was asked; its owner hears of the button while it ends."""
    bench.floor.hold("cgit")
    pull = await bench.open("cgit", "cmark")
    run = await bench.until_check_run("cmark", SUCCESS)
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    ending = bench.github.hold("update_check_run")
    bench.github.lag(pull)
    await bench.deliver("closed", bench.github.close(REPO, pull.number))
    await asking.press(bench, run)
    ending.set()
    bench.floor.release("cgit")
    await bench.until_commented("The pull request is closed, so nothing is built. Reopen it first.")
