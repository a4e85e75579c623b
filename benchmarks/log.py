"""Lines of a build log a second, from the publisher into a flushed file, over a RabbitMQ of our own."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from benchmarks.ground import Ground
from benchmarks.measurement import Measured, Sample, Unit
from cli.child_process import end_child, start_child
from messaging.amqp import AmqpTransport
from messaging.log_collector import LogCollector
from messaging.log_publisher import Batching, LogPublisher
from messaging.log_store import LogReader, LogStore
from messaging.spool import SpoolFolder
from tickborg.messages import BuildLogStart, BuildLogStatus

NAME = "log"
TARGET_LINES = 200_000
LINE = "[ 42%] Building CXX object CMakeFiles/project.dir/src/a_file_of_usual_length.cpp.o"
WRITE = 100
"""Lines handed over at once, as a pipe gives them."""

ONE_BY_ONE = Batching(lines=1)
_LOOK_SECONDS = 0.002


def measure(ground: Ground) -> list[Measured]:
    """Publish whole logs, one after the other.

    Publisher, broker and collector are processes of their own, as in production. The clock runs from the
    first line to the moment the metadata file says that the log has ended, with every line flushed.
    """
    return asyncio.run(_measure(ground))


async def _measure(ground: Ground) -> list[Measured]:
    folder, sizes = ground.subfolder("log"), ground.sizes
    async with (
        ground.rabbitmq(folder / "rabbitmq") as url,
        AmqpTransport(url) as transport,
        _collector_process(url, folder / "logs"),
    ):
        await transport.available()
        await _rate(transport, folder, 10 * WRITE, Batching())  # until everything is warm
        rates = [await _rate(transport, folder, sizes.log_lines, Batching()) for _ in range(sizes.logs)]
        single = [await _rate(transport, folder, sizes.single_lines, ONE_BY_ONE) for _ in range(sizes.logs)]
    return [
        Measured(
            NAME,
            Sample(f"{sizes.log_lines:,} lines, publisher to file", tuple(rates)),
            Unit.LINES_A_SECOND,
            target=TARGET_LINES,
            beside=(Sample("one confirmed message a line", tuple(single)),),
        )
    ]


async def _rate(transport: AmqpTransport, folder: Path, lines: int, batching: Batching) -> float:
    """Publish one log, wait until it is flushed, and return lines a second."""
    start = BuildLogStart(
        attempt_id=uuid4(),
        identity="benchmark",
        system="x86_64-linux",
        project="meshmc",
        repo="bench/monorepo",
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
        while not ((metadata := reader.metadata(start.attempt_id)) and metadata.status):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
    if not metadata.complete:
        raise RuntimeError(f"lines were lost: {metadata}")
    return lines / (time.perf_counter() - began)


@asynccontextmanager
async def _collector_process(url: str, folder: Path) -> AsyncIterator[None]:
    """Run :func:`_collect` in a process of its own."""
    command = (sys.executable, "-m", "benchmarks.log", url, str(folder))
    process = await start_child(command, output=sys.stderr.buffer, environment={})
    try:
        yield
    finally:
        await end_child(process)


async def _collect(url: str, folder: Path) -> None:
    async with AmqpTransport(url) as transport:
        await LogCollector(transport, LogStore(folder)).run()


if __name__ == "__main__":
    asyncio.run(_collect(sys.argv[1], Path(sys.argv[2])))
