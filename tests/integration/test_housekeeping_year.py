"""A year of pull requests, builds and dead builders: no disk grows beyond its bound, and nothing needed goes.

Housekeeping is done once a day, as on a host that is asked for it; see :mod:`tests.support.simulated_year`.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from activities.clients.git.mirror_store import MirrorStore
from activities.clients.git.mirror_upkeep import MirrorUpkeep
from activities.clients.git.process import Git
from activities.clients.host_disk import HostDisk
from activities.clients.workspace.workspace import WorkspaceFolder, _locked
from messaging.log_retention import LogRetention
from messaging.log_store import LogReader
from tests.support.simulated_year import (
    DAY,
    Contributors,
    begin_log,
    disk_usage,
    end_log,
    pass_a_day,
    write_log,
)
from tickborg.housekeeping import HostTidied
from tickborg.jobs import MergeJob
from tickborg.retention import Retention

KIB, MIB = 1024, 1024**2
DAYS = 365
LAST_EXPERIMENT = 49
KEPT_MIRRORS = Retention(age=14 * DAY, size=16 * MIB)
KEPT_LOGS = Retention(age=30 * DAY, size=600 * KIB)
MIRRORS_BOUND, LOGS_BOUND = 1 * MIB, KEPT_LOGS.size
PULL_SIZE, LONG_LOG = 40 * KIB, 600
LONG_LIVED, LONG_BUILD = 100_000, 1_000_000
PULLS_EVERY = 3
BUSY_TIME, BUILDS_IN_A_BUSY_TIME = range(180, 186), 60
WORKSPACES_BOUND = 4 * KIB


class Host:
    """A host that merges, builds and keeps logs, all of it tidied once a day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mirrors = folder / "mirrors"
        self.workspaces = folder / "workspaces"
        self.logs = folder / "logs"
        self.monorepo = Contributors(folder, self.mirrors, "monorepo")
        self.experiment = Contributors(folder, self.mirrors, "experiment")
        store = MirrorStore(self.mirrors, self.monorepo.fetching)
        upkeep = MirrorUpkeep(self.mirrors, Git(os.environ), KEPT_MIRRORS)
        self._disk = HostDisk("host", upkeep, WorkspaceFolder(self.workspaces, store))
        self._log_retention = LogRetention(self.logs, KEPT_LOGS)

    def pass_a_day(self) -> HostTidied:
        """Let a day pass, and tidy."""
        for folder in (self.mirrors, self.logs):
            pass_a_day(folder)
        self._log_retention.prune()
        return self._disk.tidy(lambda: None)

    @contextmanager
    def a_build_that_never_ends(self) -> Iterator[Path]:
        """The workspace of a builder that lives."""
        workspace = self.workspaces / "000000000000-living"
        workspace.mkdir(parents=True)
        (workspace / "main.o").touch()
        lock = _locked(workspace)
        try:
            yield workspace
        finally:
            os.close(lock)

    def is_mirrored(self, name: str) -> bool:
        """Whether there is a mirror of a repository."""
        return (self.mirrors / f"octo/{name}.git").exists()

    def is_merged_without_a_fetch(self, job: MergeJob) -> bool:
        """Whether all that an evaluation needs is here."""
        before = self.monorepo.fetching.count
        return self.monorepo.merge(job).merge is not None and self.monorepo.fetching.count == before


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A host whose power never fails: nothing need be flushed, which a year would wait for."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return Host(tmp_path)


class Year:
    """What happens on a host in a year, day by day, and what is measured."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.long_lived = self.job = host.monorepo.open(LONG_LIVED, PULL_SIZE)
        host.monorepo.merge(self.long_lived)
        self.largest: dict[str, int] = defaultdict(int)
        self.logged = 0
        self.removed_workspaces = 0

    def day(self, day: int) -> None:
        """Everybody's day, and the night's housekeeping."""
        if day % PULLS_EVERY == 0:
            self.pull_request(day)
        if day % 7 == 0:
            assert self.host.is_merged_without_a_fetch(self.long_lived)
            if day <= LAST_EXPERIMENT:
                self.host.experiment.merge(self.host.experiment.open(day + 1, PULL_SIZE))
        self.builds(day)
        tidied = self.host.pass_a_day()
        assert tidied.troubles == ()
        self.removed_workspaces += tidied.workspaces_removed
        for name in ("mirrors", "workspaces", "logs"):
            self.largest[name] = max(self.largest[name], disk_usage(self.host.folder / name))

    def pull_request(self, day: int) -> None:
        """One is opened and evaluated; the one before is asked about for the last time, and closed."""
        assert self.host.is_merged_without_a_fetch(self.job)
        self.job = self.host.monorepo.open(day + 1, PULL_SIZE, closed=day + 1 - PULLS_EVERY)
        assert self.host.monorepo.merge(self.job).merge is not None

    def builds(self, day: int) -> None:
        """Every other day a long build ends, the next one begins, others come and go, and a builder dies."""
        if day % 2 == 0:
            return
        logs = self.host.logs
        if day > 1:
            end_log(logs, LONG_BUILD + day - 2)
            metadata = LogReader(logs).metadata(UUID(int=LONG_BUILD + day - 2))
            assert metadata is not None
            assert metadata.complete
        begin_log(logs, LONG_BUILD + day)
        for _ in range(BUILDS_IN_A_BUSY_TIME if day in BUSY_TIME else 1):
            self.logged += 1
            write_log(logs, self.logged, LONG_LOG)
        killed = self.host.workspaces / f"{day:012x}-killed/cmark"
        killed.mkdir(parents=True)
        (killed / "main.o").write_bytes(bytes(PULL_SIZE))


def test_in_a_year_no_disk_grows_and_nothing_needed_goes(host: Host) -> None:
    """Commits of open pull requests, logs of builds that run, and workspaces of builders that live stay."""
    year = Year(host)
    with host.a_build_that_never_ends() as workspace:
        for day in range(DAYS):
            year.day(day)
            assert (workspace / "main.o").exists()
            assert host.is_mirrored("experiment") == (day < LAST_EXPERIMENT + KEPT_MIRRORS.age.days - 1)

    assert year.largest["mirrors"] <= MIRRORS_BOUND < host.monorepo.fetching.brought / 4
    assert year.largest["logs"] <= LOGS_BOUND < year.logged * 12 * KIB / 4
    assert year.largest["workspaces"] <= WORKSPACES_BOUND
    assert year.removed_workspaces == DAYS // 2
