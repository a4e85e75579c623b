"""One at a time, across threads and processes of one host."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def exclusive(path: Path) -> Iterator[int]:
    """Wait for the lock file ``path`` and hold it; yields its descriptor.

    A child process that is handed the descriptor holds the lock too, until it ends: so it stays held while
    a child outlives its parent. The file is never removed, or two could hold locks of the same name.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def exclusive_if_free(path: Path) -> Iterator[int | None]:
    """As :func:`exclusive`, without waiting: None if somebody else holds the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    held = None
    try:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = descriptor
        yield held
    finally:
        os.close(descriptor)
