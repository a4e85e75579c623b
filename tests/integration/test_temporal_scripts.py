"""The scripts that Temporal's containers start with, where files lie as they do there."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.compose import ROOT
from tests.support.tools import need

SCRIPTS = ROOT / "deploy" / "temporal"


def program(file: Path, script: str) -> Path:
    """A stand-in for a program of the image."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def run(folder: Path, name: str, *mounts: str) -> str:
    """What a script prints, with a password where Compose mounts it, and programs of ``folder``."""
    need("bwrap")
    password = folder / "password"
    password.write_text("hunter2\n")
    files = ["--ro-bind", "/", "/", "--tmpfs", "/run", "--tmpfs", "/etc", *mounts]
    secret = ["--ro-bind", str(password), "/run/secrets/postgres-password"]
    path = {"PATH": f"{folder}:{os.environ['PATH']}"}
    command = ["bwrap", *files, *secret, "/bin/sh", str(SCRIPTS / name)]
    return subprocess.run(command, env=path, capture_output=True, text=True, check=True).stdout


def test_both_databases_are_made_and_brought_to_this_version(tmp_path: Path) -> None:
    """In this order, each time; the tool takes the password from its environment, not from an argument."""
    program(tmp_path / "temporal-sql-tool", 'echo "$SQL_PASSWORD: $*"')
    to, schemas = "hunter2: --plugin postgres12 --ep postgresql -p 5432 -u temporal", "/etc/temporal/schema"
    assert run(tmp_path, "set-up-schema").splitlines() == [
        f"{to} --db temporal create",
        f"{to} --db temporal setup-schema -v 0.0",
        f"{to} --db temporal update-schema -d {schemas}/postgresql/v12/temporal/versioned",
        f"{to} --db temporal_visibility create",
        f"{to} --db temporal_visibility setup-schema -v 0.0",
        f"{to} --db temporal_visibility update-schema -d {schemas}/postgresql/v12/visibility/versioned",
    ]


def test_a_step_that_fails_ends_it(tmp_path: Path) -> None:
    """The server must not be started on half a schema."""
    program(tmp_path / "temporal-sql-tool", 'echo "$*"; case "$*" in *setup-schema*) exit 1; esac')
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run(tmp_path, "set-up-schema")
    said = str(failed.value.stdout).splitlines()
    assert [line.split("--db ")[1] for line in said] == ["temporal create", "temporal setup-schema -v 0.0"]


def test_the_server_is_started_with_the_password(tmp_path: Path) -> None:
    """By the image's own script, which takes our place and so is told to stop when the container is."""
    entrypoint = program(tmp_path / "entrypoint.sh", 'echo "$POSTGRES_PWD"')
    said = run(tmp_path, "start-server", "--ro-bind", str(entrypoint), "/etc/temporal/entrypoint.sh")
    assert said == "hunter2\n"
    assert "exec /etc/temporal/entrypoint.sh" in (SCRIPTS / "start-server").read_text()
