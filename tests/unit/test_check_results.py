"""What is remembered of evaluation checks, by this version of tickborg and by those before it."""

from tests.support.samples import NOON, build_job, build_result, check_result, project, pull_request
from tickborg import check_results
from tickborg.jobs import (
    BuildMode,
    BuildOutcome,
    EvaluationOutcome,
    EvaluationResult,
)
from tickborg.memory import PullRequestMemory

JOB = build_job(project=project("format"), mode=BuildMode.CHECK)
FAILURE = BuildOutcome.FAILURE


def test_a_check_that_failed_can_be_reproduced() -> None:
    """As its builder ran it."""
    result = build_result(FAILURE, commands=("make format",), failed_command="make format", reason="no")
    ended = check_results.ended(JOB, result)
    assert (ended.name, ended.reason, ended.reproduce) == ("format", "no", ("make format",))
    assert ended.is_unpassed


def test_a_check_that_passed_needs_no_commands() -> None:
    """And one that is under way has none."""
    passed, pending = check_results.ended(JOB, build_result()), check_results.pending(JOB)
    assert (passed.reproduce, passed.is_unpassed) == ((), False)
    assert (pending.outcome, pending.is_unpassed) == (None, False)


def test_what_is_remembered_of_checks_is_bounded() -> None:
    """All of it is part of one payload."""
    long = check_results.ended(JOB, build_result(FAILURE, commands=("x" * 5_000,), reason="y" * 5_000))
    many = check_results.bounded([check_result(), *(check_result(f"c{n}", FAILURE) for n in range(30))])
    assert (long.reproduce, len(long.reason)) == ((), 300)
    assert [bool(check.reproduce) for check in many] == [False, *[True] * 20, *[False] * 10]


def test_what_an_earlier_version_remembers_is_known_still() -> None:
    """It knew but the names of checks that failed; a ``retry`` evaluates again for their sake."""
    written = PullRequestMemory(repo=pull_request().repo, number=7, pull=pull_request()).model_dump()
    del written["checks"]
    view = PullRequestMemory.model_validate({**written, "failed_checks": ("format",)}).view()
    assert view is not None
    assert view.evaluation_failed


def test_an_earlier_version_is_told_the_names() -> None:
    """It may have the next word while a new one is being deployed."""
    memory = PullRequestMemory(repo=pull_request().repo, number=7)
    memory.believe(pull_request())
    memory.end_evaluation(
        EvaluationResult(
            outcome=EvaluationOutcome.EVALUATED,
            pull=pull_request(updated_at=NOON),
            failed_checks=("format",),
            checks=(check_result(outcome=FAILURE), check_result("licences", BuildOutcome.SUCCESS)),
        )
    )
    assert memory.model_dump()["failed_checks"] == ("format",)


def test_a_check_that_nobody_waits_for_any_more_is_under_way_no_longer() -> None:
    """Its evaluation has failed, which ends it."""
    memory = PullRequestMemory(repo=pull_request().repo, number=7)
    memory.checks = (check_result(), check_result("licences", FAILURE))
    memory.fail_evaluation("git refuses")
    assert [check.name for check in memory.checks] == ["licences"]


def test_what_is_to_run_again_is_under_way_for_those_who_look() -> None:
    """Its owner knows still how it ended: whatever calls that off makes it the newest there is to know."""
    memory = PullRequestMemory(repo=pull_request().repo, number=7, pull=pull_request())
    memory.checks = (check_result("licences", FAILURE),)
    view = memory.view(checks_to_come=True)
    assert view is not None
    assert [(check.name, check.outcome) for check in view.checks] == [("licences", None)]
    known = memory.view()
    assert known is not None
    assert known.checks == memory.checks


def test_what_is_stopped_is_under_way_no_longer() -> None:
    """What has ended stays as it ended."""
    failed = check_result("licences", FAILURE)
    stopped, ended = check_results.stopped([check_result(), failed], "closed")
    assert (stopped.name, stopped.outcome, stopped.reason) == ("format", BuildOutcome.CANCELLED, "closed")
    assert ended == failed


def test_checks_left_pending_are_those_of_a_head() -> None:
    """Another target branch changes nothing about that; another head has statuses of its own."""
    memory = PullRequestMemory(repo=pull_request().repo, number=7)
    memory.believe(pull_request())
    memory.pending_checks = ("format",)
    memory.believe(pull_request(base_ref="next"))
    assert memory.pending_checks == ("format",)
    memory.believe(pull_request(head_sha="f" * 40))
    assert not memory.pending_checks
