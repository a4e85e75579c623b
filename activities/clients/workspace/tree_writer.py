"""Writing a tree's files to disk, straight from the object store.

What is written is what git stores: line endings are not converted, and a file kept by Git LFS is its
pointer, since ``.gitattributes`` are not read. A submodule is an empty folder.

The tree is a contributor's, and is not trusted. Folders and files are only ever created, never opened, so
that nothing is written through a link that the same tree put there: on a disk to which ``A`` and ``a`` are
one name, the second is refused. A link is made as it is, wherever it points: it is the sandbox that says
what can be reached from the workspace.

All files have one modification time. Git keeps none, and a source tree may hold generated files beside what
they are made from (``configure`` beside ``configure.ac``): written one after the other, some would look
older than their sources, and ``make`` would make them anew with tools that the builder may lack.
"""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pygit2.enums import FileMode

from activities.clients.git.trees import Entry, Trees, display, join
from tickborg.errors import InfrastructureError, RefusedError

_FORBIDDEN = frozenset({b"", b".", b"..", b".git"})
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_UNSUITABLE = frozenset({errno.EEXIST, errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ENOENT})
_PERMISSIONS = {False: 0o644, True: 0o755}
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Selection(Protocol):
    """Which files of a tree are written. Paths are bytes, without a slash at either end."""

    def descend(self, folder: bytes) -> bool:
        """Whether anything below ``folder`` may be wanted."""

    def wants_all(self, folder: bytes) -> bool:
        """Whether everything below ``folder`` is wanted."""

    def wants(self, path: bytes) -> bool:
        """Whether the file, symbolic link or submodule ``path`` is wanted."""


class TreeWriter:
    """Writes files of a tree into a folder that is empty.

    Args:
        trees: where the tree and its files are.
        folder: the workspace.
        selection: which files.
    """

    def __init__(self, trees: Trees, folder: Path, selection: Selection) -> None:
        self._trees = trees
        self._folder = os.fsencode(folder)
        self._selection = selection
        self._made = {b""}
        self._time = int(time.time())

    def write(self, tree: Entry) -> None:
        """Write what is selected of ``tree``.

        Raises:
            RefusedError: the tree holds a name that cannot be written.
            InfrastructureError: there is no space left, or the folder cannot be written.
        """
        with _disk_errors_named(self._folder):
            self._write_folder(b"", tree, everything=self._selection.wants_all(b""))

    def _write_folder(self, folder: bytes, tree: Entry, *, everything: bool) -> None:
        for name, entry in self._trees.folder(tree).items():
            path = join(folder, name)
            if entry.is_folder:
                if everything or self._selection.descend(path):
                    self._write_folder(path, entry, everything=everything or self._selection.wants_all(path))
            elif everything or self._selection.wants(path):
                self._make_folder(folder)
                self._write_entry(path, name, entry)

    def _make_folder(self, folder: bytes) -> None:
        """Make a folder when something is put into it: one without selected files is not there."""
        if folder not in self._made:
            parent, _, name = folder.rpartition(b"/")
            self._make_folder(parent)
            os.mkdir(self._place(folder, name))  # noqa: PTH102 - bytes, as git has them
            self._made.add(folder)

    def _write_entry(self, path: bytes, name: bytes, entry: Entry) -> None:
        place = self._place(path, name)
        if entry.mode == FileMode.COMMIT:
            os.mkdir(place)  # noqa: PTH102
        elif entry.mode == FileMode.LINK:
            os.symlink(self._trees.blob(entry.id), place)  # noqa: PTH211
        else:
            permissions = _PERMISSIONS[bool(entry.mode & stat.S_IXUSR)]
            _write_file(place, self._trees.blob(entry.id), permissions, self._time)

    def _place(self, path: bytes, name: bytes) -> bytes:
        if name.lower() in _FORBIDDEN or b"/" in name:
            raise RefusedError(f"{display(path)} cannot be written: no file may be called {display(name)!r}")
        return self._folder + b"/" + path


def _write_file(place: bytes, content: bytes, permissions: int, seconds: int) -> None:
    descriptor = os.open(place, _CREATE, permissions)
    try:
        while content:
            content = content[os.write(descriptor, content) :]
        os.utime(descriptor, (seconds, seconds))
    finally:
        os.close(descriptor)


@contextmanager
def _disk_errors_named(folder: bytes) -> Iterator[None]:
    """Say whose fault it is that something could not be written: the tree's, or this host's."""
    try:
        yield
    except ValueError as error:  # a NUL in the target of a link
        raise RefusedError(f"a link of the tree cannot be made: {error}") from error
    except OSError as error:
        place = display(os.fsencode(error.filename2 or error.filename or folder))  # of a link: the second
        if error.errno in _DISK_FULL:
            raise InfrastructureError(f"no space left for {place}: free some where workspaces are") from error
        if error.errno in _UNSUITABLE:
            raise RefusedError(f"{place} cannot be written: {error.strerror}") from error
        raise InfrastructureError(f"{place} cannot be written: {error.strerror}") from error
