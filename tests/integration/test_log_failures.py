"""Nothing is lost and nothing doubled when a broker, a builder or a collector dies (design, section 9)."""

import asyncio
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from messaging.amqp import AmqpTransport
from messaging.log_envelope import outgoing
from messaging.log_publisher import Batching, LogPublisher, PublishedLog
from messaging.spool import SpoolFolder
from messaging.topology import STATS
from messaging.transport import OutgoingMessage, Transport, UnroutableError
from tests.support.broker import RabbitMQNode
from tests.support.build_logs import ATTEMPT, START, end, new_start, numbered
from tests.support.eventually import eventually
from tests.support.log_pipeline import collector, ended, running, until_sent, until_written, written
from tests.support.log_processes import BUILDER, COLLECTOR, process
from tests.support.patience import PATIENCE_SECONDS
from tickborg.errors import UnavailableError
from tickborg.messages import STATS_QUEUE, BuildLogStatus


def publisher(transport: Transport, folder: Path) -> LogPublisher:
    """A publisher that sends soon."""
    return LogPublisher(transport, SpoolFolder(folder / "spool"), batching=Batching(seconds=0.01, lines=50))


def spooled(folder: Path) -> bytes:
    """All that is in the spool."""
    return b"".join(path.read_bytes() for path in (folder / "spool").glob("*.spool"))


async def until_spooled(folder: Path, text: bytes) -> None:
    """Return when the spool holds a text."""

    async def found() -> bool:
        return text in spooled(folder)

    await eventually(found)


def is_running(pid: int) -> bool:
    """Whether there is such a process that is more than an entry waiting to be read by its parent."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


async def print_lines(log: PublishedLog, first: int, last: int) -> None:
    """Print numbered lines in small bursts, as a compiler does."""
    for number in range(first, last + 1, 7):
        await log.write(numbered(number, min(number + 6, last)))
        await asyncio.sleep(0)


async def test_a_broker_killed_in_mid_build_costs_no_line(rabbitmq: RabbitMQNode, tmp_path: Path) -> None:
    """The build goes on meanwhile, another begins, and both logs are whole when the broker is back.

    What it had confirmed is on its disk, although nobody had taken it. And the log of a builder that died
    just then, of which the worker says so, has an end.
    """
    other, lost = new_start(), new_start()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        transport = await enter(AmqpTransport(rabbitmq.url))
        logs = await enter(publisher(transport, tmp_path))
        await enter(running(collector(await enter(AmqpTransport(rabbitmq.url)), tmp_path).run()))
        await transport.available()
        log = await logs.open(START)
        await print_lines(log, 1, 500)
        await until_written(tmp_path, ATTEMPT, 100)
        await transport.publish(OutgoingMessage(STATS, "", "confirmed", b"not taken by anybody yet"))
        await logs.open(lost)
        async with asyncio.TaskGroup() as group:
            group.create_task(print_lines(log, 501, 3000))
            group.create_task(logs.abandon(end(BuildLogStatus.LOST, None, lost.attempt_id)))
            group.create_task(rabbitmq.kill9())
        # These processes are started while there is no broker.
        late_transport = await enter(AmqpTransport(rabbitmq.url))
        late_logs = await enter(publisher(late_transport, tmp_path))
        await enter(running(collector(late_transport, tmp_path).run()))
        late_log = await late_logs.open(other)
        await print_lines(late_log, 1, 100)
        await late_log.close(BuildLogStatus.FAILURE)
        await until_spooled(tmp_path, b"line 3000")
        await rabbitmq.start()
        await print_lines(log, 3001, 3500)
        await log.close(BuildLogStatus.SUCCESS)
        assert (await ended(tmp_path, ATTEMPT)).complete
        assert (await ended(tmp_path, other.attempt_id)).complete
        assert (await ended(tmp_path, lost.attempt_id)).status is BuildLogStatus.LOST
        await until_sent(tmp_path / "spool")
        async with late_transport.subscribe(STATS_QUEUE, 1) as subscription:
            (kept,) = await subscription.batch(PATIENCE_SECONDS)
            assert kept.message_id == "confirmed"
    assert written(tmp_path, ATTEMPT) == numbered(1, 3500)
    assert written(tmp_path, other.attempt_id) == numbered(1, 100)


async def test_a_message_nobody_is_bound_for_is_a_failure(rabbitmq: RabbitMQNode) -> None:
    """RabbitMQ confirms it like any other; after one refusal the topology is declared again."""
    async with AmqpTransport(rabbitmq.url) as transport:
        await transport.available()
        await rabbitmq.unbind_logs()
        with pytest.raises(UnroutableError, match=f"for logs.{ATTEMPT}"):
            await transport.publish(outgoing(START))
        await transport.publish(outgoing(START))


async def test_a_message_nobody_is_bound_for_is_spooled(
    rabbitmq: RabbitMQNode, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is sent as soon as the binding is there again, which takes no person."""
    async with AmqpTransport(rabbitmq.url) as transport, publisher(transport, tmp_path) as logs:
        await transport.available()
        await rabbitmq.unbind_logs()
        log = await logs.open(START)
        await log.write(numbered(1, 3))
        await log.close(BuildLogStatus.SUCCESS)
        async with running(collector(transport, tmp_path).run()):
            assert (await ended(tmp_path, ATTEMPT)).complete
    assert "the log goes to the spool" in caplog.text
    assert written(tmp_path, ATTEMPT) == numbered(1, 3)


async def test_a_broker_that_hangs_does_not_hang_a_build(rabbitmq: RabbitMQNode, tmp_path: Path) -> None:
    """A connection that is open but silent counts as away; what it may have taken is sent again."""
    async with (
        AmqpTransport(rabbitmq.url, confirm_seconds=0.2) as transport,
        publisher(transport, tmp_path) as logs,
    ):
        await transport.available()
        log = await logs.open(START)
        await log.write(numbered(1, 10))
        await rabbitmq.pause()
        try:
            await log.write(numbered(11, 20))
            await log.close(BuildLogStatus.SUCCESS)
            assert b'"end"' in spooled(tmp_path)
        finally:
            rabbitmq.resume()
        async with running(collector(transport, tmp_path).run()):
            assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, ATTEMPT) == numbered(1, 20)


async def test_a_connection_that_is_stuck_is_replaced(rabbitmq: RabbitMQNode, tmp_path: Path) -> None:
    """Without heartbeats for some seconds, aiormq cancels whoever waits; that must not end a log."""
    async with (
        AmqpTransport(f"{rabbitmq.url}?heartbeat=1", confirm_seconds=60) as transport,
        publisher(transport, tmp_path) as logs,
        running(collector(transport, tmp_path).run()),
    ):
        log = await logs.open(START)
        await log.write(numbered(1, 10))
        await until_written(tmp_path, ATTEMPT, 10)
        await rabbitmq.pause()
        try:
            await log.write(numbered(11, 20))
            await until_spooled(tmp_path, b"line 20")
        finally:
            rabbitmq.resume()
        await log.close(BuildLogStatus.SUCCESS)
        assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, ATTEMPT) == numbered(1, 20)


async def test_a_broker_that_forgot_everything_is_told_again(rabbitmq: RabbitMQNode, tmp_path: Path) -> None:
    """Queues and exchanges deleted under running processes are declared anew."""
    async with (
        AmqpTransport(rabbitmq.url) as transport,
        publisher(transport, tmp_path) as logs,
        running(collector(transport, tmp_path).run()),
    ):
        log = await logs.open(START)
        await log.write(numbered(1, 10))
        await until_written(tmp_path, ATTEMPT, 10)
        await rabbitmq.forget_everything()
        await log.write(numbered(11, 20))
        await log.close(BuildLogStatus.SUCCESS)
        assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, ATTEMPT) == numbered(1, 20)


async def test_a_queue_with_other_arguments_is_named(
    rabbitmq: RabbitMQNode, caplog: pytest.LogCaptureFixture
) -> None:
    """Only a person can delete it; when that is done, all goes on by itself."""
    await rabbitmq.declare_queue("build-logs")

    async def named() -> bool:
        return "another queue build-logs than tickborg needs" in caplog.text

    async with AmqpTransport(rabbitmq.url) as transport:
        await eventually(named)
        await rabbitmq.forget_everything()
        await transport.available()


async def test_no_password_is_logged(rabbitmq: RabbitMQNode, caplog: pytest.LogCaptureFixture) -> None:
    """Neither by us nor by the library, when RabbitMQ does not let us in."""
    caplog.set_level("DEBUG")

    async def refused() -> bool:
        return "trying again" in caplog.text

    async with AmqpTransport(rabbitmq.url.replace("guest@", "hunter2@")) as transport:
        await eventually(refused)
        with pytest.raises(UnavailableError) as caught:
            await transport.publish(outgoing(START))
    assert "ACCESS_REFUSED" in caplog.text
    assert "hunter2" not in caplog.text + str(caught.value)


async def test_a_builder_started_again_sends_what_the_killed_one_had_spooled(
    rabbitmq: RabbitMQNode, tmp_path: Path
) -> None:
    """Also when it was killed in the middle of a record, which nobody was told is kept."""
    nowhere = socket.create_server(("127.0.0.1", 0))
    url = f"amqp://127.0.0.1:{nowhere.getsockname()[1]}/"
    nowhere.close()
    async with process(BUILDER, url, str(tmp_path / "spool"), "25"):
        await until_spooled(tmp_path, b"line 20")
    (file,) = (tmp_path / "spool").glob("*.spool")
    with file.open("ab") as torn:
        torn.write(b'12345678 {"type":"lines","attempt_id":"6a1f')
    async with (
        AmqpTransport(rabbitmq.url) as transport,
        publisher(transport, tmp_path),
        running(collector(transport, tmp_path).run()),
    ):
        await until_written(tmp_path, ATTEMPT, 20)
    kept = written(tmp_path, ATTEMPT)
    assert kept == numbered(1, len(kept))


async def test_a_collector_killed_in_mid_build_loses_and_doubles_nothing(
    rabbitmq: RabbitMQNode, tmp_path: Path
) -> None:
    """Killed -9 as often as one likes, and started again."""
    arguments = (COLLECTOR, rabbitmq.url, str(tmp_path))
    async with AmqpTransport(rabbitmq.url) as transport, publisher(transport, tmp_path) as logs:
        await transport.available()
        log = await logs.open(START)
        for first in range(1, 6001, 2000):
            async with process(*arguments), asyncio.TaskGroup() as group:
                group.create_task(print_lines(log, first, first + 1999))
                group.create_task(until_written(tmp_path, ATTEMPT, first + 500))
        await log.close(BuildLogStatus.SUCCESS)
        async with process(*arguments):
            assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, ATTEMPT) == numbered(1, 6000)


async def test_an_embedded_node_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """Even when that is killed -9, nothing of RabbitMQ is left running."""
    script = """
import asyncio, sys
from pathlib import Path
from cli.embedded_rabbitmq import EmbeddedRabbitMQ

async def main(folder):
    async with EmbeddedRabbitMQ(Path(folder)):
        await asyncio.Event().wait()

asyncio.run(main(sys.argv[1]))
"""
    pid_file = tmp_path / "pid"

    async def node_pid() -> int:
        return int(pid_file.read_text() or 0) if pid_file.exists() else 0

    async def gone() -> bool:
        return not is_running(pid)

    async with process(script, str(tmp_path)):
        pid = await eventually(node_pid)
    assert await eventually(gone)
