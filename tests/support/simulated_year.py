"""The disk of a host on which a year passes in seconds: real files, a real mirror and real logs.

A day passes by making every file a day older. What housekeeping decides by are the times of files, so it
needs no clock of its own; nor does git, which packs and prunes by the same times.
"""

import os
import random
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pygit2

from activities.clients.git.fetch import Fetch, GitFetch
from activities.clients.git.mirror import Mirror
from activities.clients.git.mirror_store import MirrorStore
from messaging.log_assembly import AnyLogMessage
from tests.support.build_logs import START, end, lines
from tests.support.git_repository import GitRepository
from tests.support.written_logs import write
from tickborg.github import RepositoryName
from tickborg.jobs import MergeJob, MergeReport
from tickborg.messages import BuildLogStatus
from tickborg.retention import space_taken

DAY = timedelta(days=1)


def pass_a_day(folder: Path) -> None:
    """Let every file below ``folder`` be a day older."""
    for path, status in _files(folder):
        os.utime(path, (status.st_atime, status.st_mtime - DAY.total_seconds()))


def disk_usage(folder: Path) -> int:
    """Bytes of the disk that the files below ``folder`` take."""
    return sum(space_taken(status.st_size, status.st_blocks) for _, status in _files(folder))


def _files(folder: str | Path) -> Iterator[tuple[str, os.stat_result]]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry.path, entry.stat(follow_symlinks=False)


class LocalFetch(GitFetch):
    """Fetches as git does, in this process: a year has too many days to start a git on each."""

    def __init__(self, server: Path) -> None:
        super().__init__(lambda _: str(server), lambda _: None, environment={})
        self._server = pygit2.Repository(str(server))
        self.count = 0
        self.brought = 0
        """Bytes of the packs of all fetches."""

    def fetch(self, fetch: Fetch, lock: int) -> None:
        """Bring what is missing, in a pack of its own."""
        self.count += 1
        mirror = pygit2.Repository(str(fetch.git_dir))
        packs = fetch.git_dir / "objects/pack"
        before = disk_usage(packs)
        refs = [refspec.removeprefix("+").split(":") for refspec in fetch.refspecs]
        shas = {to: str(self._server.revparse_single(source).id) for source, to in refs}
        missing = [found for sha in shas.values() for found in self._missing(sha, mirror)]
        if missing:
            self._server.pack(str(packs), pack_delegate=lambda builder: _add(builder, missing))
        for to, sha in shas.items():
            ref = fetch.git_dir / to
            ref.parent.mkdir(parents=True, exist_ok=True)
            ref.write_text(f"{sha}\n")
        mirror.free()
        self.brought += disk_usage(packs) - before

    def _missing(self, sha: str, mirror: pygit2.Repository) -> Iterator[pygit2.Oid]:
        """The commits that the mirror lacks, with the trees and blobs that it lacks."""
        waiting = [sha]
        while waiting:
            commit = self._server[waiting.pop()].peel(pygit2.Commit)
            if commit.id in mirror:
                continue
            yield commit.id
            yield from self._missing_below(commit.tree, mirror)
            waiting.extend(str(parent) for parent in commit.parent_ids)

    def _missing_below(self, tree: pygit2.Tree, mirror: pygit2.Repository) -> Iterator[pygit2.Oid]:
        if tree.id in mirror:
            return
        yield tree.id
        for inner in tree:
            if isinstance(inner, pygit2.Tree):
                yield from self._missing_below(inner, mirror)
            elif inner.id not in mirror:
                yield inner.id


def _add(builder: pygit2.PackBuilder, objects: Iterable[pygit2.Oid]) -> None:
    for each in objects:
        builder.add(each)


class Contributors:
    """A repository in which pull requests are opened, and the mirror that they are merged in."""

    def __init__(self, folder: Path, mirrors: Path, name: str) -> None:
        self.repo = RepositoryName(owner="octo", name=name)
        self.repository = GitRepository.create(folder / f"{name}.git", bare=True)
        self.fetching = LocalFetch(self.repository.path)
        self._mirror = Mirror(MirrorStore(mirrors, self.fetching))
        self._random = random.Random(name)
        self._start = self._base = self.repository.commit({"README.md": "# Monorepo\n"})

    def open(self, number: int, size: int, *, closed: int | None = None) -> MergeJob:
        """A pull request that adds ``size`` bytes which nothing compresses, after ``main`` has moved on."""
        base = self.repository.commit({"news.md": f"before #{number}\n"}, parents=(self._base,))
        self._base = base
        change = {f"cmark/{number}": self._random.randbytes(size)}
        head = self.repository.commit(change, branch="topic", parents=(self._start,))
        self.repository.set_ref(f"refs/pull/{number}/head", head)
        if closed is not None:  # GitHub keeps it; here it would only make the year longer
            self.repository.set_ref(f"refs/pull/{closed}/head", None)
        return MergeJob(
            repo=self.repo,
            head_ref=f"refs/pull/{number}/head",
            head_sha=head,
            base_ref="main",
            base_sha=base,
        )

    def merge(self, job: MergeJob) -> MergeReport:
        """What an evaluation does."""
        return self._mirror.merge(job)


def begin_log(folder: Path, number: int) -> UUID:
    """Write the beginning of the log of a build that goes on."""
    return _write(folder, number, START, lines(1, 2))


def end_log(folder: Path, number: int) -> None:
    """Write the rest of what :func:`begin_log` began."""
    _write(folder, number, lines(3, 4), end(BuildLogStatus.SUCCESS, 4))


def write_log(folder: Path, number: int, line_count: int) -> UUID:
    """Write the whole log of a build."""
    return _write(folder, number, START, lines(1, line_count), end(BuildLogStatus.SUCCESS, line_count))


def _write(folder: Path, number: int, *messages: AnyLogMessage) -> UUID:
    attempt = UUID(int=number)
    write(folder, *(message.model_copy(update={"attempt_id": attempt}) for message in messages))
    return attempt
