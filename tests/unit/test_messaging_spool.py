"""What is in the spool survives, and what a crash tore is passed over."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging import spool
from messaging.files import try_lock
from messaging.spool import SpoolFile, SpoolFolder, SpoolFullError
from tests.support.build_logs import ATTEMPT

BLOCK = 4096
"""Bytes that the smallest file takes of a disk."""

BODIES = [b'{"a":1}', b'{"b":"two"}', b'{"c":"\\n"}']


def read_all(file: SpoolFile) -> list[bytes]:
    """Every record of a file."""
    bodies: list[bytes] = []
    offset = -1
    behind = 0
    while behind != offset:
        offset = behind
        some, behind = file.read(offset)
        bodies += some
    return bodies


def spooled(folder: Path) -> SpoolFile:
    """A file with all bodies."""
    file = SpoolFolder(folder).create(ATTEMPT)
    for body in BODIES:
        file.append(body)
    return file


def test_records_come_back_in_order(tmp_path: Path) -> None:
    """And reading goes on where it ended when more are appended."""
    file = spooled(tmp_path)
    first, offset = file.read(0)
    file.append(b"{}")
    second, _ = file.read(offset)
    file.close()
    assert (first, second) == (BODIES, [b"{}"])


@settings(max_examples=50)
@given(kept=st.integers(0, 200))
def test_a_file_cut_anywhere_gives_its_whole_records(
    tmp_path_factory: pytest.TempPathFactory, kept: int
) -> None:
    """A process killed in the middle of a write leaves a torn last record."""
    file = spooled(tmp_path_factory.mktemp("spool"))
    kept = min(kept, file.path.stat().st_size)
    os.truncate(file.path, kept)
    records = file.path.read_bytes().count(b"\n")
    assert read_all(file) == BODIES[:records]
    file.remove()


def test_a_damaged_record_is_passed_over(tmp_path: Path) -> None:
    """The others are not lost with it."""
    file = spooled(tmp_path)
    file.path.write_bytes(file.path.read_bytes().replace(b"two", b"2wo"))
    assert read_all(file) == [BODIES[0], BODIES[2]]
    file.close()


def test_a_record_longer_than_what_is_read_at_once_is_read_whole(tmp_path: Path) -> None:
    """A batch of long lines may take megabytes."""
    file = SpoolFolder(tmp_path).create(ATTEMPT)
    large = b'{"output":"' + b"x" * 3_000_000 + b'"}'
    file.append(large)
    file.append(b"{}")
    assert read_all(file) == [large, b"{}"]
    file.close()


def test_the_name_of_a_file_survives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is flushed into a file that nobody finds again is not kept."""
    flushed: list[Path] = []
    fsync = os.fsync

    def flush(file: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{file}").readlink())
        fsync(file)

    monkeypatch.setattr(os, "fsync", flush)
    file = SpoolFolder(tmp_path).create(ATTEMPT)
    file.append(b"{}")
    file.close()
    assert flushed == [tmp_path, file.path]


def test_room_is_counted_seldom_and_found_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of files of a long outage would take longer to count than a record takes to write."""
    looks: list[Path] = []
    scandir = os.scandir

    def look(folder: Path) -> object:
        looks.append(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", look)
    monkeypatch.setattr(spool, "COUNTED_SECONDS", 3600)
    folder = SpoolFolder(tmp_path, limit=100)
    file = folder.create(ATTEMPT)
    for _ in range(9):
        folder.require_room(10)
        file.append(b"x")
    assert len(looks) == 1
    file.append(b"x" * 80)
    with pytest.raises(SpoolFullError):
        folder.require_room(20)
    file.remove()
    folder.require_room(20)


def test_a_full_spool_refuses_more(tmp_path: Path) -> None:
    """It says how full it is and what to do."""
    folder = SpoolFolder(tmp_path, limit=2 * BLOCK + 10)
    file = folder.create(ATTEMPT)
    file.append(b"x" * (2 * BLOCK - 10))
    folder.require_room(10)
    with pytest.raises(SpoolFullError, match=rf"{2 * BLOCK} of {2 * BLOCK + 10} bytes.*bring RabbitMQ back"):
        folder.require_room(11)
    file.close()


def test_a_full_spool_has_a_reserve_for_the_ends_of_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which ends too: a RabbitMQ that never comes back fills no disk."""
    monkeypatch.setattr("messaging.spool.RESERVE", 50)
    folder = SpoolFolder(tmp_path, limit=BLOCK)
    file = folder.create(ATTEMPT)
    file.append(b"x" * (BLOCK - 10))
    folder.require_room(50, reserve=True)
    with pytest.raises(SpoolFullError, match=rf"{BLOCK} of {BLOCK} bytes.*raise \[rabbitmq\] spool_limit"):
        folder.require_room(51, reserve=True)
    file.close()


def test_many_small_files_take_more_of_the_disk_than_they_hold(tmp_path: Path) -> None:
    """A month without RabbitMQ has thousands of them, and the operator has given a bound for the disk."""
    folder = SpoolFolder(tmp_path, limit=3 * BLOCK)
    files = [folder.create(ATTEMPT) for _ in range(3)]
    for file in files:
        file.append(b"{}")
    with pytest.raises(SpoolFullError):
        folder.require_room(1)
    for file in files:
        file.close()


def test_only_files_of_dead_processes_are_orphans(tmp_path: Path) -> None:
    """A locked file belongs to somebody; the oldest orphan comes first."""
    folder = SpoolFolder(tmp_path)
    living, older, younger = (folder.create(ATTEMPT) for _ in range(3))
    os.utime(older.path, (1, 1))
    os.utime(younger.path, (2, 2))
    older.close()
    younger.close()
    orphans = folder.orphans()
    assert [orphan.path for orphan in orphans] == [older.path, younger.path]
    for file in (living, *orphans):
        file.close()


@pytest.fixture
def just_before_locking(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """What another process does, once, between our opening and our locking of a file."""

    def interrupt(once: Callable[[], None]) -> None:
        def interrupted(file: int) -> bool:
            monkeypatch.setattr("messaging.spool.try_lock", try_lock)
            once()
            return try_lock(file)

        monkeypatch.setattr("messaging.spool.try_lock", interrupted)

    return interrupt


@pytest.mark.parametrize("leave", [SpoolFile.remove, lambda _: None], ids=["sent", "still being sent"])
def test_a_file_taken_before_it_was_locked_is_left_to_the_taker(
    tmp_path: Path,
    just_before_locking: Callable[[Callable[[], None]], None],
    leave: Callable[[SpoolFile], None],
) -> None:
    """A new file looks like an orphan until it is locked; records put into that one would be lost."""
    folder, taken = SpoolFolder(tmp_path), list[SpoolFile]()

    def take() -> None:
        taken.extend(folder.orphans())
        for orphan in taken:
            leave(orphan)

    just_before_locking(take)
    ours = folder.create(ATTEMPT)
    ours.append(BODIES[0])
    [theirs] = taken
    assert ours.path != theirs.path
    assert BODIES[0] in ours.path.read_bytes()
    for file in (ours, theirs):
        file.close()


def test_a_file_that_is_removed_while_it_is_looked_at_is_no_orphan(
    tmp_path: Path, just_before_locking: Callable[[Callable[[], None]], None]
) -> None:
    """Its owner has sent it all: who adopted it would read from a file that is not there, for ever."""
    file, folder = spooled(tmp_path), SpoolFolder(tmp_path)
    just_before_locking(file.remove)
    assert folder.orphans() == []
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_opened_keeps_no_orphan_from_being_sent(tmp_path: Path) -> None:
    """A folder with a file's name stands for every file that we may not open."""
    (tmp_path / f"{ATTEMPT}.00000000.spool").mkdir()
    spooled(tmp_path).close()
    [orphan] = SpoolFolder(tmp_path).orphans()
    assert read_all(orphan) == BODIES
    orphan.close()


def test_a_folder_that_is_not_there_has_no_orphans(tmp_path: Path) -> None:
    """A builder that starts for the first time has nothing to send."""
    assert SpoolFolder(tmp_path / "never").orphans() == []


def test_a_failed_append_leaves_the_records_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up in the middle of a record costs that record and no other."""
    file = SpoolFolder(tmp_path).create(ATTEMPT)
    file.append(BODIES[0])
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", _no_space)
        with pytest.raises(OSError, match="No space left"):
            file.append(BODIES[1])
    file.append(BODIES[2])
    assert read_all(file) == [BODIES[0], BODIES[2]]
    file.remove()
    assert not file.path.exists()


def _no_space(_: int) -> None:
    raise OSError(28, "No space left on device")
