"""This host: whether its disks have room for what the services of it keep."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from cli.folders import Folders
from tickborg import diagnosis
from tickborg.diagnosis import Finding
from tickborg.settings import Settings


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at every disk once; of folders that are not there yet, at where they will be."""
    seen: set[int] = set()
    for folder in _folders(settings):
        place = _existing(folder)
        device = place.stat().st_dev
        if device not in seen:
            seen.add(device)
            usage = shutil.disk_usage(place)
            yield diagnosis.disk(str(folder), usage.free, usage.total)


def _folders(settings: Settings) -> Iterator[Path]:
    """Those of `tickborg up`, which is all that can run here without a Temporal, or of single services."""
    if settings.temporal.address is None:
        up = Folders.of_up(settings)
        yield from (up.root, up.logs, up.mirrors, up.workspaces, up.spool)
        return
    yield settings.logs.log_storage_path
    yield settings.git.mirror_path
    yield settings.builder.workspace_path
    yield settings.rabbitmq.spool_path


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())
