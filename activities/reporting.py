"""What workflows have told to those who count and to those who keep logs (design, section 10)."""

from temporalio import activity

from activities.ports import BuildLogs, Stats
from tickborg.jobs import Notification
from tickborg.messages import BuildLogEnd


class ReportingActivities:
    """Stats events, and the last word of logs whose builder died."""

    def __init__(self, stats: Stats, logs: BuildLogs) -> None:
        self._stats = stats
        self._logs = logs

    @activity.defn(name="notify")
    async def notify(self, notification: Notification) -> None:
        """Count events, best effort; when a worker dies in between, a retry counts them twice."""
        await self._stats.notify(*notification.events)

    @activity.defn(name="abandon_log")
    async def abandon_log(self, end: BuildLogEnd) -> None:
        """End the log of an attempt whose builder died; a second end of one log changes nothing."""
        await self._logs.abandon(end)
