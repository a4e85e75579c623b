"""What all tests share: servers of their own, started once where that is safe."""

import gc
import os
from collections.abc import AsyncIterator, Generator

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from cli.embedded_temporal import EmbeddedTemporal
from tests.support.broker import RabbitMQNode, rabbitmq_node

# What is made while tests are looked for stays until they have run: to search it for garbage again and again
# takes a third of the time.
gc.disable()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Search for garbage from now on, and only in what the tests themselves make."""
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


LONGEST = ("integration", "workflow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left with it when the others are done."""
    items.sort(key=lambda item: (*LONGEST, item.path.parent.name).index(item.path.parent.name))


pytest.register_assert_rewrite("tests.support.expected")

# Time limits on examples, and on making them up, fail tests on a busy machine and find nothing;
# pytest-timeout ends a hang.
settings.register_profile("people", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A change is not to be refused for what a new random example finds in code that it did not touch: CI tries
# the same examples each time, and people others.
settings.register_profile("ci", settings.get_profile("people"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "people")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broker() -> AsyncIterator[RabbitMQNode]:
    """A RabbitMQ node for the whole session; a test that stops it starts it again."""
    async with rabbitmq_node() as node:
        yield node


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedTemporal]:
    """A Temporal server for the whole session, for tests whose workflows have ids of their own."""
    async with EmbeddedTemporal(tmp_path_factory.mktemp("temporal"), processors=1) as server:
        yield server
