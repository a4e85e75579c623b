"""The deployment's files, as Compose, its services and these tests read them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from cli.settings import load_settings
from tickborg.services import Service
from tickborg.settings import Settings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.temporal.yml"
TEXT = FILE.read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
MAKE_SECRETS = ROOT / "deploy" / "make-secrets"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

RUNNING = sorted(service.value for service in Service if service is not Service.UP)
OURS = ["setup", *RUNNING]

_VERSION = PROJECT["project"]["version"]
IMAGES = {
    "postgresql": "postgres:17.9-alpine",
    "temporal-schema": "temporalio/admin-tools:1.32.0",
    "temporal": "temporalio/server:1.32.0",
    "temporal-ui": "temporalio/ui:2.54.1",
    "rabbitmq": "rabbitmq:4.2.7-alpine",
    **dict.fromkeys(OURS, f"tickborg:{_VERSION}"),
    "builder": f"tickborg-builder:{_VERSION}",
}
"""All images there are. One that is new or newer is a decision, and is made here too."""

GIVEN = {"TICKBORG_GITHUB__APP_ID": "12345"}
"""The one variable that an operator must set."""

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}")


def environment(service: str) -> dict[str, str]:
    """The variables of a service, where an operator has set :data:`GIVEN` and nothing else."""
    return {name: _interpolated(value) for name, value in SERVICES[service].get("environment", {}).items()}


def settings_of(service: str) -> Settings:
    """The settings of a service of ours, by the loader it has itself; it refuses what is no setting."""
    return load_settings(None, environment(service), Path("/var/lib/tickborg"))


def _interpolated(text: str) -> str:
    return _VARIABLE.sub(lambda found: GIVEN.get(found[1], found[2] or ""), text)
