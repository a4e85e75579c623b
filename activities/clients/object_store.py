"""Opening a repository with libgit2 so that it behaves alike on every host.

A worker merges and a builder merges again, and both must find the same tree: the settings of whoever runs
them (``merge.renames``, ``diff.renameLimit``, ``core.attributesFile``…) may not matter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pygit2
from pygit2.enums import ConfigLevel, RepositoryOpenFlag

from tickborg.errors import InfrastructureError

_HOST_SETTINGS = (ConfigLevel.PROGRAMDATA, ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL)
_DISK_FULL = ("No space left on device", "Disk quota exceeded")


class DamagedMirrorError(InfrastructureError):
    """A repository on this disk is broken; a new one can be made from the server's."""


def open_repository(path: Path) -> pygit2.Repository:
    """The bare repository at ``path``, for one thread.

    Raises:
        DamagedMirrorError: there is none, or it cannot be opened.
    """
    _ignore_host_settings()
    with damage_named():
        return pygit2.Repository(str(path), RepositoryOpenFlag.NO_SEARCH | RepositoryOpenFlag.BARE)


def create_repository(path: Path) -> None:
    """Make an empty bare repository at ``path``.

    Raises:
        InfrastructureError: it cannot be written.
    """
    _ignore_host_settings()
    with damage_named():
        pygit2.init_repository(str(path), bare=True, initial_head="main")


def tree_of(repo: pygit2.Repository, commit: str) -> str:
    """The id of a commit's tree.

    Raises:
        DamagedMirrorError: there is no such commit.
    """
    with damage_named():
        return str(repo[commit].peel(pygit2.Commit).tree_id)


@contextmanager
def damage_named() -> Iterator[None]:
    """Say what it means that libgit2 failed: an object is missing or broken, or the disk is full.

    Raises:
        DamagedMirrorError: libgit2 did not find, or could not read, what has to be there.
        InfrastructureError: there is no space left.
    """
    try:
        yield
    except (KeyError, OSError, pygit2.GitError) as error:
        if any(sign in str(error) for sign in _DISK_FULL):
            raise InfrastructureError(f"{error}: free some space where the mirrors are kept") from error
        raise DamagedMirrorError(f"the mirror is damaged: {error}") from error


@cache
def _ignore_host_settings() -> None:
    """For this whole process: libgit2 has no such switch per repository.

    Neither does it matter whose the folder is: where mirrors are is the operator's choice, and libgit2 runs
    nothing that a repository names.
    """
    for level in _HOST_SETTINGS:
        pygit2.settings.search_path[level] = ""
    pygit2.settings.owner_validation = False
