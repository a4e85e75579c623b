"""A small disk of a process' own, that can really be filled: a tmpfs in its own mount namespace.

Any user can have one, without root; it goes with the process.
"""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

_MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"'
_BALLAST = "ballast"
_CHUNK = bytes(64 * 1024)


def on_small_disk(folder: Path, size: int, argv: Sequence[str]) -> tuple[str, ...]:
    """A command that runs ``argv``, in the same process, where ``folder`` is an empty disk of ``size`` bytes.

    The folder must be there.
    """
    mounted = ("sh", "-c", _MOUNT, "sh", str(size), str(folder))
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        return ("unshare", "--mount", *mounted, *argv)
    # Who makes the namespace may mount there, and then is who it was.
    again = ("unshare", "--user", f"--map-user={user}", f"--map-group={group}", "--")
    return ("unshare", "--user", "--map-root-user", "--mount", *mounted, *again, *argv)


def seen_by(pid: int, path: Path) -> Path:
    """What a process sees at an absolute ``path``."""
    return Path(f"/proc/{pid}/root") / path.relative_to("/")


def fill(folder: Path, size: int) -> int:
    """Leave no room on the disk of ``folder``, which has ``size`` bytes; returns how many that took."""
    disk = os.statvfs(folder)
    assert disk.f_blocks * disk.f_frsize <= size, f"{folder} is on no small disk"
    with (folder / _BALLAST).open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(_CHUNK)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        return ballast.tell()


def make_room(folder: Path) -> None:
    """Undo :func:`fill`."""
    (folder / _BALLAST).unlink(missing_ok=True)
