"""Holds the bot to account: what it left behind against what people asked of it. Pure.

Nothing here depends on when something happened; where the outcome may depend on it (a cancel that came before
or after a push), each outcome that is right is allowed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.case import Case, Found
from tests.chaos.seen_promises import (
    every_comment_answered_once,
    no_check_run_left,
    no_status_left_pending,
    nothing_said_twice,
    nothing_unasked,
    one_completed_check_run,
    one_final_status,
    one_summary_comment,
    pushes_are_built,
)
from tests.chaos.unseen_promises import (
    every_event_taken,
    everything_rests,
    logs_are_whole,
    no_fault_of_its_own,
    no_process_left,
    no_workflow_failed,
    nothing_waits_in_queues,
    one_check_run_a_build,
)


@dataclass(frozen=True)
class Violation:
    """A promise that was not kept."""

    promise: str
    subject: str
    found: str

    def __str__(self) -> str:
        return f"{self.promise}\n    {self.subject}: {self.found}"


PROMISES: tuple[Callable[[Case], Found], ...] = (
    everything_rests,
    one_final_status,
    nothing_said_twice,
    no_status_left_pending,
    one_completed_check_run,
    nothing_unasked,
    pushes_are_built,
    no_check_run_left,
    one_check_run_a_build,
    one_summary_comment,
    every_comment_answered_once,
    no_workflow_failed,
    logs_are_whole,
    nothing_waits_in_queues,
    every_event_taken,
    no_fault_of_its_own,
    no_process_left,
)


def violations(case: Case) -> list[Violation]:
    """All that is against a promise."""
    return [
        Violation((promise.__doc__ or "").split("\n")[0], subject, found)
        for promise in PROMISES
        for subject, found in promise(case)
    ]
