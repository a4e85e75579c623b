"""What all tests share: servers of their own, started once where that is safe."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.broker import RabbitMQNode, rabbitmq_node


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broker() -> AsyncIterator[RabbitMQNode]:
    """A RabbitMQ node for the whole session; a test that stops it starts it again."""
    async with rabbitmq_node() as node:
        yield node
