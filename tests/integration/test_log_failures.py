"""Nothing is lost and nothing doubled when a broker, a builder or a collector dies (design, section 9)."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from messaging.amqp import AmqpTransport
from messaging.log_publisher import Batching, LogPublisher, PublishedLog
from messaging.log_route import outgoing
from messaging.spool import SpoolFolder
from messaging.transport import Transport, UnroutableError
from tests.support.broker import RabbitMQNode
from tests.support.build_logs import ATTEMPT, START, numbered
from tests.support.eventually import eventually
from tests.support.log_pipeline import collector, ended, running, until_written, written
from tickborg.messages import BuildLogStatus

ROOT = Path(__file__).parents[2]

BUILDER = """
import asyncio, sys
from pathlib import Path
from messaging.amqp import AmqpTransport
from messaging.log_publisher import Batching, LogPublisher
from messaging.spool import SpoolFolder
from tests.support.build_logs import START, numbered

async def main(url, folder, lines):
    async with AmqpTransport(url) as transport:
        async with LogPublisher(transport, SpoolFolder(Path(folder)), batching=Batching(lines=10)) as logs:
            log = await logs.open(START)
            await log.write(numbered(1, int(lines)))
            await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""

COLLECTOR = """
import asyncio, sys
from pathlib import Path
from messaging.amqp import AmqpTransport
from messaging.log_collector import LogCollector
from messaging.log_store import LogStore

async def main(url, folder):
    async with AmqpTransport(url) as transport:
        await LogCollector(transport, LogStore(Path(folder))).run()

asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def process(script: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of our own that is killed -9 at the end of the block."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *arguments, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGKILL)
        await child.wait()


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


class Printing:
    """A build that prints numbered lines for as long as it is allowed to."""

    def __init__(self, log: PublishedLog) -> None:
        self._log = log
        self.count = 0

    async def run(self) -> None:
        """Print, in bursts of a few lines."""
        while True:
            await self._log.write(numbered(self.count + 1, self.count + 7))
            self.count += 7
            await asyncio.sleep(0.001)


async def test_a_broker_killed_in_mid_build_costs_no_line(rabbitmq: RabbitMQNode, tmp_path: Path) -> None:
    """The build goes on meanwhile, and the log is whole when the broker is back."""
    async with (
        AmqpTransport(rabbitmq.url) as transport,
        AmqpTransport(rabbitmq.url) as other,
        publisher(transport, tmp_path) as logs,
        running(collector(other, tmp_path).run()),
    ):
        await transport.available()
        log = await logs.open(START)
        build = Printing(log)
        async with running(build.run()):
            await until_written(tmp_path, ATTEMPT, 500)
            await rabbitmq.kill9()
            await until_spooled(tmp_path, b'"lines"')
            await rabbitmq.start()
            before = build.count
            await until_written(tmp_path, ATTEMPT, before)
        await log.close(BuildLogStatus.SUCCESS)
        metadata = await ended(tmp_path, ATTEMPT)
    assert metadata.complete
    assert metadata.line_count
    assert metadata.line_count >= build.count
    assert written(tmp_path, ATTEMPT) == numbered(1, metadata.line_count)
    assert not list((tmp_path / "spool").iterdir())


async def test_processes_start_without_a_broker_and_work_when_it_is_there(
    rabbitmq: RabbitMQNode, tmp_path: Path
) -> None:
    """A build may even begin and end before RabbitMQ is started."""
    await rabbitmq.stop()
    async with (
        AmqpTransport(rabbitmq.url) as transport,
        AmqpTransport(rabbitmq.url) as other,
        publisher(transport, tmp_path) as logs,
        running(collector(other, tmp_path).run()),
    ):
        log = await logs.open(START)
        await log.write(numbered(1, 100))
        await log.close(BuildLogStatus.SUCCESS)
        await rabbitmq.start()
        assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, ATTEMPT) == numbered(1, 100)


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
        rabbitmq.pause()
        try:
            await log.write(numbered(11, 20))
            await log.close(BuildLogStatus.SUCCESS)
            assert b'"end"' in spooled(tmp_path)
        finally:
            rabbitmq.resume()
        async with running(collector(transport, tmp_path).run()):
            assert (await ended(tmp_path, ATTEMPT)).complete
    assert written(tmp_path, ATTEMPT) == numbered(1, 20)


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
        build = Printing(log)
        async with running(build.run()):
            for _ in range(3):
                async with process(*arguments):
                    await until_written(tmp_path, ATTEMPT, build.count + 50)
        await log.close(BuildLogStatus.SUCCESS)
        async with process(*arguments):
            metadata = await ended(tmp_path, ATTEMPT)
    assert metadata.complete
    assert metadata.line_count
    assert written(tmp_path, ATTEMPT) == numbered(1, metadata.line_count)


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
