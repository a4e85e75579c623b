"""What all tests share: servers of their own, started once where that is safe."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cli.embedded_temporal import EmbeddedTemporal
from tests.support.broker import RabbitMQNode, rabbitmq_node

pytest.register_assert_rewrite("tests.support.expected")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broker() -> AsyncIterator[RabbitMQNode]:
    """A RabbitMQ node for the whole session; a test that stops it starts it again."""
    async with rabbitmq_node() as node:
        yield node


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedTemporal]:
    """A Temporal server for the whole session, for tests whose workflows have ids of their own."""
    async with EmbeddedTemporal(tmp_path_factory.mktemp("temporal")) as server:
        yield server
