"""The log store stays bounded, and no log of a build that may still run is removed."""

import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from messaging.log_assembly import AnyLogMessage
from messaging.log_format import log_path
from messaging.log_retention import Kept, LogRetention
from messaging.log_store import IDLE_SECONDS, LogReader, LogStore
from messaging.log_writer import LogWriter
from tests.support.build_logs import ATTEMPT, START, end, lines
from tests.support.written_logs import write
from tickborg.messages import BuildLogStatus
from tickborg.retention import Retention

MIB = 1024**2
DAY = timedelta(days=1)
MONTH = Retention(30 * DAY, 10 * MIB)


def attempt(number: int) -> UUID:
    """The id of an attempt."""
    return UUID(int=number)


def keep_log(
    folder: Path, number: int, *, age: timedelta, status: BuildLogStatus | None = BuildLogStatus.SUCCESS
) -> None:
    """Write a log of one line whose last line came so long ago; without a status it has not ended."""
    messages: list[AnyLogMessage] = [START, lines(1, 1)]
    if status is not None:
        messages.append(end(status, 1))
    write(folder, *(message.model_copy(update={"attempt_id": attempt(number)}) for message in messages))
    make_old(folder, number, age)


def make_old(folder: Path, number: int, age: timedelta) -> None:
    """Let a log look as if it had been written so long ago."""
    time = (datetime.now(UTC) - age).timestamp()
    for path in folder.glob(f"{attempt(number)}.*"):
        os.utime(path, (time, time))


def prune(folder: Path, retention: Retention = MONTH) -> Kept:
    """What one round comes to."""
    return LogRetention(folder, retention).prune()


def left(folder: Path) -> list[int]:
    """Numbers of the logs that are there, each of which has its metadata still."""
    logs = {UUID(path.stem) for path in folder.glob("*.log")}
    assert logs == {UUID(path.stem) for path in folder.glob("*.json")}
    return sorted(each.int for each in logs)


def status_of(folder: Path, number: int) -> BuildLogStatus | None:
    """How a log ended; None: it has not."""
    metadata = LogReader(folder).metadata(attempt(number))
    assert metadata is not None
    return metadata.status


def test_old_logs_go_with_their_metadata(tmp_path: Path) -> None:
    """Younger ones stay."""
    keep_log(tmp_path, 1, age=31 * DAY)
    keep_log(tmp_path, 2, age=29 * DAY)
    kept = prune(tmp_path)
    assert left(tmp_path) == [2]
    assert (kept.removed, kept.left) == (1, 1)
    assert kept.freed == kept.size > 0
    assert prune(tmp_path) == Kept(0, 0, 1, kept.size)


def test_beyond_the_size_the_oldest_go(tmp_path: Path) -> None:
    """As many as it takes, in the order of their last lines."""
    for number in range(1, 6):
        keep_log(tmp_path, number, age=(10 - number) * DAY)
    room_for_three = prune(tmp_path).size * 3 // 5
    kept = prune(tmp_path, Retention(30 * DAY, room_for_three))
    assert left(tmp_path) == [3, 4, 5]
    assert kept.size <= room_for_three


@pytest.mark.parametrize("status", [None, BuildLogStatus.LOST])
def test_a_build_that_may_run_keeps_its_log(
    tmp_path: Path, status: BuildLogStatus | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A day of silence is no end, and a builder thought dead may be back; an operator hears of the size."""
    keep_log(tmp_path, 1, age=1 * DAY, status=status)
    prune(tmp_path, Retention(30 * DAY, 1))
    assert left(tmp_path) == [1]
    assert "although [logs] log_storage_limit is 1 byte:" in caplog.text


def test_a_log_that_nobody_will_end_goes_too(tmp_path: Path) -> None:
    """Builder and worker died: the longest build there can be has long ended."""
    keep_log(tmp_path, 1, age=4 * DAY, status=None)
    prune(tmp_path, Retention(30 * DAY, 1))
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("age", "status", "said"),
    [
        (4 * DAY, None, BuildLogStatus.LOST),
        (2 * DAY, None, None),
        (4 * DAY, BuildLogStatus.FAILURE, BuildLogStatus.FAILURE),
    ],
)
def test_a_log_that_nobody_will_end_is_called_lost(
    tmp_path: Path, age: timedelta, status: BuildLogStatus | None, said: BuildLogStatus | None
) -> None:
    """Whoever looks at it need not wait for lines that will never come; what is known stays as it is."""
    keep_log(tmp_path, 1, age=age, status=status)
    LogRetention(tmp_path, MONTH).end_silent()
    assert status_of(tmp_path, 1) is said


def test_a_log_that_is_held_open_is_called_lost_later(tmp_path: Path) -> None:
    """The collector lets go of one for which nothing has come for an hour."""
    passed = [0.0]
    keep_log(tmp_path, 1, age=4 * DAY, status=None)
    store, retention = LogStore(tmp_path, clock=lambda: passed[0]), LogRetention(tmp_path, MONTH)
    store.writer(attempt(1))
    make_old(tmp_path, 1, 4 * DAY)
    store.tidy()
    retention.end_silent()
    assert status_of(tmp_path, 1) is None
    passed[0] += IDLE_SECONDS
    store.tidy()
    retention.end_silent()
    assert status_of(tmp_path, 1) is BuildLogStatus.LOST


def test_a_log_just_ended_stays(tmp_path: Path) -> None:
    """Somebody follows the link of its check run now."""
    keep_log(tmp_path, 1, age=timedelta(minutes=1))
    prune(tmp_path, Retention(30 * DAY, 1))
    assert left(tmp_path) == [1]


def test_a_log_that_is_being_written_stays(tmp_path: Path) -> None:
    """Whatever its files look like."""
    keep_log(tmp_path, 1, age=31 * DAY)
    writer = LogWriter(tmp_path, attempt(1))
    make_old(tmp_path, 1, 31 * DAY)
    assert prune(tmp_path).removed == 0
    writer.close()
    assert prune(tmp_path).removed == 1


def test_a_log_removed_while_it_is_opened_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines written into a file without a name would be lost."""
    keep_log(tmp_path, 1, age=31 * DAY)
    really_open = os.open

    def removed_meanwhile(*arguments: object) -> int:
        file = really_open(*arguments)  # type: ignore[arg-type]
        monkeypatch.setattr("messaging.log_writer.os.open", really_open)
        prune(tmp_path)
        return file

    monkeypatch.setattr("messaging.log_writer.os.open", removed_meanwhile)
    store = LogStore(tmp_path)
    writer = store.writer(attempt(1))
    monkeypatch.undo()
    assert writer.progress.next_line == 0
    assert log_path(tmp_path, attempt(1)).exists()
    store.close()


def test_what_a_killed_round_left_is_removed(tmp_path: Path) -> None:
    """Metadata without its log, and metadata half replaced."""
    keep_log(tmp_path, 1, age=31 * DAY)
    log_path(tmp_path, attempt(1)).unlink()
    keep_log(tmp_path, 2, age=31 * DAY)
    half = tmp_path / f"{attempt(2)}.json.new"
    half.write_bytes(b"{")
    os.utime(half, (0, 0))
    prune(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_somebody_elses(tmp_path: Path) -> None:
    """An operator may keep notes there."""
    others = [tmp_path / name for name in ("notes.log", "README", f"{attempt(1)}.log.gz", "lost+found")]
    for path in others:
        path.touch()
        os.utime(path, (0, 0))
    assert prune(tmp_path) == Kept(0, 0, 0, 0)
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_no_logs_are_no_trouble(tmp_path: Path) -> None:
    """The collector makes the folder when the first log comes."""
    assert prune(tmp_path / "none") == Kept(0, 0, 0, 0)


def test_what_went_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In one line, with what is left."""
    keep_log(tmp_path, 1, age=31 * DAY)
    write(tmp_path, START, lines(1, 1))
    with caplog.at_level(logging.INFO):
        prune(tmp_path)
    assert f"removed 1 old log (8 KiB) from {tmp_path}; it keeps 1 log (8 KiB)" in caplog.text
    assert LogReader(tmp_path).metadata(ATTEMPT) is not None
