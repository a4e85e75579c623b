"""Holds the bot to account: what it left behind against what people asked of it. Pure.

Nothing here depends on when something happened; where the outcome may depend on it (a cancel that came before
or after a push), each outcome that is right is allowed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.case import Case, Looked
from tests.chaos.said_promises import (
    every_comment_answered_once,
    labels_say_what_is_changed,
    one_summary_comment,
    summaries_say_how_it_ended,
)
from tests.chaos.seen_promises import (
    no_check_run_left,
    no_status_left_pending,
    nothing_said_twice,
    nothing_unasked,
    one_completed_check_run,
    one_final_status,
    pushes_are_built,
)
from tests.chaos.shown_promises import every_fault_struck, everything_is_there, everything_was_done
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
    """Something that is against a promise."""

    promise: str
    subject: str
    found: str

    def __str__(self) -> str:
        return f"{self.promise}\n    {self.subject}: {self.found}"


@dataclass(frozen=True)
class Verdict:
    """Whether a promise was kept, and how often it had to be."""

    promise: str
    looked_at: int
    violations: tuple[Violation, ...]


PROMISES: tuple[Callable[[Case], Looked], ...] = (
    everything_was_done,
    every_fault_struck,
    everything_is_there,
    everything_rests,
    one_final_status,
    nothing_said_twice,
    no_status_left_pending,
    one_completed_check_run,
    nothing_unasked,
    pushes_are_built,
    no_check_run_left,
    one_check_run_a_build,
    labels_say_what_is_changed,
    one_summary_comment,
    summaries_say_how_it_ended,
    every_comment_answered_once,
    every_event_taken,
    no_workflow_failed,
    logs_are_whole,
    nothing_waits_in_queues,
    no_fault_of_its_own,
    no_process_left,
)


def verdicts(case: Case) -> list[Verdict]:
    """One for each promise; one for which there was nothing to look at is not kept, for nothing is shown."""
    return [_verdict((promise.__doc__ or "").split("\n")[0], promise(case)) for promise in PROMISES]


def violations(case: Case) -> list[Violation]:
    """All that is against a promise."""
    return [violation for verdict in verdicts(case) for violation in verdict.violations]


def _verdict(promise: str, looked: Looked) -> Verdict:
    seen = list(looked)
    found = [(subject, fault) for subject, faults in seen for fault in faults]
    if not seen:
        found = [("this run", "there was nothing to look at, so it shows nothing")]
    return Verdict(promise, len(seen), tuple(Violation(promise, *each) for each in found))
