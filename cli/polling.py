"""Temporal workers that run as long as a block."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from temporalio.worker import Worker

from cli.running import first_failure
from cli.temporal_client import unavailable

_LOOK_SECONDS = 0.01


@asynccontextmanager
async def polling(*workers: Worker) -> AsyncIterator[None]:
    """Run workers of one client; the block begins when all of them poll.

    Before the first poll the SDK asks Temporal for the namespace, for a minute if need be. Whoever is
    cancelled meanwhile is not kept waiting by that. At the end no worker takes new work while another one
    waits for what it has.

    Raises:
        UnavailableError: Temporal has gone away since the client was connected.
    """
    begun = False
    try:
        with first_failure():
            async with asyncio.TaskGroup() as group:
                runs = [group.create_task(worker.run()) for worker in workers]
                try:
                    while not all(worker.is_running for worker in workers):  # noqa: ASYNC110 - all the SDK tells
                        await asyncio.sleep(_LOOK_SECONDS)
                    begun = True
                    yield
                finally:
                    await _end(workers, runs)
    except RuntimeError as error:
        if begun:
            raise
        client = workers[0].client
        address = client.service_client.config.target_host
        raise unavailable(address, client.namespace, error) from error


async def _end(workers: Sequence[Worker], runs: Sequence["asyncio.Task[None]"]) -> None:
    """End those that poll in good order, and the others at once."""
    polling = [worker for worker in workers if worker.is_running]
    for worker, run in zip(workers, runs, strict=True):
        if worker not in polling:
            run.cancel()
    await asyncio.gather(*(worker.shutdown() for worker in polling))
