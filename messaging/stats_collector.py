"""``tickborg stats``: takes events from RabbitMQ and counts them as metrics.

Counters begin at 0 with the process, as Prometheus expects, so nothing is kept on disk. A message is
acknowledged when it is counted; one that comes again, because its confirm or its acknowledgement was lost, is
known by its id and not counted twice.
"""

import logging
from collections import OrderedDict
from collections.abc import Sequence

from messaging.backoff import Backoff
from messaging.metrics import Metrics
from messaging.refusal import InvalidMessageError, read
from messaging.transport import Delivery, Subscription, Transport
from tickborg.errors import UnavailableError
from tickborg.messages import EVENT_MESSAGE, STATS_QUEUE

PREFETCH = 100
REMEMBERED = 10_000
"""Ids of messages by which a double is known."""

_log = logging.getLogger(__name__)


class StatsCollector:
    """Consumes the stats-events queue for ever."""

    def __init__(self, transport: Transport, metrics: Metrics, retry: Backoff | None = None) -> None:
        self._transport = transport
        self._metrics = metrics
        self._retry = retry or Backoff(longest=5.0)
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def run(self) -> None:
        """Count until cancelled, through every loss of the broker."""
        while True:
            try:
                async with self._transport.subscribe(STATS_QUEUE, PREFETCH) as subscription:
                    self._retry.reset()
                    while True:
                        await self._count(await subscription.batch(), subscription)
            except UnavailableError as error:
                _log.warning("%s; counting again as soon as it is back", error)
            await self._retry.pause()

    async def _count(self, deliveries: Sequence[Delivery], subscription: Subscription) -> None:
        counted: list[Delivery] = []
        for delivery in deliveries:
            try:
                self._record(delivery)
            except InvalidMessageError as error:
                _log.error("dead-lettered a message of %s: %s", STATS_QUEUE, error)
                self._metrics.record_message("refused")
                await subscription.reject(delivery)
            else:
                counted.append(delivery)
        await subscription.acknowledge(counted)

    def _record(self, delivery: Delivery) -> None:
        """Count the events of a message, once.

        Raises:
            InvalidMessageError: it is none.
        """
        if delivery.message_id in self._seen:
            self._metrics.record_message("repeated")
            return
        for event in read(EVENT_MESSAGE, delivery.body).events:
            self._metrics.record(event)
        self._metrics.record_message("counted")
        self._remember(delivery.message_id)

    def _remember(self, message_id: str) -> None:
        if message_id:
            self._seen[message_id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
