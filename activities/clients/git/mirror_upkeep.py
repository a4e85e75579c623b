"""What keeps mirrors small: unused ones go, used ones are packed (design, section 3, ``Housekeeping``)."""

import logging
import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from activities.clients.git.mirror_folder import MirrorFolder
from activities.clients.git.process import Git
from tickborg.errors import InfrastructureError

logger = logging.getLogger(__name__)

PACKING_TIME_LIMIT = timedelta(hours=2)

_ASIDE = re.compile(r".+\.[0-9a-f]{32}")
"""A mirror that was being made, or removed, when its process was killed."""

_PACKING = ("-c", "gc.auto=2000", "-c", "gc.autoPackLimit=20", "gc", "--auto", "--quiet")
"""Packs anew once there are 2,000 loose objects or 20 packs; what nothing refers to goes after two weeks."""


class MirrorUpkeep:
    """Prunes the mirrors of one host while others use them.

    Args:
        root: the folder of mirrors.
        git: packs them.
    """

    def __init__(self, root: Path, git: Git) -> None:
        self._root = root
        self._git = git

    def prune(self, before: datetime) -> int:
        """Forget commits that nobody has asked for since ``before``; returns how many mirrors were removed.

        A mirror is locked meanwhile, so nothing is fetched into it; what is read from it is not disturbed.
        """
        return sum(self._prune(mirror, before) for mirror in self._mirrors())

    def _prune(self, mirror: MirrorFolder, before: datetime) -> bool:
        """Prune one mirror; says whether it was removed."""
        with mirror.lock() as lock:
            for leftover in mirror.path.parent.glob(f"{mirror.path.stem}.*"):
                if _ASIDE.fullmatch(leftover.name):
                    shutil.rmtree(leftover)
            if mirror.identity() is None:
                return False
            if mirror.forget(before):
                self._pack(mirror, lock)
                return False
            logger.info("removing %s: nobody has used it since %s", mirror.path, before)
            mirror.discard()
            return True

    def _pack(self, mirror: MirrorFolder, lock: int) -> None:
        try:
            ended = self._git.run(mirror.path, *_PACKING, lock=lock, time_limit=PACKING_TIME_LIMIT)
        except TimeoutError as error:
            raise InfrastructureError(f"packing {mirror.path} was ended: {error}") from None
        if ended.status != 0:
            logger.warning("git gc of %s failed and is tried again next time: %s", mirror.path, ended.output)

    def _mirrors(self) -> Iterator[MirrorFolder]:
        """Every mirror that is or was: its lock file stays."""
        for lock in sorted(self._root.glob("*/*.lock")):
            yield MirrorFolder(lock.with_suffix(".git"))
