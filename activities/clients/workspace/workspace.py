"""Folders in which projects are built: the files of a merge that a project needs (design, section 4).

{root}/{sha12}-{random}/    a workspace, locked as long as its builder lives
{root}/.lock                held while a workspace is made, or those of dead builders are looked for
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pygit2

from activities.clients.git.file_lock import exclusive
from activities.clients.git.mirror_store import MirrorStore, Wanted
from activities.clients.git.object_store import tree_of
from activities.clients.git.trees import Entry, Trees
from activities.clients.merge.tree_merge import merge_trees
from activities.clients.workspace.folder_removal import empty_folder, remove_folder
from activities.clients.workspace.tree_writer import TreeWriter
from tickborg.errors import InfrastructureError
from tickborg.jobs import BuildJob, Merge
from tickborg.materialised import Materialised

logger = logging.getLogger(__name__)

_LOCK = ".lock"


@dataclass(frozen=True)
class Leftovers:
    """What became of the workspaces that dead builders left."""

    removed: int = 0
    troubles: tuple[str, ...] = ()
    """What could not be removed, for a person."""


class WorkspaceFolder:
    """The folder of this host that workspaces are made in; the ``Workspaces`` of :mod:`activities.ports`.

    Args:
        root: the folder; made if it is not there.
        store: mirrors, which need no history: commits are wanted by their shas.
    """

    def __init__(self, root: Path, store: MirrorStore) -> None:
        self._root = root
        self._store = store

    @contextmanager
    def materialise(self, job: BuildJob) -> Iterator[Path]:
        """A new folder with the files of the job's project and of what it needs; removed at the end.

        Raises:
            HeadGoneError: a commit of the job is no longer on the server.
            RefusedError: the tree holds a name that this host cannot write.
            InfrastructureError: no space left, or the tree differs from the job's.
            TickborgError: why the commits could not be fetched.
        """
        with self._new_workspace(job.merge.head_sha[:12]) as folder:
            self._fill(folder, job)
            yield folder

    def free_space(self) -> int:
        """Bytes that can still be written where workspaces are made, or will be."""
        there = (folder for folder in (self._root, *self._root.absolute().parents) if folder.exists())
        system = os.statvfs(next(there))
        return system.f_bavail * system.f_frsize

    def remove_leftovers(self) -> Leftovers:
        """Remove the workspaces of builders that died: when a builder starts, and as part of housekeeping.

        One that this host does not let go is left, and holds up neither the others nor the builder.
        """
        removed, troubles = 0, []
        for folder in self._root.glob("*/"):
            try:
                removed += self._remove_leftover(folder)
            except OSError as error:
                logger.exception("%s, which a dead builder has left, could not be removed", folder)
                troubles.append(f"{folder} could not be removed ({error.strerror}): remove it by hand")
        return Leftovers(removed, tuple(troubles))

    def _remove_leftover(self, folder: Path) -> bool:
        """Remove a workspace; False: its builder lives, or has just removed it."""
        with exclusive(self._root / _LOCK), suppress(FileNotFoundError, BlockingIOError):
            descriptor = _locked(folder)
            try:
                logger.warning("removing %s, which a dead builder has left", folder)
                remove_folder(folder)
            finally:
                os.close(descriptor)
            return True
        return False

    @contextmanager
    def _new_workspace(self, name: str) -> Iterator[Path]:
        folder = self._root / f"{name}-{uuid4().hex}"
        with _disk_named(self._root):
            self._root.mkdir(parents=True, exist_ok=True)
            with exclusive(self._root / _LOCK):
                folder.mkdir(mode=0o700)
                descriptor = _locked(folder)
        try:
            yield folder
        finally:
            self._remove(folder)
            os.close(descriptor)

    def _remove(self, folder: Path) -> None:
        """Remove a workspace. That some of it stays is no reason to lose a build's result."""
        try:
            remove_folder(folder)
        except OSError:
            logger.exception("%s could not be removed: remove it by hand", folder)

    def _fill(self, folder: Path, job: BuildJob) -> None:
        merge = job.merge
        shas = sorted({merge.base_sha, merge.head_sha, merge.merge_base})
        selection = Materialised.of(job)

        def write(repo: pygit2.Repository, _: tuple[str, ...]) -> None:
            empty_folder(folder)  # of what an attempt with a damaged mirror wrote
            trees = Trees(repo)
            TreeWriter(trees, folder, selection).write(_merged(trees, merge))

        self._store.read(job.repo, [Wanted(sha=sha) for sha in shas], write)


def _merged(trees: Trees, merge: Merge) -> Entry:
    """The tree that the evaluation found, found again.

    Raises:
        InfrastructureError: it is another one.
    """
    ancestor, ours, theirs = (
        tree_of(trees.repo, sha) for sha in (merge.merge_base, merge.base_sha, merge.head_sha)
    )
    merged = merge_trees(trees, ancestor=ancestor, ours=ours, theirs=theirs)
    if merged.tree != merge.tree:
        raise InfrastructureError(
            f"merging {merge.head_sha} into {merge.base_sha} gives the tree {merged.tree} here and gave"
            f" {merge.tree} where it was evaluated: run the same tickborg on builders and workers"
        )
    return Entry.of_tree(merge.tree)


def _locked(folder: Path) -> int:
    """A descriptor that keeps ``folder`` locked until it is closed, and its owner's death closes it.

    Raises:
        BlockingIOError: somebody else has it locked.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def _disk_named(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InfrastructureError(f"no workspace can be made in {root}: {error.strerror}") from error
