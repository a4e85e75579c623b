"""One bare mirror on disk, and the refs it keeps (layout: :mod:`activities.clients.git.mirror_store`)."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from activities.clients.git.file_lock import exclusive, exclusive_if_free
from activities.clients.git.object_store import create_repository
from tickborg.errors import RefusedError
from tickborg.github import RepositoryName
from tickborg.retention import space_taken

Identity = tuple[int, int]
"""Device and inode."""

_PINS = "refs/tickborg/pin"
_FETCHED = "refs/tickborg/fetched"

_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]+")
_LEFTOVERS = (
    *("*.lock", f"{_PINS}/*.lock", f"{_FETCHED}/*.lock"),
    *("objects/pack/tmp_*", "objects/[0-9a-f][0-9a-f]/tmp_*"),
)


class MirrorFolder:
    """The mirror at ``path``. What changes it is done with its lock held; whatever reads it needs none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, root: Path, repo: RepositoryName) -> "MirrorFolder":
        """Where the mirror of ``repo`` is, or will be.

        Raises:
            RefusedError: ``repo`` is not named as GitHub names repositories.
        """
        if not (_NAME.fullmatch(repo.owner) and _NAME.fullmatch(repo.name)):
            raise RefusedError(f"{str(repo)!r} is no name of a repository")
        return cls(root / repo.owner / f"{repo.name}.git")

    @contextmanager
    def lock(self) -> Iterator[int]:
        """Be the only one to change this mirror; yields the descriptor of the lock file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(self.path.with_suffix(".lock")) as descriptor:
            yield descriptor

    @contextmanager
    def lock_if_free(self) -> Iterator[int | None]:
        """As :meth:`lock`, without waiting; None: something is being fetched into this mirror."""
        with exclusive_if_free(self.path.with_suffix(".lock")) as descriptor:
            yield descriptor

    def identity(self) -> Identity | None:
        """What tells this folder from one that takes its place; None: there is none."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def prepare(self) -> None:
        """Create what is missing, and remove what a killed git has left."""
        if not self.path.exists():
            self._create()
        self.clean()

    def clean(self) -> None:
        """Remove what a git leaves that was killed or had no room: locks, half packs, half objects."""
        for pattern in _LEFTOVERS:
            for leftover in self.path.glob(pattern):
                leftover.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove the mirror. Whoever is reading it finds out that objects are missing."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self.path.rename(self._aside()))

    def has(self, sha: str) -> bool:
        """Whether the commit is here with all it needs; says to housekeeping that it is in use."""
        pin = self._pin(sha)
        try:
            if pin.read_text().strip() != sha:  # empty after the host lost power
                return False
            os.utime(pin)
        except FileNotFoundError:
            return False
        return True

    def pin(self, sha: str) -> None:
        """Keep a commit that is here with all it needs."""
        pin = self._pin(sha)
        pin.parent.mkdir(parents=True, exist_ok=True)
        lock = pin.with_suffix(".lock")  # as git does: a name that no ref can have
        lock.write_text(f"{sha}\n")
        lock.replace(pin)

    @staticmethod
    def fetched_ref(number: int) -> str:
        """The ref that takes the ``number``-th of what a fetch brings."""
        return f"{_FETCHED}/{number}"

    def fetched(self, number: int) -> str:
        """The sha that the last fetch put into :meth:`fetched_ref`."""
        return (self.path / self.fetched_ref(number)).read_text().strip()

    def forget(self, before: datetime) -> int:
        """Unpin what nobody has asked for since ``before``; returns how many commits that were."""
        old = [sha for sha, used in self._pins() if used < before.timestamp()]
        for sha in old:
            self._pin(sha).unlink()
        return len(old)

    def used(self) -> datetime | None:
        """When somebody last asked for a commit of it; None: no commit is kept."""
        last = max((used for _, used in self._pins()), default=None)
        return None if last is None else datetime.fromtimestamp(last, UTC)

    def size(self) -> int:
        """Bytes of the disk that it takes."""
        return _size_of(self.path)

    def packs(self) -> list[datetime]:
        """When each of the packs that its objects lie in was written."""
        times = [pack.stat().st_mtime for pack in self.path.glob("objects/pack/*.pack")]
        return [datetime.fromtimestamp(time, UTC) for time in times]

    def loose_objects(self) -> int:
        """How many objects lie in files of their own."""
        return len(list(self.path.glob("objects/[0-9a-f][0-9a-f]/*")))

    def _pins(self) -> list[tuple[str, float]]:
        """What is kept, and when it was last asked for; a pin that is just being written is none yet."""
        with suppress(FileNotFoundError), os.scandir(self.path / _PINS) as entries:
            return [(entry.name, entry.stat().st_mtime) for entry in entries if "." not in entry.name]
        return []

    def _pin(self, sha: str) -> Path:
        return self.path / _PINS / sha

    def _create(self) -> None:
        new = self._aside()
        create_repository(new)
        new.rename(self.path)

    def _aside(self) -> Path:
        """A path beside the mirror that is nobody's, for what is not yet, or no longer, a mirror."""
        return self.path.with_suffix(f".{uuid4().hex}")


def _size_of(folder: str | Path) -> int:
    """Bytes of the disk that all below a folder takes; what goes meanwhile takes none."""
    size = 0
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                size += _size_of(entry.path)
                continue
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                size += space_taken(status.st_size, status.st_blocks)
    return size
