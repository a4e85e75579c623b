"""``tickborg logs``: takes build logs from RabbitMQ and writes them into the log store.

A message is acknowledged only when what it says is on the disk, so a collector may be killed at any time:
the next one recovers from the files how far each log is, gets every unacknowledged message again, and drops
what it finds written. While the disk refuses, nothing is acknowledged and the queue holds the logs.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError

from messaging.backoff import Backoff
from messaging.blocking import in_thread
from messaging.log_assembly import AnyLogMessage, assemble, position
from messaging.log_store import LogStore
from messaging.log_writer import LogWriter
from messaging.refusal import why_invalid
from messaging.stats_publisher import NoStats, Stats
from messaging.transport import Delivery, Subscription, Transport
from tickborg.errors import InfrastructureError, UnavailableError
from tickborg.messages import LOG_MESSAGE, LOGS_QUEUE, Event, EventName

PREFETCH = 200
"""Messages of up to 128 KiB each that may be on their way: 25 MiB."""

GAP_SECONDS = 60.0
"""How long lines that are missing are waited for."""

WAITING_LIMIT = PREFETCH // 2
"""Messages of one log behind gaps; beyond, they are given up so that they cannot hold up the other logs."""

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

    settled: list[_Received]
    waiting: list[_Received]
    lost_lines: int = 0


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
            deliveries = await subscription.batch(self._gap_seconds if pending else None)
            pending += await self._read(deliveries, subscription)
            written = await self._write(pending)
            await subscription.acknowledge([received.delivery for received in written.settled])
            await self._count_lost(written.lost_lines)
            pending = written.waiting

    async def _read(self, deliveries: Sequence[Delivery], subscription: Subscription) -> list[_Received]:
        """The valid messages among deliveries; the others go to the dead letters."""
        valid: list[_Received] = []
        for delivery in deliveries:
            try:
                message = LOG_MESSAGE.validate_json(delivery.body)
            except ValidationError as error:
                _log.error("dead-lettered a message of %s: %s", LOGS_QUEUE, why_invalid(error))
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
                _log.error("cannot write logs: %s; nothing is lost, trying again", error)
                await retry.pause()

    def _write_once(self, pending: Sequence[_Received]) -> _Written:
        written = _Written([], [])
        writers: list[LogWriter] = []
        for attempt_id, received in _by_attempt(pending).items():
            writer = self._store.writer(attempt_id)
            self._write_log(writer, received, written)
            writers.append(writer)
        for writer in writers:
            writer.sync()
        self._store.tidy()
        return written

    def _write_log(self, writer: LogWriter, received: Sequence[_Received], written: _Written) -> None:
        messages = [each.message for each in received]
        assembly = assemble(writer.progress, messages, self._overdue(received))
        if len(assembly.waiting) > WAITING_LIMIT:
            assembly = assemble(writer.progress, messages, max(map(position, messages)))
        writer.write(assembly.pieces)
        written.lost_lines += assembly.lost_lines
        waiting = {id(message) for message in assembly.waiting}
        for each in received:
            (written.waiting if id(each.message) in waiting else written.settled).append(each)

    def _overdue(self, received: Sequence[_Received]) -> int:
        """The position up to which missing lines are waited for no longer."""
        oldest = self._clock() - self._gap_seconds
        return max((position(each.message) for each in received if each.arrived <= oldest), default=0)

    async def _count_lost(self, lines: int) -> None:
        if lines:
            _log.error("%d lines of build logs were lost", lines)
            await self._stats.notify(Event(name=EventName.LOG_LINES_LOST, count=lines))


def _by_attempt(received: Sequence[_Received]) -> dict[UUID, list[_Received]]:
    groups: dict[UUID, list[_Received]] = defaultdict(list)
    for each in received:
        groups[each.message.attempt_id].append(each)
    return groups
