"""What workflows ask for in passing: policy, counting, and the end of an abandoned log."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from temporalio.testing import ActivityEnvironment

from activities.policy import PolicyActivities
from activities.ports import BuildLog
from activities.reporting import ReportingActivities
from tests.support.webhooks import FakeStats
from tickborg.jobs import Notification
from tickborg.messages import BuildLogEnd, BuildLogStart, BuildLogStatus, Event, EventName
from tickborg.policy import Policy


@dataclass
class FakeLogs:
    """Logs of which only the ends are heard."""

    ended: list[BuildLogEnd] = field(default_factory=list)

    async def open(self, start: BuildLogStart) -> BuildLog:
        """No builder is here."""
        raise NotImplementedError

    async def abandon(self, end: BuildLogEnd) -> None:
        """Hear the end of one."""
        self.ended.append(end)


async def test_the_policy_is_the_workers_own() -> None:
    """So that what a decision was made under is in its history."""
    policy = Policy(handle="ticky", require_approval=True)
    assert await ActivityEnvironment().run(PolicyActivities(policy).policy) == policy


async def test_events_are_counted_and_abandoned_logs_ended() -> None:
    """As they were given."""
    stats, logs = FakeStats(), FakeLogs()
    activities = ReportingActivities(stats, logs)
    events = (Event(name=EventName.SUPERSEDED), Event(name=EventName.MERGE_CONFLICT, count=2))
    await ActivityEnvironment().run(activities.notify, Notification(events=events))
    end = BuildLogEnd(attempt_id=uuid4(), status=BuildLogStatus.LOST, ended_at=datetime.now(UTC))
    await ActivityEnvironment().run(activities.abandon_log, end)
    assert stats.counted == list(events)
    assert logs.ended == [end]
