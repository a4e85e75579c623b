"""Opening a repository with libgit2 so that it behaves alike on every host.

A worker merges and a builder merges again, and both must find the same tree: the settings of whoever runs
them (``merge.renames``, ``diff.renameLimit``, ``core.attributesFile``…) may not matter.
"""

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
    _set_up_libgit2()
    with DamageNamed():
        return pygit2.Repository(str(path), RepositoryOpenFlag.NO_SEARCH | RepositoryOpenFlag.BARE)


def create_repository(path: Path) -> None:
    """Make an empty bare repository at ``path``.

    Raises:
        InfrastructureError: it cannot be written.
    """
    _set_up_libgit2()
    with DamageNamed():
        pygit2.init_repository(str(path), bare=True, initial_head="main")


def tree_of(repo: pygit2.Repository, commit: str) -> str:
    """The id of a commit's tree.

    Raises:
        DamagedMirrorError: there is no such commit.
    """
    with DamageNamed():
        return str(repo[commit].peel(pygit2.Commit).tree_id)


class DamageNamed:
    """Says what it means that libgit2 fails in a block: an object is missing or broken, or the disk full.

    Raises:
        DamagedMirrorError: libgit2 did not find, or could not read, what has to be there.
        InfrastructureError: there is no space left.
    """

    # A class, since one is entered for every object read, and a generator takes five times as long.

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, KeyError | OSError | pygit2.GitError):
            if any(sign in str(error) for sign in _DISK_FULL):
                advice = "free some space where the mirrors are kept"
                raise InfrastructureError(f"{error}: {advice}") from error
            raise DamagedMirrorError(f"the mirror is damaged: {error}") from error


@cache
def _set_up_libgit2() -> None:
    """For this whole process: libgit2 has no such switches per repository.

    Neither does it matter whose the folder is: where mirrors are is the operator's choice, and libgit2 runs
    nothing that a repository names. Objects are not hashed again at every read, as git does not either: it
    has hashed what it fetched, and a third of the time of writing a workspace would be spent on it.
    """
    for level in _HOST_SETTINGS:
        pygit2.settings.search_path[level] = ""
    pygit2.settings.owner_validation = False
    pygit2.settings.enable_strict_hash_verification(value=False)
