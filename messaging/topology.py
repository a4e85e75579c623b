"""Exchanges, queues and bindings, in one place (design, section 10).

Whoever publishes or consumes declares all of it first, so that no process has to be started before
another. A queue's arguments can never change later: RabbitMQ answers a declaration with other arguments by
closing the channel (PRECONDITION_FAILED), see https://www.rabbitmq.com/docs/queues#property-equivalence.
The queue type is left to the virtual host's default, so that a cluster may make them quorum queues.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelPreconditionFailed

from tickborg.errors import UnavailableError
from tickborg.messages import (
    DEAD_LETTER_EXCHANGE,
    DEAD_LETTER_QUEUE,
    LOGS_EXCHANGE,
    LOGS_QUEUE,
    STATS_EXCHANGE,
    STATS_QUEUE,
)

QueueArgument = str | bool


@dataclass(frozen=True)
class Exchange:
    """A durable exchange; ``kind`` is ``topic`` or ``fanout``."""

    name: str
    kind: str


@dataclass(frozen=True)
class Queue:
    """A durable queue, bound to one exchange by one pattern."""

    name: str
    exchange: Exchange
    binding: str = ""
    arguments: Mapping[str, QueueArgument] = field(default_factory=dict)


LOGS = Exchange(LOGS_EXCHANGE, "topic")
STATS = Exchange(STATS_EXCHANGE, "fanout")
DEAD_LETTERS = Exchange(DEAD_LETTER_EXCHANGE, "fanout")

_TO_DEAD_LETTERS: Mapping[str, QueueArgument] = {"x-dead-letter-exchange": DEAD_LETTER_EXCHANGE}

EXCHANGES = (LOGS, STATS, DEAD_LETTERS)
QUEUES = (
    Queue(DEAD_LETTER_QUEUE, DEAD_LETTERS),
    # One consumer at a time, so that one log is written by one collector at a time.
    Queue(LOGS_QUEUE, LOGS, "logs.*", {**_TO_DEAD_LETTERS, "x-single-active-consumer": True}),
    Queue(STATS_QUEUE, STATS, arguments=_TO_DEAD_LETTERS),
)


async def declare(channel: AbstractChannel) -> None:
    """Declare the whole topology; what exists already stays as it is.

    Raises:
        UnavailableError: something of a name exists with other properties; only a person can delete it.
    """
    for exchange in EXCHANGES:
        with _naming(f"exchange {exchange.name}"):
            await channel.declare_exchange(exchange.name, exchange.kind, durable=True)
    for queue in QUEUES:
        with _naming(f"queue {queue.name}"):
            declared = await channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments))
        await declared.bind(queue.exchange.name, queue.binding)


@contextmanager
def _naming(what: str) -> Iterator[None]:
    try:
        yield
    except ChannelPreconditionFailed as error:
        raise UnavailableError(
            f"RabbitMQ has another {what} than tickborg needs; delete it when it is empty ({error})"
        ) from error
