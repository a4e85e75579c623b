"""What an operator reads about housekeeping."""

from typing import TYPE_CHECKING

from tickborg.housekeeping import HostTidied, HousekeepingReport, MirrorsTidied
from tickborg.texts import housekeeping
from tickborg.texts.details import DETAILS_LIMIT

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

MIB = 1024**2
REPORT = HousekeepingReport(
    hosts=(
        HostTidied(
            host="worker@a",
            mirrors=MirrorsTidied(kept=12, removed=1, commits_forgotten=40, size=900 * MIB, freed=30 * MIB),
        ),
        HostTidied(
            host="builder-1",
            mirrors=MirrorsTidied(kept=1, size=5 * MIB, freed=-4096),
            workspaces_removed=2,
            troubles=("w/a|b could not be removed: remove it by hand",),
        ),
        HostTidied(host="housekeeping.builder-2.1f0c", silent=True),
    )
)


def test_every_sentence(snapshot: "SnapshotAssertion") -> None:
    """A row for each host; nobody can break out of the table."""
    assert [
        housekeeping.table(REPORT),
        housekeeping.table(HousekeepingReport()),
        housekeeping.troubles(REPORT),
    ] == snapshot


def test_however_many_hosts_there_are_it_fits() -> None:
    """Into what Temporal keeps of a workflow's details."""
    many = HousekeepingReport(hosts=REPORT.hosts * 200)
    assert len(housekeeping.table(many).encode()) <= DETAILS_LIMIT
    assert "more rows" in housekeeping.table(many)
    assert len(housekeeping.troubles(many)) <= 2_000
