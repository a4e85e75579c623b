"""Orders that something comes in between of: nothing is built behind anybody's back, or lost in silence."""

import pytest

from activities.ports import Exit
from tests.support.asking import answer_to, comment, press_all, redeliver, until_seen
from tests.support.fake_builder import Scripted
from tests.support.fake_github import Comment
from tests.support.fake_repositories import make_project
from tests.support.workflow_bench import (
    HEAD,
    LINUX,
    MAINTAINER,
    NEXT_HEAD,
    PROJECTS,
    REPO,
    Bench,
    make_pull,
)
from tests.workflow.conftest import NewBench
from tickborg.errors import PermanentError
from tickborg.github import CheckConclusion, CheckStatus, PullRequest, StatusState
from tickborg.names import pull_request_id
from tickborg.policy import Policy
from tickborg.projects import Check, ProjectSet
from tickborg.systems import System

MAC = System.AARCH64_DARWIN
NEXT_BASE = "e" * 40


async def opened(bench: Bench, **fields: object) -> PullRequest:
    """A pull request that changes cgit, and has been built."""
    pull = await bench.open("cgit", **fields)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await bench.until_ended("Evaluation")
    return pull


async def written(bench: Bench, body: str, by: str = MAINTAINER) -> Comment:
    """A comment that GitHub has not told of yet."""
    return bench.github.comments[bench.github.write_comment(REPO, make_pull().number, by, body)]


@pytest.mark.parametrize("cancel", ["@tickbot cancel", "@tickbot cancel meshmc"])
async def test_an_order_whose_projects_are_being_read_can_be_cancelled(bench: Bench, cancel: str) -> None:
    """It is no build yet, and still it is what the cancel means."""
    await opened(bench)
    gate = bench.repositories.hold_projects()
    await until_seen(bench, await comment(bench, "@tickbot build meshmc"))
    await until_seen(bench, await comment(bench, cancel))
    await until_seen(bench, await comment(bench, "@tickbot build cmark"))
    gate.set()
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    assert not bench.check_run_history("meshmc")


async def test_nothing_of_a_half_cancelled_order_is_lost(bench: Bench) -> None:
    """The rest of it is built, although its projects are read a second time."""
    await opened(bench)
    gate = bench.repositories.hold_projects()
    await until_seen(bench, await comment(bench, "@tickbot build meshmc cmark"))
    await until_seen(bench, await comment(bench, "@tickbot cancel meshmc"))
    gate.set()
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    assert not bench.check_run_history("meshmc")


async def test_closing_takes_an_order_back(bench: Bench) -> None:
    """Who opens the pull request again gets what opening it gives, and nothing else."""
    pull = await opened(bench)
    gate = bench.repositories.hold_projects()
    await until_seen(bench, await comment(bench, "@tickbot build meshmc"))
    pull = await bench.close(pull)
    await bench.reopen(pull)
    await bench.until_ended("Evaluation", 2)
    gate.set()
    await comment(bench, "@tickbot build cmark")
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    assert not bench.check_run_history("meshmc")


@pytest.mark.parametrize("told", [True, False])
async def test_an_approval_is_of_a_head_that_was_there_to_be_seen(new_bench: NewBench, *, told: bool) -> None:
    """Not of one that is pushed while the comment is on its way, whether GitHub has told of it or not."""
    bench = await new_bench(policy=Policy(require_approval=True))
    pull = await opened(bench, author_association="FIRST_TIME_CONTRIBUTOR")
    approval = await written(bench, "@tickbot build")
    bench.repositories.touch(NEXT_HEAD, "cgit")
    pushed = bench.github.push(REPO, pull.number, NEXT_HEAD)
    if told:
        await bench.deliver("synchronize", pushed)
        await bench.until_status(NEXT_HEAD, StatusState.SUCCESS)
    await redeliver(bench, approval)
    await bench.until_commented(
        "a push came before. Ask again for the new head."
        if told
        else f"`{NEXT_HEAD[:7]}` may have been pushed"
    )
    assert not bench.check_run_history("cgit", NEXT_HEAD)
    await comment(bench, "@tickbot build")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)


@pytest.mark.parametrize("told", [True, False])
async def test_what_is_not_for_everybody_is_not_built_of_a_head_that_came_later(
    new_bench: NewBench, *, told: bool
) -> None:
    """Whoever may push looked at the older one, whether GitHub has told of the newer one or not."""
    policy = Policy(systems=(LINUX, MAC), primary_systems=(LINUX,))
    bench = await new_bench(policy=policy, builders=(LINUX, MAC))
    pull = await opened(bench)
    order = await written(bench, "@tickbot build cgit on aarch64-darwin")
    bench.repositories.touch(NEXT_HEAD, "cgit")
    pushed = bench.github.push(REPO, pull.number, NEXT_HEAD)
    if told:
        await bench.deliver("synchronize", pushed)
        await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    await redeliver(bench, order)
    await bench.until_commented("a push came before" if told else f"`{NEXT_HEAD[:7]}` may have been pushed")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    assert not bench.check_run_history("cgit", NEXT_HEAD, MAC)


async def test_who_may_push_gets_what_anybody_gets_of_a_head_that_the_bot_never_heard_of(
    new_bench: NewBench,
) -> None:
    """What is not for everybody they are told to ask for once more, and it is built then."""
    policy = Policy(systems=(LINUX, MAC), primary_systems=(LINUX,))
    bench = await new_bench(policy=policy, builders=(LINUX, MAC))
    bench.repositories.touch(HEAD, "cgit")
    bench.github.open_pull(make_pull())
    await comment(bench, "@tickbot build cgit")
    await bench.until_commented(f"Not built: `cgit` on {MAC}: the head may have been pushed after")
    await bench.note(pull_request_id(REPO, make_pull().number))
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert not bench.check_run_history("cgit", HEAD, MAC)
    await comment(bench, "@tickbot build cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, system=MAC)


async def test_an_approval_of_a_head_that_the_bot_never_heard_of_says_so(new_bench: NewBench) -> None:
    """GitHub does not say since when it is the head; the bot knows from now on, and asks to look again."""
    bench = await new_bench(policy=Policy(require_approval=True))
    bench.repositories.touch(HEAD, "cgit")
    bench.github.open_pull(make_pull(author_association="FIRST_TIME_CONTRIBUTOR"))
    await comment(bench, "@tickbot build")
    await bench.until_commented("may have been pushed after that comment was written. Look at this head")
    await bench.note(pull_request_id(REPO, make_pull().number))
    assert not bench.check_run_history("cgit")
    await comment(bench, "@tickbot build")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)


async def test_a_build_asked_for_with_an_evaluation_is_of_the_new_base(bench: Bench) -> None:
    """Both in one comment: the build waits for the merge with the target branch as it is now."""
    await opened(bench)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    bench.repositories.touch(HEAD, "cgit", base_sha=NEXT_BASE)
    await comment(bench, "@tickbot eval\n@tickbot build meshmc")
    run = await bench.until_check_run("meshmc", CheckConclusion.SUCCESS)
    assert NEXT_BASE[:7] in run.summary
    assert len(bench.check_run_history("meshmc")) == 1


async def test_what_was_asked_for_is_built_on_the_new_base_too(bench: Bench) -> None:
    """A build under way is of the old base, and ends; what was asked for is not forgotten with it."""
    await opened(bench)
    bench.floor.hold("meshmc")
    await comment(bench, "@tickbot build meshmc")
    await bench.until_check_run("meshmc", CheckStatus.IN_PROGRESS)
    bench.repositories.touch(HEAD, "cgit", base_sha=NEXT_BASE)
    await comment(bench, "@tickbot eval")
    await bench.until_first_is_cancelled("meshmc")
    bench.floor.release("meshmc")
    await bench.until_check_run("meshmc", CheckConclusion.SUCCESS)
    assert len(bench.check_run_history("meshmc")) == 2


async def test_an_order_ends_where_there_is_nothing_to_build(bench: Bench) -> None:
    """The head conflicts with the target branch: that is said, and tried again when it is asked for again."""
    gate = bench.repositories.hold(HEAD)
    await bench.open("cgit")
    bench.repositories.conflict(HEAD, "cgit/main.c")
    await until_seen(bench, await comment(bench, "@tickbot build meshmc"))
    gate.set()
    notice = await bench.until_commented("`meshmc` will not be built")
    assert "cgit/main.c" in notice
    bench.repositories.touch(HEAD, "cgit")
    await comment(bench, "@tickbot build meshmc")
    await bench.until_check_run("meshmc", CheckConclusion.SUCCESS)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)


async def test_a_new_conflict_ends_what_is_built(bench: Bench) -> None:
    """The target branch has moved on, and there is no merge of the head with it."""
    await opened(bench)
    bench.floor.hold("meshmc")
    await comment(bench, "@tickbot build meshmc")
    await bench.until_check_run("meshmc", CheckStatus.IN_PROGRESS)
    bench.repositories.conflict(HEAD, "cgit/main.c")
    await comment(bench, "@tickbot eval")
    await bench.until_check_run("meshmc", CheckConclusion.CANCELLED)
    await bench.until_status(HEAD, StatusState.FAILURE)


async def test_a_build_of_no_changed_project_is_answered(bench: Bench) -> None:
    """A bare command means what the head changes, which may be nothing."""
    await bench.open()
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await comment(bench, "@tickbot build")
    await bench.until_commented(f"`{HEAD[:7]}` changes no project")


async def test_a_retry_of_what_one_may_not_build_is_answered(new_bench: NewBench) -> None:
    """It names what stays undone."""
    bench = await new_bench(
        policy=Policy(systems=(LINUX, MAC), primary_systems=(LINUX,)), builders=(LINUX, MAC)
    )
    bench.floor.script["make"] = Scripted(exit=Exit(2))
    await opened(bench)
    await comment(bench, "@tickbot build cgit on aarch64-darwin")
    await bench.until_check_run("cgit", CheckConclusion.FAILURE, system=MAC)
    await bench.until_commented("aarch64-darwin")
    await comment(bench, "@tickbot retry", by="eve")
    await bench.until_commented("@eve: Not run again: `cgit` on aarch64-darwin")


async def test_a_retry_while_nothing_has_failed_yet_is_answered(bench: Bench) -> None:
    """The head is still being evaluated."""
    gate = bench.repositories.hold(HEAD)
    await bench.open("cgit")
    await comment(bench, "@tickbot retry")
    await bench.until_commented(f"@{MAINTAINER}: There was nothing to retry: ")
    gate.set()
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)


async def test_with_a_bad_project_file_the_rest_is_answered_too(bench: Bench) -> None:
    """What somebody may not do is no less refused, and what runs can be cancelled."""
    await opened(bench)
    bench.floor.hold("meshmc")
    await comment(bench, "@tickbot build meshmc")
    await bench.until_check_run("meshmc", CheckStatus.IN_PROGRESS)
    bench.repositories.spoil_projects(".tickborg.toml line 1: is bad")
    answer = await answer_to(bench, await comment(bench, "@tickbot build cgit\n@tickbot cancel", by="eve"))
    assert ".tickborg.toml line 1: is bad" in answer
    assert "`@tickbot cancel` is for" in answer
    assert "no project" not in answer
    await comment(bench, "@tickbot cancel meshmc")
    await bench.until_check_run("meshmc", CheckConclusion.CANCELLED)


async def test_a_comment_that_reaches_nobody_is_answered(bench: Bench) -> None:
    """The owner cannot be told for good: whoever asked learns that nothing will come of it."""
    bench.github.open_pull(make_pull())
    bench.cluster.fault = PermanentError("Temporal answered that there is no such namespace")
    answer = await answer_to(bench, await comment(bench, "@tickbot build cgit"))
    assert "no such namespace" in answer
    assert "Ask again" in answer


async def test_who_asked_is_told_when_nothing_comes_of_it_after_all(bench: Bench) -> None:
    """By one comment that notifies them, also of what was known before; the summary is not the place."""
    gate = bench.repositories.hold(HEAD)
    await bench.open("cgit")
    bench.repositories.conflict(HEAD, "cgit/main.c")
    asked = "@tickbot build meshmc\n@tickbot retry\n@tickbot test cmark"
    await until_seen(bench, await comment(bench, asked))
    gate.set()
    await bench.until_commented("`meshmc`, `cmark` will not be built: merge conflict in")
    await bench.until_ended("Evaluation")
    await bench.until_commented("merge conflict in")
    said = [each.body for each in bench.github.bot_comments(REPO, make_pull().number)]
    [late] = [body for body in said if "tickborg:late-reply:" in body]
    assert late.startswith(f"@{MAINTAINER}: There was nothing to retry: ")


@pytest.mark.parametrize(
    ("command", "by", "only", "why"),
    [
        ("test on aarch64-darwin", MAINTAINER, LINUX, "the project file does not name that system"),
        ("build", "eve", MAC, "is built for people who may push; one of them can give the same command"),
    ],
)
async def test_a_bare_command_of_which_nothing_comes_is_answered(
    new_bench: NewBench, command: str, by: str, only: System, why: str
) -> None:
    """The changed projects are not for that system, or not for whoever asks: that is said of each."""
    projects = (make_project("cgit", systems=(only,)), make_project("meshmc"))
    policy = Policy(systems=(LINUX, MAC), primary_systems=(LINUX,))
    bench = await new_bench(policy=policy, projects=projects)
    await opened(bench)
    await comment(bench, f"@tickbot {command}", by=by)
    assert why in await bench.until_commented(f"@{by}: Not built: `cgit` on aarch64-darwin: ")


async def test_what_is_cancelled_before_it_is_known_is_not_built(bench: Bench) -> None:
    """The head is still being evaluated, so that nothing runs yet; what is asked for again is built."""
    gate = bench.repositories.hold(HEAD)
    await bench.open("cgit", "cmark")
    await until_seen(bench, await comment(bench, "@tickbot cancel cgit"))
    gate.set()
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    await bench.until_commented("cancelled before it began")
    assert not bench.check_run_history("cgit")
    await comment(bench, "@tickbot build cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)


async def test_a_bare_order_that_waits_is_cancelled_in_part(bench: Bench) -> None:
    """It names no project, and still one of them can be taken out of it."""
    gate = bench.repositories.hold(HEAD)
    await bench.open("cgit", "cmark", draft=True)
    await until_seen(bench, await comment(bench, "@tickbot build"))
    await until_seen(bench, await comment(bench, "@tickbot cancel cgit"))
    gate.set()
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    assert not bench.check_run_history("cgit")


async def test_what_a_close_takes_back_is_answered(bench: Bench) -> None:
    """Whoever asked hears that it was closed before anything came of it."""
    gate = bench.repositories.hold(HEAD)
    pull = await bench.open("cgit")
    await until_seen(bench, await comment(bench, "@tickbot build meshmc"))
    await bench.close(pull)
    gate.set()
    await bench.until_commented(f"@{MAINTAINER}: The pull request is closed")


async def test_a_command_that_is_overtaken_by_a_close_is_answered(bench: Bench) -> None:
    """It was found good, and when the owner hears of it there is nothing to build any more."""
    pull = await opened(bench)
    asking = bench.github.hold("permission")
    await comment(bench, "@tickbot build meshmc")
    await bench.github.until(lambda: bench.github.calls["permission"])
    bench.github.lag(pull)
    closed = bench.github.close(REPO, pull.number)
    await bench.deliver("closed", closed)
    asking.set()
    await bench.until_commented("The pull request is closed")
    assert not bench.check_run_history("meshmc")


async def test_a_build_of_what_is_being_tested_is_that_test(new_bench: NewBench) -> None:
    """A test builds first, so nothing is built twice at once."""
    bench = await new_bench(policy=Policy(automatic_tests=True))
    bench.floor.hold("cgit")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await until_seen(bench, await comment(bench, "@tickbot build cgit"))
    await until_seen(bench, await comment(bench, "@tickbot build cmark"))
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert len(bench.check_run_history("cgit")) == 1


@pytest.mark.parametrize("edited", [False, True])
async def test_a_cancel_that_is_older_than_the_head_cancels_nothing_of_it(
    bench: Bench, *, edited: bool
) -> None:
    """Whoever wrote it hears that there is a new head, also if GitHub had to be asked which that is.

    Pushed in the second of an edit, it might be the older one.
    """
    pull = await opened(bench)
    cancel = await written(bench, "@tickbot cancel")
    if edited:
        pull = await bench.change("edited", pull, title="Change more")
    bench.floor.hold("cgit")
    bench.repositories.touch(NEXT_HEAD, "cgit")
    pushed = bench.github.push(REPO, pull.number, NEXT_HEAD)
    if edited:
        pushed = bench.github.change_pull(REPO, pull.number, updated_at=pull.updated_at)
    await bench.deliver("synchronize", pushed)
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS, sha=NEXT_HEAD)
    await redeliver(bench, cancel)
    await bench.until_commented(f"`{NEXT_HEAD[:7]}` came after that comment was written")
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)


async def test_a_cancel_of_a_head_that_nobody_told_of_is_not_called_older(bench: Bench) -> None:
    """The webhook of the push is late, and one of an edit tells only when that was made."""
    pull = await opened(bench)
    bench.repositories.touch(NEXT_HEAD, "cgit")
    bench.github.push(REPO, pull.number, NEXT_HEAD)
    cancel = await written(bench, "@tickbot cancel")
    bench.floor.hold("cgit")
    edited = bench.github.change_pull(REPO, pull.number)
    await bench.deliver("edited", edited, changes={"title": {"from": "Something"}})
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS, sha=NEXT_HEAD)
    await redeliver(bench, cancel)
    await bench.until_check_run("cgit", CheckConclusion.CANCELLED, sha=NEXT_HEAD)


async def test_a_push_that_is_told_of_late_tells_that_a_cancel_came_before_it(bench: Bench) -> None:
    """The head was found out first, by an evaluation, when something else had changed since the push."""
    asking = bench.github.hold("pull_request")
    pull = await bench.open("cgit")
    await bench.until(lambda: bench.github.calls["pull_request"] or None)
    cancel = await written(bench, "@tickbot cancel")
    bench.repositories.touch(NEXT_HEAD, "cgit")
    bench.floor.hold("cgit")
    pushed = bench.github.push(REPO, pull.number, NEXT_HEAD)
    bench.github.change_pull(REPO, pull.number, labels=("mine",))
    asking.set()
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS, sha=NEXT_HEAD)
    await bench.deliver("synchronize", pushed)
    await redeliver(bench, cancel)
    await bench.until_commented(f"`{NEXT_HEAD[:7]}` came after that comment was written")
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)


async def test_a_cancel_of_what_waits_is_no_cancel_of_nothing(bench: Bench) -> None:
    """The projects of the order are being read; whoever gave it took it back, and needs no answer."""
    await opened(bench)
    gate = bench.repositories.hold_projects()
    await until_seen(bench, await comment(bench, "@tickbot build meshmc"))
    await until_seen(bench, await comment(bench, "@tickbot cancel"))
    gate.set()
    await comment(bench, "@tickbot cancel")
    await bench.until_commented("There is nothing to cancel")
    assert not bench.check_run_history("meshmc")
    said = [each.body for each in bench.github.bot_comments(REPO, make_pull().number)]
    assert len([body for body in said if "nothing to cancel" in body]) == 1


@pytest.mark.parametrize("cancel", ["@tickbot cancel meshmc", "@tickbot cancel"])
async def test_whose_order_somebody_else_cancels_is_told(bench: Bench, cancel: str) -> None:
    """It was accepted; the one who gave it would wait for ever."""
    await opened(bench)
    gate = bench.repositories.hold_projects()
    await until_seen(bench, await comment(bench, "@tickbot build meshmc", by="eve"))
    await until_seen(bench, await comment(bench, cancel))
    gate.set()
    await bench.until_commented(f"@eve: `meshmc` will not be built: @{MAINTAINER} cancelled it.")
    assert not bench.check_run_history("meshmc")


async def test_a_retry_that_finds_another_head_is_answered(bench: Bench) -> None:
    """GitHub knows of the push already, and its webhook is late."""
    bench.floor.script["make"] = Scripted(exit=Exit(2))
    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.FAILURE)
    await bench.until_ended("Evaluation")
    bench.repositories.touch(NEXT_HEAD)
    bench.github.push(REPO, pull.number, NEXT_HEAD)
    await comment(bench, "@tickbot retry")
    answer = await bench.until_commented("There was nothing to retry: ")
    assert NEXT_HEAD[:7] in answer


async def test_an_order_before_the_head_is_let_in_has_to_be_given_again(
    new_bench: NewBench,
) -> None:
    """Nobody knew yet that it has to be let in; what is said then is what comes of it."""
    bench = await new_bench(policy=Policy(require_approval=True))
    gate = bench.repositories.hold(HEAD)
    await bench.open("cgit", author_association="FIRST_TIME_CONTRIBUTOR")
    await until_seen(bench, await comment(bench, "@tickbot build meshmc", by="eve"))
    gate.set()
    answer = await bench.until_commented("`meshmc` will not be built: somebody who may push has to let")
    assert "Ask again after that" in answer
    await comment(bench, "@tickbot build")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert not bench.check_run_history("meshmc")


async def cancelled_beside_a_check(bench: Bench, **fields: object) -> PullRequest:
    """A build that is cancelled while a check of the evaluation, which has planned it, still runs."""
    bench.repositories.projects = ProjectSet(
        projects=PROJECTS, checks=(Check(name="format", command=("check-format",)),)
    )
    for held in ("check-format", "cgit"):
        bench.floor.hold(held)
    pull = await bench.open("cgit", "cmark", **fields)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    if pull.draft:
        await comment(bench, "@tickbot build cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    await comment(bench, "@tickbot cancel cgit")
    await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    for held in ("check-format", "cgit"):
        bench.floor.release(held)
    await bench.until_ended("Evaluation")
    return pull


async def test_a_cancel_is_of_what_is_planned_and_of_nothing_later(bench: Bench) -> None:
    """Re-run all checks: also of what somebody cancelled when the builds were planned already."""
    await cancelled_beside_a_check(bench)
    await press_all(bench)
    await bench.until(lambda: len(bench.check_run_history("cgit")) == 2 or None)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)


async def test_a_cancel_of_a_draft_s_build_is_forgotten_when_it_is_ready(bench: Bench) -> None:
    """All that it changes is built then."""
    pull = await cancelled_beside_a_check(bench, draft=True)
    await bench.change("ready_for_review", pull, draft=False)
    await bench.until(lambda: len(bench.check_run_history("cgit")) == 2 or None)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)


async def test_what_is_asked_for_after_a_cancel_survives_a_new_base(bench: Bench) -> None:
    """It was cancelled while nobody knew what to build, and asked for again before that."""
    gate = bench.repositories.hold(HEAD)
    await bench.open("cgit", "cmark")
    await until_seen(bench, await comment(bench, "@tickbot cancel cgit"))
    await until_seen(bench, await comment(bench, "@tickbot build cgit"))
    gate.set()
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert "cancelled before it began" not in await bench.until_commented("`cgit`")
