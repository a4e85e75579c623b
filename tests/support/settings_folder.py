"""A folder with the settings and secrets of a bot, as an operator writes them.

What one process or one host has of its own, it is told by variables: ``TICKBORG_BUILDER__IDENTITY``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emulator import EmulatedGitHub
from emulator.state import App

FETCHER = "builder"
"""Whose token builders fetch with; it has to be let in to a private repository."""

SETTINGS_FILE = "tickborg.toml"

_SETTINGS = """
[github]
app_id = {app_id}
private_key_file = "secrets/key.pem"
webhook_secret_file = "secrets/webhook"
api_url = "{github}"
git_url = "{github}"
[temporal]
address = "{temporal}"
[rabbitmq]
url_file = "secrets/amqp"
spool_path = "spool"
[webhook]
port = 0
[dashboard]
port = 0
[stats]
port = 0
[logs]
log_storage_path = "logs"
[git]
mirror_path = "mirrors"
[builder]
identity = "builder-1"
jobs = 2
workspace_path = "workspaces"
fetch_token_file = "secrets/token"
concurrent_builds = 2
grace = "1s"
[policy]
repos = ["acme/*"]
"""


@dataclass(frozen=True)
class Addresses:
    """Where the servers are."""

    github: str
    """A URL."""
    temporal: str
    """``host:port``."""
    rabbitmq: str
    """A URL, with the password."""


def write_settings(folder: Path, github: EmulatedGitHub, app: App, addresses: Addresses) -> Mapping[str, str]:
    """Write them, and return the secrets: file name to what it holds."""
    settings = _SETTINGS.format(app_id=app.id, github=addresses.github, temporal=addresses.temporal)
    (folder / SETTINGS_FILE).write_text(settings)
    secrets = {
        "key.pem": app.private_key,
        "webhook": app.webhook_secret,
        "amqp": addresses.rabbitmq,
        "token": github.person_token(FETCHER),
    }
    for name, secret in secrets.items():
        write_secret(folder, name, secret)
    return secrets


def write_secret(folder: Path, name: str, secret: str) -> Path:
    """Write one more where only we may read it, and return the file."""
    (folder / "secrets").mkdir(mode=0o700, exist_ok=True)
    file = folder / "secrets" / name
    file.touch(mode=0o600)
    file.write_text(secret)
    return file
