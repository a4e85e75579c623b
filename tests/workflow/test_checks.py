"""Evaluation checks: beside the builds, or before them (design, sections 3 and 7)."""

from activities.ports import Exit
from tests.support.asking import comment, until_seen
from tests.support.fake_builder import Scripted
from tests.support.workflow_bench import HEAD, NEXT_HEAD, PROJECTS, Bench
from tickborg.github import CheckConclusion, PullRequest, StatusState
from tickborg.projects import Check, ProjectSet

FORMAT, LICENSES = "tickborg-eval-format", "tickborg-eval-licenses"


def with_checks(bench: Bench, *, gate: bool) -> Bench:
    """A target branch whose project file has two checks; ``gate``: the builds wait for the first."""
    checks = (
        Check(name="format", command=("check-format",), gate=gate),
        Check(name="licenses", command=("check-licenses",)),
    )
    bench.repositories.projects = ProjectSet(projects=PROJECTS, checks=checks)
    return bench


async def test_checks_run_beside_the_builds_each_with_a_status_of_its_own(bench: Bench) -> None:
    """Neither waits for the other."""
    with_checks(bench, gate=False).floor.hold("check-format")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await bench.until_status(HEAD, StatusState.SUCCESS, context=LICENSES)
    pending = await bench.until_status(HEAD, StatusState.PENDING, context=FORMAT)
    await bench.until_commented("🔨 **The check `format` is under way**; the build succeeded")
    bench.floor.release("check-format")
    passed = await bench.until_status(HEAD, StatusState.SUCCESS, context=FORMAT)
    assert pending.description == "queued or running on x86_64-linux"
    await bench.until_commented("✅ **The build succeeded**")
    assert passed.description.startswith("passed in ")
    assert not bench.check_run_history("format")


async def test_a_check_that_fails_says_so_and_fails_nothing_else(bench: Bench) -> None:
    """It is a status that leads to its log; the comment has both, and how to see it fail at home."""
    with_checks(bench, gate=False).floor.script["check-format"] = Scripted(exit=Exit(1))
    await bench.open("cgit")
    failed = await bench.until_status(HEAD, StatusState.FAILURE, context=FORMAT)
    await bench.until_status(HEAD, StatusState.SUCCESS)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    comment = await bench.until_commented("❌ **The check `format` failed**; the build succeeded")
    log = await bench.logs.next()
    while log.start.project != "format":
        log = await bench.logs.next()
    assert "check-format" in failed.description
    assert failed.target_url is not None
    assert failed.target_url.endswith(f"/logs/{log.start.attempt_id}")
    assert comment.count(failed.target_url) == 1
    assert "git merge --no-edit" in comment
    assert "\ncheck-format\n" in comment


async def test_builds_wait_for_a_gate(bench: Bench) -> None:
    """The status says what for; then they are made."""
    with_checks(bench, gate=True).floor.hold("check-format")
    await bench.open("cgit")
    await bench.until_said(HEAD, "waiting for the checks that builds depend on")
    log = await bench.logs.next()
    assert log.start.project == "format"
    assert not bench.github.check_runs
    bench.floor.release("check-format")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)


async def test_a_gate_that_fails_holds_the_builds(bench: Bench) -> None:
    """Status and comment say that nothing is built, and why."""
    with_checks(bench, gate=True).floor.script["check-format"] = Scripted(exit=Exit(1))
    await bench.open("cgit")
    await bench.until_status(HEAD, StatusState.FAILURE, context=FORMAT)
    await bench.until_status(HEAD, StatusState.SUCCESS, StatusState.FAILURE)
    await bench.until_commented("❌ **The check `format` failed**; nothing is built")
    histories = await bench.end()
    assert not histories.of("Build")


async def test_a_newer_head_ends_the_checks_of_the_older_one(bench: Bench) -> None:
    """Their statuses say what took their place; the process is ended."""
    with_checks(bench, gate=True).floor.hold("check-format")
    pull = await bench.open("cgit")
    await bench.logs.next()
    bench.repositories.projects = ProjectSet(projects=PROJECTS)
    await bench.push(pull, NEXT_HEAD, "cgit")
    for context in (FORMAT, "tickborg-eval"):
        status = await bench.until_status(HEAD, StatusState.ERROR, context=context)
        assert status.description == "superseded by 2222222"
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    assert [command.argv for command in bench.floor.ended] == [("check-format",)]


async def test_checks_that_are_evaluated_again_end_without_a_word(bench: Bench) -> None:
    """Their contexts are the next evaluation's: nobody is told of an end that is none."""
    with_checks(bench, gate=False).floor.hold("check-format")
    pull = await bench.open("cgit")
    await bench.logs.next()
    await bench.until_status(HEAD, StatusState.PENDING, context=FORMAT)
    await bench.change("ready_for_review", pull, title="Change things again")
    await bench.until_ended("Evaluation")
    bench.floor.release("check-format")
    await bench.until_status(HEAD, StatusState.SUCCESS, context=FORMAT)
    states = {each.state for each in bench.github.status_history(HEAD, FORMAT)}
    assert states == {StatusState.PENDING, StatusState.SUCCESS}


async def test_a_check_that_is_to_run_again_is_under_way_and_need_not_be_asked_for(bench: Bench) -> None:
    """What is known of it is from the evaluation before."""
    with_checks(bench, gate=True).floor.script["check-format"] = Scripted(exit=Exit(1))
    await bench.open("cgit")
    await bench.until_commented("❌ **The check `format` failed**; nothing is built")
    del bench.floor.script["check-format"]
    bench.floor.hold("check-format")
    await comment(bench, "@tickbot retry")
    await bench.until_commented("🔨 **2 checks are under way**: `format`, `licenses`")
    await comment(bench, "@tickbot retry", by="ada")
    await bench.until_commented(f"@ada: `{HEAD[:7]}` is being evaluated again already")
    bench.floor.release("check-format")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_commented("✅ **The build succeeded**")


async def evaluated_but_for_format(bench: Bench) -> PullRequest:
    """A head of which a check is under way, whose status is pending."""
    with_checks(bench, gate=False).floor.hold("check-format")
    pull = await bench.open("cgit")
    await bench.until_status(HEAD, StatusState.PENDING, context=FORMAT)
    return pull


async def test_a_check_that_a_conflict_keeps_from_running_again_is_pending_no_longer(bench: Bench) -> None:
    """The evaluation under way was told to say nothing more of it, so the next one says why it ended."""
    await evaluated_but_for_format(bench)
    bench.repositories.conflict(HEAD, "cgit/a.c")
    await comment(bench, "@tickbot eval")
    status = await bench.until_status(HEAD, StatusState.ERROR, context=FORMAT)
    assert status.description == "ended and not run again: merge conflict in cgit/a.c"


async def test_a_check_that_the_base_lacks_by_now_is_pending_no_longer(bench: Bench) -> None:
    """The others need not have ended for that to be said."""
    await evaluated_but_for_format(bench)
    spelling = Check(name="spelling", command=("check-spelling",))
    bench.repositories.projects = ProjectSet(projects=PROJECTS, checks=(spelling,))
    bench.repositories.touch(HEAD, "cgit")
    bench.floor.hold("check-spelling")
    await comment(bench, "@tickbot eval")
    status = await bench.until_status(HEAD, StatusState.ERROR, context=FORMAT)
    assert status.description == "ended and not run again: main does not call for it any more"
    await bench.until_status(HEAD, StatusState.PENDING, context="tickborg-eval-spelling")
    bench.floor.release("check-spelling")
    await bench.until_status(HEAD, StatusState.SUCCESS, context="tickborg-eval-spelling")


async def test_a_check_that_was_to_run_again_for_a_head_pushed_over_is_pending_no_longer(
    bench: Bench,
) -> None:
    """The evaluation that was to have the last word on it never comes."""
    pull = await evaluated_but_for_format(bench)
    saying = bench.github.hold("set_status", sha=HEAD)
    await until_seen(bench, await comment(bench, "@tickbot eval"))
    await bench.push(pull, NEXT_HEAD, "cgit")
    saying.set()
    status = await bench.until_status(HEAD, StatusState.ERROR, context=FORMAT)
    assert status.description == "ended and not run again: superseded by 2222222"


async def test_a_check_that_ran_when_the_pull_request_was_closed_is_under_way_no_longer(bench: Bench) -> None:
    """Nobody hears any more how it ends."""
    pull = await evaluated_but_for_format(bench)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_commented("🔨 **The check `format` is under way**")
    await bench.close(pull)
    body = await bench.until_commented("**The check `format` was not run**; the build succeeded")
    assert "- The check `format`: 🚫 cancelled: the pull request was closed" in body
    await bench.until_said(HEAD, "the pull request was closed", context=FORMAT)


async def test_a_check_that_failed_is_named_when_others_are_cancelled_that_builds_wait_for(
    bench: Bench,
) -> None:
    """It had ended before anybody could be told what is built."""
    checks = [Check(name=name, command=(f"check-{name}",), gate=True) for name in ("format", "licenses")]
    bench.repositories.projects = ProjectSet(projects=PROJECTS, checks=checks)
    bench.floor.script["check-format"] = Scripted(exit=Exit(1))
    bench.floor.hold("check-licenses")
    await bench.open("cgit")
    await bench.until_status(HEAD, StatusState.FAILURE, context=FORMAT)
    await comment(bench, "@tickbot cancel")
    body = await bench.until_commented("is no longer evaluated")
    assert "- The check `format`: ❌ failed" in body
    assert "- The check `licenses`: 🚫 cancelled: cancelled by" in body


async def test_a_check_that_failed_is_named_when_what_was_to_run_it_again_is_cancelled(bench: Bench) -> None:
    """Nothing newer is known of it."""
    with_checks(bench, gate=False).floor.script["check-format"] = Scripted(exit=Exit(1))
    bench.floor.hold("check-licenses")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_commented("❌ **The check `format` failed**; the build succeeded")
    merging = bench.repositories.hold(HEAD)
    await until_seen(bench, await comment(bench, "@tickbot eval"))
    await bench.until_ended("Evaluation")
    await until_seen(bench, await comment(bench, "@tickbot cancel"))
    merging.set()
    body = await bench.until_commented("is no longer evaluated")
    assert "- The check `format`: ❌ failed" in body
    assert "\ncheck-format\n" in body
    assert "- The check `licenses`: 🚫 cancelled: cancelled by" in body
