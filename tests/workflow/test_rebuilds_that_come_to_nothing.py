"""*Re-run all checks* of which nothing comes is answered on a check run: GitHub waits (design, section 6)."""

import threading

from tests.support import asking
from tests.support.workflow_bench import HEAD, NUMBER, PROJECTS, REPO, Bench
from tests.workflow.test_button_answers import OF_PULL, built, until_answered
from tests.workflow.test_buttons_beside_evaluations import NEXT_BASE
from tickborg.names import comment_id
from tickborg.projects import ProjectSet
from tickborg.texts.statuses import EVALUATION_CONTEXT


async def pressed(bench: Bench) -> threading.Event:
    """Have all checks run again of a pull request that was built, up to its merge; which waits."""
    await built(bench)
    gate = bench.repositories.hold(HEAD)
    await asking.press_all(bench)

    def merging() -> bool | None:
        said = bench.github.status(HEAD, EVALUATION_CONTEXT)
        return (said is not None and said.description == "merging with main") or None

    await bench.until(merging)
    return gate


async def cancelled(bench: Bench, command: str) -> None:
    """Cancel, and wait until the owner has been told."""
    written = await asking.comment(bench, command)
    await bench.client.get_workflow_handle(comment_id(REPO, NUMBER, written.id)).result()


async def test_the_pull_request_is_closed_meanwhile(bench: Bench) -> None:
    """Nothing will be built that could end GitHub's waiting."""
    gate = await pressed(bench)
    await bench.close(bench.github.pulls[REPO, NUMBER])
    await until_answered(bench, "The pull request is closed, so nothing is built", OF_PULL)
    gate.set()


async def test_all_that_it_would_build_is_cancelled_meanwhile(bench: Bench) -> None:
    """The evaluation goes on, and has nothing to build."""
    gate = await pressed(bench)
    await cancelled(bench, "@tickbot cancel cgit")
    gate.set()
    await until_answered(bench, "What was asked for will not be built: cancelled before it began.", OF_PULL)
    assert len(bench.check_run_history("cgit")) == 1


async def test_the_evaluation_is_cancelled_meanwhile(bench: Bench) -> None:
    """And there is nothing to mend, as there is in a conflict."""
    gate = await pressed(bench)
    await cancelled(bench, "@tickbot cancel")
    gate.set()
    said = await until_answered(bench, "will not be built: cancelled by @\u200bgrace.", OF_PULL)
    assert "mended" not in said.summary


async def test_the_target_branch_has_lost_what_was_built(bench: Bench) -> None:
    """The builds of the last base are asked for again, and one has no project there any more."""
    gate = await pressed(bench)
    bench.repositories.touch(HEAD, base_sha=NEXT_BASE)
    bench.repositories.projects = ProjectSet(projects=PROJECTS[1:])
    gate.set()
    await until_answered(bench, "`cgit` cannot be built: `main` has no project of that name", OF_PULL)
