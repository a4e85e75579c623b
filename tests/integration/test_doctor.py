"""`tickborg doctor` before real servers: what is right is left alone, and what is wrong is named."""

import io
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from rich.console import Console
from temporalio import activity
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.worker import Worker

from activities.clock import utc_now
from cli import embedded_temporal, schedules
from cli.doctor import broker
from cli.doctor import github as github_examination
from cli.doctor.examinations import examine
from cli.doctor.show import show
from cli.embedded_temporal import EmbeddedTemporal
from cli.schedules import Recurring, ensure
from cli.setup import prepare
from cli.temporal_client import TemporalConnection, connect
from emulator import EmulatedGitHub, serve
from emulator.state import App, Installation
from messaging.amqp import AmqpTransport
from messaging.topology import LOGS
from messaging.transport import OutgoingMessage
from tests.support.broker import RabbitMQNode
from tests.support.command_line import CommandLine
from tests.support.eventually import eventually
from tests.support.github_keys import new_private_key, private_key
from tests.support.site import SECRET, new_repository
from tickborg.diagnosis import Verdict
from tickborg.messages import DEAD_LETTER_QUEUE, LOGS_QUEUE, STATS_QUEUE
from tickborg.names import GIT_TASK_QUEUE, TASK_QUEUE, build_task_queue
from tickborg.settings import Settings
from tickborg.systems import System

LINUX, MAC = System.X86_64_LINUX, System.AARCH64_DARWIN


@activity.defn
async def nothing() -> None:
    """What a worker of these tests can do."""


@dataclass(frozen=True)
class Place:
    """A GitHub, a Temporal and a RabbitMQ on which everything is right, and the settings that name them."""

    github: EmulatedGitHub
    app: App
    installation: Installation
    client: Client
    broker: RabbitMQNode
    folder: Path
    url: str
    schedule: str

    def variables(self, **changes: str) -> dict[str, str]:
        """The settings, as an operator gives them to a process."""
        return {
            "TICKBORG_GITHUB__APP_ID": str(self.app.id),
            "TICKBORG_GITHUB__PRIVATE_KEY_FILE": str(self.folder / "key.pem"),
            "TICKBORG_GITHUB__API_URL": self.url,
            "TICKBORG_TEMPORAL__ADDRESS": self.client.service_client.config.target_host,
            "TICKBORG_TEMPORAL__NAMESPACE": self.client.namespace,
            "TICKBORG_RABBITMQ__URL_FILE": str(self.folder / "rabbitmq-url"),
            "TICKBORG_LOGS__LOG_STORAGE_PATH": str(self.folder / "logs"),
        } | changes

    def settings(self, **sections: dict[str, object]) -> Settings:
        """The same as a program has them, with ``sections`` in place of its own."""
        own: dict[str, dict[str, object]] = {
            "github": {
                "app_id": self.app.id,
                "private_key_file": self.folder / "key.pem",
                "api_url": self.url,
            },
            "temporal": {
                "address": self.client.service_client.config.target_host,
                "namespace": self.client.namespace,
            },
            "rabbitmq": {"url_file": self.folder / "rabbitmq-url"},
        }
        return Settings.model_validate({**own, **sections})


def secret(file: Path, text: str) -> None:
    """Write a secret as its owner keeps it."""
    file.touch(mode=0o600)
    file.write_text(text)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def prepared(temporal: EmbeddedTemporal) -> TemporalConnection:
    """A namespace that `tickborg setup` has made ready, which takes seconds."""
    connection = TemporalConnection(temporal.address, namespace=f"ci-{uuid4().hex[:8]}")
    async for _ in prepare(await connect(connection)):
        pass
    return connection


@pytest.fixture
async def place(
    tmp_path: Path, prepared: TemporalConnection, rabbitmq: RabbitMQNode, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    """Everything is right, but nobody works yet."""
    recurring = Recurring(f"tidying-{uuid4().hex[:8]}", "Tidying", timedelta(hours=1), "tidies")
    monkeypatch.setattr(schedules, "recurring", lambda _settings: (recurring,))
    client = await connect(prepared)
    await ensure(client, recurring)
    github = EmulatedGitHub()
    app = github.create_app("tickbot", webhook_secret=SECRET, private_key=private_key())
    repository = new_repository(github, app, tmp_path / "github", {"a": b"a\n"})
    app.webhook_url = "https://ci.example.org/github-webhook"  # what is sent there does not arrive
    [installation] = [each for each in github.installations.values() if repository in each.repositories]
    secret(tmp_path / "key.pem", private_key())
    secret(tmp_path / "rabbitmq-url", rabbitmq.url)
    async with serve(github) as url, AmqpTransport(rabbitmq.url) as transport:
        await transport.available()
        yield Place(github, app, installation, client, rabbitmq, tmp_path, url, recurring.id)


async def wrong(settings: Settings) -> dict[str, str]:
    """What is wrong, by what it is about."""
    found = await examine(settings)
    return {
        each.about: each.said
        for findings in found.values()
        for each in findings
        if each.verdict is Verdict.WRONG
    }


async def test_where_all_is_right_nothing_is_to_be_done(place: Place) -> None:
    """Workers poll, collectors consume; the exit status says so to a script, and so does the JSON."""
    async with AsyncExitStack() as stack:
        for queue in (TASK_QUEUE, GIT_TASK_QUEUE, build_task_queue(LINUX)):
            await stack.enter_async_context(Worker(place.client, task_queue=queue, activities=[nothing]))
        for queue in (LOGS_QUEUE, STATS_QUEUE):
            await stack.enter_async_context(AmqpTransport(place.broker.url).subscribe(queue, 1))
        assert await wrong(place.settings()) == {}
        printed = io.StringIO()
        assert await show(place.settings(), Console(file=printed, width=200), as_json=False) == 0
        scripted = await CommandLine(place.folder / "home").run("doctor", "--json", **place.variables())
    assert "✓ App: GitHub knows the App as tickbot" in printed.getvalue()
    assert "✓ fairness" in printed.getvalue()
    assert "✓ queue build.x86_64-linux: 1 worker" in printed.getvalue()
    assert "nothing to put right" in printed.getvalue()
    document = json.loads(scripted.printed)
    assert {place: findings[0]["about"] for place, findings in document.items()} == {
        "GitHub": "clock",
        "Temporal": "namespace",
        "RabbitMQ": "broker",
        "this host": f"disk of {place.folder / 'logs'}",
    }
    # The command's own list of what recurs is not that of these tests.
    faults = [
        each["about"] for findings in document.values() for each in findings if each["verdict"] == "wrong"
    ]
    assert all(about.startswith("schedule ") for about in faults)
    assert scripted.status == (1 if faults else 0)


def another_key(place: Place) -> None:
    """The file holds the key of another App, or an old one."""
    secret(place.folder / "key.pem", new_private_key())


def no_key(place: Place) -> None:
    """The file holds something else."""
    secret(place.folder / "key.pem", "it is a secret to nobody")


def fewer_permissions(place: Place) -> None:
    """The App does not ask for them."""
    place.app.permissions["checks"] = "read"


def not_accepted(place: Place) -> None:
    """The App asks for them, and the installation's owner has not answered."""
    del place.installation.permissions["statuses"]


def fewer_events(place: Place) -> None:
    """Somebody forgot a box."""
    place.app.events.remove("check_run")


def suspended(place: Place) -> None:
    """The owner of the installation stopped it."""
    place.installation.suspended_at = place.github.now()


def no_webhook(place: Place) -> None:
    """GitHub tells nobody."""
    place.app.webhook_url = None


def a_webhook_elsewhere(place: Place) -> None:
    """The path is wrong."""
    place.app.webhook_url = "https://ci.example.org/hook"


def another_secret(place: Place, answered: int = 403) -> None:
    """GitHub signs with it, and the webhook service checks with the old one."""
    place.github.webhooks.lose()
    delivery = place.github.webhooks.send(place.app, "push", {"ref": "refs/heads/main"})
    assert delivery
    delivery.status, delivery.status_code = HTTPStatus(answered).phrase, answered


def nobody_there(place: Place) -> None:
    """The webhook is away, or nothing leads there."""
    another_secret(place, 502)


@pytest.mark.parametrize(
    ("spoil", "about", "said"),
    [
        (another_key, "App", "private key is none of this App's"),
        (no_key, "connection", "cannot sign"),
        (fewer_permissions, "permissions", "the App lacks checks: write"),
        (not_accepted, "permissions", "has not granted statuses: write"),
        (fewer_events, "events", "GitHub does not tell of check_run"),
        (suspended, "installations", "is suspended"),
        (no_webhook, "webhook", "has no webhook URL"),
        (another_secret, "deliveries", "1 delivery refused with 403; let the App's webhook secret"),
        (nobody_there, "deliveries", "can GitHub reach https://ci.example.org/github-webhook?"),
        (a_webhook_elsewhere, "webhook", "tickborg hears /github-webhook"),
    ],
)
async def test_what_is_wrong_with_the_app_is_named(
    place: Place, spoil: Callable[[Place], None], about: str, said: str
) -> None:
    """Each with what to do about it, and beside all the rest."""
    spoil(place)
    found = await wrong(place.settings())
    assert said in found[about]
    assert f"queue {TASK_QUEUE}" in found, "the rest is looked at all the same"


async def test_a_wrong_clock_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub's own clock is in each of its answers."""
    monkeypatch.setattr(github_examination, "utc_now", lambda: utc_now() + timedelta(seconds=90))
    assert "ahead of GitHub" in (await wrong(place.settings()))["clock"]


async def test_queues_that_nobody_serves_are_named(place: Place) -> None:
    """Tasks without a worker, messages without a consumer, and those that nobody could use."""
    async with AmqpTransport(place.broker.url) as transport:
        await transport.available()
        await transport.publish(OutgoingMessage(LOGS, "logs.none", "m1", b"no JSON"))
        async with transport.subscribe(LOGS_QUEUE, 1) as subscription:
            [delivery] = await subscription.batch()
            await subscription.reject(delivery)
    found = await wrong(place.settings(policy={"systems": [LINUX, MAC], "primary_systems": [LINUX]}))
    assert "tickborg builder --system aarch64-darwin" in found[f"queue {build_task_queue(MAC)}"]
    assert "tickborg worker" in found[f"queue {GIT_TASK_QUEUE}"]
    assert "tickborg stats" in found[f"queue {STATS_QUEUE}"]
    assert "1 message that waits" in found[f"queue {DEAD_LETTER_QUEUE}"]


async def test_a_broker_that_no_service_has_seen_is_no_broker_that_is_away(
    tmp_path: Path, rabbitmq: RabbitMQNode
) -> None:
    """Who makes the queues is said."""
    secret(tmp_path / "url", rabbitmq.url)
    settings = Settings.model_validate({"rabbitmq": {"url_file": tmp_path / "url"}})
    there, queues = [each async for each in broker.examine(settings)]
    assert there.verdict is Verdict.FINE
    assert "start `tickborg logs` or `tickborg stats`, which make the queues" in queues.said


async def test_what_setup_has_not_made_is_named(place: Place) -> None:
    """A namespace that somebody else made: without search attributes, and forgetful."""
    name = f"ci-{uuid4().hex[:8]}"
    request = RegisterNamespaceRequest(
        namespace=name, workflow_execution_retention_period=Duration(seconds=86_400)
    )
    await place.client.workflow_service.register_namespace(request)
    address = place.client.service_client.config.target_host
    found = await wrong(place.settings(temporal={"address": address, "namespace": name}))
    assert "keeps closed workflows for 1 d and not for 30 d" in found["namespace"]
    assert "TickborgRepo" in found["search attributes"]
    assert "run `tickborg setup`" in found[f"schedule {place.schedule}"]
    absent = await wrong(place.settings(temporal={"address": address, "namespace": "nobody-made-it"}))
    assert "there is no namespace nobody-made-it" in absent["namespace"]


async def test_a_schedule_that_is_paused_is_named(place: Place) -> None:
    """With the note of whoever paused it, and the command that goes on."""
    await place.client.get_schedule_handle(place.schedule).pause(note="the disk is being replaced")
    found = await wrong(place.settings())
    assert "paused (the disk is being replaced)" in found[f"schedule {place.schedule}"]


async def test_servers_that_do_not_answer_are_named(place: Place) -> None:
    """One that is away says nothing of the others."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = await examine(
        place.settings(
            rabbitmq={"url": f"amqp://127.0.0.1:{port}/"},
            temporal={"address": f"127.0.0.1:{port}"},
        )
    )
    assert f"RabbitMQ at 127.0.0.1:{port}" in found["RabbitMQ"][0].said
    assert f"127.0.0.1:{port}" in found["Temporal"][0].said
    assert found["GitHub"][0].verdict is Verdict.FINE


async def test_nothing_of_the_probe_stays(place: Place) -> None:
    """What showed whether Temporal is fair is ended when the doctor has seen it."""
    await examine(place.settings())

    async def nothing_runs() -> bool:
        running = place.client.list_workflows("WorkflowType='tickborg-doctor' AND ExecutionStatus='Running'")
        return not [each.id async for each in running]

    await eventually(nothing_runs)


async def test_an_unfair_server_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one is by default: the probe sees the order in which it hands out tasks."""
    monkeypatch.setattr(schedules, "recurring", lambda _settings: ())
    monkeypatch.delitem(embedded_temporal.DYNAMIC_CONFIG, "matching.enableFairness")
    async with EmbeddedTemporal(tmp_path / "temporal") as server:
        found = await wrong(Settings.model_validate({"temporal": {"address": server.address}}))
    assert "matching.enableFairness" in found["fairness"]
