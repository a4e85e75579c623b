"""What ``Housekeeping`` has done on each host (design, section 3)."""

from temporalio import activity

from activities.ports import Disk
from tickborg.housekeeping import HostTidied


class HousekeepingActivities:
    """The activity of a task queue that one process alone polls; it blocks, so it is run on a thread.

    Args:
        disk: what this process keeps on the disk of its host.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    @activity.defn(name="tidy")
    def tidy(self) -> HostTidied:
        """Remove what is not needed any more. A retry finds less to do."""
        return self._disk.tidy(activity.heartbeat)
