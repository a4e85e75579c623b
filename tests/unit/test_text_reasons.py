"""Why builds are not made or were cancelled, and why folders are no projects: the ends of other sentences."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.samples import HEAD, project
from tickborg import cancellation
from tickborg.build_systems import Step, StepName
from tickborg.cancellation import Cancellation
from tickborg.services import Service
from tickborg.systems import System
from tickborg.texts import attempts, durations, failure_hints, project_doubts, reasons, setting_reports, steps

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

MAC = System.AARCH64_DARWIN
ASK = reasons.command("tickbot")

REASONS = {
    "command": ASK,
    "draft": reasons.draft(ASK),
    "work in progress": reasons.work_in_progress(ASK),
    "too many": reasons.too_many(1_200, 15, ASK),
    "awaits approval": reasons.awaits_approval(ASK),
    "check failed": reasons.check_failed(),
    "called off": reasons.called_off(),
    "system for writers": reasons.system_for_writers(MAC, "tickbot"),
    "order for writers": reasons.order_for_writers(MAC),
    "no such builder": reasons.no_such_builder(MAC),
    "never ended": attempts.never_ended(),
    "stopped answering": attempts.stopped_answering(),
    "step left off": steps.left_off("set_status", timedelta(hours=23, minutes=57)),
    "step never begun": steps.never_begun(),
    "step never ended": steps.never_ended(),
    "worker stopped answering": steps.stopped_answering(),
    "check run not completed": steps.check_run_not_completed(
        f"cgit on {MAC}", "GitHub answered 403 Forbidden"
    ),
    "head gone": reasons.head_gone(),
    "moved on": reasons.moved_on(HEAD),
    "closed": reasons.closed(),
    "after the build": reasons.after_build(),
    "tests elsewhere": reasons.tests_elsewhere(),
    "not for the system": reasons.not_for_system(),
    "in no time": f"built in {durations.spoken(timedelta())}",
}
DOUBTS = {
    "part of the whole": project_doubts.part_of(["mono"]),
    "around": project_doubts.holds(["cgit", "cmark"]),
    "counts for": project_doubts.counts_for(["cgit"]),
    "not named": project_doubts.not_named([]),
    "not named, though it could be": project_doubts.not_named(["Makefile"]),
    "absent": project_doubts.absent(project("cgit")),
    "idle glob": project_doubts.idle_glob("cgit", "docs/**"),
    "no build file": project_doubts.NO_BUILD_FILE,
    "no text": project_doubts.NO_TEXT,
    "submodule": project_doubts.SUBMODULE,
    "a setting is missing": setting_reports.refusal(Service.WEBHOOK, ["github.webhook_secret_file"]),
}
GRADLE = Step(StepName.BUILD, ("./gradlew", "assemble"))
HINTS = {
    "not executable": failure_hints.hint(GRADLE, 126, [], network=False),
    "no target": failure_hints.hint(
        Step(StepName.TEST, ("make", "check")),
        2,
        ["make: *** No rule to make target 'check'.  Stop."],
        network=False,
    ),
    "no network": failure_hints.hint(GRADLE, 1, ["Could not resolve host: example.org"], network=False),
}
CANCELLATIONS = {
    "by the server": None,
    "by somebody": cancellation.cancelled_by("maya"),
    "superseded": cancellation.superseded_by(HEAD),
    "evaluated again": cancellation.EVALUATED_AGAIN,
    "base changed": cancellation.BASE_CHANGED,
    "put off": cancellation.PUT_OFF,
    "closed": cancellation.CLOSED,
}


@pytest.mark.parametrize("what", REASONS)
def test_why_a_build_is_not_made(what: str, snapshot: "SnapshotAssertion") -> None:
    """And where somebody can do something about it, what."""
    assert REASONS[what] == snapshot


@pytest.mark.parametrize("what", HINTS)
def test_why_a_command_may_have_failed(what: str, snapshot: "SnapshotAssertion") -> None:
    """As the end of the sentence that says how."""
    assert HINTS[what] == snapshot


@pytest.mark.parametrize("what", DOUBTS)
def test_why_something_is_probably_not_meant(what: str, snapshot: "SnapshotAssertion") -> None:
    """Of a folder, a project file or a setting."""
    assert DOUBTS[what] == snapshot


@pytest.mark.parametrize("what", CANCELLATIONS)
def test_why_something_was_cancelled(what: str, snapshot: "SnapshotAssertion") -> None:
    """As the one who is cancelled passes it on."""
    assert Cancellation.read(CANCELLATIONS[what]).text == snapshot
