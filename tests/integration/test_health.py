"""`tickborg health` tells a service that does its work from one that only runs."""

import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from activities.clients.cluster import TemporalCluster
from cli import services
from cli.embedded_temporal import EmbeddedTemporal
from cli.health import check
from cli.host import host_system
from cli.temporal_client import TemporalConnection, connect, connect_lazily, identity, worker_runtime
from messaging.amqp import AmqpTransport
from messaging.log_store import LogReader
from tests.support.broker import RabbitMQNode
from tests.support.command_line import CommandLine
from tests.support.eventually import eventually
from tests.support.fake_builder import FakeStats
from tests.support.webhooks import hearing
from tickborg.errors import UnavailableError
from tickborg.names import GIT_TASK_QUEUE, TASK_QUEUE, build_task_queue
from tickborg.services import Service
from tickborg.settings import LogsSettings, Settings


@activity.defn
async def nothing() -> None:
    """What a worker of these tests can do."""


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def port_of(url: str) -> int:
    """Where a service says that it listens."""
    return int(url.split(":")[2].split("/", maxsplit=1)[0])


@pytest.fixture
def settings(tmp_path: Path, temporal: EmbeddedTemporal, rabbitmq: RabbitMQNode) -> Settings:
    """Settings of a host whose Temporal and RabbitMQ are there."""
    url = tmp_path / "rabbitmq-url"
    url.touch(mode=0o600)
    url.write_text(rabbitmq.url)
    return Settings.model_validate(
        {"temporal": {"address": temporal.address}, "rabbitmq": {"url_file": str(url)}}
    )


async def healthy(settings: Settings, service: Service) -> str:
    """What is found of a service that does its work; empty: it does not yet."""
    try:
        return await check(settings, service)
    except UnavailableError:
        return ""


async def silent_at(settings: Settings, service: Service, queue: str) -> bool:
    """Whether ``queue`` is the one that nothing has been heard at."""
    with pytest.raises(UnavailableError) as unhealthy:
        await check(settings, service)
    return f" at {queue} for half a minute" in str(unhealthy.value)


async def others_are_heard(client: Client, queue: str) -> bool:
    """Whether Temporal has had a heartbeat of ``client``'s worker."""
    return await TemporalCluster(client).hears_from(client.identity, queue)


@asynccontextmanager
async def polling(client: Client, *queues: str) -> AsyncIterator[None]:
    """A worker of ``client`` for each queue."""
    async with AsyncExitStack() as stack:
        for queue in queues:
            await stack.enter_async_context(Worker(client, task_queue=queue, activities=[nothing]))
        yield


def with_port(settings: Settings, section: str, port: int) -> Settings:
    """The settings of a service that listens on ``port``."""
    old: Any = getattr(settings, section)
    return settings.model_copy(update={section: old.model_copy(update={"port": port})})


@asynccontextmanager
async def a_webhook(address: str) -> AsyncIterator[str]:
    """The webhook before the Temporal server at ``address``."""
    client = await connect_lazily(TemporalConnection(address))
    async with services.hearing(client, b"secret", hearing(), FakeStats(), host="127.0.0.1", port=0) as url:
        yield url


@asynccontextmanager
async def a_dashboard(address: str, rabbitmq: str, logs: Path) -> AsyncIterator[str]:
    """The dashboard before the Temporal server at ``address``."""
    client = await connect_lazily(TemporalConnection(address))
    transport = AmqpTransport(rabbitmq)
    async with services.showing(client, transport, LogReader(logs), host="127.0.0.1", port=0) as url:
        yield url


@pytest.mark.parametrize("service", [Service.WEBHOOK, Service.DASHBOARD, Service.UP])
async def test_who_listens_is_healthy_while_temporal_answers(
    service: Service, settings: Settings, tmp_path: Path, temporal: EmbeddedTemporal, rabbitmq: RabbitMQNode
) -> None:
    """A webhook that could only say 503 is not."""
    section = "dashboard" if service is Service.DASHBOARD else "webhook"

    def listening(address: str) -> AbstractAsyncContextManager[str]:
        if service is Service.DASHBOARD:
            return a_dashboard(address, rabbitmq.url, tmp_path)
        return a_webhook(address)

    async with listening(temporal.address) as url:
        here = with_port(settings, section, port_of(url))
        assert await check(here, service) == f"/readyz at port {port_of(url)} answers 200"
    with pytest.raises(UnavailableError, match=rf"nothing answers /readyz at port {port_of(url)}: "):
        await check(here, service)
    async with listening(f"127.0.0.1:{free_port()}") as url:
        with pytest.raises(UnavailableError, match="answers 503: Temporal does not answer"):
            await check(with_port(settings, section, port_of(url)), service)


async def test_logs_are_healthy_while_they_are_collected(
    settings: Settings, tmp_path: Path, rabbitmq: RabbitMQNode
) -> None:
    """RabbitMQ knows whether somebody consumes the queue; before it was ever declared nobody does."""
    with pytest.raises(UnavailableError, match="has no queue build-logs: start `tickborg logs`"):
        await check(settings, Service.LOGS)
    async with (
        AmqpTransport(rabbitmq.url) as transport,
        services.collecting_logs(transport, tmp_path / "logs", FakeStats(), LogsSettings().retention),
    ):
        assert await eventually(lambda: healthy(settings, Service.LOGS)) == "build-logs is consumed"
    with pytest.raises(UnavailableError, match="nobody consumes build-logs: is `tickborg logs` up"):
        await check(settings, Service.LOGS)


async def test_stats_are_healthy_while_they_are_counted_and_served(
    settings: Settings, rabbitmq: RabbitMQNode
) -> None:
    """Metrics that nobody counts any more would look like a quiet day."""
    async with AmqpTransport(rabbitmq.url) as transport:
        async with services.collecting_stats(transport, "127.0.0.1", 0) as url:
            here = with_port(settings, "stats", port_of(url))
            assert await eventually(lambda: healthy(here, Service.STATS)) == "stats-events is consumed"
        with pytest.raises(UnavailableError, match="nothing answers /metrics"):
            await check(here, Service.STATS)


@pytest.mark.parametrize(
    ("service", "role", "queues"),
    [
        (Service.WORKER, "worker", (TASK_QUEUE, GIT_TASK_QUEUE)),
        (Service.BUILDER, "builder-7", (build_task_queue(host_system()),)),
    ],
)
async def test_who_polls_is_healthy_by_its_heartbeats(
    settings: Settings, service: Service, role: str, queues: tuple[str, ...], temporal: EmbeddedTemporal
) -> None:
    """Those of this host and of all its queues: another's heartbeats do not speak for a dead one."""
    ours = settings.model_copy(
        update={"builder": settings.builder.model_copy(update={"identity": "builder-7"})}
    )
    runtime, connection = worker_runtime(timedelta(seconds=1)), TemporalConnection(temporal.address)
    elsewhere = await connect(connection, runtime=runtime, identity=f"{role}@elsewhere")
    here = await connect(connection, runtime=runtime, identity=identity(role))
    async with polling(elsewhere, *queues):
        await eventually(lambda: others_are_heard(elsewhere, queues[-1]))
        assert await silent_at(ours, service, queues[0])
        async with polling(here, *queues[:-1]):
            assert await eventually(lambda: silent_at(ours, service, queues[-1]))
        async with polling(here, *queues):
            said = await eventually(lambda: healthy(ours, service))
    assert said == f"Temporal hears from {identity(role)} at {', '.join(queues)}"


async def test_a_health_check_is_a_line_and_an_exit_status(
    tmp_path: Path, temporal: EmbeddedTemporal, rabbitmq: RabbitMQNode
) -> None:
    """As a container engine takes it."""
    command = CommandLine(tmp_path)
    url = tmp_path / "url"
    url.touch(mode=0o600)
    url.write_text(rabbitmq.url)
    async with a_webhook(temporal.address) as listening:
        variables = {
            "TICKBORG_TEMPORAL__ADDRESS": temporal.address,
            "TICKBORG_RABBITMQ__URL_FILE": str(url),
            "TICKBORG_GITHUB__WEBHOOK_SECRET_FILE": str(url),
            "TICKBORG_WEBHOOK__HOST": "0.0.0.0",
            "TICKBORG_WEBHOOK__PORT": str(port_of(listening)),
        }
        well = await command.run("health", "webhook", **variables)
        ill = await command.run("health", "logs", **variables)
    assert (well.status, well.complained) == (0, "")
    assert well.printed == f"webhook: /readyz at port {port_of(listening)} answers 200\n"
    assert (ill.status, ill.complained) == (1, "")
    assert ill.printed.startswith("logs: RabbitMQ at 127.0.0.1:")
    assert ill.printed.count("\n") == 1
