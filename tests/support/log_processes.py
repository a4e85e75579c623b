"""Publishers and collectors as processes of their own, to be killed."""

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.support.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]

BUILDER = """
import asyncio, sys
from pathlib import Path
from messaging.amqp import AmqpTransport
from messaging.log_publisher import Batching, LogPublisher
from messaging.spool import SpoolFolder
from tests.support.build_logs import START, numbered

async def main(url, folder, lines):
    async with AmqpTransport(url) as transport:
        async with LogPublisher(transport, SpoolFolder(Path(folder)), batching=Batching(lines=10)) as logs:
            log = await logs.open(START)
            await log.write(numbered(1, int(lines)))
            await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""

COLLECTOR = """
import asyncio, sys
from pathlib import Path
from messaging.amqp import AmqpTransport
from messaging.log_collector import LogCollector
from messaging.log_store import LogStore

async def main(url, folder):
    async with AmqpTransport(url) as transport:
        await LogCollector(transport, LogStore(Path(folder))).run()

asyncio.run(main(*sys.argv[1:]))
"""


DYING_COLLECTOR = (
    """
import os, signal
from messaging.amqp_subscription import AmqpSubscription

acknowledge = AmqpSubscription.acknowledge

async def die(self, deliveries):
    if any(b'"lines"' in delivery.body for delivery in deliveries):
        os.kill(os.getpid(), signal.SIGKILL)
    await acknowledge(self, deliveries)

AmqpSubscription.acknowledge = die
"""
    + COLLECTOR
)
"""A collector that is killed when lines are on the disk and their message is not acknowledged."""

LOUD_BUILDER = """
import asyncio, resource, sys
from pathlib import Path
from messaging.amqp import AmqpTransport
from messaging.log_publisher import LogPublisher
from messaging.spool import SpoolFolder
from tests.support.build_logs import START
from tickborg.messages import BuildLogStatus

MEGABYTE = ["x" * 999] * 1000

async def main(url, folder, megabytes):
    async with (
        AmqpTransport(url, confirm_seconds=1) as transport,
        LogPublisher(transport, SpoolFolder(Path(folder))) as logs,
    ):
        log = await logs.open(START)
        await log.write(MEGABYTE)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(int(megabytes) - 1):
            await log.write(MEGABYTE)
        await log.close(BuildLogStatus.SUCCESS)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, flush=True)
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""
"""Prints so many MB, and then how many KiB it needed beyond what the first took."""


@asynccontextmanager
async def process(
    script: str, *arguments: str, within: Sequence[str] = ()
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of our own, started by the command ``within``, that is killed -9 at the end of the block."""
    child = await asyncio.create_subprocess_exec(
        *within, sys.executable, "-c", script, *arguments, cwd=ROOT, stdout=PIPE, stderr=DEVNULL
    )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGKILL)
        await child.wait()


async def line_of(child: asyncio.subprocess.Process) -> str:
    """The next line that a process prints."""
    assert child.stdout
    async with asyncio.timeout(PATIENCE_SECONDS):
        return (await child.stdout.readline()).decode().strip()
