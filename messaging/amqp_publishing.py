"""Publishing to RabbitMQ, with confirms and with returned messages raised."""

import asyncio
from typing import Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, UnderlayConnection
from aio_pika.exceptions import PublishError

from messaging import topology
from messaging.transport import OutgoingMessage, UnroutableError
from tickborg.errors import UnavailableError


class Publishing:
    """The channel of a connection that publishes."""

    def __init__(
        self, connection: AbstractConnection, transport: UnderlayConnection, channel: AbstractChannel
    ) -> None:
        self._connection = connection
        self._transport = transport
        self._channel = channel
        self._exchanges: dict[str, AbstractExchange] = {}
        self._declared = True

    @classmethod
    async def start(cls, connection: AbstractConnection) -> Self:
        """Declare the topology and open the channel."""
        await cls._declare(connection)
        # Without on_return_raises the confirm of a returned message looks like that of a kept one.
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        if connection.transport is None:
            raise UnavailableError("the connection broke as soon as it was made")
        return cls(connection, connection.transport, channel)

    @staticmethod
    async def _declare(connection: AbstractConnection) -> None:
        async with connection.channel(publisher_confirms=False) as channel:
            await topology.declare(channel)

    async def ended(self) -> None:
        """Return when the channel or its connection is closed, whoever did it."""
        await self._channel.closed()

    async def unblocked(self) -> bool:
        """Return True as soon as the broker takes messages; False: the channel ended before it did."""
        if not await self.is_blocked():
            return True
        ready, ended = asyncio.ensure_future(self._transport.ready()), asyncio.ensure_future(self.ended())
        try:
            await asyncio.wait([ready, ended], return_when=asyncio.FIRST_COMPLETED)
            return not ended.done()
        finally:
            ready.cancel()
            ended.cancel()

    async def is_blocked(self) -> bool:
        """Whether the broker has said that it reads no more from this connection for now."""
        try:
            async with asyncio.timeout(0):
                await self._transport.ready()  # returns at once, unless the connection is blocked
        except TimeoutError:
            return True
        return False

    async def publish(self, message: OutgoingMessage, confirm_seconds: float) -> None:
        """Send a message and wait for the confirm; raises as :meth:`messaging.amqp.AmqpTransport.publish`."""
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
