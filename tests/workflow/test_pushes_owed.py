"""Pushes that cannot be looked at: what they changed is built with the next one (design, section 3)."""

from collections.abc import Sequence
from functools import partial

import pytest
from temporalio.client import WorkflowExecutionStatus

from tests.support import asking
from tests.support.eventually import eventually
from tests.support.workflow_bench import HEAD, LINUX, NEXT_HEAD, REPO, THIRD_HEAD, Bench
from tickborg.errors import HeadGoneError, PermanentError
from tickborg.github import CheckConclusion, CheckStatus, StatusState
from tickborg.messages import EventName
from tickborg.names import STATE_QUERY, push_id
from tickborg.texts.push_statuses import PUSH_CONTEXT
from tickborg.views import BranchView
from workflows.policies import REPLICA_LAG_PAUSES

SUCCESS = CheckConclusion.SUCCESS
GONE = [HeadGoneError("no such commit")] * (len(REPLICA_LAG_PAUSES) + 1)
"""As often as a commit that is not there is looked for."""

FOURTH_HEAD = "4" * 40

FAILURES = [[PermanentError("git refuses")], GONE]


async def view_of(bench: Bench) -> BranchView:
    """What the owner of main knows."""
    owner = bench.client.get_workflow_handle(push_id(REPO, "main"))
    assert (await owner.describe()).status is WorkflowExecutionStatus.RUNNING
    view: BranchView = await owner.query(STATE_QUERY, result_type=BranchView)
    return view


async def has_no_builds(bench: Bench) -> bool:
    """Whether the owner of main, who is still there, knows of no build any more."""
    return not (await view_of(bench)).builds


async def test_what_a_bad_project_file_holds_up_is_built_with_the_next_push(bench: Bench) -> None:
    """The status says why nothing is; the push that mends the file may change nothing else."""
    bench.repositories.spoil_projects(".tickborg.toml line 1: is bad")
    await asking.push(bench, HEAD, "cgit")
    status = await bench.until_status(HEAD, StatusState.FAILURE, context=PUSH_CONTEXT)
    assert status.description == ".tickborg.toml line 1: is bad"
    assert (await view_of(bench)).error == ".tickborg.toml line 1: is bad"
    bench.repositories.spoil_projects(None)
    await asking.push(bench, NEXT_HEAD, before=HEAD)
    await asking.until_built(bench, "cgit", NEXT_HEAD, SUCCESS)
    histories = await bench.end()
    assert len(histories.of("Build")) == 1


async def test_what_is_found_out_last_is_what_the_status_says_last(bench: Bench) -> None:
    """Looked at again, a commit has another status before GitHub has taken the first one."""
    first = bench.github.hold("set_status", sha=NEXT_HEAD, calls=1)
    bench.repositories.fail(NEXT_HEAD, PermanentError("git refuses"))
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)
    await bench.until(lambda: bench.github.calls["set_status"] or None)
    await asking.push(bench, HEAD, "cgit")
    await asking.until_built(bench, "cmark", NEXT_HEAD, SUCCESS)
    first.set()
    await bench.end()
    said = bench.github.status_history(NEXT_HEAD, PUSH_CONTEXT)
    assert [status.state for status in said] == [StatusState.ERROR, StatusState.SUCCESS]


async def test_a_status_that_github_refuses_is_counted(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody sees on the branch that it is missing; what was pushed is built all the same."""
    bench.github.fail("set_status", PermanentError("GitHub answered 403"))
    await asking.push(bench, HEAD, "cgit")
    await asking.until_built(bench, "cgit", HEAD, SUCCESS)
    await bench.end()
    assert [event.repo for event in bench.stats.named(EventName.PERMANENT_FAILURE)] == [str(REPO)]
    said = f"the status of {HEAD} on main could not be published: GitHub answered 403."
    assert any(said in record.message for record in caplog.records)


async def test_a_push_that_cannot_be_looked_at_is_looked_at_with_the_next(bench: Bench) -> None:
    """It is said that the bot is at fault, and what it changed is not lost."""
    bench.repositories.fail(HEAD, PermanentError("git refuses"))
    await asking.push(bench, HEAD, "cgit")
    status = await bench.until_status(HEAD, StatusState.ERROR, context=PUSH_CONTEXT)
    assert status.description == "tickborg failed, not your push: git refuses"
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)
    for project in ("cgit", "cmark"):
        await asking.until_built(bench, project, NEXT_HEAD, SUCCESS)
    assert [job.before for job in bench.repositories.pushes] == [asking.BEFORE, asking.BEFORE]
    await bench.end()
    assert [event.repo for event in bench.stats.named(EventName.PERMANENT_FAILURE)] == [str(REPO)]


async def test_a_commit_that_is_gone_is_skipped_and_its_changes_are_not(bench: Bench) -> None:
    """There is no commit any more to say it of; the push that replaced it is compared with the one before."""
    bench.repositories.fail(HEAD, *GONE)
    await asking.push(bench, HEAD, "cgit")
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)
    await asking.until_built(bench, "cmark", NEXT_HEAD, SUCCESS)
    assert bench.github.status(HEAD, PUSH_CONTEXT) is None
    assert {job.before for job in bench.repositories.pushes} == {asking.BEFORE}
    assert len(bench.repositories.pushes) < len(GONE), "it is not waited for once it has been replaced"


async def test_a_commit_that_comes_after_its_webhook_is_looked_for_again(bench: Bench) -> None:
    """Git's storage may lag behind, and nobody would tell once more of what was pushed last."""
    bench.repositories.fail(HEAD, GONE[0])
    await asking.push(bench, HEAD, "cgit")
    await asking.until_built(bench, "cgit", HEAD, SUCCESS)
    await bench.until_status(HEAD, StatusState.SUCCESS, context=PUSH_CONTEXT)


@pytest.mark.parametrize("errors", FAILURES)
async def test_what_was_superseded_for_a_push_that_fails_is_built_with_the_next(
    bench: Bench, errors: Sequence[Exception]
) -> None:
    """A build that no builder had begun is owed to its author, whatever becomes of the push that ended it."""
    bench.cluster.builders.clear()
    await asking.push(bench, HEAD, "cgit")
    await asking.until_built(bench, "cgit", HEAD, CheckStatus.QUEUED)
    bench.repositories.fail(NEXT_HEAD, *errors)
    await asking.push(bench, NEXT_HEAD, before=HEAD)
    await asking.until_built(bench, "cgit", HEAD, CheckConclusion.CANCELLED)
    await eventually(partial(has_no_builds, bench))
    bench.cluster.builders[LINUX] = 1
    await asking.push(bench, THIRD_HEAD, before=NEXT_HEAD)
    await asking.until_built(bench, "cgit", THIRD_HEAD, SUCCESS)


async def test_what_is_owed_is_looked_at_once_the_newest_is_certain(bench: Bench) -> None:
    """The webhook of a push between was lost, so that only git can tell whether the next one is newer.

    What was found from one place is not unsaid by what is found from another.
    """
    bench.repositories.fail(HEAD, PermanentError("git refuses"))
    await asking.push(bench, HEAD, "cgit")
    await bench.until_status(HEAD, StatusState.ERROR, context=PUSH_CONTEXT)
    bench.repositories.touch_branch(NEXT_HEAD, "cmark", before=HEAD)
    bench.repositories.fail(THIRD_HEAD, PermanentError("git refuses"))
    await asking.push(bench, THIRD_HEAD, "meshmc", before=NEXT_HEAD)
    await bench.until_status(THIRD_HEAD, StatusState.ERROR, context=PUSH_CONTEXT)
    await asking.push(bench, FOURTH_HEAD, before=THIRD_HEAD)
    for project in ("cgit", "cmark", "meshmc"):
        await asking.until_built(bench, project, FOURTH_HEAD, SUCCESS)
    await bench.end()
    begun = [job.before for job in bench.repositories.pushes if job.after == FOURTH_HEAD]
    assert begun == [THIRD_HEAD, asking.BEFORE, NEXT_HEAD]
    said = [status.description for status in bench.github.status_history(FOURTH_HEAD, PUSH_CONTEXT)]
    assert said == ["no project is changed", *["3 projects: cgit, cmark, meshmc"] * 2]


async def test_a_late_push_that_cannot_be_looked_at_is_looked_at_with_the_newest(bench: Bench) -> None:
    """Which has been looked at already, but not from so far back."""
    bench.floor.hold("cmark")
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)
    await asking.until_built(bench, "cmark", NEXT_HEAD, CheckStatus.IN_PROGRESS)
    bench.repositories.fail(HEAD, PermanentError("git refuses"))
    await asking.push(bench, HEAD, "cgit")
    await asking.until_built(bench, "cgit", NEXT_HEAD, SUCCESS)
    assert (await view_of(bench)).error == ""
    bench.floor.release("cmark")
    histories = await bench.end()
    assert len(histories.of("Build")) == 2


async def test_webhooks_in_any_order_lead_to_the_newest_head(bench: Bench) -> None:
    """Of three pushes the last comes first, and the one that joins the others last."""
    bench.floor.hold("meshmc")
    await asking.push(bench, THIRD_HEAD, "meshmc", before=NEXT_HEAD)
    await asking.until_built(bench, "meshmc", THIRD_HEAD, CheckStatus.IN_PROGRESS)
    await asking.push(bench, HEAD, "cgit")
    await asking.push(bench, NEXT_HEAD, "cmark", before=HEAD)
    await asking.until_built(bench, "cmark", THIRD_HEAD, SUCCESS)
    assert (await view_of(bench)).head_sha == THIRD_HEAD
    bench.floor.release("meshmc")
    await bench.end()
    assert bench.github.check_run("cmark on x86_64-linux (push to main)", NEXT_HEAD) is None
