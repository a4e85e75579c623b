"""A Temporal server of a test's own that finds histories long very soon."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cli import embedded_temporal
from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection


@asynccontextmanager
async def long_at(events: int, folder: Path) -> AsyncIterator[TemporalConnection]:
    """A server that suggests to continue as new after so many ``events``."""
    with pytest.MonkeyPatch.context() as patch:
        limit = "limit.historyCount.suggestContinueAsNew"
        patch.setitem(embedded_temporal.DYNAMIC_CONFIG, limit, str(events))
        async with EmbeddedTemporal(folder) as server:
            yield TemporalConnection(server.address)
