"""Consuming one queue of RabbitMQ, on a channel of its own."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

import aiormq
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from messaging.transport import Delivery
from tickborg.errors import UnavailableError


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


class AmqpSubscription:
    """A consumer on a channel of its own."""

    def __init__(self, channel: aiormq.abc.AbstractChannel) -> None:
        self._channel = channel
        self._arrived: asyncio.Queue[_AmqpDelivery | None] = asyncio.Queue()
        """None: nothing more will arrive."""
        self._unacknowledged: set[int] = set()
        self._broken = False

    @classmethod
    async def start(cls, channel: AbstractChannel, queue: str, prefetch: int) -> Self:
        """Begin to consume ``queue``."""
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
        """Everything that has arrived, see :class:`messaging.transport.Subscription`."""
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
        """Say that these are dealt with, in as few words as possible."""
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
        """Have the broker put one on the dead-letter queue."""
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
