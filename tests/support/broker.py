"""A RabbitMQ node of the tests' own, which can be ended as a power cut would."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cli.embedded_rabbitmq import INSTALL_HINT, EmbeddedRabbitMQ, find_programs


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
