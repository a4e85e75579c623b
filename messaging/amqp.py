"""The transport over RabbitMQ, with aio-pika.

Reconnecting is done here and not by aio-pika's robust connection, which replays consumers behind our back:
a collector has to know that a connection broke, because what it holds unacknowledged then comes again, and
a publisher has to fail at once, because the line goes to the spool. Consumers have connections of their
own: RabbitMQ stops reading from a connection that publishes while it is short of memory or disk, and with
it the acknowledgements that would help (https://www.rabbitmq.com/docs/alarms).
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from types import TracebackType
from typing import Self

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, PublishError
from yarl import URL

from messaging import background, topology
from messaging.backoff import Backoff, heed_cancel
from messaging.transport import Delivery, OutgoingMessage, Subscription, UnroutableError
from tickborg.errors import UnavailableError

CONNECT_SECONDS = 10.0
CONFIRM_SECONDS = 10.0
"""A message that is not confirmed by then goes to the spool."""

CLOSE_SECONDS = 5.0
RECONNECT_SECONDS = 5.0
"""The longest pause between two attempts."""

HEARTBEAT_SECONDS = 15
FOLLOW_PREFETCH = 100
FOLLOW_QUEUE_LENGTH = 10_000
"""Messages the broker holds for a viewer who reads slowly; older ones are then dropped for that viewer."""

_log = logging.getLogger(__name__)


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
        self._publishing: _Publishing | None = None
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
        """Return when RabbitMQ is connected and the topology declared."""
        await self._available.wait()

    async def publish(self, message: OutgoingMessage) -> None:
        """Send a persistent, mandatory message and wait for the confirm.

        Raises:
            UnroutableError: no queue is bound for it; the topology is declared again before the next message.
            UnavailableError: RabbitMQ is away, refused it, or did not confirm within ``confirm_seconds``.
        """
        if self._publishing is None:
            raise UnavailableError(
                f"RabbitMQ at {self._address} is away; message {message.message_id} not sent"
            )
        with _as_unavailable(f"publishing {message.message_id} to RabbitMQ at {self._address}"):
            await self._publishing.publish(message, self._confirm_seconds)

    @asynccontextmanager
    async def subscribe(self, queue: str, prefetch: int) -> AsyncIterator[Subscription]:
        """Consume ``queue`` over a connection of its own.

        Raises:
            UnavailableError: RabbitMQ is away.
        """
        async with self._connected(f"{self._name} {queue}") as connection:
            with _as_unavailable(f"consuming {queue} from RabbitMQ at {self._address}"):
                channel = await connection.channel(publisher_confirms=False)
                await topology.declare(channel)
                subscription = await _AmqpSubscription.start(channel, queue, prefetch)
            yield subscription

    @asynccontextmanager
    async def follow(self, exchange: topology.Exchange, routing_key: str) -> AsyncIterator[Subscription]:
        """See what is published with ``routing_key`` from now on, through an exclusive queue.

        Raises:
            UnavailableError: RabbitMQ is away.
        """
        if self._connection is None:
            raise UnavailableError(f"RabbitMQ at {self._address} is away")
        with _as_unavailable(f"following {routing_key} at RabbitMQ at {self._address}"):
            channel = await self._connection.channel(publisher_confirms=False)
            queue = await channel.declare_queue(
                exclusive=True, auto_delete=True, arguments={"x-max-length": FOLLOW_QUEUE_LENGTH}
            )
            await queue.bind(exchange.name, routing_key)
            subscription = await _AmqpSubscription.start(channel, queue.name, FOLLOW_PREFETCH)
        try:
            yield subscription
        finally:
            await _close(channel)

    async def consumers(self, queue: str) -> int:
        """How many consume ``queue`` now, asked over a connection of its own.

        Raises:
            UnavailableError: RabbitMQ is away, or there is no such queue.
        """
        async with self._connected(f"{self._name} asks") as connection:
            with _as_unavailable(f"looking at {queue} at RabbitMQ at {self._address}"):
                channel = await connection.channel(publisher_confirms=False)
                found = await channel.declare_queue(queue, passive=True)
        return found.declaration_result.consumer_count or 0

    @property
    def _address(self) -> str:
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
        with _as_unavailable(f"declaring the topology at RabbitMQ at {self._address}"):
            publishing = await _Publishing.start(connection)
        self._connection, self._publishing = connection, publishing
        self._available.set()
        backoff.reset()
        _log.info("connected to RabbitMQ at %s", self._address)
        try:
            heed_cancel()
            await publishing.ended()
        finally:
            self._available.clear()
            self._connection = self._publishing = None
        raise UnavailableError(f"the connection to RabbitMQ at {self._address} broke")

    @asynccontextmanager
    async def _connected(self, name: str) -> AsyncIterator[AbstractConnection]:
        with _as_unavailable(f"connecting to RabbitMQ at {self._address}"):
            connection = await aio_pika.connect(
                self._url, timeout=CONNECT_SECONDS, client_properties={"connection_name": name}
            )
        try:
            yield connection
        finally:
            await _close(connection)


class _Publishing:
    """The channel that publishes, with confirms and with returned messages raised."""

    def __init__(self, connection: AbstractConnection, channel: AbstractChannel) -> None:
        self._connection = connection
        self._channel = channel
        self._exchanges: dict[str, AbstractExchange] = {}
        self._declared = True

    @classmethod
    async def start(cls, connection: AbstractConnection) -> Self:
        await cls._declare(connection)
        # Without on_return_raises the confirm of a returned message looks like that of a kept one.
        return cls(connection, await connection.channel(publisher_confirms=True, on_return_raises=True))

    @staticmethod
    async def _declare(connection: AbstractConnection) -> None:
        async with connection.channel(publisher_confirms=False) as channel:
            await topology.declare(channel)

    async def ended(self) -> None:
        await self._channel.closed()

    async def publish(self, message: OutgoingMessage, confirm_seconds: float) -> None:
        if not self._declared:
            await self._declare(self._connection)
            self._declared = True
        exchange = await self._exchange(message.exchange.name)
        outgoing = aio_pika.Message(
            message.body,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=message.message_id,
        )
        try:
            await exchange.publish(outgoing, message.routing_key, mandatory=True, timeout=confirm_seconds)
        except PublishError as error:
            self._declared = False  # somebody deleted the queue or its binding
            raise UnroutableError(
                f"no queue is bound to {message.exchange.name} for {message.routing_key}"
            ) from error

    async def _exchange(self, name: str) -> AbstractExchange:
        if name not in self._exchanges:
            self._exchanges[name] = await self._channel.get_exchange(name, ensure=False)
        return self._exchanges[name]


class _AmqpDelivery:
    """One message as aio-pika delivered it."""

    def __init__(self, message: AbstractIncomingMessage) -> None:
        self._message = message

    @property
    def message_id(self) -> str:
        return self._message.message_id or ""

    @property
    def body(self) -> bytes:
        return self._message.body

    @property
    def tag(self) -> int:
        """Counts the channel's deliveries from 1."""
        if self._message.delivery_tag is None:
            raise UnavailableError("RabbitMQ delivered a message without a delivery tag")
        return self._message.delivery_tag


class _AmqpSubscription:
    """A consumer on a channel of its own."""

    def __init__(self, channel: aiormq.abc.AbstractChannel) -> None:
        self._channel = channel
        self._arrived: asyncio.Queue[_AmqpDelivery | None] = asyncio.Queue()
        """None: nothing more will arrive."""
        self._unacknowledged: set[int] = set()
        self._broken = False

    @classmethod
    async def start(cls, channel: AbstractChannel, queue: str, prefetch: int) -> Self:
        await channel.set_qos(prefetch_count=prefetch)
        underlying = await channel.get_underlay_channel()
        subscription = cls(underlying)
        channel.close_callbacks.add(subscription._break)
        # The broker ends a consumer whose queue is deleted, and the channel stays open.
        underlying.on_consumer_cancel_callbacks.add(subscription._break)
        consumed = await channel.get_queue(queue, ensure=False)
        await consumed.consume(subscription._receive)
        return subscription

    async def batch(self, wait: float | None = None) -> Sequence[Delivery]:
        try:
            async with asyncio.timeout(wait):
                arrived = [await self._arrived.get()]
        except TimeoutError:
            return []
        while not self._arrived.empty():
            arrived.append(self._arrived.get_nowait())
        if self._broken:
            self._arrived.put_nowait(None)
            raise UnavailableError("the consumer's connection to RabbitMQ broke")
        return [delivery for delivery in arrived if delivery is not None]

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        tags = sorted(delivery.tag for delivery in deliveries if isinstance(delivery, _AmqpDelivery))
        if not tags:
            return
        self._unacknowledged.difference_update(tags)
        with suppress(*CONNECTION_EXCEPTIONS):
            if all(tag > tags[-1] for tag in self._unacknowledged):
                await self._channel.basic_ack(tags[-1], multiple=True)
                return
            for tag in tags:
                await self._channel.basic_ack(tag, wait=tag == tags[-1])

    async def reject(self, delivery: Delivery) -> None:
        if isinstance(delivery, _AmqpDelivery):
            self._unacknowledged.discard(delivery.tag)
            with suppress(*CONNECTION_EXCEPTIONS):
                await self._channel.basic_reject(delivery.tag, requeue=False)

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        delivery = _AmqpDelivery(message)
        self._unacknowledged.add(delivery.tag)
        self._arrived.put_nowait(delivery)

    def _break(self, *_: object) -> None:
        self._broken = True
        self._arrived.put_nowait(None)


def _with_heartbeat(url: URL) -> URL:
    if url.scheme not in {"amqp", "amqps"} or not url.host:
        raise ValueError(f"RabbitMQ's URL must be amqp://… or amqps://…, and not {url.scheme}://…")
    return url if "heartbeat" in url.query else url % {"heartbeat": HEARTBEAT_SECONDS}


@contextmanager
def _as_unavailable(doing: str) -> Iterator[None]:
    """Turn what aio-pika raises when a broker is away into our own error.

    aiormq may end a waiting call with CancelledError when a heartbeat is missed, although nobody cancelled
    this task.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise UnavailableError(f"{doing} failed: the connection was given up") from error
    except (TimeoutError, *CONNECTION_EXCEPTIONS) as error:
        raise UnavailableError(f"{doing} failed: {_in_words(error)}") from error


def _in_words(error: Exception) -> str:
    """What the system or the broker says, without the wrapping of libraries."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return str(error) or repr(error)


async def _close(resource: AbstractConnection | AbstractChannel) -> None:
    """Close in good order, but do not wait long for a broker that no longer answers."""
    with suppress(TimeoutError, *CONNECTION_EXCEPTIONS):
        async with asyncio.timeout(CLOSE_SECONDS):
            await resource.close()
