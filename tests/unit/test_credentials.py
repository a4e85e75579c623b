"""Secrets come from files, and go nowhere but to the clients that need them."""

import logging
from pathlib import Path
from typing import Any

import pytest
from temporalio.service import TLSConfig

from cli import credentials
from cli.secret_files import SIZE_LIMIT, read_secret
from cli.settings import SettingsError
from tickborg.settings import BuilderSettings, GitHubSettings, RabbitMQSettings, TemporalSettings

SETTING = "[github] webhook_secret_file"


def secret_file(folder: Path, content: str | bytes, mode: int = 0o600) -> Path:
    """A file of our own."""
    file = folder / "secret"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(mode)
    return file


def test_a_secret_is_what_the_file_holds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without the line break an editor leaves; and no one sees it by accident."""
    secret = read_secret(secret_file(tmp_path, "hunter2\r\n"), SETTING)
    assert secret.get_secret_value() == "hunter2"
    assert "hunter2" not in f"{secret} {secret!r}"
    assert not caplog.records


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        (b"\xff", "is not UTF-8"),
        ("x" * (SIZE_LIMIT + 1), "more than"),
    ],
)
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: str | bytes, why: str) -> None:
    """The message names setting and file, and nothing of what is in it."""
    file = secret_file(tmp_path, content)
    with pytest.raises(SettingsError, match=why) as refused:
        read_secret(file, SETTING)
    assert str(refused.value).startswith(f"{SETTING}: {file} ")


def test_a_file_that_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    """With the system's reason."""
    with pytest.raises(SettingsError, match="absent cannot be read: No such file or directory"):
        read_secret(tmp_path / "absent", SETTING)
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        read_secret(tmp_path, SETTING)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_that_others_can_read_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    """It is used all the same: what mounts it may know no other way."""
    file = secret_file(tmp_path, "hunter2", mode)
    assert read_secret(file, SETTING).get_secret_value() == "hunter2"
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert f"chmod 600 {file}" in record.getMessage()


def test_what_is_not_configured_is_none() -> None:
    """A service asks only for what it needs, and says itself what is missing."""
    assert credentials.temporal_connection(TemporalSettings()) is None
    assert credentials.rabbitmq_url(RabbitMQSettings()) is None
    assert credentials.webhook_secret(GitHubSettings()) is None
    assert credentials.private_key(GitHubSettings()) is None
    assert credentials.fetch_token(BuilderSettings()) is None


def test_a_rabbitmq_url_may_be_a_secret(tmp_path: Path) -> None:
    """With a password it comes from a file, and one without may stand in the settings."""
    from_file = credentials.rabbitmq_url(
        RabbitMQSettings(url_file=secret_file(tmp_path, "amqps://u:pw@mq/v\n"))
    )
    assert from_file is not None
    assert from_file.get_secret_value() == "amqps://u:pw@mq/v"
    plain = credentials.rabbitmq_url(RabbitMQSettings(url="amqp://mq"))
    assert plain is not None
    assert plain.get_secret_value() == "amqp://mq"


def test_a_file_that_holds_no_rabbitmq_url_is_refused_unseen(tmp_path: Path) -> None:
    """What it holds may be another secret."""
    file = secret_file(tmp_path, "hunter2")
    with pytest.raises(SettingsError, match=r"^\[rabbitmq\] url_file: what .* must be a URL") as refused:
        credentials.rabbitmq_url(RabbitMQSettings(url_file=file))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "tls"),
    [
        ({}, False),
        ({"tls": True}, TLSConfig()),
        ({"tls_server_name": "temporal"}, TLSConfig(domain="temporal")),
    ],
)
def test_tls_is_used_when_anything_of_it_is_set(settings: dict[str, Any], tls: object) -> None:
    """Without it, the connection is plain."""
    connection = credentials.temporal_connection(TemporalSettings(address="t:7233", **settings))
    assert connection is not None
    assert (connection.address, connection.namespace, connection.tls) == ("t:7233", "default", tls)


def test_temporal_cloud_takes_a_key_or_a_certificate(tmp_path: Path) -> None:
    """Either way the connection is encrypted, and the secret is not in what is printed."""
    file = secret_file(tmp_path, "hunter2")
    keyed = credentials.temporal_connection(TemporalSettings(address="t:7233", api_key_file=file))
    assert keyed is not None
    assert (keyed.api_key, keyed.tls) == ("hunter2", TLSConfig())
    settings = TemporalSettings(address="t:7233", tls_ca_file=file, tls_cert_file=file, tls_key_file=file)
    certified = credentials.temporal_connection(settings)
    assert certified is not None
    assert certified.tls == TLSConfig(
        server_root_ca_cert=b"hunter2", client_cert=b"hunter2", client_private_key=b"hunter2"
    )
    assert "hunter2" not in f"{keyed!r} {certified!r}"


def test_a_certificate_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """At the start, by the name of its setting."""
    settings = TemporalSettings(address="t:7233", tls_ca_file=tmp_path / "absent")
    with pytest.raises(SettingsError, match=r"^\[temporal\] tls_ca_file: .*absent cannot be read"):
        credentials.temporal_connection(settings)
