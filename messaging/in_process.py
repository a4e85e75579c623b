"""The transport inside one process, for ``demo`` and ``try`` where no RabbitMQ is installed.

It behaves as the broker does towards publishers and collectors: routing by the same topology, delivery again
of what was not acknowledged, one active consumer where the topology says so, dead letters. Messages live in
memory and end with the process; production never uses it (design, section 10).
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase

from messaging.topology import DEAD_LETTERS, QUEUES, Exchange, Queue
from messaging.transport import Delivery, OutgoingMessage, Subscription, UnroutableError
from tickborg.errors import UnavailableError

QUEUE_LENGTH = 5_000
"""Messages a queue holds before it refuses more; publishers then spool to disk."""


class InProcessTransport:
    """Queues in memory. Nothing has to be entered or closed."""

    def __init__(self) -> None:
        self._queues = {queue.name: _MemoryQueue(queue) for queue in QUEUES}
        self._followers: list[_MemoryQueue] = []

    async def available(self) -> None:
        """Return at once: a broker in the same process is always there."""

    async def publish(self, message: OutgoingMessage) -> None:
        """Put a message on every queue that is bound for it.

        Raises:
            UnroutableError: no queue is.
            UnavailableError: a queue is full because its collector does not keep up.
        """
        self._route(message.exchange, message.routing_key, message)

    @asynccontextmanager
    async def subscribe(self, queue: str, prefetch: int) -> AsyncIterator[Subscription]:
        """Consume ``queue``."""
        subscription = _MemorySubscription(self._queues[queue], prefetch, self._dead_letter)
        try:
            yield subscription
        finally:
            subscription.close()

    @asynccontextmanager
    async def follow(self, exchange: Exchange, routing_key: str) -> AsyncIterator[Subscription]:
        """See what is published with ``routing_key`` from now on."""
        queue = _MemoryQueue(Queue("", exchange, routing_key))
        self._followers.append(queue)
        subscription = _MemorySubscription(queue, QUEUE_LENGTH, self._dead_letter)
        try:
            yield subscription
        finally:
            self._followers.remove(queue)
            subscription.close()

    def _route(self, exchange: Exchange, routing_key: str, message: OutgoingMessage) -> None:
        bound = [queue for queue in self._queues.values() if queue.takes(exchange, routing_key)]
        if not bound:
            raise UnroutableError(f"no queue is bound to {exchange.name} for {routing_key}")
        full = next((queue for queue in bound if queue.full), None)
        if full is not None:
            raise UnavailableError(f"the queue {full.name} holds {QUEUE_LENGTH} messages and takes no more")
        followers = [queue for queue in self._followers if queue.takes(exchange, routing_key)]
        for queue in (*bound, *followers):
            queue.put(message)

    def _dead_letter(self, message: OutgoingMessage) -> None:
        self._route(DEAD_LETTERS, "", message)


class _MemoryQueue:
    """Messages in order, and the subscriptions that wait for them."""

    def __init__(self, queue: Queue) -> None:
        self.name = queue.name
        self._queue = queue
        self._one_consumer = bool(queue.arguments.get("x-single-active-consumer"))
        self._waiting: deque[OutgoingMessage] = deque()
        self._consumers: list[object] = []
        self._changed = asyncio.Event()

    @property
    def full(self) -> bool:
        return len(self._waiting) >= QUEUE_LENGTH

    def takes(self, exchange: Exchange, routing_key: str) -> bool:
        """Whether a message belongs here. A ``*`` of the binding stands for one word; ours hold no dots."""
        if exchange != self._queue.exchange:
            return False
        return exchange.kind == "fanout" or fnmatchcase(routing_key, self._queue.binding)

    def put(self, message: OutgoingMessage) -> None:
        if not self._queue.name and self.full:
            self._waiting.popleft()  # a viewer who reads slowly loses the oldest
        self._waiting.append(message)
        self._wake()

    def join(self, consumer: object) -> None:
        self._consumers.append(consumer)

    def leave(self, consumer: object, unacknowledged: Sequence[OutgoingMessage]) -> None:
        """Take a consumer off; what it did not acknowledge goes back to the front."""
        self._consumers.remove(consumer)
        self._waiting.extendleft(reversed(unacknowledged))
        self._wake()

    def take(self, consumer: object, most: int) -> list[OutgoingMessage]:
        if self._one_consumer and self._consumers[0] is not consumer:
            return []
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    async def change(self) -> None:
        """Return when there may be something to take."""
        await self._changed.wait()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


@dataclass(frozen=True)
class _MemoryDelivery:
    """One message as handed to a consumer."""

    message: OutgoingMessage
    tag: int

    @property
    def message_id(self) -> str:
        return self.message.message_id

    @property
    def body(self) -> bytes:
        return self.message.body


class _MemorySubscription:
    """A consumer of one queue."""

    def __init__(
        self, queue: _MemoryQueue, prefetch: int, dead_letter: Callable[[OutgoingMessage], None]
    ) -> None:
        self._queue = queue
        self._prefetch = prefetch
        self._dead_letter = dead_letter
        self._unacknowledged: dict[int, OutgoingMessage] = {}
        self._deliveries = 0
        queue.join(self)

    async def batch(self, wait: float | None = None) -> Sequence[Delivery]:
        try:
            async with asyncio.timeout(wait):
                while not (taken := self._queue.take(self, self._prefetch - len(self._unacknowledged))):
                    await self._queue.change()
        except TimeoutError:
            return []
        return [self._deliver(message) for message in taken]

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._settle(delivery)

    async def reject(self, delivery: Delivery) -> None:
        rejected = self._settle(delivery)
        if rejected is not None:
            self._dead_letter(rejected)

    def close(self) -> None:
        self._queue.leave(self, list(self._unacknowledged.values()))

    def _deliver(self, message: OutgoingMessage) -> _MemoryDelivery:
        self._deliveries += 1
        self._unacknowledged[self._deliveries] = message
        return _MemoryDelivery(message, self._deliveries)

    def _settle(self, delivery: Delivery) -> OutgoingMessage | None:
        if isinstance(delivery, _MemoryDelivery):
            return self._unacknowledged.pop(delivery.tag, None)
        return None
