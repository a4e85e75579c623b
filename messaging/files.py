"""What open files need beyond what Python gives them: a lock, and writes that are whole.

A lock is taken off by the system when its process ends, however it ends.
"""

import os
import sys
from contextlib import suppress
from io import FileIO
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 40
    """Windows forbids others to read the locked byte, so it is one that no file of ours has."""

    def try_lock(file: int) -> bool:
        """Lock an open file against other processes; False: another one holds it."""
        position = os.lseek(file, 0, os.SEEK_CUR)
        os.lseek(file, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(file, position, os.SEEK_SET)
        return True

    def is_named(file: int, path: Path) -> bool:  # noqa: ARG001 - as elsewhere
        """Whether ``path`` is a name of the open file, which on Windows keeps it as long as it is open."""
        return True

    def remove_open(file: FileIO, path: Path) -> None:
        """Delete an open, locked file. Windows does not while anybody has it open, so it is emptied first."""
        if not file.closed:
            file.truncate(0)
            file.close()
        with suppress(PermissionError):  # whoever has just opened it will lock it, and remove it
            path.unlink(missing_ok=True)

    def sync_folder(folder: Path) -> None:
        """Nothing to do: Windows keeps new names of a folder by itself, and opens none."""

else:
    import fcntl

    def try_lock(file: int) -> bool:
        """Lock an open file against other openings of it; False: another one holds it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def is_named(file: int, path: Path) -> bool:
        """Whether ``path`` is a name of the open file, and not of another or of none."""
        try:
            return os.path.samestat(os.fstat(file), path.stat())
        except FileNotFoundError:
            return False

    def remove_open(file: FileIO, path: Path) -> None:
        """Delete an open, locked file; it stays locked until it has no name by which others find it."""
        path.unlink(missing_ok=True)
        file.close()

    def sync_folder(folder: Path) -> None:
        """Make new names of a folder survive a power cut."""
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_all(file: int, data: bytes) -> None:
    """Write all of ``data`` to an open file: the system may take less at once."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
