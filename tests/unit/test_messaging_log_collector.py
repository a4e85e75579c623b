"""What the collector does with messages that are out of order for long."""

from pathlib import Path

import pytest

from messaging import spool_drain
from messaging.backoff import Backoff
from messaging.in_process import InProcessTransport
from messaging.log_assembly import AnyLogMessage
from messaging.log_collector import WAITING_LIMIT
from messaging.log_envelope import outgoing
from messaging.log_publisher import LogPublisher
from messaging.spool import SpoolFolder
from tests.support.build_logs import ATTEMPT, START, end, lines, numbered
from tests.support.log_pipeline import collector, ended, running, until_written, written
from tickborg.messages import BuildLogStatus


async def publish(transport: InProcessTransport, *messages: AnyLogMessage) -> None:
    """Put messages on the queue in this order."""
    for message in messages:
        await transport.publish(outgoing(message))


async def test_lines_that_arrive_late_are_put_in_their_place(tmp_path: Path) -> None:
    """A gap is waited for, across batches, and what waits is not lost when the collector is restarted."""
    transport = InProcessTransport()
    await publish(transport, START, lines(1, 1), lines(3, 4))
    async with running(collector(transport, tmp_path).run()):
        await until_written(tmp_path, ATTEMPT, 1)
    async with running(collector(transport, tmp_path).run()):
        await publish(transport, lines(2, 2), end(BuildLogStatus.SUCCESS, 4))
        assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, ATTEMPT) == numbered(1, 4)


async def test_one_gap_cannot_hold_up_everything(tmp_path: Path) -> None:
    """With too many messages behind it a gap is given up, however long one would wait for it."""
    transport = InProcessTransport()
    behind = [lines(number, number) for number in range(3, WAITING_LIMIT + 4)]
    await publish(transport, START, lines(1, 1), *behind)
    async with running(collector(transport, tmp_path, gap_seconds=3600).run()):
        await until_written(tmp_path, ATTEMPT, WAITING_LIMIT + 3)
    kept = written(tmp_path, ATTEMPT)
    assert kept[:3] == ["line 1", "[tickborg: line 2 was lost]", "line 3"]
    assert kept[-1] == f"line {WAITING_LIMIT + 3}"


async def test_the_spool_of_a_process_that_dies_beside_us_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No builder of the host has to be started again for it."""
    monkeypatch.setattr(spool_drain, "ADOPT_SECONDS", 0.01)
    transport = InProcessTransport()
    folder = SpoolFolder(tmp_path / "spool")
    dying = folder.create(ATTEMPT)
    for message in (START, lines(1, 2), end(BuildLogStatus.FAILURE, 2)):
        dying.append(outgoing(message).body)
    async with (
        LogPublisher(transport, folder, retry=Backoff(first=0)),
        running(collector(transport, tmp_path).run()),
    ):
        assert not written(tmp_path, ATTEMPT)
        dying.close()
        assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, ATTEMPT) == numbered(1, 2)
