"""Webhooks over HTTP into a real Temporal: what is answered 202 is durable there."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle

from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect, connect_lazily
from emulator import EmulatedGitHub, Person, serve
from emulator.git import create_bare
from emulator.server import listening
from tests.support.eventually import eventually
from tests.support.github_json import pull_json
from tests.support.patience import PATIENCE_SECONDS
from tests.support.webhooks import SECRET, FakeStats, encode, headers, pull_request_payload
from tickborg.events.pull_requests import PullRequestEvent
from tickborg.memory import PullRequestStart
from tickborg.served_repositories import ServedRepositories
from webhook.answers import BODY_LIMIT
from webhook.app import create_app
from webhook.temporal_starter import ANSWER_SECONDS, TemporalStarter

GITHUB_WAITS = 10.0
"""Seconds; the limit is 3 s (design, section 5), which leaves a busy machine some to keep it."""


class Service:
    """A served webhook."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def post(self, payload: dict[str, Any]) -> httpx2.Response:
        """Send a pull_request event as GitHub does."""
        body = encode(payload)
        return await self._request("POST", "/github-webhook", content=body, headers=headers(body))

    async def post_raw(self, body: bytes) -> httpx2.Response:
        """Send any body, signed."""
        return await self._request("POST", "/github-webhook", content=body, headers=headers(body))

    async def get(self, path: str) -> int:
        """The status of a page."""
        return (await self._request("GET", path)).status_code

    async def _request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=PATIENCE_SECONDS) as client:
            return await client.request(method, self.url + path, **options)


@asynccontextmanager
async def serving(address: str, repos: str = "acme/*") -> AsyncIterator[Service]:
    """A webhook service whose Temporal is, or will be, at ``address``."""
    client = await connect_lazily(TemporalConnection(address))
    app = create_app(
        secret=SECRET,
        served=ServedRepositories(patterns=(repos,)),
        starter=TemporalStarter(client),
        stats=FakeStats(),
    )
    async with listening(app) as url:
        yield Service(url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A Temporal for the tests that do not stop it; each has a pull request of its own."""
    async with EmbeddedTemporal(tmp_path_factory.mktemp("temporal")) as server:
        yield server.address


@pytest.fixture
async def service(address: str) -> AsyncIterator[Service]:
    """A webhook service in front of that Temporal."""
    async with serving(address) as each:
        yield each


@pytest.fixture
async def client(address: str) -> Client:
    """What looks into that Temporal."""
    return await connect(TemporalConnection(address))


async def heard(client: Client, workflow: WorkflowHandle[Any, Any]) -> list[PullRequestEvent]:
    """The events that a run of a pull request's owner has been signalled."""
    signals = [
        event.workflow_execution_signaled_event_attributes
        async for event in workflow.fetch_history_events()
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    assert {signal.signal_name for signal in signals} <= {"pull_request_event"}
    converter = client.data_converter
    return [(await converter.decode(signal.input.payloads, [PullRequestEvent]))[0] for signal in signals]


async def test_a_pull_request_becomes_a_workflow_that_can_be_found(service: Service, client: Client) -> None:
    """With its argument, first signal, search attributes, summary and fairness key."""
    answer = await service.post(pull_request_payload(pull_request=pull_json(number=1)))
    assert (answer.status_code, answer.json()["workflow_id"]) == (202, "pr/acme/mono/1")
    workflow = client.get_workflow_handle("pr/acme/mono/1")
    described = await workflow.describe()
    attributes = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert attributes == {"TickborgRepo": "acme/mono", "TickborgPr": 1, "TickborgAuthor": "ada"}
    assert await described.static_summary() == "acme/mono#1 by ada: A change"
    assert (described.workflow_type, described.task_queue) == ("PullRequest", "tickborg")
    first = await anext(aiter(workflow.fetch_history_events()))
    started = first.workflow_execution_started_event_attributes
    assert started.priority.fairness_key == "ada"
    [argument] = await client.data_converter.decode(started.input.payloads, [PullRequestStart])
    assert (str(argument.repo), argument.number) == ("acme/mono", 1)
    assert [event.action for event in await heard(client, workflow)] == ["opened"]


async def test_a_running_owner_is_signalled_and_an_ended_one_starts_anew(
    service: Service, client: Client
) -> None:
    """No event falls between two runs."""
    pull = pull_json(number=2)
    for action in ("opened", "synchronize"):
        await service.post(pull_request_payload(action, pull_request=pull))
    first = client.get_workflow_handle("pr/acme/mono/2", run_id=(await run_of(client, 2)))
    assert [event.action for event in await heard(client, first)] == ["opened", "synchronize"]
    await first.terminate()
    await service.post(pull_request_payload("reopened", pull_request=pull))
    second = client.get_workflow_handle("pr/acme/mono/2", run_id=(await run_of(client, 2)))
    assert second.run_id != first.run_id
    assert [event.action for event in await heard(client, second)] == ["reopened"]


async def run_of(client: Client, number: int) -> str:
    """The latest run of a pull request's owner."""
    return (await client.get_workflow_handle(f"pr/acme/mono/{number}").describe()).run_id


async def test_simultaneous_events_have_one_owner_and_are_all_heard(service: Service, client: Client) -> None:
    """GitHub sends several events of one moment at once."""
    payload = pull_request_payload(pull_request=pull_json(number=3))
    answers = await asyncio.gather(*(service.post(payload) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    events = await heard(client, client.get_workflow_handle("pr/acme/mono/3"))
    assert len({event.delivery for event in events}) == 20


async def test_what_temporal_would_not_take_is_503_and_no_500(address: str, client: Client) -> None:
    """A namespace that is missing is an operator's mistake, and the delivery is worth repeating."""
    nowhere = await connect_lazily(TemporalConnection(address, namespace="nowhere"))
    app = create_app(
        secret=SECRET,
        served=ServedRepositories(patterns=("acme/*",)),
        starter=TemporalStarter(nowhere),
        stats=FakeStats(),
    )
    async with listening(app) as url:
        service = Service(url)
        assert (await service.post(pull_request_payload())).status_code == 503
        assert await service.get("/readyz") == 503


async def test_a_service_started_without_temporal_serves_as_soon_as_it_comes(tmp_path: Path) -> None:
    """Until then it is up but not ready and answers soon; it needs no restart, not after a crash either."""
    server = EmbeddedTemporal(tmp_path)
    await server.start()
    await server.stop()
    async with serving(server.address) as service:
        await assert_unavailable(service)
        async with server:
            await eventually(lambda: is_ready(service))
            assert (await service.post(pull_request_payload())).status_code == 202
            await server.kill()
            await assert_unavailable(service)
            await server.start()
            await eventually(lambda: is_ready(service))
            assert (await service.post(pull_request_payload("synchronize"))).status_code == 202
            client = await connect(TemporalConnection(server.address))
            events = await heard(client, client.get_workflow_handle("pr/acme/mono/7"))
            assert [event.action for event in events] == ["opened", "synchronize"]


async def is_ready(service: Service) -> bool:
    """Whether it would accept a webhook."""
    return await service.get("/readyz") == 200


async def assert_unavailable(service: Service) -> None:
    """It lives, says that it cannot, and says so soon."""
    began = perf_counter()
    assert (await service.post(pull_request_payload())).status_code == 503
    assert perf_counter() - began < GITHUB_WAITS
    assert (await service.get("/healthz"), await service.get("/readyz")) == (200, 503)


async def test_a_temporal_that_swallows_everything_is_given_up_within_three_seconds() -> None:
    """Nothing is refused there and nothing answered, which no time-out of a call covers."""
    assert ANSWER_SECONDS < 3
    with socket.create_server(("127.0.0.1", 0)) as black_hole:
        async with serving(f"127.0.0.1:{black_hole.getsockname()[1]}") as service:
            began = perf_counter()
            answers = await asyncio.gather(*(service.post(pull_request_payload()) for _ in range(5)))
            assert perf_counter() - began < GITHUB_WAITS
            assert {answer.status_code for answer in answers} == {503}


async def test_what_the_emulated_github_sends_is_understood(
    address: str, client: Client, tmp_path: Path
) -> None:
    """A person's pull request and what is pushed to it are told to its owner."""
    create_bare(tmp_path / "mono.git")
    github = EmulatedGitHub()
    mono = github.create_repository("project-tick/mono", tmp_path / "mono.git")
    app = github.create_app("tickbot", webhook_secret=SECRET.decode())
    github.install(app, mono)
    maya = Person(github, "maya")
    maya.commit(mono, "main", {"README.md": b"A monorepo.\n"}, "Begin")
    async with serving(address, repos="project-tick/mono") as service, serve(github):
        app.webhook_url = f"{service.url}/github-webhook"
        maya.commit(mono, "topic", {"README.md": b"A better one.\n"}, "Better")
        pull = maya.open_pull_request(mono, head="topic", title="Better", body="Really.")
        maya.commit(mono, "topic", {"README.md": b"The best one.\n"}, "Best")
        await github.webhooks.settled()
    workflow = client.get_workflow_handle(f"pr/project-tick/mono/{pull.number}")
    assert {event.action for event in await heard(client, workflow)} == {"opened", "synchronize"}
    assert {delivery.status_code for delivery in app.deliveries} <= {200, 202}


async def test_a_large_body_is_read_to_its_end_and_an_endless_one_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The client of the first sees its answer; the second is cut off, or it would be heard for ever."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        async with serving(f"127.0.0.1:{nobody.getsockname()[1]}") as service:
            assert (await service.post_raw(bytes(BODY_LIMIT + 1))).status_code == 413
            caplog.clear()
            await send_until_cut_off(service.url)
    assert '"status": 413' in caplog.text


async def send_until_cut_off(url: str) -> None:
    """Send a body without end; return when the server has closed the connection."""
    host, port = url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /github-webhook HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
    with suppress(ConnectionError):
        while True:
            writer.write(chunk)
            await writer.drain()
    writer.close()
