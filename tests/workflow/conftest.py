"""What workflow tests share: a bot of real workers on a real Temporal, or on one whose clock a test moves."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client

from cli import workers
from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect
from cli.workflow_runner import ContextFreeRunner
from tests.support.time_skipping import quiet_runtime, time_skipping_server
from tests.support.workflow_bench import Bench, working_bench

NewBench = Callable[..., Awaitable[Bench]]
"""Starts a bot with what :func:`working_bench` takes; it ends with the test."""

_TRIED: set[type] = set()
"""Workflows that were loaded into the sandbox, as every worker tries before it begins."""


@pytest.fixture(autouse=True)
def _cancels_are_heard_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancel comes with the answer to a heartbeat, for which tests do not wait five seconds."""
    monkeypatch.setattr(workers, "HEARTBEAT_THROTTLE", timedelta(seconds=0.1))


@pytest.fixture(autouse=True)
def _workflows_are_tried_in_the_sandbox_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK loads each into the sandbox for every worker, and each test has one of its own."""
    prepare = ContextFreeRunner.prepare_workflow

    def prepare_once(runner: ContextFreeRunner, workflow: Any) -> None:
        if workflow.cls not in _TRIED:
            prepare(runner, workflow)
            _TRIED.add(workflow.cls)

    monkeypatch.setattr(ContextFreeRunner, "prepare_workflow", prepare_once)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def own_temporal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TemporalConnection]:
    """A real server for these tests alone: their workers would take up what others leave behind."""
    async with EmbeddedTemporal(tmp_path_factory.mktemp("temporal"), processors=1) as server:
        yield TemporalConnection(server.address)


@pytest.fixture
async def new_bench(own_temporal: TemporalConnection, tmp_path: Path) -> AsyncIterator[NewBench]:
    """For tests that need other settings than the usual."""
    client = await connect(own_temporal, runtime=quiet_runtime(), identity="tickborg")
    async with AsyncExitStack() as stack:
        yield _starter(stack, client, tmp_path)


@pytest.fixture
async def bench(new_bench: NewBench) -> Bench:
    """A bot with one builder for x86_64-linux."""
    return await new_bench()


@pytest.fixture
async def new_timed_bench(tmp_path: Path) -> AsyncIterator[NewBench]:
    """As ``new_bench``, on a time-skipping server of the test's own."""
    async with time_skipping_server() as client, AsyncExitStack() as stack:
        yield _starter(stack, client, tmp_path)


@pytest.fixture
async def timed_bench(new_timed_bench: NewBench) -> Bench:
    """A bot whose hours pass in no time, with one builder for x86_64-linux."""
    return await new_timed_bench()


def _starter(stack: AsyncExitStack, client: Client, folder: Path) -> NewBench:
    async def start(**settings: Any) -> Bench:
        return await stack.enter_async_context(working_bench(client, folder, **settings))

    return start
