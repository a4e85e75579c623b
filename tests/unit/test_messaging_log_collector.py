"""What the collector does with messages that are out of order for long, and when it says that it has them."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from messaging import log_collector, log_store, spool_drain
from messaging.backoff import Backoff
from messaging.in_process import InProcessTransport
from messaging.log_assembly import AnyLogMessage
from messaging.log_collector import WAITING_LIMIT
from messaging.log_envelope import outgoing
from messaging.log_format import log_path
from messaging.log_publisher import LogPublisher
from messaging.log_writer import LogWriter
from messaging.spool import SpoolFolder
from messaging.transport import Delivery, Subscription
from tests.support.build_logs import ATTEMPT, START, end, lines, numbered
from tests.support.eventually import eventually
from tests.support.log_pipeline import collector, ended, running, until_written, written
from tickborg.errors import InfrastructureError
from tickborg.messages import LOG_MESSAGE, BuildLogMsg, BuildLogStatus


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


async def test_a_silent_log_is_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be one that nobody will ever end, and whoever tidies can do nothing about one that is held."""
    monkeypatch.setattr(log_collector, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr(log_store, "IDLE_SECONDS", 0.2)
    transport = InProcessTransport()

    async def free() -> bool:
        try:
            LogWriter(tmp_path, ATTEMPT).close()
        except InfrastructureError:
            return False
        return True

    async with running(collector(transport, tmp_path).run()):
        await publish(transport, START, lines(1, 1))
        await until_written(tmp_path, ATTEMPT, 1)
        assert await eventually(free)


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


class WatchedSubscription:
    """Passes on to another, and looks at the disk before each acknowledgement."""

    def __init__(self, inner: Subscription, on_disk: Callable[[], int]) -> None:
        self._inner = inner
        self._on_disk = on_disk
        self.acknowledged: list[tuple[int, int]] = []
        """Line number of a message, and bytes of its log that would survive a power cut."""

    async def batch(self, wait: float | None = None) -> Sequence[Delivery]:
        """Pass on."""
        return await self._inner.batch(wait)

    async def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Look, and pass on."""
        for delivery in deliveries:
            message = LOG_MESSAGE.validate_json(delivery.body)
            if isinstance(message, BuildLogMsg):
                self.acknowledged.append((message.line_number, self._on_disk()))
        await self._inner.acknowledge(deliveries)

    async def reject(self, delivery: Delivery) -> None:
        """Pass on."""
        await self._inner.reject(delivery)


class WatchedTransport(InProcessTransport):
    """A transport with one watched subscription."""

    def __init__(self, on_disk: Callable[[], int]) -> None:
        super().__init__()
        self._looks = on_disk
        self.subscriptions: list[WatchedSubscription] = []

    @asynccontextmanager
    async def subscribe(self, queue: str, prefetch: int) -> AsyncIterator[Subscription]:
        """Consume a queue, watched."""
        async with super().subscribe(queue, prefetch) as inner:
            self.subscriptions.append(WatchedSubscription(inner, self._looks))
            yield self.subscriptions[-1]


async def test_a_line_is_on_the_disk_before_its_message_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut in between costs nothing: what the system has not flushed does not count as written."""
    log, flushed, fsync = log_path(tmp_path, ATTEMPT), [0], os.fsync

    def flush(file: int) -> None:
        fsync(file)
        if os.path.samestat(os.fstat(file), log.stat()):
            flushed.append(os.fstat(file).st_size)

    monkeypatch.setattr(os, "fsync", flush)
    transport = WatchedTransport(lambda: flushed[-1])
    async with running(collector(transport, tmp_path).run()):
        await publish(transport, START)
        for number in range(1, 21):
            await publish(transport, lines(number, number))
            await until_written(tmp_path, ATTEMPT, number)
        await publish(transport, end(BuildLogStatus.SUCCESS, 20))
        assert (await ended(tmp_path, ATTEMPT)).complete
    text = log.read_bytes()
    (watched,) = transport.subscriptions
    assert [number for number, _ in watched.acknowledged] == list(range(1, 21))
    for number, on_disk in watched.acknowledged:
        assert on_disk > text.index(f"line {number}\n".encode())
