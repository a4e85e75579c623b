"""Notices in the summary comment go when what they say is no longer true (design, section 6)."""

from tests.support import asking
from tests.support.eventually import eventually
from tests.support.workflow_bench import HEAD, Bench
from tests.workflow.test_button_answers import FORBIDDEN, why_it_failed
from tests.workflow.test_buttons_beside_evaluations import in_conflict
from tickborg.github import CheckConclusion, CheckStatus
from tickborg.names import STATE_QUERY
from tickborg.views import PullRequestView


async def test_what_a_conflict_forbade_is_done_when_it_is_asked_for_again(bench: Bench) -> None:
    """The summary says that it is tested, and no more that it will not be built."""
    run = await in_conflict(bench)
    await asking.press(bench, run, "test")
    await bench.until_commented("`cgit` will not be built: merge conflict")
    bench.repositories.touch(HEAD, "cgit")
    await asking.comment(bench, "@tickbot eval")
    await bench.until_commented("✅ **The build succeeded**")
    await asking.press(bench, run, "test")
    assert "will not be built" not in await bench.until_commented("✅ tested")


async def test_a_button_that_failed_once_is_pressed_again(bench: Bench) -> None:
    """Of all checks: what the bot said of it is over when each is run again."""
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_ended("Evaluation")
    bench.github.fail("permission", FORBIDDEN)
    await why_it_failed(asking.press_all(bench))
    await bench.until_commented("tickborg failed at a button")
    await asking.press_all(bench)
    await bench.until(lambda: len(bench.check_run_history("cgit")) == 2 or None)
    await bench.until(lambda: "failed at a button" not in bench.summary() or None)


async def test_a_cancel_that_failed_once_is_pressed_again(bench: Bench) -> None:
    """The build is cancelled, so nothing is left to press."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    run = await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await bench.until_ended("Evaluation")
    bench.github.fail("permission", FORBIDDEN)
    await why_it_failed(asking.press(bench, run, "cancel", by="ada"))
    # The comment is edited but every ten seconds while something runs.
    await eventually(lambda: noticed(bench))
    await asking.press(bench, run, "cancel", by="ada")
    assert "failed at a button" not in await bench.until_commented("was not made")


async def noticed(bench: Bench) -> bool:
    """Whether the owner has anything to say of what is not done."""
    view = await bench.first_run().query(STATE_QUERY, result_type=PullRequestView)
    return bool(view.notices)
