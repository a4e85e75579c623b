"""The transport over RabbitMQ, with aio-pika.

Reconnecting is done here and not by aio-pika's robust connection, which replays consumers behind our back:
a collector has to know that a connection broke, because what it holds unacknowledged then comes again, and
a publisher has to fail at once, because the line goes to the spool. Consumers have connections of their
own: RabbitMQ stops reading from a connection that publishes while it is short of memory or disk, and with
it the acknowledgements that would help (https://www.rabbitmq.com/docs/alarms). A broker that says so is
away for whoever publishes: what is written to it all the same only fills the sockets of both.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import NamedTuple, Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from yarl import URL

from messaging import background, topology
from messaging.amqp_failures import as_unavailable, close
from messaging.amqp_publishing import Publishing
from messaging.amqp_subscription import AmqpSubscription
from messaging.backoff import Backoff, heed_cancel
from messaging.transport import OutgoingMessage, Subscription
from tickborg.errors import UnavailableError

CONNECT_SECONDS = 10.0
CONFIRM_SECONDS = 10.0
"""A message that is not confirmed by then goes to the spool."""

RECONNECT_SECONDS = 5.0
"""The longest pause between two attempts."""

HEARTBEAT_SECONDS = 15
FOLLOW_SECONDS = 2.0
"""A page shows the file of a log alone if it cannot follow it by then."""

FOLLOW_PREFETCH = 100
FOLLOW_QUEUE_LENGTH = 10_000
"""Messages the broker holds for a viewer who reads slowly; older ones are then dropped for that viewer."""

_log = logging.getLogger(__name__)


class NoQueueError(UnavailableError):
    """RabbitMQ is there, and no service that would make the queues has been."""

    def __init__(self, address: str, queue: str) -> None:
        super().__init__(
            f"RabbitMQ at {address} has no queue {queue}: start `tickborg logs` or `tickborg stats`,"
            " which make the queues"
        )


class QueueFacts(NamedTuple):
    """How a queue is at a moment."""

    consumers: int
    messages: int
    """Those that wait; what a consumer has and has not acknowledged is not counted."""


class AmqpTransport:
    """RabbitMQ at one URL (``amqp://`` or ``amqps://``); an async context manager.

    Entering returns at once, whether or not the broker is there; it is then tried for ever, with back-off.
    TLS is configured in the URL: ``?cafile=…&certfile=…&keyfile=…``.

    Raises:
        ValueError: it is another kind of URL.
    """

    def __init__(self, url: str, *, name: str = "tickborg", confirm_seconds: float = CONFIRM_SECONDS) -> None:
        self._url = _with_heartbeat(URL(url))
        self._name = name
        self._confirm_seconds = confirm_seconds
        self._available = asyncio.Event()
        self._publishing: Publishing | None = None
        self._connection: AbstractConnection | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._keeping = background.start(self._keep_connected(), "amqp-connection")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeping is not None:
            await background.stop(self._keeping)

    async def available(self) -> None:
        """Return when RabbitMQ is connected, the topology declared, and messages are taken."""
        while True:
            await self._available.wait()
            if self._publishing is not None and await self._publishing.unblocked():
                return

    async def publish(self, message: OutgoingMessage) -> None:
        """Send a persistent, mandatory message and wait for the confirm.

        Raises:
            UnroutableError: no queue is bound for it; the topology is declared again before the next message.
            UnavailableError: RabbitMQ is away, refused it, takes no messages because it is short of memory or
                disk, or did not confirm within ``confirm_seconds``.
        """
        if self._publishing is None:
            raise UnavailableError(
                f"RabbitMQ at {self.address} is away; message {message.message_id} not sent"
            )
        if await self._publishing.is_blocked():
            raise UnavailableError(
                f"RabbitMQ at {self.address} is short of memory or disk and takes no messages for now;"
                f" message {message.message_id} not sent"
            )
        with as_unavailable(f"publishing {message.message_id} to RabbitMQ at {self.address}"):
            await self._publishing.publish(message, self._confirm_seconds)

    @asynccontextmanager
    async def subscribe(self, queue: str, prefetch: int) -> AsyncIterator[Subscription]:
        """Consume ``queue`` over a connection of its own.

        Raises:
            UnavailableError: RabbitMQ is away.
        """
        async with self._connected(f"{self._name} {queue}") as connection:
            with as_unavailable(f"consuming {queue} from RabbitMQ at {self.address}"):
                channel = await connection.channel(publisher_confirms=False)
                await topology.declare(channel)
                subscription = await AmqpSubscription.start(channel, queue, prefetch)
            yield subscription

    @asynccontextmanager
    async def follow(self, exchange: topology.Exchange, routing_key: str) -> AsyncIterator[Subscription]:
        """See what is published with ``routing_key`` from now on, through an exclusive queue.

        Raises:
            UnavailableError: RabbitMQ is away, or does not answer within ``FOLLOW_SECONDS``, as one does not
                that is short of memory or disk, if this connection has published.
        """
        if self._connection is None:
            raise UnavailableError(f"RabbitMQ at {self.address} is away")
        async with AsyncExitStack() as stack:
            with as_unavailable(f"following {routing_key} at RabbitMQ at {self.address}"):
                async with asyncio.timeout(FOLLOW_SECONDS):
                    channel = await self._connection.channel(publisher_confirms=False)
                    stack.push_async_callback(close, channel)
                    subscription = await _follow(channel, exchange, routing_key)
            yield subscription

    async def look_at(self, queue: str) -> QueueFacts:
        """How ``queue`` is now, asked over a connection of its own.

        Raises:
            NoQueueError: there is no such queue.
            UnavailableError: RabbitMQ is away.
        """
        async with self._connected(f"{self._name} asks") as connection:
            with as_unavailable(f"looking at {queue} at RabbitMQ at {self.address}"):
                channel = await connection.channel(publisher_confirms=False)
                try:
                    found = await channel.declare_queue(queue, passive=True)
                except ChannelNotFoundEntity:
                    raise NoQueueError(self.address, queue) from None
        counted = found.declaration_result
        return QueueFacts(counted.consumer_count or 0, counted.message_count or 0)

    @property
    def address(self) -> str:
        """Host and port; never the URL, which holds the password."""
        return f"{self._url.host}:{self._url.port or (5671 if self._url.scheme == 'amqps' else 5672)}"

    async def _keep_connected(self) -> None:
        backoff = Backoff(longest=RECONNECT_SECONDS)
        while True:
            try:
                async with self._connected(self._name) as connection:
                    await self._serve(connection, backoff)
            except UnavailableError as error:
                _log.warning("%s; trying again", error)
            await backoff.pause()

    async def _serve(self, connection: AbstractConnection, backoff: Backoff) -> None:
        """Be available until the connection or its publishing channel ends."""
        with as_unavailable(f"declaring the topology at RabbitMQ at {self.address}"):
            publishing = await Publishing.start(connection)
        self._connection, self._publishing = connection, publishing
        self._available.set()
        backoff.reset()
        _log.info("connected to RabbitMQ at %s", self.address)
        try:
            await publishing.ended()
        finally:
            self._available.clear()
            self._connection = self._publishing = None
        raise UnavailableError(f"the connection to RabbitMQ at {self.address} broke")

    @asynccontextmanager
    async def _connected(self, name: str) -> AsyncIterator[AbstractConnection]:
        with as_unavailable(f"connecting to RabbitMQ at {self.address}"):
            connection = await aio_pika.connect(
                self._url, timeout=CONNECT_SECONDS, client_properties={"connection_name": name}
            )
        try:
            heed_cancel()
            yield connection
        finally:
            await close(connection)


async def _follow(
    channel: AbstractChannel, exchange: topology.Exchange, routing_key: str
) -> AmqpSubscription:
    queue = await channel.declare_queue(
        exclusive=True, auto_delete=True, arguments={"x-max-length": FOLLOW_QUEUE_LENGTH}
    )
    await queue.bind(exchange.name, routing_key)
    return await AmqpSubscription.start(channel, queue.name, FOLLOW_PREFETCH)


def _with_heartbeat(url: URL) -> URL:
    if url.scheme not in {"amqp", "amqps"} or not url.host:
        raise ValueError(f"RabbitMQ's URL must be amqp://… or amqps://…, and not {url.scheme}://…")
    return url if "heartbeat" in url.query else url % {"heartbeat": HEARTBEAT_SECONDS}
