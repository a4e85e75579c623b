"""When a pull request carries ``tickborg-internal-error``, and what goes with a head (design, section 8)."""

from datetime import timedelta

import pytest

from tests.support.samples import NOON, REPO, build_view, pull_request
from tickborg.build_records import BuildRecord
from tickborg.jobs import BuildOutcome, EvaluationOutcome, EvaluationResult
from tickborg.labels import INTERNAL_ERROR_LABEL
from tickborg.memory import LabelsLeft, PullRequestMemory
from tickborg.systems import System

SUCCESS, FAILURE, CANCELLED = BuildOutcome.SUCCESS, BuildOutcome.FAILURE, BuildOutcome.CANCELLED
BROKEN = BuildOutcome.UNEXPECTED_ERROR


def memory(*numbers: str) -> PullRequestMemory:
    """Of an owner with builds of these numbers."""
    remembered = PullRequestMemory(repo=REPO, number=7, evaluation=EvaluationOutcome.EVALUATED)
    remembered.builds = {n: BuildRecord(n=n, view=build_view()) for n in numbers}
    return remembered


def blamed(remembered: PullRequestMemory) -> bool:
    """Whether the label is wanted."""
    return INTERNAL_ERROR_LABEL in remembered.labels


def test_a_build_that_cannot_be_done_is_the_bots_fault() -> None:
    """One with a result, of whatever kind, is not."""
    remembered = memory("a", "b")
    for outcome in (SUCCESS, FAILURE, CANCELLED):
        remembered.end_build("a", outcome)
        assert not blamed(remembered)
    remembered.end_build("b", BROKEN)
    assert blamed(remembered)


def test_the_same_build_done_again_takes_the_blame_away() -> None:
    """Not another one, and not one that was cancelled, which shows nothing."""
    remembered = memory("a", "b")
    remembered.end_build("a", BROKEN)
    remembered.end_build("b", SUCCESS)
    assert blamed(remembered)
    remembered.builds["a"] = BuildRecord(n="c", view=build_view())
    remembered.end_build("c", CANCELLED)
    assert blamed(remembered)
    remembered.end_build("c", FAILURE)
    assert not blamed(remembered)


def test_a_build_says_nothing_of_an_evaluation_that_failed() -> None:
    """Builds of an earlier one may still be running."""
    remembered = memory("a")
    remembered.fail_evaluation("GitHub answered 403")
    remembered.end_build("a", SUCCESS)
    assert blamed(remembered)


def test_an_evaluation_that_ends_later_takes_no_blame_from_a_build() -> None:
    """Its checks may go on for longer than builders die over a build."""
    remembered = memory("a")
    remembered.end_build("a", BROKEN)
    ended = EvaluationResult(outcome=EvaluationOutcome.EVALUATED, pull=pull_request())
    remembered.end_evaluation(ended)
    assert blamed(remembered)
    remembered.builds["a"] = BuildRecord(n="c", view=build_view())
    remembered.end_evaluation(ended)
    assert not blamed(remembered)


def test_a_summary_that_is_refused_is_said_by_the_label_whatever_is_built() -> None:
    """Until GitHub takes it again."""
    remembered = memory("a")
    remembered.summary_refused = True
    remembered.end_build("a", SUCCESS)
    assert blamed(remembered)
    remembered.summary_refused = False
    assert not blamed(remembered)


def test_labels_are_looked_for_once_something_is_known_of_the_head() -> None:
    """If some are named like the bot's, and nobody has looked before; only then is anything left behind."""
    remembered = memory()
    remembered.evaluation = None
    remembered.pull = pull_request(labels=("project: cgit",))
    assert not remembered.must_look_for_labels
    remembered.labels_wanted = ()
    assert remembered.must_look_for_labels
    assert remembered.left_behind() is None
    remembered.labels_known = True
    assert not remembered.must_look_for_labels
    assert remembered.left_behind() == LabelsLeft(labels=())


def test_a_build_that_is_forgotten_says_nothing() -> None:
    """It was of another head."""
    remembered = memory("a")
    remembered.end_build("a", BROKEN)
    remembered.end_build("z", SUCCESS)
    assert blamed(remembered)


@pytest.mark.parametrize("new", [{"head_sha": "2" * 40}, {"base_ref": "release"}])
def test_what_was_wanted_of_one_merge_is_not_wanted_of_another(new: dict[str, str]) -> None:
    """*Re-run all checks* was pressed, and a push came before the evaluation had found out what to build."""
    remembered = memory()
    remembered.believe(pull_request())
    remembered.rebuild_on, remembered.fresh_base = (System.X86_64_LINUX,), True
    remembered.believe(pull_request())
    assert remembered.rebuild_on
    assert remembered.fresh_base
    remembered.believe(pull_request(**new))
    assert not remembered.rebuild_on
    assert not remembered.fresh_base


OLD, NEW = "1" * 40, "2" * 40
MINUTE = timedelta(minutes=1)


def found_out_at_noon(before: str = "") -> PullRequestMemory:
    """What is known of a head that no push has told of; ``before``, another one was, which was seen last."""
    remembered = memory()
    if before:
        remembered.believe(pull_request(head_sha=before, updated_at=NOON - 2 * MINUTE))
    remembered.believe(pull_request(head_sha=NEW, updated_at=NOON))
    return remembered


def test_a_push_that_is_told_of_late_tells_since_when_there_is_the_head() -> None:
    """Until then nobody can tell; another head's tells nothing of it."""
    remembered = found_out_at_noon(before=OLD)
    remembered.hear_of_head(pull_request(head_sha=OLD, updated_at=NOON - MINUTE))
    assert not remembered.was_surely_pushed_after(NOON - 2 * MINUTE)
    remembered.hear_of_head(pull_request(head_sha=NEW, updated_at=NOON - MINUTE))
    assert remembered.was_surely_pushed_after(NOON - 2 * MINUTE)
    assert not remembered.may_have_been_pushed_after(NOON)


def test_a_head_that_has_come_back_is_there_since_then() -> None:
    """A push that made it the head before another one was, or heard of again, tells nothing of that."""
    remembered = found_out_at_noon(before=OLD)
    remembered.hear_of_head(pull_request(head_sha=NEW, updated_at=NOON - 3 * MINUTE))
    assert remembered.may_have_been_pushed_after(NOON)
    assert not remembered.was_surely_pushed_after(NOON - MINUTE)
    for minutes in (2, 1):
        remembered.hear_of_head(pull_request(head_sha=NEW, updated_at=NOON + minutes * MINUTE))
        assert remembered.was_surely_pushed_after(NOON + MINUTE)


def test_an_approval_is_of_a_head_that_was_there_when_it_was_given() -> None:
    """Not of one that came in the same second, or that was the head before and was not meant."""
    remembered = found_out_at_noon(before=OLD)
    remembered.hear_of_head(pull_request(head_sha=NEW, updated_at=NOON - 3 * MINUTE))
    remembered.approve(NOON)
    assert not remembered.is_approved
    remembered.approve(NOON + MINUTE)
    assert remembered.is_approved
