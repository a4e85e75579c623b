"""``tickborg logs``: takes build logs from RabbitMQ and writes them into the log store.

A message is acknowledged only when what it says is on the disk, so a collector may be killed at any time:
the next one recovers from the files how far each log is, gets every unacknowledged message again, and drops
what it finds written. While the disk refuses, nothing is acknowledged and the queue holds the logs.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from messaging.backoff import Backoff
from messaging.blocking import in_thread
from messaging.log_assembly import AnyLogMessage, assemble, position
from messaging.log_store import IDLE_SECONDS, LogStore
from messaging.log_writer import LogWriter
from messaging.refusal import InvalidMessageError, read
from messaging.stats_publisher import NoStats, Stats
from messaging.transport import Delivery, Subscription, Transport
from tickborg.errors import InfrastructureError, UnavailableError
from tickborg.messages import LOG_MESSAGE, LOGS_QUEUE, Event, EventName

PREFETCH = 200
"""Messages that may be on their way: 25 MiB if each is a batch of 128 KiB."""

GAP_SECONDS = 60.0
"""How long lines that are missing are waited for."""

WAITING_LIMIT = PREFETCH * 3 // 4
"""Messages behind gaps, of all logs. Beyond, the oldest gaps are given up, or nothing more is delivered."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Received:
    """A valid message that is not acknowledged yet."""

    delivery: Delivery
    message: AnyLogMessage
    arrived: float


@dataclass
class _Written:
    """What one round of writing came to."""

    settled: list[_Received] = field(default_factory=list)
    waiting: list[_Received] = field(default_factory=list)
    logs: set[LogWriter] = field(default_factory=set)


class LogCollector:
    """Consumes the build-logs queue for ever and writes each log in order, without doubles.

    Lines that never come, for ``gap_seconds``, are marked in the log and counted as ``LogLinesLost``.
    """

    def __init__(  # noqa: PLR0913 - settings with defaults
        self,
        transport: Transport,
        store: LogStore,
        stats: Stats | None = None,
        *,
        gap_seconds: float = GAP_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        retry: Backoff | None = None,
    ) -> None:
        self._transport = transport
        self._store = store
        self._stats = stats or NoStats()
        self._gap_seconds = gap_seconds
        self._clock = clock
        self._retry = retry or Backoff(longest=5.0)
        self._lost_lines = 0
        """Given up, and not counted yet."""
        self._cut_logs = 0
        """Likewise."""

    async def run(self) -> None:
        """Collect until cancelled, through every loss of the broker."""
        while True:
            try:
                async with self._transport.subscribe(LOGS_QUEUE, PREFETCH) as subscription:
                    self._retry.reset()
                    await self._collect(subscription)
            except UnavailableError as error:
                _log.warning("%s; collecting again as soon as it is back", error)
            finally:
                # Another collector may write these logs before we are asked again.
                self._store.close()
            await self._retry.pause()

    async def _collect(self, subscription: Subscription) -> None:
        """Write what arrives until the subscription breaks."""
        pending: list[_Received] = []
        while True:
            deliveries = await subscription.batch(self._gap_seconds if pending else IDLE_SECONDS)
            pending += await self._read(deliveries, subscription)
            written = await self._write(pending)
            await subscription.acknowledge([received.delivery for received in written.settled])
            await self._count_lost()
            pending = written.waiting

    async def _read(self, deliveries: Sequence[Delivery], subscription: Subscription) -> list[_Received]:
        """The valid messages among deliveries; the others go to the dead letters."""
        valid: list[_Received] = []
        for delivery in deliveries:
            try:
                message = read(LOG_MESSAGE, delivery.body)
            except InvalidMessageError as error:
                _log.error("dead-lettered a message of %s: %s", LOGS_QUEUE, error)
                await subscription.reject(delivery)
                await self._stats.notify(Event(name=EventName.JOB_DECODE_FAILURE, event=LOGS_QUEUE))
            else:
                valid.append(_Received(delivery, message, self._clock()))
        return valid

    async def _write(self, pending: Sequence[_Received]) -> _Written:
        """Write and flush, as often as it takes: nothing is acknowledged while the disk refuses."""
        retry = Backoff()
        while True:
            try:
                return await in_thread(self._write_once, pending)
            except (OSError, InfrastructureError) as error:
                self._store.close()
                _log.error(
                    "cannot write logs to %s: %s; nothing is lost, RabbitMQ keeps them and it is tried again:"
                    " see that [logs] log_storage_path can be written and has room",
                    self._store.folder,
                    error,
                )
                await self._stats.notify(Event(name=EventName.LOGS_NOT_WRITTEN))
                await retry.pause()

    def _write_once(self, pending: Sequence[_Received]) -> _Written:
        written = _Written()
        self._write_logs(pending, self._clock() - self._gap_seconds, written)
        if len(written.waiting) > WAITING_LIMIT:
            waiting, written.waiting = written.waiting, []
            arrivals = sorted(each.arrived for each in waiting)
            self._write_logs(waiting, arrivals[-WAITING_LIMIT - 1], written)
        for log in written.logs:
            log.sync()
        self._store.tidy()
        return written

    def _write_logs(self, pending: Sequence[_Received], overdue: float, written: _Written) -> None:
        """Write what can be, and what has waited since ``overdue`` with its gap marked."""
        for attempt_id, received in _by_attempt(pending).items():
            log = self._store.writer(attempt_id)
            written.logs.add(log)
            self._write_log(log, received, overdue, written)

    def _write_log(
        self, log: LogWriter, received: Sequence[_Received], overdue: float, written: _Written
    ) -> None:
        given_up = max((position(each.message) for each in received if each.arrived <= overdue), default=0)
        assembly = assemble(log.progress, [each.message for each in received], given_up)
        cut = assembly.progress.cut and not log.progress.cut
        log.write(assembly.pieces)
        self._lost_lines += assembly.lost_lines
        if cut:
            self._cut_short(received[0].message.attempt_id)
        waiting = {id(message) for message in assembly.waiting}
        for each in received:
            (written.waiting if id(each.message) in waiting else written.settled).append(each)

    def _cut_short(self, attempt_id: UUID) -> None:
        _log.error(
            "the log of attempt %s lost lines in too many places, and no more of it is kept:"
            " look at its builder, which is broken or no friend",
            attempt_id,
        )
        self._cut_logs += 1

    async def _count_lost(self) -> None:
        lines, self._lost_lines = self._lost_lines, 0
        cut_logs, self._cut_logs = self._cut_logs, 0
        if lines:
            _log.error("%d lines of build logs were lost", lines)
            await self._stats.notify(Event(name=EventName.LOG_LINES_LOST, count=lines))
        if cut_logs:
            await self._stats.notify(Event(name=EventName.LOG_CUT_SHORT, count=cut_logs))


def _by_attempt(received: Sequence[_Received]) -> dict[UUID, list[_Received]]:
    groups: dict[UUID, list[_Received]] = defaultdict(list)
    for each in received:
        groups[each.message.attempt_id].append(each)
    return groups
