"""Pruning mirrors: what is unused goes, what is used stays whole."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pygit2
import pytest

from activities.clients.git.fetch import GitFetch
from activities.clients.git.mirror import Mirror
from activities.clients.git.mirror_folder import MirrorFolder
from activities.clients.git.mirror_store import MirrorStore
from activities.clients.git.mirror_upkeep import MirrorUpkeep
from activities.clients.git.process import Git
from tests.support.git_repository import GitRepository
from tests.support.simulated_year import Contributors, disk_usage, pass_a_day
from tickborg.github import RepositoryName
from tickborg.housekeeping import MirrorsTidied
from tickborg.jobs import MergeJob, MergeReport
from tickborg.retention import Retention

TEXT = "".join(f"{line}\n" for line in range(20))


WEEK = timedelta(days=7)


def upkeep(mirrors: Path, *, size: int = 1 << 30) -> MirrorUpkeep:
    """What keeps what was used within a week, within a size."""
    return MirrorUpkeep(mirrors, Git(os.environ), Retention(WEEK, size))


class Host:
    """A host with a mirror of one repository that has been merged in, by libgit2 too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mirrors = folder / "mirrors"
        self.mirrored = self.mirrors / "octo/monorepo.git"
        self.repository = GitRepository.create(folder / "server.git", bare=True)
        start = self.repository.commit({"cmark/old.c": TEXT})
        self.head = self.repository.commit(
            {"cmark/old.c": None, "cmark/new.c": TEXT}, branch="topic", parents=(start,)
        )
        self.base = self.repository.commit({"cmark/old.c": f"{TEXT}more\n"})
        self.repository.set_ref("refs/pull/7/head", self.head)
        git = GitFetch(lambda _: self.repository.url, lambda _: None, environment=os.environ)
        self.mirror = Mirror(MirrorStore(self.mirrors, git))
        self.upkeep = upkeep(self.mirrors)

    def merge(self) -> MergeReport:
        """Merge the pull request."""
        repo = RepositoryName(owner="octo", name="monorepo")
        return self.mirror.merge(
            MergeJob(
                repo=repo,
                head_ref="refs/pull/7/head",
                head_sha=self.head,
                base_ref="main",
                base_sha=self.base,
            )
        )

    def tidy(self) -> MirrorsTidied:
        """What came of a round in which nothing went wrong."""
        tidied, troubles = self.upkeep.tidy()
        assert troubles == []
        return tidied

    def age(self, by: timedelta) -> None:
        """Make all pins look as old as that."""
        time = (datetime.now(UTC) - by).timestamp()
        for pin in (self.mirrored / "refs/tickborg/pin").iterdir():
            os.utime(pin, (time, time))

    def packs(self) -> list[Path]:
        """The packs of the mirror."""
        return list(self.mirrored.glob("objects/pack/*.pack"))


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A mirror in use."""
    host = Host(tmp_path)
    assert host.merge().whole_merge
    return host


def test_a_mirror_that_nobody_uses_is_removed(host: Host) -> None:
    """It comes back when somebody does."""
    host.age(timedelta(days=8))
    assert host.tidy().removed == 1
    assert not host.mirrored.exists()
    assert host.merge().merge is not None


def test_a_mirror_in_use_stays(host: Host) -> None:
    """What has been asked for since then is there without a fetch."""
    host.age(timedelta(days=8))
    host.merge()
    assert host.tidy().removed == 0
    host.repository.set_ref("refs/pull/7/head", None)
    host.repository.set_ref("refs/heads/main", None)
    assert host.merge().merge is not None


def make_pack(mirror: Path, content: bytes) -> None:
    """Add a pack with one object."""
    repo = pygit2.Repository(str(mirror))
    blob = repo.create_blob(content)

    def pack(builder: pygit2.PackBuilder) -> None:
        builder.add(blob)

    repo.pack(str(mirror / "objects/pack"), pack_delegate=pack)


def test_many_packs_become_one(host: Host) -> None:
    """Reading stays fast, and merges give what they gave."""
    before = host.merge()
    for number in range(25):
        make_pack(host.mirrored, b"%d" % number)
    assert len(host.packs()) == 25
    host.tidy()
    assert len(host.packs()) <= 2
    assert host.merge() == before


def test_what_was_forgotten_leaves_the_disk(host: Host) -> None:
    """Soon, also where little is fetched: as soon as the oldest pack is older than the retention."""
    contributors = Contributors(host.folder / "busy", host.mirrors, "busy")
    mirror = host.mirrors / "octo/busy.git"
    for number in range(1, 4):
        contributors.merge(contributors.open(number, 100_000))
        for _ in range(3):
            pass_a_day(host.mirrors)
    before = disk_usage(mirror)
    assert host.tidy().packed == 1
    assert disk_usage(mirror) < before - 90_000
    assert contributors.merge(contributors.open(4, 100)).merge is not None


def test_beyond_the_size_the_mirror_used_longest_ago_goes(host: Host) -> None:
    """One of those that are not in use; it comes back when somebody needs it."""
    older, younger = (Contributors(host.folder / name, host.mirrors, name) for name in ("older", "younger"))
    job = older.open(1, 100_000)
    older.merge(job)
    pass_a_day(host.mirrors)
    younger.merge(younger.open(1, 100_000))
    pass_a_day(host.mirrors)
    host.merge()
    limit = disk_usage(host.mirrors) - 50_000
    tidied, troubles = upkeep(host.mirrors, size=limit).tidy()
    assert (tidied.removed, tidied.kept, list(troubles)) == (1, 2, [])
    assert tidied.size == disk_usage(host.mirrors) <= limit
    assert not (host.mirrors / "octo/older.git").exists()
    assert older.merge(job).merge is not None


def test_a_mirror_in_use_makes_room_for_no_other(host: Host) -> None:
    """A person hears of it, with what to do."""
    tidied, (trouble,) = upkeep(host.mirrors, size=1000).tidy()
    assert (tidied.removed, tidied.kept) == (0, 1)
    assert "more than [git] mirror_storage_limit, 1,000 bytes" in trouble
    assert "raise the limit" in trouble


def test_a_mirror_that_is_being_fetched_into_is_left(host: Host) -> None:
    """Housekeeping waits for nobody, nor does anybody wait for it."""
    host.age(timedelta(days=8))
    with MirrorFolder(host.mirrored).lock():
        assert host.tidy().removed == 0
        assert upkeep(host.mirrors, size=1).tidy()[0].removed == 0
    assert host.tidy().removed == 1


def test_a_mirror_that_cannot_be_packed_holds_up_no_other(host: Host) -> None:
    """It stays, and is tried again; once it has far too many packs it is made anew."""
    idle = Contributors(host.folder / "idle", host.mirrors, "zebra")
    idle.merge(idle.open(1, 100))
    for _ in range(8):
        pass_a_day(host.mirrors)
    host.merge()
    head = host.mirrored / "objects" / host.head[:2] / host.head[2:]
    head.chmod(0o600)
    head.write_bytes(b"no object")
    for number in range(21):
        make_pack(host.mirrored, b"%d" % number)
    tidied, (trouble,) = host.upkeep.tidy()
    assert (tidied.removed, host.mirrored.exists()) == (1, True)
    assert trouble.startswith(f"{host.mirrored}: git gc failed, which is tried again next time: ")

    for number in range(21, 201):
        (host.mirrored / f"objects/pack/pack-{number:040x}.pack").touch()
    assert host.tidy().removed == 1
    assert host.merge().merge is not None


def test_what_a_killed_process_left_is_removed(host: Host) -> None:
    """Mirrors half made and half removed lie beside the mirror."""
    left = host.mirrored.with_name(f"monorepo.{'0' * 32}")
    (left / "objects").mkdir(parents=True)
    host.tidy()
    assert not left.exists()
    assert host.mirrored.exists()
    host.mirrored.rename(left)
    host.tidy()
    assert not left.exists()


def test_no_mirrors_are_no_trouble(tmp_path: Path) -> None:
    """A new host has none."""
    assert upkeep(tmp_path / "none").tidy() == (MirrorsTidied(), [])
