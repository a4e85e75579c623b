"""A collector at work, and waiting for what it writes."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from messaging.backoff import Backoff
from messaging.log_collector import LogCollector
from messaging.log_format import LogMetadata
from messaging.log_store import LogReader, LogStore
from messaging.stats_publisher import Stats
from messaging.transport import Transport
from tests.support.eventually import eventually


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run something endless while the block does; an error in it is raised at the end."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


def collector(
    transport: Transport, folder: Path, stats: Stats | None = None, *, gap_seconds: float = 60
) -> LogCollector:
    """A collector that retries without a pause worth waiting for."""
    retry = Backoff(first=0.01, longest=0.05)
    return LogCollector(transport, LogStore(folder), stats, gap_seconds=gap_seconds, retry=retry)


async def ended(folder: Path, attempt_id: UUID) -> LogMetadata:
    """The metadata of a log, once it has ended."""
    reader = LogReader(folder)

    async def metadata() -> LogMetadata | None:
        found = reader.metadata(attempt_id)
        return found if found and found.status else None

    found = await eventually(metadata)
    assert found
    return found


async def until_written(folder: Path, attempt_id: UUID, count: int) -> None:
    """Return when so many lines are in the log."""

    async def enough() -> bool:
        return len(written(folder, attempt_id)) >= count

    await eventually(enough)


def written(folder: Path, attempt_id: UUID) -> list[str]:
    """All lines of a log."""
    return [line.text for line in LogReader(folder).read(attempt_id, limit=1 << 30).lines]


async def until_sent(spool: Path) -> None:
    """Return when a spool folder is empty."""

    async def empty() -> bool:
        return not _files(spool)

    await eventually(empty)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())
