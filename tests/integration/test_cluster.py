"""Which builders are alive, and who can be signalled, as a real Temporal server tells it."""

import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from activities.clients.cluster import HEARTBEAT_FRESHNESS, HEARTBEAT_INTERVAL, TemporalCluster
from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect, connect_lazily, worker_runtime
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_SECONDS
from tickborg.errors import PermanentError, UnavailableError
from tickborg.names import build_task_queue
from tickborg.systems import System

LINUX = System.X86_64_LINUX
OTHER = System.AARCH64_DARWIN


@activity.defn
async def nothing() -> None:
    """What a builder of these tests can do."""


def later(seconds: timedelta) -> Callable[[], datetime]:
    """A clock that is ``seconds`` ahead."""
    return lambda: datetime.now(UTC) + seconds


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server for the tests of this file; each uses a namespace-wide name of its own."""
    async with EmbeddedTemporal(tmp_path_factory.mktemp("temporal")) as server:
        yield server.address


@pytest.fixture
async def client(address: str) -> Client:
    """A client whose workers say every second that they are alive."""
    return await connect(TemporalConnection(address), runtime=worker_runtime(timedelta(seconds=1)))


def builder(client: Client, system: System) -> Worker:
    """A worker that polls the builders' queue of ``system``."""
    return Worker(client, task_queue=build_task_queue(system), activities=[nothing])


async def test_no_builder_is_online_where_none_ever_was(client: Client) -> None:
    """A queue that nobody polls has no builder."""
    assert await TemporalCluster(client).builders_online(OTHER) == 0


async def test_a_builder_is_online_as_soon_as_it_polls(address: str) -> None:
    """Nobody waits ten seconds for the first heartbeat of a builder that has just started."""
    rare = timedelta(seconds=PATIENCE_SECONDS)
    client = await connect(TemporalConnection(address), runtime=worker_runtime(rare))
    cluster = TemporalCluster(client)
    async with builder(client, System.AARCH64_LINUX):
        online = partial(cluster.builders_online, System.AARCH64_LINUX)
        assert await eventually(online, patience=PATIENCE_SECONDS / 2) == 1


async def test_heartbeats_count_for_half_a_minute(client: Client) -> None:
    """A builder whose polls are old lives by its heartbeat; one that fell silent is dead after 30 s."""
    beyond_polls = TemporalCluster(client, now=later(HEARTBEAT_INTERVAL + timedelta(seconds=5)))
    beyond_heartbeats = TemporalCluster(client, now=later(HEARTBEAT_FRESHNESS + timedelta(seconds=5)))
    async with builder(client, LINUX):
        assert await eventually(lambda: beyond_polls.builders_online(LINUX)) == 1
        assert await beyond_heartbeats.builders_online(LINUX) == 0
        assert await beyond_polls.builders_online(OTHER) == 0


async def test_a_builder_that_was_shut_down_is_offline_at_once(client: Client) -> None:
    """Its last heartbeat is young, but it said goodbye."""
    system = System.X86_64_FREEBSD
    beyond_polls = TemporalCluster(client, now=later(HEARTBEAT_INTERVAL + timedelta(seconds=5)))
    async with builder(client, system):
        assert await eventually(lambda: beyond_polls.builders_online(system))
    assert await beyond_polls.builders_online(system) == 0


async def test_a_running_workflow_is_signalled(client: Client) -> None:
    """The signal is in its history when the call returns."""
    handle = await client.start_workflow("Anything", id=f"running-{uuid4()}", task_queue="nobody")
    assert await TemporalCluster(client).signal(handle.id, "build_started", {"attempt": 1})
    names = [
        event.workflow_execution_signaled_event_attributes.signal_name
        async for event in handle.fetch_history_events()
    ]
    assert "build_started" in names


async def test_a_closed_or_unknown_workflow_is_no_error(client: Client) -> None:
    """Whoever comes too late is told so."""
    cluster = TemporalCluster(client)
    handle = await client.start_workflow("Anything", id=f"closed-{uuid4()}", task_queue="nobody")
    await handle.terminate()
    assert not await cluster.signal(handle.id, "build_started", None)
    assert not await cluster.signal("never-there", "build_started", None)


async def test_a_server_that_is_away_is_a_reason_to_try_again() -> None:
    """The question and the signal both say that Temporal did not answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nowhere = TemporalConnection(f"127.0.0.1:{listener.getsockname()[1]}")
    client = await connect_lazily(nowhere)
    cluster = TemporalCluster(client)
    with pytest.raises(UnavailableError, match=r"counting the workers of build\.x86_64-linux"):
        await cluster.builders_online(LINUX)
    with pytest.raises(UnavailableError, match="signalling build_started to somebody"):
        await cluster.signal("somebody", "build_started", None)


async def test_a_namespace_that_is_not_there_needs_a_person(address: str) -> None:
    """A wrong setting is not retried for a day."""
    client = await connect(TemporalConnection(address, namespace="nowhere"))
    with pytest.raises(PermanentError, match="NOT_FOUND"):
        await TemporalCluster(client).builders_online(LINUX)
