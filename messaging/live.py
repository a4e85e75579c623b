"""Build logs as they are published, for a viewer."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from messaging.log_assembly import AnyLogMessage
from messaging.refusal import InvalidMessageError, read
from messaging.topology import LOGS
from messaging.transport import Subscription, Transport
from tickborg.messages import LOG_MESSAGE, log_routing_key

_log = logging.getLogger(__name__)

_EVERY_LOG = "logs.*"


class LiveLogs:
    """Logs of attempts, from now on.

    To show a whole log: follow it first, then read the file, then go on with the messages whose
    ``line_number`` is behind the file's last line. They may come twice and, while a spool is sent, late.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @asynccontextmanager
    async def follow(self, attempt_id: UUID) -> AsyncIterator[AsyncIterator[AnyLogMessage]]:
        """Messages published for an attempt after this block is entered.

        Both entering and iterating raise:
            UnavailableError: RabbitMQ is away; the file in the log store goes on growing when it is back.
        """
        async with self._follow(log_routing_key(attempt_id)) as messages:
            yield messages

    @asynccontextmanager
    async def follow_all(self) -> AsyncIterator[AsyncIterator[AnyLogMessage]]:
        """Messages published for every attempt after this block is entered, as :meth:`follow`."""
        async with self._follow(_EVERY_LOG) as messages:
            yield messages

    @asynccontextmanager
    async def _follow(self, routing_key: str) -> AsyncIterator[AsyncIterator[AnyLogMessage]]:
        async with self._transport.follow(LOGS, routing_key) as subscription:
            yield _messages(subscription)


async def _messages(subscription: Subscription) -> AsyncIterator[AnyLogMessage]:
    while True:
        deliveries = await subscription.batch()
        await subscription.acknowledge(deliveries)
        for delivery in deliveries:
            try:
                yield read(LOG_MESSAGE, delivery.body)
            except InvalidMessageError as error:
                _log.warning("a viewer is not shown a message: %s", error)
