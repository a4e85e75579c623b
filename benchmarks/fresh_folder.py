"""Folders where nothing has been removed lately.

ext4 without a journal passes over every inode that was freed in the last minutes, one by one, whenever a
file is made near it (``recently_deleted`` in Linux' fs/ext4/ialloc.c): a benchmark that writes where another
has just been removed measures that, and is ten times as slow. The attribute ``T`` of a folder (chattr(1))
has the folders in it spread over the whole file system.
"""

import fcntl
import os
import struct
import sys
from contextlib import suppress
from pathlib import Path

_LONG = struct.calcsize("l")
_GET_FLAGS = 2 << 30 | _LONG << 16 | ord("f") << 8 | 1
_SET_FLAGS = 1 << 30 | _LONG << 16 | ord("f") << 8 | 2
_TOP_OF_HIERARCHY = 0x0002_0000


def spread_folders(folder: Path) -> None:
    """Have folders in ``folder`` spread out; a file system that knows no such thing is left alone."""
    if sys.platform != "linux":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            answer = fcntl.ioctl(descriptor, _GET_FLAGS, bytes(_LONG))
            # The kernel speaks of a long and means an int (ioctl_iflags(2)).
            flags = struct.unpack("i", answer[: struct.calcsize("i")])[0]
            fcntl.ioctl(descriptor, _SET_FLAGS, struct.pack("l", flags | _TOP_OF_HIERARCHY))
    finally:
        os.close(descriptor)
