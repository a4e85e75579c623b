"""`deploy/make-secrets` makes secrets that a real RabbitMQ takes, and a builder that may only publish."""

import json
import subprocess
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.exceptions import ProbableAuthenticationError
from aiormq.exceptions import ChannelAccessRefused

from cli import embedded_rabbitmq
from cli.embedded_rabbitmq import EmbeddedRabbitMQ
from messaging.amqp import AmqpTransport
from messaging.topology import EXCHANGES, LOGS, QUEUES
from messaging.transport import OutgoingMessage
from tickborg.messages import LOGS_QUEUE, log_routing_key

ROOT = Path(__file__).parents[2]
MAKE_SECRETS = ROOT / "deploy" / "make-secrets"


def made(folder: Path) -> str:
    """Make what is missing in ``folder``; what was said."""
    ran = subprocess.run([MAKE_SECRETS, folder], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    return ran.stdout


def contents(folder: Path) -> Mapping[str, str]:
    """Name and content of each file."""
    return {file.name: file.read_text() for file in folder.iterdir()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def urls(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mapping[str, str]]:
    """URLs of ``tickborg``, ``builder`` and RabbitMQ's usual ``guest``, at a broker that begins with ours."""
    folder = tmp_path_factory.mktemp("secrets")
    made(folder)
    definitions = f"load_definitions = {folder / 'rabbitmq-definitions.json'}\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded_rabbitmq, "_CONFIGURATION", embedded_rabbitmq._CONFIGURATION + definitions)
        async with EmbeddedRabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as node:
            here = urlsplit(node.url).netloc.rpartition("@")[2]
            ours = {
                name: (folder / f"rabbitmq-{name}").read_text().strip() for name in ("url", "builder-url")
            }
            at_here = {name: url.replace("rabbitmq:5672", here) for name, url in ours.items()}
            yield {"tickborg": at_here["url"], "builder": at_here["builder-url"], "guest": node.url}


def test_secrets_are_made_once(tmp_path: Path) -> None:
    """What is there is never written over, and what is missing beside it fits to it."""
    folder = tmp_path / "secrets"
    first = made(folder)
    before = contents(folder)
    assert made(folder).count("is there already") == len(before) == 5
    assert contents(folder) == before

    (folder / "rabbitmq-definitions.json").unlink()
    made(folder)
    kept = {name: text for name, text in contents(folder).items() if "definitions" not in name}
    assert kept.items() <= before.items()
    assert "install -m 0444" in first
    (folder / "github-app-key.pem").touch()
    assert "install -m 0444" not in made(folder)


def test_secrets_differ_and_are_long(tmp_path: Path) -> None:
    """No two installations have one in common, and no two services share a password."""
    words: list[str] = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        made(folder)
        found = contents(folder)
        passwords = [urlsplit(found[f"rabbitmq-{name}"]).password or "" for name in ("url", "builder-url")]
        words += [*passwords, found["postgres-password"].strip(), found["github-webhook-secret"].strip()]
    assert len(set(words)) == len(words) == 8
    assert all(len(word) >= 48 for word in words)


def test_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    """Each file is mounted into containers whose users have other numbers, so all may read it there."""
    made(tmp_path / "secrets")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "secrets").iterdir()} == {0o444}


def test_definitions_hold_no_password(tmp_path: Path) -> None:
    """But salted hashes."""
    made(tmp_path)
    definitions = contents(tmp_path)["rabbitmq-definitions.json"]
    assert {user["name"] for user in json.loads(definitions)["users"]} == {"tickborg", "builder"}
    for name in ("rabbitmq-url", "rabbitmq-builder-url"):
        assert str(urlsplit(contents(tmp_path)[name]).password) not in definitions


@pytest.mark.asyncio(loop_scope="module")
async def test_nobody_is_let_in_with_a_password_that_everybody_knows(urls: Mapping[str, str]) -> None:
    """Not even from loopback."""
    with pytest.raises(ProbableAuthenticationError):
        await aio_pika.connect(urls["guest"])


@pytest.mark.asyncio(loop_scope="module")
async def test_a_builder_publishes_and_reads_nothing(urls: Mapping[str, str]) -> None:
    """What it publishes reaches the collector; other builds' logs it can neither take away nor listen to."""
    attempt = uuid4()
    message = OutgoingMessage(LOGS, log_routing_key(attempt), "message-1", b"{}")
    # A builder that is there first waits until the queues are.
    async with (
        AmqpTransport(urls["builder"]) as publishing,
        AmqpTransport(urls["tickborg"]) as collecting,
    ):
        await collecting.available()
        await publishing.available()
        await publishing.publish(message)
        async with collecting.subscribe(LOGS_QUEUE, 10) as subscription:
            [delivery] = await subscription.batch()
            assert delivery.body == b"{}"
            await subscription.acknowledge([delivery])
    async with await aio_pika.connect(urls["builder"]) as connection:
        for forbidden in (take_away, listen, declare_another):
            channel = await connection.channel(publisher_confirms=False)
            with pytest.raises(ChannelAccessRefused):
                await forbidden(channel)


async def take_away(channel: aio_pika.abc.AbstractChannel) -> None:
    """Consume build logs."""
    await (await channel.get_queue(LOGS_QUEUE, ensure=False)).get()


async def listen(channel: aio_pika.abc.AbstractChannel) -> None:
    """Bind a queue of one's own to the logs of all."""
    await (await channel.declare_queue(exclusive=True)).bind(LOGS.name, "#")


async def declare_another(channel: aio_pika.abc.AbstractChannel) -> None:
    """Make something of another name."""
    await channel.declare_exchange("mine")


def test_the_rights_of_a_builder_name_the_whole_topology() -> None:
    """A queue or exchange that is new must be thought of there, too."""
    script = MAKE_SECRETS.read_text()
    for name in (*(exchange.name for exchange in EXCHANGES), *(queue.name for queue in QUEUES)):
        assert name.replace(".", r"\.") in script
