"""Bare mirrors on disk, one a repository: made at first use, fetched into when a commit is missing.

    {root}/{owner}/{name}.git      the mirror
    {root}/{owner}/{name}.lock     held while something is fetched into it, or it is made anew

A mirror holds only what was asked for: ``refs/tickborg/pin/{sha}`` for each commit that is known to be there
with all it needs, and under ``refs/tickborg/fetched/`` what the last fetch brought. Pins are told apart by
what they point at, so that evaluations never disturb each other; readers need no lock.
"""

import logging
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pygit2

from activities.clients.git.fetch import Fetch, GitFetch
from activities.clients.git.fetch_errors import MissingRefError
from activities.clients.git.mirror_folder import Identity, MirrorFolder
from activities.clients.git.object_store import DamagedMirrorError, open_repository
from tickborg.errors import HeadGoneError, InfrastructureError, RefusedError
from tickborg.github import RepositoryName

logger = logging.getLogger(__name__)

T = TypeVar("T")

_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Wanted:
    """A commit that is needed: one known by its sha, or the one that a ref points at."""

    sha: str | None = None
    ref: str | None = None
    """The full ref to fetch it by; a sha that the ref has left behind is fetched by itself."""

    def __post_init__(self) -> None:
        if self.sha is not None and not _SHA.fullmatch(self.sha):
            raise RefusedError(f"{self.sha!r} is no commit: expected 40 hex digits")
        if self.ref is not None and not _is_full_ref(self.ref):
            raise RefusedError(f"{self.ref!r} is no full name of a ref")
        if self.sha is None and self.ref is None:
            raise RefusedError("a commit is wanted of which neither sha nor ref is known")

    def __str__(self) -> str:
        return self.sha or f"the head of {self.ref}"


Work = Callable[[pygit2.Repository, tuple[str, ...]], T]
"""What is done with a mirror, given the shas that were wanted, in that order."""


def _is_full_ref(name: str) -> bool:
    """Whether it names one ref; as part of a refspec it can be no pattern and no option then."""
    return name.startswith("refs/") and pygit2.reference_is_valid_name(name)


class MirrorStore:
    """The mirrors of one host; several threads and processes may share a root.

    Args:
        root: the folder they are kept in; made if it is not there.
        git: fetches.
        shallow: commits without their history, all that a builder needs.
    """

    def __init__(self, root: Path, git: GitFetch, *, shallow: bool = False) -> None:
        self._root = root
        self._git = git
        self._shallow = shallow

    def read(self, repo: RepositoryName, wanted: Sequence[Wanted], work: Work[T]) -> T:
        """Do ``work`` with a mirror that has what is ``wanted``; what is not there is fetched first.

        If an object is missing or broken, the work is done again: the mirror may have been packed or made
        anew meanwhile. If that does not help, the mirror is made anew, once.

        Raises:
            HeadGoneError: the server has a wanted sha no longer.
            PermanentError: the server has no such repository or ref, or refuses.
            TransientError: the server did not answer.
            InfrastructureError: no space left, or a new mirror is damaged too.
        """
        mirror = MirrorFolder.of(self._root, repo)
        try:
            return self._mended(repo, mirror, wanted, work)
        except OSError as error:
            raise InfrastructureError(
                f"{self._root}, where mirrors are kept, cannot be used: {error}"
            ) from error

    def _mended(
        self, repo: RepositoryName, mirror: MirrorFolder, wanted: Sequence[Wanted], work: Work[T]
    ) -> T:
        for last_resort in (False, True):
            identity = mirror.identity()
            try:
                return self._attempt(repo, mirror, wanted, work)
            except DamagedMirrorError as error:
                logger.warning("%s seems damaged: %s", mirror.path, error)
            if last_resort:
                self._discard(mirror, identity)
        return self._attempt(repo, mirror, wanted, work)

    def _discard(self, mirror: MirrorFolder, identity: Identity | None) -> None:
        """Remove the mirror that was found damaged, if nobody else has done so meanwhile."""
        with mirror.lock():
            if mirror.identity() == identity:
                logger.warning("%s is damaged and is fetched anew", mirror.path)
                mirror.discard()

    def _attempt(
        self, repo: RepositoryName, mirror: MirrorFolder, wanted: Sequence[Wanted], work: Work[T]
    ) -> T:
        known = [commit.sha for commit in wanted if commit.sha is not None and mirror.has(commit.sha)]
        shas = tuple(known) if len(known) == len(wanted) else self._fetch(repo, mirror, wanted)
        repository = open_repository(mirror.path)
        try:
            return work(repository, shas)
        finally:
            repository.free()

    def _fetch(self, repo: RepositoryName, mirror: MirrorFolder, wanted: Sequence[Wanted]) -> tuple[str, ...]:
        with mirror.lock() as lock:
            mirror.prepare()
            fetch = Fetch(repo, mirror.path, (), self._shallow)
            try:
                return _Fetching(self._git, fetch, mirror, lock).obtain(wanted)
            except InfrastructureError:
                # On a full disk it would be the half of a pack that keeps the disk full.
                mirror.clean()
                raise


@dataclass(frozen=True)
class _Fetching:
    """What is done under the lock: one fetch if refs bring all, a second one by sha if they have moved on."""

    git: GitFetch
    fetch: Fetch
    mirror: MirrorFolder
    lock: int

    def obtain(self, wanted: Sequence[Wanted]) -> tuple[str, ...]:
        """Have all that is wanted, and say by which sha."""
        missing = [commit for commit in wanted if commit.sha is None or not self.mirror.has(commit.sha)]
        heads = self._by_ref(missing)
        shas = tuple(commit.sha or heads[commit.ref or ""] for commit in wanted)
        self._by_sha([sha for sha in shas if not self.mirror.has(sha)])
        return shas

    def _by_ref(self, wanted: Sequence[Wanted]) -> dict[str, str]:
        """Fetch the refs that there are; of a commit whose sha is known, the ref may be gone."""
        refs = sorted({commit.ref for commit in wanted if commit.ref is not None})
        needed = {commit.ref for commit in wanted if commit.sha is None}
        while refs:
            try:
                self._run(f"+{ref}:{self.mirror.fetched_ref(n)}" for n, ref in enumerate(refs))
                break
            except MissingRefError as error:
                if error.ref in needed or error.ref not in refs:
                    raise
                refs.remove(error.ref)
        heads = {ref: self.mirror.fetched(n) for n, ref in enumerate(refs)}
        self._keep(heads.values())
        return heads

    def _by_sha(self, shas: Collection[str]) -> None:
        if shas:
            self._run(f"+{sha}:{self.mirror.fetched_ref(n)}" for n, sha in enumerate(shas))
            self._keep(shas)

    def _run(self, refspecs: Iterable[str]) -> None:
        self.git.fetch(replace(self.fetch, refspecs=tuple(refspecs)), self.lock)

    def _keep(self, shas: Iterable[str]) -> None:
        """Pin commits after looking for them: a fetch may succeed and bring nothing (design, section 4)."""
        repository = open_repository(self.mirror.path)
        for sha in shas:
            if not isinstance(repository.get(sha), pygit2.Commit):
                raise HeadGoneError(f"{self.fetch.repo} has no commit {sha}, or no longer")
            self.mirror.pin(sha)
