"""The Temporal and the RabbitMQ that ``tickborg.toml`` names, for those who have none of their own."""

from cli import credentials
from cli.settings import SettingsError
from cli.temporal_client import TemporalConnection
from tickborg.settings import Settings


def temporal(settings: Settings) -> TemporalConnection:
    """How to connect to the Temporal that is configured.

    Raises:
        SettingsError: none is.
    """
    connection = credentials.temporal_connection(settings.temporal)
    if connection is None:
        raise SettingsError(
            "[temporal] address is not set: name a Temporal server, or run `tickborg up`, which has its own"
        )
    return connection


def rabbitmq_url(settings: Settings) -> str:
    """The URL of the RabbitMQ that is configured, with its password: not to be shown.

    Raises:
        SettingsError: none is.
    """
    url = credentials.rabbitmq_url(settings.rabbitmq)
    if url is None:
        raise SettingsError(
            "[rabbitmq] url is not set: name a RabbitMQ, or run `tickborg up`, which has its own"
        )
    return url.get_secret_value()
