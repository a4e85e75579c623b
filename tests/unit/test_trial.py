"""How ``tickborg try`` ends, for scripts."""

import pytest

from cli.trial import ExitStatus, exit_status
from cli.trial_display import Checked, Tried
from tests.support.samples import build_view, pull_request_view
from tickborg.jobs import BuildOutcome, EvaluationOutcome


@pytest.mark.parametrize(
    ("outcomes", "states", "status"),
    [
        ([], [], ExitStatus.SUCCESS),
        ([BuildOutcome.SUCCESS, BuildOutcome.SKIPPED], ["success"], ExitStatus.SUCCESS),
        ([BuildOutcome.SUCCESS, BuildOutcome.FAILURE], [], ExitStatus.BUILD_FAILED),
        ([BuildOutcome.TIMED_OUT], [], ExitStatus.BUILD_FAILED),
        ([BuildOutcome.UNEXPECTED_ERROR], [], ExitStatus.NOT_EVALUATED),
        ([BuildOutcome.UNEXPECTED_ERROR, BuildOutcome.FAILURE], [], ExitStatus.BUILD_FAILED),
        ([BuildOutcome.SUCCESS], ["success", "failure"], ExitStatus.BUILD_FAILED),
        ([BuildOutcome.SUCCESS], ["error"], ExitStatus.NOT_EVALUATED),
    ],
)
def test_a_failed_build_and_a_failed_bot_are_told_apart(
    outcomes: list[BuildOutcome], states: list[str], status: ExitStatus
) -> None:
    """A check counts as a build does, and a project that the change removes as one that succeeds."""
    builds = [build_view(f"project-{n}", outcome=outcome) for n, outcome in enumerate(outcomes)]
    view = pull_request_view(*builds, evaluation=EvaluationOutcome.EVALUATED)
    checks = tuple(Checked(f"check-{n}", state, "") for n, state in enumerate(states))
    assert exit_status(Tried(view, checks)) == status


@pytest.mark.parametrize("evaluation", [each for each in EvaluationOutcome if each != "evaluated"])
def test_without_an_evaluation_nothing_was_found_out(evaluation: EvaluationOutcome) -> None:
    """A conflict, a bad project file, a failure."""
    assert exit_status(Tried(pull_request_view(evaluation=evaluation))) == ExitStatus.NOT_EVALUATED
