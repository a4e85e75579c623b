"""A RabbitMQ node of the tests' own, which can be ended as a power cut would."""

import asyncio
import os
import signal
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path

import aio_pika
import pytest

from cli.embedded_rabbitmq import _NODE_NAME, INSTALL_HINT, EmbeddedRabbitMQ, find_programs
from messaging.amqp import AmqpTransport
from messaging.in_process import InProcessTransport
from messaging.topology import EXCHANGES, QUEUES
from messaging.transport import Transport
from tests.support.frozen import members_of, until_frozen
from tickborg.messages import LOGS_EXCHANGE, LOGS_QUEUE

Connect = Callable[[], AbstractAsyncContextManager[Transport]]
"""Makes another connection to one broker, for as long as a block."""


class RabbitMQNode:
    """A running node: ``url``, and what can happen to a broker."""

    def __init__(self, node: EmbeddedRabbitMQ) -> None:
        self._node = node

    @property
    def url(self) -> str:
        """Where clients connect; the same after a restart."""
        return self._node.url

    async def kill9(self) -> None:
        """End it with SIGKILL, nothing flushed."""
        await self._node.kill()

    async def stop(self) -> None:
        """End it in good order."""
        await self._node.stop()

    async def start(self) -> None:
        """Start it again on the same port with the same data; one that runs is left alone."""
        await self._node.start()

    async def pause(self) -> None:
        """Freeze it: connections stay open and nothing is answered; returns when that is so."""
        self._signal(signal.SIGSTOP)
        assert self._node._server
        await until_frozen(members_of(self._node._server.pid))

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    async def forget_everything(self) -> None:
        """Delete our queues and exchanges with all that is in them; runs on a node that was stopped, too."""
        await self.start()
        async with await aio_pika.connect(self.url) as connection, connection.channel() as channel:
            for queue in QUEUES:
                await channel.queue_delete(queue.name)
            for exchange in EXCHANGES:
                await channel.exchange_delete(exchange.name)

    async def unbind_logs(self) -> None:
        """Take the binding of the logs' queue away, as somebody with too many rights might."""
        async with await aio_pika.connect(self.url) as connection, connection.channel() as channel:
            queue = await channel.get_queue(LOGS_QUEUE)
            await queue.unbind(LOGS_EXCHANGE, "logs.*")

    async def declare_queue(self, name: str) -> None:
        """Declare a durable queue without any arguments."""
        async with await aio_pika.connect(self.url) as connection, connection.channel() as channel:
            await channel.declare_queue(name, durable=True)

    async def alarm(self) -> None:
        """Have it find its disk too full: it takes no more messages, and serves consumers as ever."""
        await self._require_free("1000000GB")

    async def end_alarm(self) -> None:
        """Have it find room on its disk again; without an alarm nothing changes."""
        await self._require_free("50MB")

    async def _require_free(self, size: str) -> None:
        """Do what ``rabbitmqctl set_disk_free_limit`` does in seconds; Erlang's own program takes none."""
        cookie = (self._node._folder / "home" / ".erlang.cookie").read_text()
        call = ("-n", _NODE_NAME, "-c", cookie, "-a", f'rabbit_disk_monitor set_disk_free_limit ["{size}"]')
        control = await asyncio.create_subprocess_exec(
            "erl_call", *call, env=self._node._environment(), stdout=PIPE, stderr=STDOUT
        )
        said, _ = await control.communicate()
        assert said == b"ok", said.decode()

    def _signal(self, number: signal.Signals) -> None:
        assert self._node._server
        os.killpg(self._node._server.pid, number)


@asynccontextmanager
async def rabbitmq_node() -> AsyncIterator[RabbitMQNode]:
    """A node on free ports with its state in a temporary folder; nothing of it is left afterwards.

    Raises:
        RuntimeError: RabbitMQ is not installed; says how to get it.
    """
    if find_programs() is None:
        raise RuntimeError(f"the tests need rabbitmq-server; get it with: {INSTALL_HINT}")
    with tempfile.TemporaryDirectory(prefix="tickborg-rabbitmq-") as folder:
        async with EmbeddedRabbitMQ(Path(folder)) as node:
            yield RabbitMQNode(node)


@pytest.fixture
async def rabbitmq(broker: RabbitMQNode) -> RabbitMQNode:
    """The node of the session, running, with nothing declared, whatever the test before did to it."""
    await broker.forget_everything()
    return broker


@pytest.fixture(params=["rabbitmq", "in_process"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Connections to a broker on which nothing has happened yet: a real one, and the one in the process."""
    if request.param == "in_process":
        transport = InProcessTransport()
        return lambda: nullcontext(transport)
    node: RabbitMQNode = request.getfixturevalue("rabbitmq")
    return lambda: AmqpTransport(node.url)
