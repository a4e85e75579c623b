"""Comments: everyone is answered, and what can be done is done once (design, sections 5 and 6)."""

import pytest

from activities.ports import Exit
from tests.support import asking
from tests.support.asking import answer_to, comment, until_seen
from tests.support.fake_builder import Scripted
from tests.support.workflow_bench import (
    HEAD,
    LINUX,
    MAINTAINER,
    NEXT_HEAD,
    NUMBER,
    PROJECTS,
    REPO,
    Bench,
    make_pull,
)
from tests.workflow.conftest import NewBench
from tickborg.errors import PermanentError
from tickborg.github import CheckConclusion, CheckStatus, PullRequestState, StatusState
from tickborg.messages import EventName
from tickborg.names import comment_id, pull_request_id
from tickborg.policy import Policy
from tickborg.projects import ProjectSet
from tickborg.systems import System

MAC = System.AARCH64_DARWIN
DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


async def test_what_is_asked_for_is_built(bench: Bench) -> None:
    """Although the change has nothing to do with it; the reaction says that it was understood."""
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    asked = await comment(bench, "Let us see.\n\n@tickbot build meshmc", by="eve")
    await until_seen(bench, asked)
    await bench.until_check_run("meshmc", CheckConclusion.SUCCESS)
    await bench.until_commented("`meshmc`")
    assert len(bench.github.bot_comments(REPO, NUMBER)) == 1


async def test_what_is_right_is_done_and_what_is_wrong_is_answered(bench: Bench) -> None:
    """In one reply, with what was probably meant."""
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    asked = await comment(bench, "@tickbot build mesmc cmark")
    answer = await answer_to(bench, asked)
    assert "`mesmc`" in answer
    assert "`meshmc`" in answer
    await until_seen(bench, asked)
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)


async def test_a_command_comes_before_the_evaluation_has_ended(bench: Bench) -> None:
    """It waits for the merge, which `status` says, and is done then."""
    gate = bench.repositories.hold(HEAD)
    await bench.open("cgit")
    asked = await comment(bench, "@tickbot build meshmc")
    await until_seen(bench, asked)
    answer = await answer_to(bench, await comment(bench, "@tickbot status"))
    assert "not begun yet: `build meshmc`" in answer
    gate.set()
    await bench.until_check_run("meshmc", CheckConclusion.SUCCESS)


async def test_a_comment_on_a_pull_request_that_nobody_owns(bench: Bench) -> None:
    """One that was opened before there was a bot, say: its owner is started, which evaluates it."""
    bench.repositories.touch(HEAD, "cgit")
    bench.github.open_pull(make_pull())
    await comment(bench, "@tickbot build meshmc")
    await bench.until_check_run("meshmc", CheckConclusion.SUCCESS)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.note(pull_request_id(REPO, NUMBER))


async def test_tests_are_run(bench: Bench) -> None:
    """After the build, by the build system's own command."""
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await comment(bench, "@tickbot test cgit")
    await bench.until_commented("✅ tested")
    assert bench.floor.lines()[-2:] == ["make -j2", "make check"]


async def test_a_test_waits_for_the_build_under_way(bench: Bench) -> None:
    """It is queued behind it, and says so."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await until_seen(bench, await comment(bench, "@tickbot test cgit"))
    answer = await answer_to(bench, await comment(bench, "@tickbot status"))
    assert "tested once the build under way has ended" in answer
    bench.floor.release("cgit")
    await bench.until_commented("✅ tested")


async def test_a_build_under_way_is_joined(bench: Bench) -> None:
    """Comment and automatic build of the same thing are one build."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await until_seen(bench, await comment(bench, "@tickbot build cgit"))
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    histories = await bench.end()
    assert len(histories.of("Build")) == 1


async def test_a_comment_that_comes_twice_is_answered_once(bench: Bench) -> None:
    """Redelivered, or told of by two deliveries."""
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    asked = await comment(bench, "@tickbot build nothing\n@tickbot build cmark", delivery=DELIVERY)
    await answer_to(bench, asked)
    await asking.redeliver(bench, asked, delivery=DELIVERY)
    await asking.redeliver(bench, asked)
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    histories = await bench.end()
    assert len(histories.of("Comment")) == 1
    assert len(bench.github.bot_comments(REPO, NUMBER)) == 2


async def test_evaluate_again(bench: Bench) -> None:
    """Merged once more, with the target branch as it is now."""
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await until_seen(bench, await comment(bench, "@tickbot eval", by="ada"))
    await bench.until_ended("Evaluation", 2)
    assert [job.base_sha for job in bench.repositories.jobs] == [None, None]


async def test_what_failed_is_run_again(bench: Bench) -> None:
    """And nothing else."""
    bench.floor.script["make"] = Scripted(exit=Exit(2))
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.FAILURE)
    del bench.floor.script["make"]
    await comment(bench, "@tickbot build cmark")
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    await bench.until_commented("❌")
    await comment(bench, "@tickbot retry")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert len(bench.check_run_history("cmark")) == 1


async def test_there_may_be_nothing_to_retry_or_cancel(bench: Bench) -> None:
    """That is said."""
    await bench.open("cgit")
    await bench.until_commented("succeeded")
    await bench.until_ended("Evaluation")
    await comment(bench, "@tickbot retry\n@tickbot cancel cgit")
    answer = await bench.until_commented(f"nothing has failed on `{HEAD[:7]}`")
    assert "no build of `cgit` is queued or running" in answer


async def test_what_failed_is_being_run_again_already(bench: Bench) -> None:
    """A second retry has nothing to do, and does not say that all is well."""
    bench.floor.script["make"] = Scripted(exit=Exit(2))
    await bench.open("cgit")
    await bench.until_commented("❌")
    await bench.until_ended("Evaluation")
    del bench.floor.script["make"]
    bench.floor.hold("cgit")
    await comment(bench, "@tickbot retry")
    await bench.until(lambda: len(bench.check_run_history("cgit")) == 2 or None)
    await comment(bench, "@tickbot retry", by="ada")
    await bench.until_commented("@ada: There is nothing to retry: nothing has failed")
    await bench.until_commented("Still under way: 1 build")
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)


async def test_what_runs_is_cancelled(bench: Bench) -> None:
    """By its author: the project named, and then all."""
    for project in ("cgit", "cmark"):
        bench.floor.hold(project)
    await bench.open("cgit", "cmark")
    for project in ("cgit", "cmark"):
        await bench.until_check_run(project, CheckStatus.IN_PROGRESS)
    await comment(bench, "@tickbot cancel cgit", by="ada")
    ended = await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    assert ended.title == "cancelled by @ada"
    [history] = bench.check_run_history("cmark")
    assert history[-1].status is CheckStatus.IN_PROGRESS
    await comment(bench, "@tickbot cancel", by="ada")
    await bench.until_check_run("cmark", CheckConclusion.CANCELLED)


async def test_a_system_is_for_those_who_may_push(new_bench: NewBench) -> None:
    """Others are told so; what is left of their command is done."""
    bench = await new_bench(policy=Policy(systems=(LINUX, MAC)), builders=(LINUX, MAC))
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    asked = await comment(bench, f"@tickbot build cmark on {MAC} {LINUX}", by="eve")
    assert MAC in await answer_to(bench, asked)
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    assert not bench.check_run_history("cmark", system=MAC)
    await comment(bench, f"@tickbot build cmark on {MAC}", by=MAINTAINER)
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS, system=MAC)


async def test_how_it_stands(new_bench: NewBench) -> None:
    """State, age and builder of each build, and the queue of one that waits for the only slot."""
    bench = await new_bench(concurrent_builds=1)
    projects = {"cgit", "cmark"}
    for project in projects:
        bench.floor.hold(project)
    bench.cluster.queues[LINUX] = 12
    await bench.open(*projects)
    running = (await bench.logs.next()).start.project
    [queued] = projects - {running}
    await bench.until_check_run(running, CheckStatus.IN_PROGRESS)
    await bench.until_check_run(queued, CheckStatus.QUEUED)
    answer = await answer_to(bench, await comment(bench, "@tickbot status", by="eve"))
    assert f"| `{running}` | {LINUX} | 🔨 running" in answer
    assert "`builder-1`" in answer
    assert f"| `{queued}` | {LINUX} | 🕐 queued" in answer
    [queue] = [line for line in answer.splitlines() if line.startswith("- ")]
    assert "12 builds" in queue
    assert f"{LINUX} builder" in queue
    for project in projects:
        bench.floor.release(project)
    for project in projects:
        await bench.until_check_run(project, CheckConclusion.SUCCESS)


async def test_how_a_pull_request_stands_that_nobody_owns(bench: Bench) -> None:
    """Nothing is started by a question."""
    bench.github.open_pull(make_pull())
    answer = await answer_to(bench, await comment(bench, "@tickbot status"))
    assert "`@tickbot eval` has it evaluated" in answer


async def test_what_can_be_asked_for(bench: Bench) -> None:
    """A table of commands, for which nothing has to be known."""
    bench.github.open_pull(make_pull())
    refusal = PermanentError("GitHub answered 403, 'Forbidden'")
    faults = [bench.github.fail(question, refusal) for question in ("permission", "pull_request")]
    answer = await answer_to(bench, await comment(bench, "@tickbot help"))
    assert "@tickbot retry" in answer
    for fault in faults:
        assert fault.left, "something was asked for that nobody needs"
        fault.left = 0


async def test_a_closed_pull_request_is_not_built(bench: Bench) -> None:
    """The owner has ended, and no new one is started."""
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.close(pull)
    await bench.client.get_workflow_handle(pull_request_id(REPO, NUMBER)).result()
    answer = await answer_to(bench, await comment(bench, "@tickbot build cmark"))
    assert answer == "The pull request is closed, so nothing is built. Reopen it first."
    histories = await bench.end()
    assert len(histories.of("PullRequest")) == 1


async def test_how_a_closed_pull_request_stood(bench: Bench) -> None:
    """Nobody is told to have it evaluated: its page says how it was."""
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.close(pull)
    await bench.client.get_workflow_handle(pull_request_id(REPO, NUMBER)).result()
    answer = await answer_to(bench, await comment(bench, "@tickbot status"))
    assert answer.startswith("The pull request is closed, and nothing more is done about it.")
    assert f"/{REPO}/pull/{NUMBER})" in answer


async def test_prose_is_no_command(bench: Bench) -> None:
    """A comment that only talks of the bot is not answered."""
    bench.github.open_pull(make_pull())
    asked = await comment(bench, "I asked `@tickbot build cgit`.\n\n> @tickbot build cgit")
    handle = bench.client.get_workflow_handle(comment_id(REPO, NUMBER, asked.id))
    assert await handle.result() == "it says nothing to the bot"
    assert not bench.github.bot_comments(REPO, NUMBER)


async def test_a_bad_project_file_is_answered(bench: Bench) -> None:
    """Whoever asks learns why nothing comes of it."""
    bench.github.open_pull(make_pull())
    bench.repositories.spoil_projects(".tickborg.toml line 1: is bad")
    answer = await answer_to(bench, await comment(bench, "@tickbot build cgit"))
    assert ".tickborg.toml line 1: is bad" in answer


async def test_a_failure_for_good_is_answered(bench: Bench) -> None:
    """Silence would be no answer; the reason is in the Web UI as well."""
    bench.github.open_pull(make_pull())
    bench.github.fail("pull_request", PermanentError("GitHub answered 410, 'Gone'"))
    answer = await answer_to(bench, await comment(bench, "@tickbot build cgit"))
    assert "GitHub answered 410" in answer
    [asked] = (await bench.end()).of("Comment")
    assert (asked.ending, asked.failure) == ("failed", "GitHub answered 410, 'Gone'")
    assert len(bench.stats.named(EventName.PERMANENT_FAILURE)) == 1


@pytest.mark.parametrize("asks", ["help", "build cgit"])
async def test_an_answer_that_is_refused_is_counted(bench: Bench, asks: str) -> None:
    """Whoever asked hears nothing, so the Web UI says what GitHub would not take, and an operator is told."""
    bench.github.open_pull(make_pull())
    fault = bench.break_down(
        "create_comment", PermanentError("GitHub answered 403, 'Resource not accessible'")
    )
    if asks != "help":
        bench.github.fail("pull_request", PermanentError("GitHub answered 410, 'Gone'"))
    await comment(bench, f"@tickbot {asks}")
    [asked] = (await bench.end()).of("Comment")
    bench.recover(fault)
    refused = "not answered: GitHub answered 403, 'Resource not accessible'"
    assert (asked.ending, asked.failure) == (
        "failed",
        refused if asks == "help" else "GitHub answered 410, 'Gone'",
    )
    assert len(bench.stats.named(EventName.PERMANENT_FAILURE)) == 1


async def test_a_first_contribution_waits_for_approval(new_bench: NewBench) -> None:
    """Nobody but a maintainer lets it in, and then for that head only."""
    bench = await new_bench(policy=Policy(require_approval=True))
    pull = await bench.open("cgit", author_association="FIRST_TIME_CONTRIBUTOR")
    status = await bench.until_status(HEAD, StatusState.SUCCESS)
    assert "a maintainer" in status.description
    answer = await answer_to(bench, await comment(bench, "@tickbot build cgit", by="ada"))
    assert "first contribution" in answer
    assert not bench.check_run_history("cgit")
    await comment(bench, "@tickbot build", by=MAINTAINER)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.push(pull, NEXT_HEAD, "cgit")
    status = await bench.until_status(NEXT_HEAD, StatusState.SUCCESS)
    assert "a maintainer" in status.description
    assert not bench.check_run_history("cgit", NEXT_HEAD)


async def test_what_changed_is_built_when_nothing_is_named(bench: Bench) -> None:
    """A draft is not built by itself; a bare command builds what it changes."""
    await bench.open("cgit", draft=True)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await comment(bench, "@tickbot build", by="ada")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)


async def test_all_known_projects_are_built(bench: Bench) -> None:
    """Whatever the change has to do with."""
    await bench.open()
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await comment(bench, "@tickbot build all")
    for project in ("cgit", "cmark", "meshmc"):
        await bench.until_check_run(project, CheckConclusion.SUCCESS)


async def test_what_was_asked_for_on_one_head_is_not_built_on_another(bench: Bench) -> None:
    """The comment was written before the push, and is heard of after it."""
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    written = bench.github.comments[
        bench.github.write_comment(REPO, NUMBER, MAINTAINER, "@tickbot build meshmc")
    ]
    await bench.push(pull, NEXT_HEAD, "cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    await asking.redeliver(bench, written)
    await bench.until_commented("`meshmc` will not be built: a push came before")
    assert not bench.check_run_history("meshmc", NEXT_HEAD)


async def test_what_was_asked_for_after_a_push_is_built(timed_bench: Bench) -> None:
    """However long GitHub's replicas lag, and call the older head the newest."""
    pull = await timed_bench.open("cgit")
    await timed_bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await timed_bench.push(pull, NEXT_HEAD, "cgit")
    await timed_bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    timed_bench.github.lag(pull, 100)
    await comment(timed_bench, "@tickbot build meshmc")
    await timed_bench.pass_time(minutes=1)
    await timed_bench.until_check_run("meshmc", CheckConclusion.SUCCESS, sha=NEXT_HEAD)


async def test_a_pull_request_that_was_opened_again_is_not_called_closed(bench: Bench) -> None:
    """A replica that lags says so; it is asked again, until it knows what the comment has changed."""
    closed = bench.github.open_pull(make_pull(state=PullRequestState.CLOSED))
    bench.github.change_pull(REPO, NUMBER, state=PullRequestState.OPEN)
    bench.github.lag(closed)
    answer = await answer_to(bench, await comment(bench, "@tickbot status"))
    assert "has it evaluated" in answer


async def test_how_it_stands_when_what_was_asked_for_has_begun(bench: Bench) -> None:
    """Both in one comment: the answer is of what comes of the order, and sends nobody to give it again."""
    gate = bench.repositories.hold(HEAD)
    bench.repositories.touch(HEAD, "cgit")
    bench.github.open_pull(make_pull())
    answer = await answer_to(bench, await comment(bench, "@tickbot eval\n@tickbot status"))
    assert "Nothing is known" not in answer
    assert "being evaluated" in answer
    gate.set()
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.note(pull_request_id(REPO, NUMBER))


async def test_what_is_built_is_cancelled_although_its_project_is_gone(bench: Bench) -> None:
    """The target branch has no such project any more, and the builder is still at work."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    bench.repositories.projects = ProjectSet(projects=PROJECTS[1:])
    await comment(bench, "@tickbot cancel cgit")
    await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    bench.floor.release("cgit")
