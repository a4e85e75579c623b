"""A folder for logs that is there only while something is looked at, so that none is left behind."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir


@contextmanager
def made(path: Path) -> Iterator[None]:
    """Make it, and remove it with all that is in it."""
    path.mkdir()
    try:
        yield
    finally:
        shutil.rmtree(path)


def named(purpose: str) -> Path:
    """A path that no other process uses."""
    return Path(gettempdir()) / f"tickborg-fuzz-{purpose}-{os.getpid()}"
