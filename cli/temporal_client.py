"""Connections to Temporal: a server of one's own, Temporal Cloud or the embedded one (design, section 11)."""

import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RetryConfig, ServiceClient, TLSConfig

from activities.clients.cluster import HEARTBEAT_INTERVAL
from activities.temporal_failures import in_words
from tickborg.errors import UnavailableError

DEFAULT_NAMESPACE = "default"

CONNECT_TIMEOUT = timedelta(seconds=10)
"""Without one, an address that swallows packets holds a process up for minutes."""

CHECK_SETTINGS = "check [temporal] address, namespace and tls in tickborg.toml and that the server runs"
CHECK_UP = "does `tickborg up` run in this folder? This is where its own Temporal was last"

SOON = timedelta(seconds=2)
"""How long a caller that somebody waits for tries to reach Temporal."""

_ONE_TRY = RetryConfig(max_retries=1)
"""It counts the first one, too; 0 is no limit."""


@dataclass(frozen=True)
class TemporalConnection:
    """Where a Temporal server is and how it knows us."""

    address: str
    """``host:port``."""
    namespace: str = DEFAULT_NAMESPACE
    tls: TLSConfig | bool = field(default=False, repr=False)
    """True: TLS with the system's certificate authorities and no certificate of our own."""
    api_key: str | None = field(default=None, repr=False)
    when_away: str = CHECK_SETTINGS
    """What a person looks at when nothing answers there."""


def identity(role: str) -> str:
    """What others know a process of this host by; ``role`` is its service, or the name of a builder."""
    return f"{role}@{socket.gethostname()}"


def worker_runtime(heartbeat_interval: timedelta = HEARTBEAT_INTERVAL) -> Runtime:
    """The runtime for a process's workers, whose heartbeats say that they are alive.

    It has threads of its own, so one is enough for a process.
    """
    return Runtime(telemetry=TelemetryConfig(), worker_heartbeat_interval=heartbeat_interval)


async def connect(
    connection: TemporalConnection, *, runtime: Runtime | None = None, identity: str | None = None
) -> Client:
    """A connected client that puts our models into histories as JSON; fit for workers.

    Raises:
        UnavailableError: nothing answers at the address, or it does not let us in.
    """
    try:
        return await _connecting(connection, identity)(
            connect_timeout=CONNECT_TIMEOUT, runtime=runtime or worker_runtime()
        )
    except RuntimeError as error:  # what the SDK's native part raises, whatever went wrong
        raise unavailable(connection.address, connection.namespace, error, connection.when_away) from error


def unavailable(
    address: str, namespace: str, error: RuntimeError, advice: str = CHECK_SETTINGS
) -> UnavailableError:
    """What an operator is told when the SDK's native part does not reach Temporal."""
    return UnavailableError(
        f"cannot connect to Temporal at {address}, namespace {namespace}: {in_words(error)}; {advice}"
    )


async def connect_lazily(connection: TemporalConnection, *, identity: str | None = None) -> Client:
    """A client for those whom somebody waits for, as GitHub waits for the webhook (design, section 5).

    It connects at its first call, so that the process starts while Temporal is away, and gives up within
    seconds. Until it has been connected, a call that cannot connect raises ``RuntimeError``, and later
    ``RPCError``. It is not fit for workers.
    """
    return await _connecting(connection, identity)(
        lazy=True,
        connect_timeout=SOON,
        retry_config=RetryConfig(max_elapsed_time_millis=int(SOON.total_seconds() * 1000)),
    )


async def trying_once(client: Client) -> Client:
    """A client of the same server, connecting at its first call, for who knows better when to try again."""
    service = replace(client.service_client.config, lazy=True, connect_timeout=SOON, retry_config=_ONE_TRY)
    config = client.config()
    config["service_client"] = await ServiceClient.connect(service)
    return Client(**config)


def _connecting(connection: TemporalConnection, identity: str | None) -> Callable[..., Awaitable[Client]]:
    return partial(
        Client.connect,
        connection.address,
        namespace=connection.namespace,
        data_converter=pydantic_data_converter,
        tls=connection.tls,
        api_key=connection.api_key,
        identity=identity,
    )
