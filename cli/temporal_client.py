"""Connections to Temporal: a server of one's own, Temporal Cloud or the embedded one (design, section 11)."""

from dataclasses import dataclass, field
from datetime import timedelta

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RetryConfig, TLSConfig

from activities.clients.cluster import HEARTBEAT_INTERVAL
from tickborg.errors import UnavailableError

DEFAULT_NAMESPACE = "default"

ANSWER_SOON = RetryConfig(max_elapsed_time_millis=2000)
"""For those whom somebody waits for, as GitHub waits for the webhook (design, section 5)."""


@dataclass(frozen=True)
class TemporalConnection:
    """Where a Temporal server is and how it knows us."""

    address: str
    """``host:port``."""
    namespace: str = DEFAULT_NAMESPACE
    tls: TLSConfig | bool = False
    """True: TLS with the system's certificate authorities and no certificate of our own."""
    api_key: str | None = field(default=None, repr=False)


def worker_runtime(heartbeat_interval: timedelta = HEARTBEAT_INTERVAL) -> Runtime:
    """The runtime for a process's workers, whose heartbeats say that they are alive.

    It has threads of its own, so one is enough for a process.
    """
    return Runtime(telemetry=TelemetryConfig(), worker_heartbeat_interval=heartbeat_interval)


async def connect(
    connection: TemporalConnection,
    *,
    runtime: Runtime | None = None,
    lazy: bool = False,
    retry: RetryConfig | None = None,
    identity: str | None = None,
) -> Client:
    """A client that puts our models into histories as JSON.

    With ``lazy`` it connects at its first call, so that a process can start while Temporal is away; such
    a client cannot run workers.

    Raises:
        UnavailableError: nothing answers at the address, or it does not let us in.
    """
    try:
        return await Client.connect(
            connection.address,
            namespace=connection.namespace,
            data_converter=pydantic_data_converter,
            tls=connection.tls,
            api_key=connection.api_key,
            runtime=runtime or worker_runtime(),
            lazy=lazy,
            retry_config=retry,
            identity=identity,
        )
    except RuntimeError as error:  # what the SDK's native part raises, whatever went wrong
        raise UnavailableError(
            f"cannot connect to Temporal at {connection.address}, namespace {connection.namespace}: {error}; "
            "check [temporal] address and tls in tickborg.toml and that the server runs"
        ) from error
