"""An embedded RabbitMQ starts, ends and fails as people expect; a small stand-in makes that fast.

With the real server: ``tests/integration/test_log_failures.py`` and everything else that needs a broker.
"""

import socket
import sys
from pathlib import Path

import pytest

from cli import embedded_rabbitmq
from cli.embedded_rabbitmq import EmbeddedRabbitMQ, Programs
from messaging.amqp import AmqpTransport
from tickborg.errors import InfrastructureError

STAND_IN = """#!{python}
import os, re, signal, socket, sys, time
from pathlib import Path

data = Path(os.environ["RABBITMQ_MNESIA_BASE"]) / os.environ["RABBITMQ_NODENAME"]
data.mkdir(exist_ok=True)
(data / "starts").open("a").write("x")
configuration = Path(os.environ["RABBITMQ_CONFIG_FILE"]).read_text()
port = int(re.search(r"listeners.tcp.1 = 127.0.0.1:(\\d+)", configuration)[1])
listener = socket.create_server(("127.0.0.1", port))

def end(*_):
    time.sleep(0.2)
    sys.exit(0)

signal.signal(signal.SIGTERM, end)
while True:
    client, _ = listener.accept()
    client.recv(8)
    client.sendall(b"\\x01")
    client.close()
"""


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """Programs that behave like RabbitMQ's as far as starting and ending goes."""
    server = tmp_path / "rabbitmq-server"
    server.write_text(STAND_IN.replace("{python}", sys.executable))
    server.chmod(0o755)
    return Programs(server, Path("/bin/true"))


def starts(folder: Path) -> int:
    """How often a server was started upon the data in a folder."""
    (counted,) = (folder / "data").glob("*/starts")
    return len(counted.read_text())


async def test_a_node_finds_its_data_again(tmp_path: Path, programs: Programs) -> None:
    """Also in another process, with other ports: RabbitMQ's data belong to a name."""
    first, second = (EmbeddedRabbitMQ(tmp_path / "node", programs) for _ in range(2))
    async with first:
        pass
    async with second:
        assert first.url != second.url
    assert starts(tmp_path / "node") == 2


async def test_a_node_keeps_its_address(tmp_path: Path, programs: Programs) -> None:
    """Stopped, killed and started again, it is where its clients look for it."""
    async with EmbeddedRabbitMQ(tmp_path / "node", programs) as node:
        url = node.url
        await node.stop()
        await node.start()
        await node.kill()
        await node.start()
        await node.start()
        assert node.url == url
    assert starts(tmp_path / "node") == 3


def test_nobody_else_gets_a_node_s_port_before_it_has_started(tmp_path: Path, programs: Programs) -> None:
    """It takes seconds to start, in which a busy machine gives away many a port."""
    port = int(EmbeddedRabbitMQ(tmp_path / "node", programs).url.rsplit(":", 1)[1].strip("/"))
    with socket.socket() as somebody, pytest.raises(OSError, match="in use"):
        somebody.bind(("127.0.0.1", port))


async def test_two_nodes_never_share_a_folder(
    tmp_path: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second would ruin the data of the first."""
    monkeypatch.setattr(embedded_rabbitmq, "STOP_SECONDS", 0.1)
    async with EmbeddedRabbitMQ(tmp_path / "node", programs):
        with pytest.raises(InfrastructureError, match="another process runs RabbitMQ"):
            await EmbeddedRabbitMQ(tmp_path / "node", programs).start()
    assert starts(tmp_path / "node") == 1


async def test_a_node_that_is_just_ending_is_waited_for(tmp_path: Path, programs: Programs) -> None:
    """A program that was killed may be started again at once."""
    ending = EmbeddedRabbitMQ(tmp_path / "node", programs)
    await ending.start()
    assert ending._server
    assert ending._server.stdin
    ending._server.stdin.close()  # as the system does when the process that started it is killed
    async with EmbeddedRabbitMQ(tmp_path / "node", programs):
        assert ending._server.poll() is not None
    await ending.stop()


async def test_without_rabbitmq_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is installed and nothing is left in the folder."""
    monkeypatch.setattr(embedded_rabbitmq, "_DEBIAN_SCRIPT", tmp_path / "missing")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InfrastructureError, match="apt-get install -y rabbitmq-server"):
        await EmbeddedRabbitMQ(tmp_path / "node").start()
    assert not (tmp_path / "node").exists()


async def test_a_node_that_ends_at_once_shows_what_it_said(tmp_path: Path, programs: Programs) -> None:
    """Nobody has to look for a log file, or wait for a time-out."""
    programs.server.write_text("#!/bin/sh\necho 'BOOT FAILED: no memory'\nexit 3\n")
    node = EmbeddedRabbitMQ(tmp_path / "node", programs)
    with pytest.raises(InfrastructureError, match="status 3: BOOT FAILED: no memory"):
        await node.start()


@pytest.mark.parametrize("url", ["http://localhost/", "localhost:5672", "amqp:///vhost"])
def test_only_urls_of_amqp_are_taken(url: str) -> None:
    """A mistake in the settings is seen at the start, and no password shown."""
    with pytest.raises(ValueError, match="must be amqp://"):
        AmqpTransport(url)
