"""Each service as a process of its own, as an operator runs them."""

import re
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from cli.embedded_temporal import EmbeddedTemporal
from cli.main import USAGE_ERROR
from emulator.state import Repository
from messaging.spool import SpoolFolder
from tests.support.broker import RabbitMQNode
from tests.support.eventually import eventually
from tests.support.expected import (
    assert_both_built,
    attempt_of,
    build_counters,
    log_of,
    until_building,
)
from tests.support.monorepo import TWICE, held
from tests.support.processes import alive
from tests.support.services import SERVICES, Deployment, deployment, seen_of, start_tickborg
from tests.support.settings_folder import FETCHER
from tests.support.shown import all_check_runs, labels
from tests.support.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPY = b"""
sh ../wait.sh
env
cat /proc/*/environ /proc/*/cmdline
find / -xdev -type f -size -4k \\( -name '*.toml' -o -path '*secret*' \\) -exec cat {} +
"""
"""A build that prints what it can get hold of."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployed(
    tmp_path_factory: pytest.TempPathFactory, temporal: EmbeddedTemporal, broker: RabbitMQNode
) -> AsyncIterator[Deployment]:
    """All services, each a process; each must end in good order when it is told to."""
    await broker.forget_everything()
    folder = tmp_path_factory.mktemp("deployment")
    async with deployment(folder, temporal.address, broker.url) as made:
        await made.start_all()
        yield made
        await made.site.close_all()
        assert await made.stop_all() == dict.fromkeys(SERVICES, 0)
    assert alive(str(folder)) == []


@pytest.fixture
def site(deployed: Deployment) -> Site:
    """The bot that the services make together."""
    return deployed.site


def a_repository(site: Site, files: Mapping[str, bytes]) -> Repository:
    """A private repository that the builder's own token can read, as an operator would have it."""
    repository = site.repository(files)
    site.github.collaborate(repository, FETCHER, "read")
    return repository


async def test_a_pull_request_goes_the_whole_way_through_six_processes(site: Site) -> None:
    """Settings come from a file and secrets from files, and all is as it is in one process."""
    repository = a_repository(site, held())
    pull = site.propose(repository, TWICE, title="greeting: greet twice")
    await until_building(site, pull)
    await site.release(2)
    view = await site.settled(pull)

    await assert_both_built(site, pull, view)
    await site.github.until(lambda: labels(pull) == {"project: greeting"})
    expected = build_counters(repository, "Success", "greeting", "speech")
    ours = {name for name in expected if repository.full_name in name}

    async def counted() -> bool:
        found = await site.counters()
        return {name: found.get(name) for name in ours} == dict.fromkeys(ours, 1.0)

    await eventually(counted)


async def test_every_service_is_found_healthy(deployed: Deployment, tmp_path: Path) -> None:
    """By a process beside it that has the same settings, as a container's health check is."""
    bot = deployed.site.bot
    ports = {
        f"TICKBORG_{section}__PORT": url.split(":")[2].split("/")[0]
        for section, url in (
            ("WEBHOOK", bot.webhook_url),
            ("DASHBOARD", bot.dashboard_url),
            ("STATS", bot.metrics_url),
        )
    }
    settings = str(deployed.folder / "tickborg.toml")

    said: dict[str, str] = dict.fromkeys(SERVICES, "not asked yet")

    async def all_are_healthy() -> bool:
        asked = {
            service: await start_tickborg(
                tmp_path / service, "health", service, "--config", settings, **ports
            )
            for service in said
        }
        for service, process in asked.items():
            if await process.ended() == 0:
                del said[service]
            else:
                said[service] = process.said
        return not said

    assert await eventually(all_are_healthy), said


async def test_no_secret_is_to_be_seen(deployed: Deployment, site: Site) -> None:
    """Neither by other users of the machine, nor by a build that looks everywhere."""
    repository = a_repository(site, {**held(), "speech/deliver.sh": SPY})
    pull = site.propose(repository, TWICE)
    await until_building(site, pull)
    await site.waiting(2)
    secrets = deployed.secret_words()
    for process in deployed.processes:
        seen = seen_of(process.pid)
        assert [secret for secret in secrets if secret.encode() in seen] == [], process.name
    await site.release(2)
    await site.settled(pull)

    for run in all_check_runs(pull):
        _, lines, _ = await log_of(site, attempt_of(run))
        printed = "\n".join(lines)
        assert [secret for secret in secrets if secret in printed] == []
        assert run.name.startswith("greeting") or "USER=builder" in lines


@pytest.mark.parametrize(("service", "ready"), [("webhook", "listening at"), ("logs", "writing to")])
async def test_who_sends_no_logs_takes_no_spool(
    deployed: Deployment, tmp_path: Path, service: str, ready: str
) -> None:
    """What a dead builder has left there is a builder's to send, and not that of whoever started first."""
    left = SpoolFolder(tmp_path / "spool").create(uuid4())
    left.close()
    variables = {"TICKBORG_RABBITMQ__SPOOL_PATH": str(tmp_path / "spool")}
    settings = str(deployed.folder / "tickborg.toml")
    process = await start_tickborg(tmp_path / "output", service, "--config", settings, **variables)
    await process.says(ready)
    assert await process.stop() == 0
    assert left.path.exists()


@pytest.mark.parametrize("service", ["webhook", "dashboard", "stats", "up"])
async def test_a_port_that_is_taken_is_named(deployed: Deployment, service: str, tmp_path: Path) -> None:
    """The message names the setting to change, whatever else the process had started by then."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port, section = taken.getsockname()[1], "webhook" if service == "up" else service
        variables = {f"TICKBORG_{section.upper()}__PORT": str(port), "TICKBORG_STATE__PATH": str(tmp_path)}
        said = await refused(deployed, tmp_path, service, **variables)
    address = f"cannot listen on 127.0.0.1:{port}: Address already in use"
    assert said == f"tickborg: {address}; stop what listens there, or change [{section}] port"


async def test_a_port_that_is_taken_is_named_though_rabbitmq_is_away(
    deployed: Deployment, tmp_path: Path
) -> None:
    """What is tried again for ever does not keep a process that has to end."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen, so that it refuses
        away = tmp_path / "amqp"
        away.touch(mode=0o600)
        away.write_text(f"amqp://127.0.0.1:{nobody.getsockname()[1]}")
        port = taken.getsockname()[1]
        variables = {"TICKBORG_WEBHOOK__PORT": str(port), "TICKBORG_RABBITMQ__URL_FILE": str(away)}
        said = await refused(deployed, tmp_path, "webhook", **variables)
    assert said.startswith(f"tickborg: cannot listen on 127.0.0.1:{port}: ")


@pytest.mark.parametrize(
    ("service", "variable", "value", "fault"),
    [
        (
            "webhook",
            "TICKBORG_WEBHOOK__PROT",
            "1",
            '[webhook] prot: no setting is called "prot"; did you mean "port"?',
        ),
        (
            "worker",
            "TICKBORG_TEMPORAL__ADDRESS",
            "127.0.0.1:9",
            "cannot connect to Temporal at 127.0.0.1:9, namespace default: Connection refused; check",
        ),
        (
            "worker",
            "TICKBORG_GITHUB__PRIVATE_KEY_FILE",
            "/gone.pem",
            "[github] private_key_file: /gone.pem cannot",
        ),
        ("builder", "TICKBORG_BUILDER__SYSTEMS", "x86_64-plan9", "[builder] systems: "),
        (
            "logs",
            "TICKBORG_RABBITMQ__URL",
            "amqp://localhost",
            "[rabbitmq]: url and url_file must not both be given",
        ),
    ],
)
async def test_settings_that_cannot_be_used_are_named(
    deployed: Deployment, tmp_path: Path, service: str, variable: str, value: str, fault: str
) -> None:
    """A process that was told nonsense says in one line what, and ends at once."""
    assert fault in await refused(deployed, tmp_path, service, **{variable: value})


async def test_settings_that_are_not_there_are_named(tmp_path: Path) -> None:
    """A name that was mistyped is not taken for no settings at all."""
    missing = tmp_path / "tickborgg.toml"
    process = await start_tickborg(tmp_path / "output", "worker", "--config", str(missing))
    assert await process.ended() == USAGE_ERROR
    assert process.said == f"tickborg: --config: there is no file {missing}\n"


async def refused(deployed: Deployment, folder: Path, service: str, **variables: str) -> str:
    """The one line of complaint of a service that ends by itself."""
    settings = str(deployed.folder / "tickborg.toml")
    process = await start_tickborg(folder / "output", service, "--config", settings, **variables)
    assert await process.ended() == USAGE_ERROR, process.said
    [complaint] = [line for line in process.said.splitlines() if not re.match(r"\d{4}-\d\d-\d\d ", line)]
    return complaint
