"""What publishers and collectors need of a message broker.

Two implementations: :mod:`messaging.amqp` for RabbitMQ, and :mod:`messaging.in_process` for a single process
where no RabbitMQ is installed. Both keep a message until it is acknowledged, deliver again what was not,
put what is rejected on the dead-letter queue, and refuse what no queue is bound for.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from messaging.topology import Exchange
from tickborg.errors import UnavailableError


class UnroutableError(UnavailableError):
    """No queue is bound for the message: the broker has not kept it."""


@dataclass(frozen=True)
class OutgoingMessage:
    """One message on its way to an exchange."""

    exchange: Exchange
    routing_key: str
    message_id: str
    """Names the message in the broker's and in our logs; the same when it is sent again."""
    body: bytes
    """JSON, UTF-8."""


class Delivery(Protocol):
    """A message that was delivered and waits for a word."""

    @property
    def message_id(self) -> str:
        """What the publisher called it; empty: nothing."""

    @property
    def body(self) -> bytes:
        """What was published."""


class Subscription(Protocol):
    """Messages of one queue over one connection. When it breaks, all that is unacknowledged comes again."""

    async def batch(self, wait: float | None = None) -> Sequence[Delivery]:
        """Everything that has arrived, in the queue's order: at least one message.

        With ``wait`` it is empty after that many seconds without a message.

        Raises:
            UnavailableError: the connection broke.
        """

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Say that these are dealt with; on a broken connection they will simply come again."""

    async def reject(self, delivery: Delivery) -> None:
        """Put one that can never be dealt with on the dead-letter queue."""


class Transport(Protocol):
    """A way to a message broker that may be away at any time."""

    async def publish(self, message: OutgoingMessage) -> None:
        """Send a message and return when the broker has kept it on disk.

        Raises:
            UnroutableError: no queue is bound for it.
            UnavailableError: the broker is away, or did not confirm in time; it may have the message.
        """

    async def available(self) -> None:
        """Return when the broker is there, which may be never."""

    def subscribe(self, queue: str, prefetch: int) -> AbstractAsyncContextManager[Subscription]:
        """Consume a queue of the topology, with at most ``prefetch`` messages unacknowledged.

        Entering raises:
            UnavailableError: the broker is away.
        """

    def follow(self, exchange: Exchange, routing_key: str) -> AbstractAsyncContextManager[Subscription]:
        """See messages that are published from now on, beside the queue that collects them.

        They end with the block. Acknowledge them all the same, or after some no more will come. Entering
        raises:
            UnavailableError: the broker is away.
        """
