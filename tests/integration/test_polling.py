"""Workers before their first poll: Temporal is asked for the namespace, and may have gone away by then."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client

from activities.clients.git.mirror_upkeep import MirrorUpkeep
from activities.clients.git.process import Git
from activities.clients.host_disk import HostDisk
from cli.embedded_temporal import EmbeddedTemporal
from cli.polling import polling
from cli.temporal_client import DEFAULT_NAMESPACE, TemporalConnection, connect
from cli.workers import housekeeping_worker
from tests.support.cut_network import Network, network_to
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_SECONDS
from tests.support.time_skipping import quiet_runtime
from tickborg.errors import UnavailableError
from tickborg.settings import GitSettings


class Service:
    """A service of two workers, and what became of it."""

    def __init__(self, client: Client, disk: HostDisk, thread: ThreadPoolExecutor) -> None:
        self.is_ready = asyncio.Event()
        self._workers = [housekeeping_worker(client, queue, disk, thread) for queue in ("one", "other")]

    async def run(self) -> None:
        """Say that it is ready when it is, and go on until cancelled."""
        async with polling(*self._workers):
            self.is_ready.set()
            await asyncio.Event().wait()

    @property
    def polls(self) -> bool:
        """Whether all of its workers are at work."""
        return all(worker.is_running for worker in self._workers)


@pytest_asyncio.fixture
async def network(temporal: EmbeddedTemporal) -> AsyncIterator[Network]:
    """Between the service and Temporal."""
    async with network_to(temporal.address) as made:
        yield made


async def connected(
    network: Network, folder: Path, thread: ThreadPoolExecutor, namespace: str = DEFAULT_NAMESPACE
) -> Service:
    """A service that has connected to Temporal, and does not run yet."""
    client = await connect(TemporalConnection(network.address, namespace), runtime=quiet_runtime())
    return Service(client, HostDisk("host", MirrorUpkeep(folder, Git({}), GitSettings().retention)), thread)


@pytest_asyncio.fixture
async def service(network: Network, tmp_path: Path) -> AsyncIterator[Service]:
    """One that has connected to Temporal, and does not run yet."""
    with ThreadPoolExecutor(1) as thread:
        yield await connected(network, tmp_path, thread)


async def test_a_service_is_ready_when_it_polls(service: Service) -> None:
    """Who reads that it is may send it work; told to stop, it does."""
    running = asyncio.create_task(service.run())
    await service.is_ready.wait()
    assert service.polls
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not service.polls


async def test_a_service_that_waits_for_temporal_ends_when_it_is_told_to(
    service: Service, network: Network
) -> None:
    """At once, and as if nothing were wrong: it was not ready, and Temporal may be away for long."""
    await network.black_hole()
    running = asyncio.create_task(service.run())

    async def waits() -> bool:
        return network.held > 0

    await eventually(waits)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, PATIENCE_SECONDS)
    assert not service.is_ready.is_set()


async def test_a_service_that_temporal_lets_not_begin_says_so(network: Network, tmp_path: Path) -> None:
    """In one sentence, which it is not ready before; that there is no such namespace is one reason."""
    with ThreadPoolExecutor(1) as thread:
        service = await connected(network, tmp_path, thread, "nowhere")
        with pytest.raises(UnavailableError) as refused:
            await service.run()
    assert str(refused.value) == (
        f"cannot connect to Temporal at {network.address}, namespace nowhere: "
        "Namespace nowhere is not found; check [temporal] address, namespace and tls "
        "in tickborg.toml and that the server runs"
    )
    assert not service.is_ready.is_set()
