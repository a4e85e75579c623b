"""A year of outages of RabbitMQ: the spool stays within its bound, and is empty whenever RabbitMQ is there.

The builder is started anew each morning, as by whoever deploys it, and leaves a build behind each night.
"""

import os
from pathlib import Path
from uuid import UUID

import pytest

from messaging.backoff import Backoff
from messaging.log_publisher import Batching, LogPublisher, PublishedLog
from messaging.log_store import LogReader
from messaging.spool import SpoolFolder
from tests.support.build_logs import START, numbered
from tests.support.log_pipeline import collector, ended, running, until_sent
from tests.support.simulated_year import disk_usage
from tests.support.unreliable_transport import UnreliableTransport
from tickborg.messages import BuildLogStatus

DAYS = 365
BUILDS, LINES = 2, 400
"""Builds that end on a day, and what each prints: some 5 KiB in the spool."""
LIMIT = 144 * 1024
ENDS = 30 * (BUILDS + 1) * 4096
"""Of a month of builds each may have a file for its end alone, beyond the limit."""
SHORT_OUTAGES = frozenset(day + more for day in range(10, DAYS, 20) for more in range(3))
LONG_OUTAGE = frozenset(range(196, 226))
AWAY = SHORT_OUTAGES | LONG_OUTAGE


class Host:
    """A builder's host, and the RabbitMQ and the log store of its fleet."""

    def __init__(self, folder: Path) -> None:
        self.spool, self.logs = folder / "spool", folder
        self.spool.mkdir()
        self.rabbitmq = UnreliableTransport()
        self.built = 0

    async def pass_a_day(self, day: int) -> int:
        """Some builds end, the builder is stopped in the middle of one; bytes of the disk at night."""
        if day in AWAY:
            self.rabbitmq.go_away()
        else:
            self.rabbitmq.come_back()
        folder = SpoolFolder(self.spool, LIMIT)
        batching = Batching(seconds=0, lines=50)
        async with LogPublisher(self.rabbitmq, folder, batching=batching, retry=Backoff(first=0)) as logs:
            for _ in range(BUILDS):
                log = await self._begin(logs)
                await log.close(BuildLogStatus.SUCCESS)
            await self._begin(logs)
            if day not in AWAY:
                await until_sent(self.spool)
        return disk_usage(self.spool)

    async def _begin(self, logs: LogPublisher) -> PublishedLog:
        self.built += 1
        log = await logs.open(START.model_copy(update={"attempt_id": UUID(int=self.built)}))
        await log.write(numbered(1, LINES))
        return log

    def incomplete(self, day: int) -> int:
        """How many of the builds that ended on a day have a log that lacks lines."""
        reader, first = LogReader(self.logs), day * (BUILDS + 1) + 1
        logs = [reader.metadata(UUID(int=number)) for number in range(first, first + BUILDS)]
        return sum(log is None or not log.complete for log in logs)


async def test_in_a_year_of_outages_the_spool_is_bounded_and_drained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fits into it arrives, however often builders begin anew; only a month is too much."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # the power never fails in this year
    host = Host(tmp_path)
    async with running(collector(host.rabbitmq, host.logs, gap_seconds=0.05).run()):
        at_night = [await host.pass_a_day(day) for day in range(DAYS)]
        await ended(host.logs, UUID(int=host.built - 1))

    assert [day for day in range(DAYS) if at_night[day]] == sorted(AWAY)
    assert LIMIT - 8 * 4096 < max(at_night) <= LIMIT + ENDS
    lacking = [day for day in range(DAYS) if host.incomplete(day)]
    assert lacking
    assert lacking[0] > min(LONG_OUTAGE) + 2
    assert lacking == list(range(lacking[0], max(LONG_OUTAGE) + 1))
