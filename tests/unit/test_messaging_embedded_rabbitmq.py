"""An embedded RabbitMQ that cannot run says why; the tests over it are those of the log pipeline."""

from pathlib import Path

import pytest

from cli import embedded_rabbitmq
from cli.embedded_rabbitmq import EmbeddedRabbitMQ, Programs
from messaging.amqp import AmqpTransport
from tickborg.errors import InfrastructureError


async def test_without_rabbitmq_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is installed and nothing is left in the folder."""
    monkeypatch.setattr(embedded_rabbitmq, "_DEBIAN_SCRIPT", tmp_path / "missing")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InfrastructureError, match="apt-get install -y rabbitmq-server"):
        await EmbeddedRabbitMQ(tmp_path / "node").start()
    assert not (tmp_path / "node").exists()


async def test_a_node_that_ends_at_once_shows_what_it_said(tmp_path: Path) -> None:
    """Nobody has to look for a log file, or wait for a time-out."""
    server = tmp_path / "rabbitmq-server"
    server.write_text("#!/bin/sh\necho 'BOOT FAILED: no memory'\nexit 3\n")
    server.chmod(0o755)
    node = EmbeddedRabbitMQ(tmp_path / "node", Programs(server, Path("/bin/true")))
    with pytest.raises(InfrastructureError, match="status 3: BOOT FAILED: no memory"):
        await node.start()


@pytest.mark.parametrize("url", ["http://localhost/", "localhost:5672", "amqp:///vhost"])
def test_only_urls_of_amqp_are_taken(url: str) -> None:
    """A mistake in the settings is seen at the start, and no password shown."""
    with pytest.raises(ValueError, match="must be amqp://"):
        AmqpTransport(url)
