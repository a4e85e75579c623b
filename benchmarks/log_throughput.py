"""How many lines a second go from a build into a flushed file, over a RabbitMQ of our own.

    python -m benchmarks.log_throughput [--lines 1000000] [--batch 500]

Publisher, broker and collector are processes of their own, as in production. The clock runs from the first
line to the moment the metadata file says that the log ended, with every line flushed. ``--batch 1`` shows
what one confirmed message a line costs.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from cli.embedded_rabbitmq import EmbeddedRabbitMQ
from messaging.amqp import AmqpTransport
from messaging.log_collector import LogCollector
from messaging.log_publisher import Batching, LogPublisher
from messaging.log_store import LogReader, LogStore
from messaging.spool import SpoolFolder
from tickborg.messages import BuildLogStart, BuildLogStatus

LINE = "[ 42%] Building CXX object CMakeFiles/project.dir/src/a_file_of_usual_length.cpp.o"
WRITE = 100
"""Lines handed over at once, as a pipe gives them."""


async def collect(url: str, folder: Path) -> None:
    """Be the collector process."""
    async with AmqpTransport(url) as transport:
        await LogCollector(transport, LogStore(folder)).run()


@asynccontextmanager
async def collector_process(url: str, folder: Path) -> AsyncIterator[None]:
    """Run :func:`collect` in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.log_throughput", "--collect", url, str(folder)
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def publish(transport: AmqpTransport, folder: Path, lines: int, batch: int) -> float:
    """Publish one log, wait until it is flushed, and return the seconds that took."""
    batching = Batching(lines=batch)
    start = BuildLogStart(
        attempt_id=uuid4(),
        identity="benchmark",
        system="x86_64-linux",
        project="meshmc",
        repo="owner/monorepo",
        head_sha="0" * 40,
        started_at=datetime.now(UTC),
    )
    reader = LogReader(folder / "logs")
    began = time.perf_counter()
    async with LogPublisher(transport, SpoolFolder(folder / "spool"), batching=batching) as publisher:
        log = await publisher.open(start)
        for _ in range(lines // WRITE):
            await log.write([LINE] * WRITE)
        await log.close(BuildLogStatus.SUCCESS)
        print(f"  published and confirmed: {lines / (time.perf_counter() - began):12,.0f} lines/s")
        while not ((metadata := reader.metadata(start.attempt_id)) and metadata.status):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    assert metadata.complete, metadata
    return time.perf_counter() - began


async def measure(lines: int, batch: int) -> None:
    """Print lines a second for batches of ``batch`` lines."""
    with tempfile.TemporaryDirectory(prefix="tickborg-benchmark-") as name:
        folder = Path(name)
        async with (
            EmbeddedRabbitMQ(folder / "rabbitmq") as node,
            AmqpTransport(node.url) as transport,
            collector_process(node.url, folder / "logs"),
        ):
            await transport.available()
            await publish(transport, folder, 10 * WRITE, 500)  # until everything is warm
            print(f"{lines:,} lines in batches of {batch}:")
            seconds = await publish(transport, folder, lines, batch)
            print(f"  flushed to the log file: {lines / seconds:12,.0f} lines/s")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--collect", nargs=2, metavar=("URL", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.collect:
        url, folder = arguments.collect
        asyncio.run(collect(url, Path(folder)))
    else:
        asyncio.run(measure(arguments.lines, arguments.batch))


if __name__ == "__main__":
    main()
