"""Webhooks delivered again when their owner has long ended: nothing is done twice (design, section 3)."""

from datetime import timedelta

from tests.support import asking
from tests.support.histories import Histories
from tests.support.workflow_bench import HEAD, NEXT_HEAD, NUMBER, REPO, THIRD_HEAD, Bench
from tickborg.errors import PermanentError
from tickborg.github import CheckConclusion, CheckStatus
from tickborg.messages import EventName
from tickborg.names import PUSH_WORKFLOW, pull_request_id, push_id
from tickborg.texts.push_statuses import PUSH_CONTEXT

SUCCESS = CheckConclusion.SUCCESS
DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
ASKED = "last_push_memory"


async def ended(bench: Bench, workflow_id: str = push_id(REPO, "main")) -> None:
    """Wait until an owner has ended."""
    await bench.client.get_workflow_handle(workflow_id).result()


async def pushed(bench: Bench, after: str, *projects: str, before: str, delivery: str = "") -> None:
    """Push, and see what came of it to its end."""
    await asking.push(bench, after, *projects, before=before, delivery=delivery)
    await ended(bench)


def built(bench: Bench, project: str, sha: str) -> int:
    """How often a project was built on a commit of main."""
    return len(bench.check_run_history(project, sha, branch="main"))


async def test_a_push_that_comes_again_is_not_built_again(bench: Bench) -> None:
    """Its owner has ended, and has left behind which deliveries it has seen."""
    await pushed(bench, HEAD, "cgit", before=THIRD_HEAD, delivery=DELIVERY)
    await pushed(bench, HEAD, "cgit", before=THIRD_HEAD, delivery=DELIVERY)
    histories = await bench.end()
    assert len(histories.of(PUSH_WORKFLOW)) == 2
    assert len(bench.repositories.pushes) == 1
    assert built(bench, "cgit", HEAD) == 1
    assert len(bench.github.status_history(HEAD, PUSH_CONTEXT)) == 1


async def test_a_run_that_did_nothing_leaves_as_much_behind(bench: Bench) -> None:
    """A third delivery meets the memory of the second, and the next push is looked at from where it began."""
    for _ in range(3):
        await pushed(bench, HEAD, "cgit", before=THIRD_HEAD, delivery=DELIVERY)
    await pushed(bench, NEXT_HEAD, "cmark", before=HEAD)
    assert [(job.before, job.after) for job in bench.repositories.pushes] == [
        (THIRD_HEAD, HEAD),
        (HEAD, NEXT_HEAD),
    ]
    assert (built(bench, "cgit", HEAD), built(bench, "cmark", NEXT_HEAD)) == (1, 1)


async def test_a_push_that_comes_after_the_end_of_a_newer_one_is_built_on_that(bench: Bench) -> None:
    """An outage hid it. What it changed and the newer one did too has been built there already."""
    await pushed(bench, NEXT_HEAD, "cmark", "meshmc", before=HEAD)
    await pushed(bench, HEAD, "cgit", "cmark", before=THIRD_HEAD)
    assert [built(bench, project, NEXT_HEAD) for project in ("cgit", "cmark", "meshmc")] == [1, 1, 1]
    assert [built(bench, project, HEAD) for project in ("cgit", "cmark")] == [0, 0]


async def test_a_button_does_not_make_a_branch_forget_its_pushes(bench: Bench) -> None:
    """It starts a run too, which hands on what it was given."""
    await pushed(bench, HEAD, "cgit", before=THIRD_HEAD, delivery=DELIVERY)
    await asking.press(bench, await asking.until_built(bench, "cgit", HEAD, SUCCESS))
    await ended(bench)
    assert built(bench, "cgit", HEAD) == 2
    await pushed(bench, HEAD, "cgit", before=THIRD_HEAD, delivery=DELIVERY)
    assert built(bench, "cgit", HEAD) == 2


async def test_a_push_is_built_although_nobody_knows_what_was_before(bench: Bench) -> None:
    """To build twice is better than never."""
    await pushed(bench, HEAD, "cgit", before=THIRD_HEAD)
    bench.cluster.forgetting = PermanentError("Temporal does not let us ask")
    await pushed(bench, NEXT_HEAD, "cmark", before=HEAD)
    assert built(bench, "cmark", NEXT_HEAD) == 1


async def test_a_server_that_does_not_answer_is_given_up_after_a_short_time(bench: Bench) -> None:
    """Waiting for a worker has no limit: without one nothing else would go on either."""
    await pushed(bench, HEAD, before=THIRD_HEAD)
    [run] = (await bench.end()).of(PUSH_WORKFLOW)
    [asked] = [each for each in run.activities if each.activity_type.name == ASKED]
    assert asked.retry_policy.maximum_attempts * asked.start_to_close_timeout.ToTimedelta() <= timedelta(
        seconds=30
    )
    assert not asked.schedule_to_start_timeout.ToTimedelta()


# The owner of a pull request asks GitHub first, which says that it is closed.


async def test_a_pull_request_that_was_closed_is_left_alone(bench: Bench) -> None:
    """Whichever of its webhooks comes again, its owner learns that it is closed, counts that, and ends."""
    opened = await bench.open("cgit")
    await bench.until_check_run("cgit", SUCCESS)
    pushed_to = await bench.push(opened, NEXT_HEAD, "cmark")
    await bench.until_check_run("cmark", SUCCESS, sha=NEXT_HEAD)
    closed = await bench.close(pushed_to)
    await ended(bench, pull_request_id(REPO, NUMBER))
    shown = what_is_shown(bench)
    for action, pull in (("opened", opened), ("synchronize", pushed_to), ("closed", closed)):
        await bench.deliver(action, pull)
        await ended(bench, pull_request_id(REPO, NUMBER))
    assert what_is_shown(bench) == shown
    assert merged_heads(await bench.histories()) == [HEAD, NEXT_HEAD]
    assert len(bench.stats.named(EventName.ISSUE_ALREADY_CLOSED)) == 2


async def test_a_pull_request_that_was_opened_again_does_not_listen_to_what_was_before(bench: Bench) -> None:
    """Its new owner has not seen those deliveries, but they are older than the one that it began with."""
    opened = await bench.open("cgit")
    await bench.until_check_run("cgit", SUCCESS)
    closed = await bench.close(opened)
    await ended(bench, pull_request_id(REPO, NUMBER))
    bench.floor.hold("cgit")
    await bench.reopen(closed)
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    for action, pull in (("opened", opened), ("closed", closed)):
        await bench.deliver(action, pull)
    bench.floor.release("cgit")
    await bench.until(lambda: bench.check_run_history("cgit")[-1][-1].conclusion)
    assert [run[-1].conclusion for run in bench.check_run_history("cgit")] == [SUCCESS] * 2
    histories = await bench.end()
    assert len(histories.of("Evaluation")) == 2


async def test_a_comment_that_comes_again_after_closing_is_not_answered_again(bench: Bench) -> None:
    """What is done about one comment is done once for ever, as what is done about one press of a button."""
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", SUCCESS)
    written = await asking.comment(bench, "@tickbot build nothing-of-that-name")
    await asking.answer_to(bench, written)
    await bench.close(pull)
    await ended(bench, pull_request_id(REPO, NUMBER))
    shown = what_is_shown(bench)
    await asking.redeliver(bench, written)
    histories = await bench.end()
    assert len(histories.of("Comment")) == 1
    assert what_is_shown(bench) == shown


def what_is_shown(bench: Bench) -> tuple[object, ...]:
    """All that GitHub shows of the pull request, and how often each thing was written."""
    github = bench.github
    return (
        list(github.statuses),
        {number: list(run) for number, run in github.check_runs.items()},
        [comment.body for comment in github.bot_comments(REPO, NUMBER)],
        github.labels_on(REPO, NUMBER),
        {name: calls for name, calls in github.calls.items() if name.startswith(("set", "create", "update"))},
    )


def merged_heads(histories: Histories) -> list[str]:
    """What evaluations came so far as to merge."""
    merges = [
        (run.started.search_attributes.indexed_fields["TickborgSha"].data.decode().strip('"'))
        for run in histories.of("Evaluation")
        if any(each.activity_type.name == "merge" for each in run.activities)
    ]
    return sorted(merges)
