"""What open files need beyond what Python gives them: a lock, and writes that are whole.

A lock is taken off by the system when its process ends, however it ends.
"""

import os
import sys

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

else:
    import fcntl

    def try_lock(file: int) -> bool:
        """Lock an open file against other openings of it; False: another one holds it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def write_all(file: int, data: bytes) -> None:
    """Write all of ``data`` to an open file: the system may take less at once."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
