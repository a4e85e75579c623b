"""What `tickborg reconcile` and the Web UI say of a run."""

from datetime import timedelta
from typing import TYPE_CHECKING

from tickborg.deliveries import GivenUp
from tickborg.reconciling import ReconcileReport
from tickborg.texts import reconciling

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion


def given_up(event: str, status: int) -> GivenUp:
    """A delivery that is not asked for again."""
    return GivenUp(guid="1", event=event, last_id=1, status_code=status)


REPORTS = {
    "all is well": ReconcileReport(looked_at=12, compared=True, repositories=1),
    "after an outage": ReconcileReport(
        looked_at=1_214, asked=42, arrived=42, compared=True, repositories=2, told=("acme/mono#7 opened",)
    ),
    "the webhook is away": ReconcileReport(looked_at=250, asked=10, unsettled=99),
    "GitHub is away": ReconcileReport(failed=("deliveries: GitHub answered 502", "repositories: the same")),
    "some are at fault": ReconcileReport(
        looked_at=3,
        given_up=(given_up("push", 400), given_up("push", 400), given_up("issue_comment", 500)),
        compared=True,
        repositories=1_000,
    ),
    "the secret is wrong": ReconcileReport(
        looked_at=59, asked=10, unsettled=59, refused={401: 1, 403: 1_058, 404: 1, 405: 1, 413: 1, 415: 1}
    ),
    "there is too much": ReconcileReport(
        looked_at=30_000,
        complete=False,
        compared=True,
        repositories=1,
        told=tuple(f"acme/mono#{number} opened" for number in range(1, 26)),
        failed=("acme/other: GitHub answered 403",),
    ),
}


def test_every_sentence(snapshot: "SnapshotAssertion") -> None:
    """Each says what was found, what was done about it, and what is left."""
    assert {name: reconciling.lines(report) for name, report in REPORTS.items()} == snapshot
    assert [
        reconciling.no_schedule("reconcile", "ci"),
        reconciling.no_result(timedelta(minutes=30)),
        reconciling.run_failed("bug: KeyError"),
    ] == snapshot
