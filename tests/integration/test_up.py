"""`tickborg up` with nothing but what an operator must give it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cli.main import USAGE_ERROR
from emulator import EmulatedGitHub, Person, serve
from emulator.state import App, PullRequest
from tests.support.monorepo import MONOREPO, TWICE
from tests.support.processes import alive
from tests.support.services import Process, start_tickborg
from tests.support.shown import all_check_runs
from tests.support.site import new_github, new_repository

ANY_PORTS = {f"TICKBORG_{section}__PORT": "0" for section in ("WEBHOOK", "STATS", "DASHBOARD")}
"""Of no account to an operator; the tests share their machine with others."""

NEEDED = ("app_id", "private_key_file", "webhook_secret_file")


def write_settings(folder: Path, app: App, github: str, *, without: str = "") -> Path:
    """A settings file as the README has it, before an emulated GitHub; one of the three may be left out."""
    for name, secret in (("app.pem", app.private_key), ("webhook-secret", app.webhook_secret)):
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(secret)
    values = (str(app.id), '"app.pem"', '"webhook-secret"')
    given = [f"{key} = {value}" for key, value in zip(NEEDED, values, strict=True) if key != without]
    settings = folder / "tickborg.toml"
    settings.write_text("\n".join(["[github]", *given, f'api_url = "{github}"', f'git_url = "{github}"', ""]))
    return settings


@asynccontextmanager
async def running_up(folder: Path, settings: Path, **variables: str) -> AsyncIterator[Process]:
    """``tickborg up``, told to stop when the block ends, whereupon it must leave nothing."""
    process = await start_tickborg(
        folder / "output", "up", "--config", str(settings), **ANY_PORTS, **variables
    )
    try:
        yield process
    finally:
        assert await process.stop() == 0, process.said
    assert alive(str(folder)) == []


def concluded(pull: PullRequest) -> dict[str, str | None]:
    """The check runs that are completed, and how; empty while one is not."""
    runs = all_check_runs(pull)
    done = {run.name: run.conclusion for run in runs}
    return done if len(runs) > 1 and all(done.values()) else {}


@pytest.mark.timeout(180)
async def test_up_needs_an_app_a_key_and_a_secret(tmp_path: Path) -> None:
    """Temporal and RabbitMQ are its own, every repository with the App is served, and it can be asked."""
    github, app = new_github()
    variables = {
        "TICKBORG_WEBHOOK__HOST": "127.0.0.2",
        "TICKBORG_LOGS__LOG_STORAGE_PATH": str(tmp_path / "kept"),
    }
    async with (
        serve(github) as url,
        running_up(tmp_path, write_settings(tmp_path, app, url), **variables) as process,
    ):
        app.webhook_url = (await process.says(r"up: listening at (http://127\.0\.0\.2:\S+)"))[1]
        await process.says(r"metrics: http://127\.0\.0\.1:")
        built = await pull_request_is_built(github, app, tmp_path)
        settings = str(tmp_path / "tickborg.toml")
        asked = await start_tickborg(tmp_path / "asked", "reconcile", "--config", settings)
        assert await asked.ended() == 0, asked.said
    assert re.sub(r"\d+", "N", asked.said) == (
        "deliveries: N looked at\ncompared: N repository\ntold: nobody, because nothing was missed\n"
    )
    assert built == {"greeting on x86_64-linux": "success", "speech on x86_64-linux": "success"}
    assert {path.name for path in (tmp_path / ".tickborg").iterdir()} >= {"temporal", "rabbitmq", "mirrors"}
    assert len(list((tmp_path / "kept").glob("*.log"))) == len(built)


async def pull_request_is_built(github: EmulatedGitHub, app: App, folder: Path) -> dict[str, str | None]:
    """Open a pull request that changes two projects, and wait until both are built."""
    repository = new_repository(github, app, folder / "github", MONOREPO)
    alice = Person(github, "alice")
    alice.commit(repository, "twice", TWICE, "Greet twice")
    pull = alice.open_pull_request(repository, head="twice", title="Greet twice")
    built = await github.until(lambda: concluded(pull), within=60)
    alice.close(pull)
    await github.webhooks.settled()
    return built


@pytest.mark.parametrize("missing", NEEDED)
async def test_what_up_cannot_do_without_is_named(tmp_path: Path, missing: str) -> None:
    """In one line, before anything is started."""
    _, app = new_github()
    settings = write_settings(tmp_path, app, "http://127.0.0.1:9", without=missing)
    process = await start_tickborg(tmp_path / "output", "up", "--config", str(settings))
    assert await process.ended() == USAGE_ERROR
    assert process.said == (
        f"tickborg: `tickborg up` needs [github] {missing}: set that in tickborg.toml, or as variables; "
        "docs/settings.md has them\n"
    )
    assert not (tmp_path / ".tickborg").exists()


@pytest.mark.parametrize("name", ["app.pem", "webhook-secret"])
async def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    """With the setting that names it, before anything is started."""
    _, app = new_github()
    settings = write_settings(tmp_path, app, "http://127.0.0.1:9")
    (tmp_path / name).unlink()
    process = await start_tickborg(tmp_path / "output", "up", "--config", str(settings))
    assert await process.ended() == USAGE_ERROR
    setting = "private_key_file" if name == "app.pem" else "webhook_secret_file"
    fault = f"{tmp_path / name} cannot be read: No such file or directory"
    assert process.said == f"tickborg: [github] {setting}: {fault}\n"
    assert not (tmp_path / ".tickborg").exists()
