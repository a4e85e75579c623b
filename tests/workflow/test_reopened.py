"""A pull request is closed and opened again: it is as if it had stayed open (design, section 8)."""

from typing import Any

from tests.support.asking import redeliver
from tests.support.workflow_bench import HEAD, LINUX, MAINTAINER, NEXT_HEAD, NUMBER, REPO, Bench
from tests.workflow.conftest import NewBench
from tickborg.errors import PermanentError, UnavailableError
from tickborg.github import CheckConclusion, PullRequest
from tickborg.labels import INTERNAL_ERROR_LABEL
from tickborg.names import pull_request_id
from tickborg.policy import Policy
from tickborg.systems import System

MAC = System.AARCH64_DARWIN


async def ended(bench: Bench, pull: PullRequest) -> PullRequest:
    """It is closed, and its owner has ended."""
    closed = await bench.close(pull)
    await bench.client.get_workflow_handle(pull_request_id(REPO, NUMBER)).result()
    return closed


async def reopened_with(bench: Bench, closed: PullRequest, *projects: str, **changes: Any) -> PullRequest:
    """Push another head to what is closed, and open it again."""
    bench.repositories.touch(NEXT_HEAD, *projects)
    bench.github.push(REPO, closed.number, NEXT_HEAD)
    return await bench.reopen(bench.github.change_pull(REPO, closed.number, **changes))


async def test_a_label_that_the_bot_had_put_on_goes_when_it_does_not_hold_any_more(bench: Bench) -> None:
    """However often it was closed meanwhile. What a person put on stays, whatever it is called."""
    pull = await bench.open("cgit", labels=("project: meshmc",))
    await bench.until_labelled("project: cgit", "project: meshmc")
    again = await bench.reopen(await ended(bench, pull))
    await bench.until(lambda: bench.github.calls["labels"] == 3 or None)
    closed = await ended(bench, again)
    bench.github.put_label(REPO, NUMBER, "scope: docs")
    await reopened_with(bench, closed, "cmark")
    await bench.until_labelled("project: cmark", "project: meshmc", "scope: docs")


async def test_it_goes_too_where_no_label_holds(bench: Bench) -> None:
    """Nothing else would have the labels looked at."""
    pull = await bench.open("cgit")
    await bench.until_labelled("project: cgit")
    await reopened_with(bench, await ended(bench, pull))
    await bench.until_labelled()


async def test_an_order_from_before_it_was_opened_again_need_not_be_from_before_a_push(
    new_bench: NewBench,
) -> None:
    """Nobody knows since when the head is there: what everybody may have built is built, also by name."""
    policy = Policy(systems=(LINUX, MAC), primary_systems=(LINUX,))
    bench = await new_bench(policy=policy, builders=(LINUX, MAC))
    closed = await ended(bench, await bench.open("cgit"))
    body = f"@tickbot build meshmc on {LINUX} {MAC}"
    order = bench.github.comments[bench.github.write_comment(REPO, NUMBER, MAINTAINER, body)]
    await bench.reopen(closed)
    await redeliver(bench, order)
    await bench.until_check_run("meshmc", CheckConclusion.SUCCESS)
    await bench.until_commented(f"Not built: `meshmc` on {MAC}: the head may have been pushed after")


async def test_that_the_bot_has_failed_is_not_said_for_ever(bench: Bench) -> None:
    """Also where nobody can say what the owner before knew: nobody else puts that label on."""
    bench.github.fail("pull_request", PermanentError("GitHub answered 403"))
    pull = await bench.open("cgit")
    await bench.until_labelled(INTERNAL_ERROR_LABEL)
    closed = await ended(bench, pull)
    bench.cluster.forgetting = UnavailableError("Temporal does not answer")
    await bench.reopen(closed)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=HEAD)
    await bench.until_labelled("project: cgit")
