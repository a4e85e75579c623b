"""A workflow of seven trivial activities, on the embedded server and on the same program as it comes."""

import asyncio
import time
from collections.abc import Iterator
from uuid import uuid4

from temporalio.worker import Worker

from benchmarks.ground import Ground, Sizes
from benchmarks.measurement import Measured, Sample, since
from benchmarks.seven_steps import SevenSteps, step
from cli.embedded_temporal import LOOPBACK, EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect
from cli.workers import SANDBOX
from cli.workflow_runner import ContextFreeRunner

NAME = "workflow"
TARGET_MS = 150
_QUEUE = "benchmark"


class StockServer(EmbeddedTemporal):
    """``temporal server start-dev`` with nothing but a port: in memory, which is the quickest it has."""

    def _arguments(self) -> Iterator[str]:
        yield from ("server", "start-dev", "--headless", "--ip", LOOPBACK, "--port", str(self._port))


def measure(ground: Ground) -> list[Measured]:
    """Start the workflow and wait for its result, again and again; a sandboxed worker is in this process."""
    return asyncio.run(_measure(ground))


async def _measure(ground: Ground) -> list[Measured]:
    ours = await _times(EmbeddedTemporal(ground.subfolder("temporal")), ground.sizes)
    stock = await _times(StockServer(ground.subfolder("stock-temporal")), ground.sizes)
    return [
        Measured(
            NAME,
            Sample("seven activities", ours),
            target=TARGET_MS,
            beside=(Sample("temporal server start-dev", stock),),
        )
    ]


async def _times(server: EmbeddedTemporal, sizes: Sizes) -> tuple[float, ...]:
    async with server:
        client = await connect(TemporalConnection(server.address))
        runner = ContextFreeRunner(restrictions=SANDBOX)
        taken = []
        async with Worker(
            client, task_queue=_QUEUE, workflows=[SevenSteps], activities=[step], workflow_runner=runner
        ):
            for _ in range(sizes.warm_up_workflows + sizes.workflows):
                began = time.perf_counter()
                await client.execute_workflow(SevenSteps.run, id=uuid4().hex, task_queue=_QUEUE)
                taken.append(since(began))
        return tuple(taken[sizes.warm_up_workflows :])
