"""The transport over RabbitMQ, as far as no broker is needed: how it connects, and how it is told to end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any, Self

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from messaging.amqp import AmqpTransport
from tests.support.patience import PATIENCE_SECONDS
from tickborg.errors import UnavailableError
from tickborg.messages import LOGS_QUEUE

URL = "amqp://127.0.0.1:9/"


class EndlessChannel:
    """A channel that is never opened: whoever waits for it and forgot to end does so for ever."""

    async def __aenter__(self) -> Self:
        await asyncio.Event().wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close nothing."""

    def __await__(self) -> Generator[Any, Any, Self]:
        return self.__aenter__().__await__()


class Connected:
    """A connection that works, and knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def channel(self, **_: object) -> EndlessChannel:
        """Open a channel."""
        return EndlessChannel()

    async def close(self) -> None:
        """Close it."""
        self.closed = True


class Connecting:
    """Stands for ``aio_pika.connect``, which waits with ``wait_for`` as the real one does."""

    def __init__(self) -> None:
        self.connection = Connected()
        self.begun = asyncio.Event()
        self._answer: asyncio.Future[Connected] = asyncio.get_running_loop().create_future()

    async def __call__(self, *_: object, **options: Any) -> Connected:
        """Connect, for as long as ``timeout`` says."""
        self.begun.set()
        return await asyncio.wait_for(self._answer, options["timeout"])

    def succeed(self) -> None:
        """Be connected, which whoever waits is told in the next step of the event loop."""
        self._answer.set_result(self.connection)


@pytest.fixture
async def connecting(monkeypatch: pytest.MonkeyPatch) -> Connecting:
    """How connections are made in these tests."""
    connecting = Connecting()
    monkeypatch.setattr("aio_pika.connect", connecting)
    return connecting


async def keep(transport: AmqpTransport) -> None:
    """Be a process that publishes."""
    async with transport:
        await asyncio.Event().wait()


async def consume(transport: AmqpTransport) -> None:
    """Be a collector."""
    async with transport.subscribe(LOGS_QUEUE, 1) as subscription:
        await subscription.batch()


async def ask(transport: AmqpTransport) -> None:
    """Be ``tickborg health``."""
    await transport.look_at(LOGS_QUEUE)


@pytest.mark.parametrize("work", [keep, consume, ask])
async def test_who_is_told_to_end_as_the_connection_succeeds_ends(
    connecting: Connecting, work: Callable[[AmqpTransport], Awaitable[None]]
) -> None:
    """Python 3.11 forgets that cancel: a service told to stop went on for ever (cpython issue 86296)."""
    task = asyncio.ensure_future(work(AmqpTransport(URL)))
    await connecting.begun.wait()
    connecting.succeed()
    task.cancel()
    ended, _ = await asyncio.wait([task], timeout=PATIENCE_SECONDS)
    assert ended
    assert task.cancelled()


async def test_leaving_as_the_connection_succeeds_closes_it(connecting: Connecting) -> None:
    """Told to end and connected in the same instant, a process neither stays nor leaves a connection open."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with AmqpTransport(URL):
            await connecting.begun.wait()
            connecting.succeed()
    assert connecting.connection.closed


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """Something that is no RabbitMQ: it says ``answer`` to whoever connects, and hangs up; yields its URL."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        yield f"amqp://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


FRAME = st.builds(
    lambda kind, channel, payload, end: (
        bytes([kind]) + channel.to_bytes(2, "big") + len(payload).to_bytes(4, "big") + payload + end
    ),
    st.sampled_from([1, 2, 3, 8, 255]),
    st.integers(0, 3),
    st.one_of(st.binary(max_size=40), st.binary(max_size=40).map(lambda rest: b"\x00\x0a\x00\x0a" + rest)),
    st.sampled_from([b"\xce", b"\x00"]),
)
"""A frame of AMQP with anything in it; class 10, method 10 is what a broker begins with."""


@given(answer=st.one_of(st.just(b"HTTP/1.1 400 Bad Request\r\n\r\n"), st.binary(max_size=64), FRAME))
@example(b"\x01\x00\x00\x00\x00\x00\x01\x00\xce")
@settings(max_examples=40)
def test_whatever_answers_in_the_broker_s_place_is_tried_again(answer: bytes) -> None:
    """A wrong port or a proxy is a broker that is away, and never an error that ends the task for good."""

    async def ask_it() -> None:
        async with answering(answer) as url:
            with pytest.raises(UnavailableError, match=r"RabbitMQ at 127\.0\.0\.1:\d+ failed"):
                await AmqpTransport(url).look_at(LOGS_QUEUE)

    asyncio.run(ask_it())
