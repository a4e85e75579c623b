"""What `tickborg setup` says about schedules."""

from datetime import timedelta
from typing import TYPE_CHECKING

from tickborg.schedules import Made, ScheduleDone
from tickborg.texts import schedules

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion


def test_every_sentence(snapshot: "SnapshotAssertion") -> None:
    """What was done, how often it will run, and how a paused one is resumed."""
    hourly = ("housekeeping", "Housekeeping", timedelta(hours=1))
    assert [
        *(schedules.made(*hourly, ScheduleDone(made)) for made in Made),
        schedules.made(*hourly, ScheduleDone(Made.CHANGED, paused=True)),
        schedules.who_schedules("housekeeping"),
    ] == snapshot
