"""Removing a folder that somebody else's code has written in."""

import os
import stat
from itertools import count
from pathlib import Path
from uuid import uuid4


def remove_folder(folder: Path) -> None:
    """Remove ``folder`` with all below it; if it is not there, that is no error.

    Raises:
        OSError: as :func:`empty_folder`.
    """
    if folder.is_dir() and not folder.is_symlink():
        empty_folder(folder)
        folder.rmdir()


def empty_folder(folder: Path) -> None:
    """Remove all that is in ``folder``.

    Folders in it may be unreadable and unwritable, and nested deeper than a path can say: each is moved to
    the top before it is emptied, so that no path grows and nothing recurses. Links are removed and never
    followed.

    Raises:
        OSError: this host does not let it go; the message names what. Part of it may be gone.
    """
    names = (folder / f".{uuid4().hex}-{number}" for number in count())
    waiting = _without_files(folder)
    while waiting:
        inner = waiting.pop()
        for deeper in _without_files(inner):
            waiting.append(deeper.rename(next(names)))
        inner.rmdir()


def _without_files(folder: Path) -> list[Path]:
    """Remove what is in ``folder`` except folders; those are returned, fit to be moved."""
    folder.chmod(stat.S_IRWXU)
    with os.scandir(folder) as entries:
        found = list(entries)
    folders = []
    for entry in found:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            path.chmod(stat.S_IRWXU)
            folders.append(path)
        else:
            path.unlink()
    return folders
