"""What keeps mirrors small: unused ones go, used ones are packed (design, section 3, ``Housekeeping``).

What a pull request needed is pinned, and each use makes its pin younger. So the commits of a closed pull
request are known by nobody's having asked for them for a while, whether we heard of its end or not; should
somebody ask again, they are fetched again. A mirror that somebody fetches into is left for the next time.
"""

import logging
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from activities.clients.git.mirror_folder import MirrorFolder
from activities.clients.git.process import Git
from activities.clock import Clock, utc_now
from tickborg.errors import InfrastructureError
from tickborg.housekeeping import MirrorsTidied
from tickborg.retention import Retention, Stored, expendable
from tickborg.texts.sizes import in_units

logger = logging.getLogger(__name__)

PACKING_TIME_LIMIT = timedelta(minutes=10)
"""Nothing is fetched into a mirror while it is packed: less than a merge may take in all."""

MOST_PACKS = 20
MOST_LOOSE_OBJECTS = 2_000
"""With more of either, reading gets slower; they are packed anew, and what nothing refers to goes."""

HOPELESS_PACKS = 10 * MOST_PACKS
"""A mirror that has come to so many could not be packed many times: it is removed, and fetched anew."""

IN_USE = timedelta(days=1)
"""More than anything takes that a mirror is needed for: one used since then makes room for no other."""

_ASIDE = re.compile(r".+\.[0-9a-f]{32}")
"""A mirror that was being made, or removed, when its process was killed."""

_PACKING = ("-c", "gc.cruftPacks=true", "gc", "--force", "--quiet", "--prune=1.day.ago")
"""What nothing refers to goes after a day: all that is needed for longer is pinned.

``--force``: we have the mirror locked, so that the lock of a git that was killed means nothing.
"""


@dataclass
class _Tally:
    """What was done so far."""

    removed: int = 0
    forgotten: int = 0
    packed: int = 0


class MirrorUpkeep:
    """Prunes the mirrors of one host while others use them.

    Args:
        root: the folder of mirrors.
        git: packs them.
        retention: how long a commit that nobody asks for is kept, and how large all mirrors may be.
        now: against which that is held.
    """

    def __init__(self, root: Path, git: Git, retention: Retention, *, now: Clock = utc_now) -> None:
        self._root = root
        self._git = git
        self._retention = retention
        self._now = now

    def tidy(self, alive: Callable[[], None] = lambda: None) -> tuple[MirrorsTidied, Sequence[str]]:
        """Forget what is unused, pack what is left, and remove the mirrors for which there is no room.

        A commit is there no longer than twice the retention: as soon as one has been forgotten, a mirror is
        packed whose oldest pack is older than the retention.

        A mirror is locked meanwhile, so nothing is fetched into it; what is read from it is not disturbed.
        What fails at one mirror holds up no other; it comes beside, in words for a person.

        Args:
            alive: called before each mirror.
        """
        tally, troubles = _Tally(), []
        before = sum(mirror.size() for mirror in self._mirrors())
        for mirror in self._mirrors():
            alive()
            try:
                self._tidy(mirror, tally)
            except (OSError, InfrastructureError) as error:
                troubles.append(f"{mirror.path}: {error}")
        kept = self._within_bounds(tally)
        size = sum(each.size for each in kept)
        if size > self._retention.size:
            troubles.append(_too_large(self._root, size, self._retention.size))
        for trouble in troubles:
            logger.warning("%s", trouble)
        tidied = MirrorsTidied(
            kept=len(kept),
            removed=tally.removed,
            commits_forgotten=tally.forgotten,
            packed=tally.packed,
            size=size,
            freed=before - size,
        )
        return tidied, troubles

    def _tidy(self, mirror: MirrorFolder, tally: _Tally) -> None:
        with mirror.lock_if_free() as lock:
            if lock is None:
                return
            for leftover in mirror.path.parent.glob(f"{mirror.path.stem}.*"):
                if _ASIDE.fullmatch(leftover.name):
                    shutil.rmtree(leftover)
            if mirror.identity() is None:
                return
            mirror.clean()
            before = self._now() - self._retention.age
            forgotten = mirror.forget(before)
            tally.forgotten += forgotten
            packs = mirror.packs()
            stale = forgotten > 0 and min(packs, default=before) < before
            if mirror.used() is None:
                self._remove(mirror, f"nobody has used it since {before}", tally)
            elif stale or len(packs) > MOST_PACKS or mirror.loose_objects() > MOST_LOOSE_OBJECTS:
                self._pack(mirror, lock, tally)

    def _pack(self, mirror: MirrorFolder, lock: int, tally: _Tally) -> None:
        """Pack a mirror anew; raises InfrastructureError where that did not go well."""
        try:
            ended = self._git.run(mirror.path, *_PACKING, lock=lock, time_limit=PACKING_TIME_LIMIT)
        except TimeoutError as error:
            failed = str(error)
        else:
            if ended.status == 0:
                tally.packed += 1
                return
            failed = ended.output.strip()
        mirror.clean()
        if len(mirror.packs()) > HOPELESS_PACKS:
            self._remove(mirror, f"it cannot be packed: {failed}", tally)
            return
        raise InfrastructureError(f"git gc failed, which is tried again next time: {failed}")

    def _within_bounds(self, tally: _Tally) -> list[Stored]:
        """Remove the mirrors for which there is no room; returns those that are left."""
        mirrors = {str(mirror.path): mirror for mirror in self._mirrors() if mirror.identity() is not None}
        stored = [
            Stored(path, mirror.size(), mirror.used() or self._now()) for path, mirror in mirrors.items()
        ]
        chosen = expendable(stored, self._retention, self._now(), needed=self._is_in_use)
        gone = [each for each in chosen if self._make_room(mirrors[each.name], tally)]
        return [each for each in stored if each not in gone]

    def _make_room(self, mirror: MirrorFolder, tally: _Tally) -> bool:
        """Remove a mirror, unless somebody came to use it meanwhile."""
        with mirror.lock_if_free() as lock:
            used = mirror.used()
            if lock is None or used is None or used > self._now() - IN_USE:
                return False
            self._remove(mirror, f"there is no room, and nobody has used it since {used}", tally)
            return True

    def _is_in_use(self, stored: Stored) -> bool:
        return stored.used > self._now() - IN_USE

    def _remove(self, mirror: MirrorFolder, why: str, tally: _Tally) -> None:
        logger.info("removing %s: %s", mirror.path, why)
        mirror.discard()
        tally.removed += 1

    def _mirrors(self) -> Iterator[MirrorFolder]:
        """Every mirror that is or was: its lock file stays."""
        for lock in sorted(self._root.glob("*/*.lock")):
            yield MirrorFolder(lock.with_suffix(".git"))


def _too_large(root: Path, size: int, limit: int) -> str:
    return (
        f"the mirrors in {root} take {in_units(size)}, more than [git] mirror_storage_limit,"
        f" {in_units(limit)}: all of them have been used within a day; raise the limit"
    )
