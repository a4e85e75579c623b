"""Webhooks over HTTP into a real Temporal: what is answered 202 is durable there."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import quote

import httpx2
import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect, connect_lazily, trying_once
from emulator import EmulatedGitHub, Person, serve
from emulator.git import create_bare
from emulator.server import listening
from emulator.state import Delivery
from tests.support.eventually import eventually
from tests.support.github_json import pull_json
from tests.support.patience import PATIENCE_SECONDS
from tests.support.webhooks import (
    SECRET,
    FakeStats,
    check_run_payload,
    check_suite_payload,
    comment_payload,
    encode,
    headers,
    hearing,
    pull_request_payload,
    push_payload,
)
from tickborg.events.buttons import RerunStart
from tickborg.events.comments import IssueComment
from tickborg.events.pull_requests import PullRequestEvent
from tickborg.events.pushes import PushEvent
from tickborg.memory import PullRequestStart
from tickborg.push_memory import PushStart
from webhook.answers import BODY_LIMIT
from webhook.app import create_app
from webhook.temporal_starter import ANSWER_SECONDS, TemporalStarter

GITHUB_WAITS = 10.0
"""Seconds; the limit is 3 s (design, section 5), which leaves a busy machine some to keep it."""


class Service:
    """A served webhook."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def post(
        self, payload: dict[str, Any], event: str = "pull_request", **changes: str
    ) -> httpx2.Response:
        """Send an event as GitHub does, but for ``changes`` of its headers."""
        body = encode(payload)
        return await self.send(body, headers(body, event, **changes))

    async def send(self, body: bytes, sent: dict[str, str]) -> httpx2.Response:
        """Send anything."""
        return await self._request("POST", "/github-webhook", content=body, headers=sent)

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
        policy=hearing(repos),
        starter=TemporalStarter(await trying_once(client)),
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


T = TypeVar("T")
SIGNALS: dict[type[Any], str] = {PullRequestEvent: "pull_request_event", PushEvent: "push_event"}


async def heard_of(client: Client, workflow: WorkflowHandle[Any, Any], shape: type[T]) -> list[T]:
    """What a run of an owner has been signalled."""
    signals = [
        event.workflow_execution_signaled_event_attributes
        async for event in workflow.fetch_history_events()
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    assert {signal.signal_name for signal in signals} <= {SIGNALS[shape]}
    converter = client.data_converter
    return [(await converter.decode(signal.input.payloads, [shape]))[0] for signal in signals]


async def heard(client: Client, workflow: WorkflowHandle[Any, Any]) -> list[PullRequestEvent]:
    """The events that a run of a pull request's owner has been signalled."""
    return await heard_of(client, workflow, PullRequestEvent)


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


async def started_with(client: Client, workflow: WorkflowHandle[Any, Any], shape: type[T]) -> T:
    """What a workflow was started with."""
    first = await anext(aiter(workflow.fetch_history_events()))
    payloads = first.workflow_execution_started_event_attributes.input.payloads
    argument: T
    [argument] = await client.data_converter.decode(payloads, [shape])
    return argument


async def runs_of(client: Client, workflow_id: str) -> int:
    """How many runs a workflow ever had; the server counts with a delay, so the first is waited for."""
    query = f'WorkflowId="{workflow_id}"'

    async def count() -> int:
        return (await client.count_workflows(query)).count

    return await eventually(count)


@pytest.mark.parametrize("ended", [False, True], ids=["runs", "ended"])
async def test_a_comment_is_read_once_however_often_it_is_delivered(
    service: Service, client: Client, *, ended: bool
) -> None:
    """At once and later, while it is read and when that is done; GitHub is told 202 each time."""
    payload = comment_payload(id=100 + ended)
    workflow_id = f"comment/acme/mono/7/{100 + ended}"
    first = await asyncio.gather(*(service.post(payload, "issue_comment") for _ in range(5)))
    workflow = client.get_workflow_handle(workflow_id)
    described = await workflow.describe()
    if ended:
        await workflow.terminate()
    again = await service.post(payload, "issue_comment")
    assert {answer.status_code for answer in (*first, again)} == {202}
    assert {answer.json()["workflow_id"] for answer in (*first, again)} == {workflow_id}
    assert (await workflow.describe()).run_id == described.run_id
    assert await runs_of(client, workflow_id) == 1


async def test_a_comment_becomes_a_workflow_that_can_be_found(service: Service, client: Client) -> None:
    """With the comment, search attributes, summary and fairness key."""
    answer = await service.post(comment_payload("@TickBot build cgit", id=200), "issue_comment")
    workflow = client.get_workflow_handle(answer.json()["workflow_id"])
    described = await workflow.describe()
    attributes = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert attributes == {"TickborgRepo": "acme/mono", "TickborgPr": 7, "TickborgAuthor": "bob"}
    assert await described.static_summary() == "acme/mono#7 comment by bob: @TickBot build cgit"
    assert (described.workflow_type, described.task_queue) == ("Comment", "tickborg")
    comment = await started_with(client, workflow, IssueComment)
    assert (comment.comment_id, comment.body) == (200, "@TickBot build cgit")


@pytest.mark.parametrize("event", ["check_run", "check_suite"])
async def test_a_button_is_seen_to_once_a_press(service: Service, client: Client, event: str) -> None:
    """A redelivery is the same press, another delivery another."""
    payload = check_run_payload() if event == "check_run" else check_suite_payload()
    presses = [f"{event}-first", f"{event}-first", f"{event}-second"]
    answers = [await service.post(payload, event, x_github_delivery=press) for press in presses]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert [answer.json()["workflow_id"] for answer in answers] == [f"rerun/{press}" for press in presses]
    assert await runs_of(client, f"rerun/{event}-first") == 1
    workflow = client.get_workflow_handle(f"rerun/{event}-second")
    attributes = {pair.key.name: pair.value for pair in (await workflow.describe()).typed_search_attributes}
    assert attributes["TickborgSha"] == "a" * 40
    button = (await started_with(client, workflow, RerunStart)).button
    assert (button.kind, button.delivery, button.by) == (event, f"{event}-second", "maya")


async def test_pushes_are_told_to_the_one_owner_of_their_branch(service: Service, client: Client) -> None:
    """Which decides what it has heard before."""
    for after in ("b", "c"):
        assert (await service.post(push_payload(after=after * 40), "push")).status_code == 202
    assert (await service.post(push_payload(ref="refs/heads/topic"), "push")).status_code == 200
    workflow = client.get_workflow_handle("push/acme/mono/main")
    assert (await workflow.describe()).workflow_type == "Push"
    assert (await started_with(client, workflow, PushStart)).branch == "main"
    pushes = await heard_of(client, workflow, PushEvent)
    assert [push.after[0] for push in pushes] == ["b", "c"]
    assert await runs_of(client, workflow.id) == 1


async def test_what_temporal_would_not_take_is_503_and_no_500(address: str, client: Client) -> None:
    """A namespace that is missing is an operator's mistake, and the delivery is worth repeating."""
    nowhere = await connect_lazily(TemporalConnection(address, namespace="nowhere"))
    app = create_app(
        secret=SECRET,
        policy=hearing("acme/*"),
        starter=TemporalStarter(await trying_once(nowhere)),
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


def bad_webhooks() -> dict[str, tuple[bytes, dict[str, str], int, str]]:
    """Body, headers, and what is answered: a status and a part of the text."""
    wanted = encode(pull_request_payload(pull_request=pull_json(number=13)))
    nameless = encode(pull_request_payload(pull_request=pull_json(number=13), repository=None))
    form = b"payload=" + quote(wanted.decode()).encode()
    as_form = {"content-type": "application/x-www-form-urlencoded"}
    too_large = bytes(BODY_LIMIT + 1024 * 1024)
    return {
        "unsigned": (
            wanted,
            headers(wanted, x_hub_signature_256=None),
            401,
            "X-Hub-Signature-256 is missing",
        ),
        "wrongly signed": (wanted, headers(b"{}"), 403, "not that of this body"),
        "truncated": (wanted[:-9], headers(wanted), 403, "not that of this body"),
        "truncated and signed": (wanted[:-9], headers(wanted[:-9]), 400, "the payload is not JSON: EOF"),
        "empty": (b"", headers(b""), 400, "the payload is empty"),
        "26 MiB": (too_large, headers(too_large), 413, "(25 MiB)"),
        "not JSON": (b"hello", headers(b"hello"), 400, "the payload is not JSON: expected value"),
        "not an object": (b"[]", headers(b"[]"), 400, "the payload is JSON, but not an object"),
        "a form that says it is JSON": (form, headers(form), 400, "the payload is not JSON"),
        "a form without payload": (b"a=1", headers(b"a=1") | as_form, 400, "one field `payload`, and has 0"),
        "plain text": (
            wanted,
            headers(wanted) | {"content-type": "text/plain"},
            415,
            "neither JSON nor a form",
        ),
        "of an unknown event": (wanted, headers(wanted, "teleport"), 200, "teleport events start nothing"),
        "without its repository": (nameless, headers(nameless), 400, "the event must name its repository"),
        "without any repository": (b"{}", headers(b"{}", "installation"), 200, "need no preparation"),
    }


@pytest.mark.parametrize("kind", bad_webhooks())
async def test_a_bad_webhook_is_answered_and_starts_nothing(
    service: Service, client: Client, kind: str
) -> None:
    """The answer says what is wrong, and Temporal has not heard of it."""
    body, sent, status, said = bad_webhooks()[kind]
    answer = await service.send(body, sent)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert answer.json().keys() == ({"reason"} if status == 200 else {"error", "advice"})
    with pytest.raises(RPCError, match="not found"):
        await client.get_workflow_handle("pr/acme/mono/13").describe()


async def test_a_form_is_heard_as_json_is(service: Service, client: Client) -> None:
    """GitHub sends either, as the webhook is set up; both are durable."""
    body = (
        b"payload=" + quote(encode(pull_request_payload(pull_request=pull_json(number=14))).decode()).encode()
    )
    answer = await service.send(body, headers(body) | {"content-type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()["workflow_id"]) == (202, "pr/acme/mono/14")
    [event] = await heard(client, client.get_workflow_handle("pr/acme/mono/14"))
    assert event.pull.number == 14


async def test_what_the_emulated_github_sends_is_understood(
    address: str, client: Client, tmp_path: Path
) -> None:
    """What people do there becomes workflows, and what GitHub sends twice does not become two."""
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
        comment = maya.comment(pull, "@tickbot eval")
        maya.comment(pull, "Thanks!")
        suite = next(suite for suite in mono.suites.values() if suite.head_sha == pull.head_sha)
        maya.rerun_all(suite)
        maya.commit(mono, "main", {"LICENSE": b"MIT\n"}, "License it")
        await github.webhooks.settled()
        for delivery in tuple(app.deliveries):
            github.webhooks.repeat(app, delivery)
        await github.webhooks.settled()
    pull_id = f"pr/project-tick/mono/{pull.number}"
    events = await heard(client, client.get_workflow_handle(pull_id))
    assert {event.action for event in events} == {"opened", "synchronize"}
    pushes = await heard_of(client, client.get_workflow_handle("push/project-tick/mono/main"), PushEvent)
    assert {push.after for push in pushes} == {mono.branches["main"]}
    comment_id = f"comment/project-tick/mono/{pull.number}/{comment.id}"
    rerun_id = next(f"rerun/{each.guid}" for each in app.deliveries if each.action == "rerequested")
    started = {workflow_id_of(each) for each in app.deliveries if each.status_code == 202}
    assert started == {pull_id, "push/project-tick/mono/main", comment_id, rerun_id}
    assert {delivery.status_code for delivery in app.deliveries} == {200, 202}
    assert [await runs_of(client, workflow_id) for workflow_id in sorted(started)] == [1, 1, 1, 1]


def workflow_id_of(delivery: Delivery) -> str:
    """What the service said that it started."""
    return str(json.loads(delivery.response_body or "")["workflow_id"])


async def test_a_large_body_is_read_to_its_end_and_an_endless_one_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The client of the first sees its answer; the second is cut off, or it would be heard for ever."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        async with serving(f"127.0.0.1:{nobody.getsockname()[1]}") as service:
            large = bytes(BODY_LIMIT + 1)
            assert (await service.send(large, headers(large))).status_code == 413
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
