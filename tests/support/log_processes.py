"""Publishers and collectors as processes of their own, to be killed."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

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


@asynccontextmanager
async def process(script: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of our own that is killed -9 at the end of the block."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *arguments, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGKILL)
        await child.wait()
