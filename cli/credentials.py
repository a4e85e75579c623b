"""From settings to what clients are given: secrets are read here and nowhere else."""

from pathlib import Path

from pydantic import SecretStr
from temporalio.service import TLSConfig

from cli.secret_files import read_secret
from cli.settings import SettingsError
from cli.temporal_client import TemporalConnection
from tickborg.setting_types import check_amqp_url
from tickborg.settings import BuilderSettings, GitHubSettings, RabbitMQSettings, TemporalSettings


def temporal_connection(settings: TemporalSettings) -> TemporalConnection | None:
    """How to connect to the Temporal that is configured; None: none is.

    Raises:
        SettingsError: one of the files cannot be used.
    """
    if settings.address is None:
        return None
    key = _optional(settings.api_key_file, "[temporal] api_key_file")
    return TemporalConnection(
        address=settings.address,
        namespace=settings.namespace,
        tls=_tls(settings) if settings.uses_tls else False,
        api_key=key.get_secret_value() if key else None,
    )


def _tls(settings: TemporalSettings) -> TLSConfig:
    return TLSConfig(
        server_root_ca_cert=_pem(settings.tls_ca_file, "[temporal] tls_ca_file"),
        client_cert=_pem(settings.tls_cert_file, "[temporal] tls_cert_file"),
        client_private_key=_pem(settings.tls_key_file, "[temporal] tls_key_file", secret=True),
        domain=settings.tls_server_name,
    )


def _pem(file: Path | None, setting: str, *, secret: bool = False) -> bytes | None:
    if file is None:
        return None
    if secret:
        return read_secret(file, setting).get_secret_value().encode()
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{setting}: {file} cannot be read: {error.strerror}") from None


def rabbitmq_url(settings: RabbitMQSettings) -> SecretStr | None:
    """The URL of the RabbitMQ that is configured, with its password; None: none is.

    Raises:
        SettingsError: the file cannot be used.
    """
    if settings.url is not None:
        return SecretStr(settings.url)
    url = _optional(settings.url_file, "[rabbitmq] url_file")
    if url is not None:
        try:
            check_amqp_url(url.get_secret_value())
        except ValueError as error:
            raise SettingsError(f"[rabbitmq] url_file: what {settings.url_file} holds {error}") from None
    return url


def webhook_secret(settings: GitHubSettings) -> SecretStr | None:
    """The secret that GitHub signs webhooks with; None: none is configured.

    Raises:
        SettingsError: the file cannot be used.
    """
    return _optional(settings.webhook_secret_file, "[github] webhook_secret_file")


def private_key(settings: GitHubSettings) -> SecretStr | None:
    """The GitHub App's private key, in PEM; None: none is configured.

    Raises:
        SettingsError: the file cannot be used.
    """
    return _optional(settings.private_key_file, "[github] private_key_file")


def fetch_token(settings: BuilderSettings) -> SecretStr | None:
    """The token that a builder fetches private repositories with; None: none is configured.

    Raises:
        SettingsError: the file cannot be used.
    """
    return _optional(settings.fetch_token_file, "[builder] fetch_token_file")


def _optional(file: Path | None, setting: str) -> SecretStr | None:
    return None if file is None else read_secret(file, setting)
