"""What the commit statuses say (design, section 8)."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.samples import BASE, DASHBOARD, HEAD, MERGE, build_job, build_result, pull_request
from tickborg.github import STATUS_DESCRIPTION_LIMIT, CommitStatus
from tickborg.jobs import BuildMode, BuildOutcome, BuildPlan, MergeReport
from tickborg.policy import Policy
from tickborg.projects import Check
from tickborg.texts import reasons, statuses

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

PULL = pull_request()
CHECK = build_job(mode=BuildMode.CHECK, check=Check(name="format", command=("make",)))


def plan(*changed: str, held: str = "") -> BuildPlan:
    """A plan that changes some projects."""
    return BuildPlan(pull=PULL, merge=MERGE, changed_projects=changed, held=held)


def conflict(*paths: str, count: int = 0) -> MergeReport:
    """A merge that failed."""
    return MergeReport(base_sha=BASE, conflicts=paths, conflict_count=count)


AWAITED = plan("cgit", held=reasons.awaits_approval("`@tickbot build`")).model_copy(
    update={"awaits_approval": True}
)
NOTHING_AWAITED = plan().model_copy(update={"awaits_approval": True})

SAID: dict[str, Callable[[], CommitStatus]] = {
    "starting": lambda: statuses.starting(PULL, DASHBOARD),
    "merging": lambda: statuses.merging(PULL, DASHBOARD),
    "checking": lambda: statuses.checking(PULL, DASHBOARD),
    "scheduling": lambda: statuses.scheduling(PULL, DASHBOARD),
    "evaluated": lambda: statuses.evaluated(PULL, plan("cgit", "cmark", "meshmc"), DASHBOARD),
    "evaluated, one": lambda: statuses.evaluated(PULL, plan("cgit"), DASHBOARD),
    "evaluated, none": lambda: statuses.evaluated(PULL, plan(), DASHBOARD),
    "evaluated, many": lambda: statuses.evaluated(
        PULL, plan(*(f"project-{n}" for n in range(40))), DASHBOARD
    ),
    "evaluated, held": lambda: statuses.evaluated(PULL, plan("cgit", held="this is a draft: …"), DASHBOARD),
    "conflict": lambda: statuses.conflict(PULL, conflict("cmark/src/main.c", count=3), DASHBOARD),
    "conflict, one": lambda: statuses.conflict(PULL, conflict("cmark/src/main.c", count=1), DASHBOARD),
    "conflict, long": lambda: statuses.conflict(PULL, conflict("x/" * 200, count=1_000), DASHBOARD),
    "conflict, odd": lambda: statuses.conflict(PULL, conflict("a\nb\udce9", "c", count=2), DASHBOARD),
    "conflict, unnamed": lambda: statuses.conflict(PULL, conflict(), DASHBOARD),
    "bad project file": lambda: statuses.bad_project_file(PULL, ".tickborg.toml line 1: is bad", DASHBOARD),
    "bad project file, twice": lambda: statuses.bad_project_file(
        PULL, "line 1: bad\nline 2: worse", DASHBOARD
    ),
    "bad project file, unsaid": lambda: statuses.bad_project_file(PULL, "", DASHBOARD),
    "cancelled": lambda: statuses.cancelled(PULL, "the target branch changed", DASHBOARD),
    "internal error": lambda: statuses.internal_error(PULL, "GitHub answered 410 Gone", DASHBOARD),
    "check, pending": lambda: statuses.check_pending(CHECK, DASHBOARD),
    "check, passed": lambda: statuses.check_completed(CHECK, build_result(), DASHBOARD),
    "check, failed": lambda: _check(BuildOutcome.FAILURE, failed_command="make", exit_status=2),
    "check, failed without command": lambda: _check(BuildOutcome.FAILURE),
    "check, timed out": lambda: _check(BuildOutcome.TIMED_OUT),
    "check, skipped": lambda: _check(BuildOutcome.SKIPPED),
    "check, cancelled": lambda: _check(BuildOutcome.CANCELLED, reason="superseded by abc1234"),
    "check, not run again": lambda: statuses.check_not_run(
        PULL, "format", "merge conflict in a.c\nand more", DASHBOARD
    ),
    "check, not called for": lambda: statuses.check_not_run(
        PULL, "format", statuses.not_called_for(PULL, plan("cgit"), Policy()), DASHBOARD
    ),
    "check, not called for by what is not approved": lambda: statuses.check_not_run(
        PULL, "format", statuses.not_called_for(PULL, NOTHING_AWAITED, Policy()), DASHBOARD
    ),
    "check, not approved": lambda: statuses.check_not_run(
        PULL, "format", statuses.not_called_for(PULL, AWAITED, Policy()), DASHBOARD
    ),
    "check, nowhere to run": lambda: statuses.check_not_run(
        PULL, "format", statuses.not_called_for(PULL, plan("cgit"), Policy(primary_systems=())), DASHBOARD
    ),
    "check, the bot's fault": lambda: _check(BuildOutcome.UNEXPECTED_ERROR, reason="3 builders died"),
}


def _check(outcome: BuildOutcome, **fields: object) -> CommitStatus:
    return statuses.check_completed(CHECK, build_result(outcome, **fields), DASHBOARD)


@pytest.mark.parametrize("what", SAID)
def test_what_a_status_says(what: str, snapshot: "SnapshotAssertion") -> None:
    """Each sentence, with its context and state."""
    status = SAID[what]()
    assert f"{status.context} {status.state}: {status.description}" == snapshot


@pytest.mark.parametrize("what", SAID)
def test_a_status_is_on_the_head_and_leads_to_its_page(what: str) -> None:
    """Whatever it says."""
    status = SAID[what]()
    assert (status.repo, status.sha, status.target_url) == (PULL.repo, HEAD, DASHBOARD)


TEXT = st.text(max_size=300)


@given(
    names=st.lists(TEXT.filter(bool), max_size=50), held=TEXT, paths=st.lists(TEXT, max_size=3), reason=TEXT
)
def test_descriptions_always_fit(names: list[str], held: str, paths: list[str], reason: str) -> None:
    """A value that did not would be refused by its own type."""
    said = [
        statuses.evaluated(PULL, plan(*names, held=held), DASHBOARD),
        statuses.conflict(PULL, conflict(*paths, count=10**9), DASHBOARD),
        statuses.bad_project_file(PULL, reason, DASHBOARD),
        statuses.internal_error(PULL, reason, DASHBOARD),
        statuses.merging(pull_request(base_ref=reason), DASHBOARD),
        statuses.check_completed(CHECK, build_result(duration=timedelta.max), DASHBOARD),
    ]
    assert max(len(status.description) for status in said) <= STATUS_DESCRIPTION_LIMIT
