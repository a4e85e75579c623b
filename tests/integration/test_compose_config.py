"""Compose itself reads `docker-compose.temporal.yml`."""

import os
import re
import subprocess
from pathlib import Path

import yaml

from cli.settings import load_settings
from tests.support.compose import FILE, GIVEN, IMAGES, MAKE_SECRETS, OURS, ROOT, environment
from tests.support.tools import need
from tickborg.services import Service
from tickborg.setting_needs import missing_settings


def config(folder: Path, *files: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What Compose itself says of the file; it needs no Docker for that."""
    need("docker-compose")
    no_variables = folder / "no-variables"
    no_variables.touch()
    return subprocess.run(
        ["docker-compose", "-f", str(FILE), *files, "--env-file", str(no_variables), "config"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **variables},
        cwd=ROOT,  # where Compose 1 looks for the profile of system calls
        capture_output=True,
        text=True,
        check=False,
    )


def test_compose_accepts_it(tmp_path: Path) -> None:
    """With the secrets that were made, and the number of the App; it reads what these tests read."""
    secrets = tmp_path / "secrets"
    subprocess.run([MAKE_SECRETS, secrets], capture_output=True, check=True)
    (secrets / "github-app-key.pem").touch()
    shown = config(tmp_path, **GIVEN, SECRETS=str(secrets))
    assert (shown.returncode, shown.stderr) == (0, "")
    read = yaml.safe_load(shown.stdout)
    assert {name: service["image"] for name, service in read["services"].items()} == IMAGES
    for name in OURS:
        found = {key: str(value) for key, value in read["services"][name].get("environment", {}).items()}
        assert found == environment(name)
    assert {secret["file"] for secret in read["secrets"].values()} == set(map(str, secrets.iterdir()))


def test_a_builder_can_be_given_a_token_to_fetch_with(tmp_path: Path) -> None:
    """By the lines that docs/deploy.md has, and it keeps what it had."""
    [lines] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "deploy.md").read_text(), re.DOTALL)
    override = tmp_path / "docker-compose.override.yml"
    override.write_text(lines)
    shown = config(tmp_path, "-f", str(override), **GIVEN, SECRETS=str(tmp_path))
    assert (shown.returncode, shown.stderr) == (0, "")
    builder = yaml.safe_load(shown.stdout)["services"]["builder"]
    secrets = {secret["source"] for secret in builder["secrets"]}
    variables = {name: str(value) for name, value in builder["environment"].items()}
    settings = load_settings(None, variables, tmp_path)
    assert secrets == {"rabbitmq-builder-url", "fetch-token"}
    assert settings.builder.fetch_token_file == Path("/run/secrets/fetch-token")
    assert missing_settings(settings, Service.BUILDER) == ()


def test_compose_says_what_an_operator_must_set(tmp_path: Path) -> None:
    """Nothing is started for an App that nobody knows."""
    refused = config(tmp_path)
    assert refused.returncode != 0
    assert "put the number of your GitHub App into the file .env" in refused.stderr
