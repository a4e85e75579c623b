"""2,000 webhooks in a minute, and as many at once: how soon each is answered, and that all is done once."""

import asyncio
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from statistics import quantiles

from temporalio.client import Client

from benchmarks.ground import Ground
from benchmarks.measurement import Measured, Sample, Unit
from benchmarks.once import answer_faults, answered_as, run_faults, runs_of, shown_faults
from benchmarks.processes import tickborg, write_secret
from benchmarks.traffic import MALFORMED, REPEATED, Acts, Webhook, act, traffic
from benchmarks.webhook_sender import ANSWERS, Answer, Request, Sending
from cli.demo.sample import create
from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect
from emulator import EmulatedGitHub, serve
from emulator.state import App, Repository
from tickborg.errors import InfrastructureError
from tickborg.github import RepositoryName

NAME = "load"
A_MINUTE, IN_A_MINUTE = 60.0, 2_000
TARGET_MS = 1_000
PATIENCE_SECONDS = 600.0
_LOOK_SECONDS = 1.0
_ROUNDS = 10
"""How often a webhook may be answered 503 before that is a fault."""
_SECRET = "the benchmark's own"
_FILES = {"README.md": b"A monorepo.\n", "notes/Makefile": b"all:\n"}
_SHOWN_FAULTS = 10

_SETTINGS = """\
[github]
app_id = {app_id}
private_key_file = "key.pem"
webhook_secret_file = "webhook-secret"
api_url = "{github}"
git_url = "{github}"
[temporal]
address = "{temporal}"
[rabbitmq]
url_file = "url"
spool_path = "spool"
[webhook]
port = 0
[git]
mirror_path = "mirrors"
[policy]
repos = ["bench/*"]
"""


@dataclass(frozen=True)
class Services:
    """A webhook service, a worker, and all that is around them."""

    folder: Path
    github: EmulatedGitHub
    app: App
    client: Client
    url: str

    def repository(self, name: str) -> Repository:
        """A new one, with the bot installed on it."""
        path = self.folder / f"{name}.git"
        create(path, dict(_FILES))
        repository = self.github.create_repository(f"bench/{name}", path)
        self.github.install(self.app, repository)
        return repository


@dataclass(frozen=True)
class Round:
    """Webhooks that were sent, and what became of them."""

    webhooks: Sequence[Webhook]
    answers: Sequence[Answer]
    sent_seconds: float
    done_seconds: float

    @property
    def good(self) -> tuple[float, ...]:
        """Milliseconds that each good webhook took."""
        pairs = zip(self.webhooks, self.answers, strict=True)
        return tuple(answer.milliseconds for webhook, answer in pairs if webhook.good)

    @property
    def p99(self) -> float:
        """Milliseconds within which 99 of 100 good webhooks were answered."""
        return quantiles(self.good, n=100, method="inclusive")[-1]


def measure(ground: Ground) -> list[Measured]:
    """Send them at an even pace, see that all is done, and send as many others at once.

    The service, the worker, Temporal, RabbitMQ and what sends are processes of their own; the emulated GitHub
    is in ours.

    Raises:
        InfrastructureError: something was answered otherwise than it has to be, or not done, or done twice.
    """
    even, burst = asyncio.run(_measure(ground))
    count = len(even.webhooks)
    return [
        Measured(
            NAME,
            Sample(f"the 99th of 100 good webhooks of {count:,}, 2,000 a minute", (even.p99,)),
            target=TARGET_MS,
            within=(
                Sample("every good webhook", even.good),
                Sample("the slowest", (max(even.good),)),
                Sample("all sent until all done, once", ((even.done_seconds - even.sent_seconds) * 1000,)),
            ),
        ),
        Measured(
            NAME, Sample(f"{count:,} webhooks at once", (count / burst.sent_seconds,)), Unit.WEBHOOKS_A_SECOND
        ),
        Measured(
            NAME,
            Sample("the 99th of 100 good ones of these", (burst.p99,)),
            within=(
                Sample("every good webhook", burst.good),
                Sample("all sent until all done, once", ((burst.done_seconds - burst.sent_seconds) * 1000,)),
            ),
        ),
    ]


async def _measure(ground: Ground) -> tuple[Round, Round]:
    count = ground.sizes.webhooks
    async with _services(ground) as services:
        even = await _round(services, "even", count, pause=A_MINUTE / IN_A_MINUTE)
        return even, await _round(services, "burst", count, pause=0)


@asynccontextmanager
async def _services(ground: Ground) -> AsyncIterator[Services]:
    folder = ground.subfolder("load")
    github = EmulatedGitHub(hourly_calls=1_000_000)
    app = github.create_app("tickborg", webhook_secret=_SECRET)
    app.webhook_url = "http://nowhere.invalid"
    async with (
        serve(github) as url,
        EmbeddedTemporal(folder / "temporal") as temporal,
        ground.rabbitmq(folder / "rabbitmq") as rabbitmq,
    ):
        secrets = {"key.pem": app.private_key, "webhook-secret": _SECRET, "url": rabbitmq}
        for name, secret in secrets.items():
            write_secret(folder / name, secret)
        settings = folder / "tickborg.toml"
        settings.write_text(_SETTINGS.format(app_id=app.id, github=url, temporal=temporal.address))
        async with (
            tickborg(folder, "webhook", settings) as webhook,
            tickborg(folder, "worker", settings) as worker,
        ):
            address = (await webhook.says(r"listening at (\S+)"))[1]
            await worker.says("polling")
            client = await connect(TemporalConnection(temporal.address))
            yield Services(folder, github, app, client, address)


async def _round(services: Services, name: str, count: int, *, pause: float) -> Round:
    repository = services.repository(name)
    acts = act(services.github, services.app, repository, count - round(count * (REPEATED + MALFORMED)))
    webhooks = traffic(acts.deliveries, count, _SECRET)
    began = time.perf_counter()
    answers = await _send(services.url, webhooks, pause)
    sent = time.perf_counter() - began
    print(f"  {name}: {answered_as(webhooks, answers)}", file=sys.stderr, flush=True)
    _refuse(list(answer_faults(webhooks, await _accepted(services.url, webhooks, answers))))
    await _done(services.client, repository, acts)
    return Round(webhooks, answers, sent, time.perf_counter() - began)


async def _accepted(url: str, webhooks: Sequence[Webhook], answers: Sequence[Answer]) -> list[Answer]:
    """The answers, after what Temporal had no time for was sent again, as ``Reconcile`` would have it."""
    final = list(answers)
    for _ in range(_ROUNDS):
        again = [
            place
            for place, webhook in enumerate(webhooks)
            if webhook.good and final[place].status == HTTPStatus.SERVICE_UNAVAILABLE
        ]
        if not again:
            break
        print(f"  {len(again)} good webhooks, answered 503, are sent again", file=sys.stderr, flush=True)
        repeated = await _send(url, [webhooks[place] for place in again], A_MINUTE / IN_A_MINUTE)
        for place, answer in zip(again, repeated, strict=True):
            final[place] = answer
    return final


async def _send(url: str, webhooks: Sequence[Webhook], pause: float) -> list[Answer]:
    requests = [Request(headers=each.headers, body=b64encode(each.body)) for each in webhooks]
    sending = Sending(url=url, pause=pause, requests=requests)
    sender = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.webhook_sender"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    written, _ = await sender.communicate(sending.model_dump_json().encode())
    return ANSWERS.validate_json(written)


async def _done(client: Client, repository: Repository, acts: Acts) -> None:
    """Return when all is done, and was done once."""
    repo = RepositoryName.parse(repository.full_name)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        faults = [*run_faults(repo, acts, await runs_of(client, repository)), *shown_faults(repository, acts)]
        if not faults:
            return
        if time.monotonic() > deadline:
            _refuse(faults)
        await asyncio.sleep(_LOOK_SECONDS)


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        said = chain(faults[:_SHOWN_FAULTS], [f"{len(faults)} faults in all"])
        raise InfrastructureError("\n".join(said))
