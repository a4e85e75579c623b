"""The answers of the webhook service, over HTTP, with a Temporal and stats that are in memory."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from starlette.requests import Request
from starlette.types import Message, Scope

from tests.support.webhooks import (
    DELIVERY,
    SECRET,
    FakeStarter,
    FakeStats,
    encode,
    headers,
    hearing,
    pull_request_payload,
)
from tickborg.messages import EventName
from webhook.answers import BODY_LIMIT, TOO_SLOW
from webhook.app import PATHS, create_app
from webhook.body import read_body

OPENED = encode(pull_request_payload())


@dataclass
class Service:
    """A webhook service and what is around it."""

    starter: FakeStarter = field(default_factory=FakeStarter)
    stats: FakeStats = field(default_factory=FakeStats)

    def __post_init__(self) -> None:
        self.app = create_app(secret=SECRET, policy=hearing("acme/*"), starter=self.starter, stats=self.stats)

    async def request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Send any request."""
        transport = httpx2.ASGITransport(self.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://webhook") as client:
            return await client.request(method, path, **options)

    async def post(self, body: bytes, event: str = "pull_request", **changes: str | None) -> httpx2.Response:
        """Send a webhook, signed as GitHub signs it but for ``changes`` of its headers."""
        return await self.request("POST", PATHS[0], content=body, headers=headers(body, event, **changes))

    @property
    def counted(self) -> Counter[EventName]:
        """How often each thing was counted."""
        return Counter(event.name for event in self.stats.counted)


@pytest.fixture
def service() -> Service:
    """A service with an empty Temporal."""
    return Service()


@pytest.mark.parametrize("path", PATHS)
async def test_a_pull_request_is_accepted_with_its_workflows_id(service: Service, path: str) -> None:
    """By both of the names the webhook has."""
    answer = await service.request("POST", path, content=OPENED, headers=headers(OPENED))
    assert (answer.status_code, answer.json()["workflow_id"]) == (202, "pr/acme/mono/7")
    assert [event.action for event in service.starter.running["pr/acme/mono/7"]] == ["opened"]


async def test_a_form_is_as_good_as_json(service: Service) -> None:
    """GitHub sends either, as the webhook is set up."""
    body = urlencode({"payload": OPENED.decode()}).encode()
    answer = await service.post(body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 202
    assert "pr/acme/mono/7" in service.starter.running


async def test_a_redelivery_is_told_again_under_its_old_name(service: Service) -> None:
    """The owner of the pull request knows deliveries by their id and acts once; GitHub sees 202 twice."""
    for _ in range(2):
        assert (await service.post(OPENED, x_github_delivery=DELIVERY)).status_code == 202
    heard = service.starter.running["pr/acme/mono/7"]
    assert [event.delivery for event in heard] == [DELIVERY, DELIVERY]


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("ping", {"zen": "Design for failure."}),
        ("installation", {"action": "created"}),
        ("star", {"action": "created"}),
        ("pull_request", pull_request_payload("labeled")),
        ("pull_request", pull_request_payload(repository={"full_name": "stranger/mono"})),
    ],
)
async def test_nothing_to_do_is_200_with_the_reason(service: Service, event: str, payload: Any) -> None:
    """And starts nothing."""
    answer = await service.post(encode(payload), event)
    assert answer.status_code == 200
    assert answer.json()["reason"]
    assert not service.starter.running


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"x_hub_signature_256": None}, 401),
        ({"x_hub_signature_256": None, "x_hub_signature": "sha1=" + "0" * 40}, 401),
        ({"x_hub_signature_256": "sha256=0"}, 401),
        ({"x_hub_signature_256": "sha256=" + "0" * 64}, 403),
        ({"content_type": None}, 415),
        ({"content_type": "text/plain"}, 415),
        ({"x_github_event": None}, 400),
        ({"x_github_delivery": None}, 400),
        ({"x_github_delivery": "a\tb"}, 400),
    ],
)
async def test_bad_headers_are_refused(service: Service, changes: dict[str, Any], status: int) -> None:
    """Each says what happened and what to do; nothing is started."""
    answer = await service.post(OPENED, **changes)
    assert answer.status_code == status
    assert answer.json().keys() == {"error", "advice"}
    assert not service.starter.running


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b"[]", b'{"a": NaN}', b'{"a": "\\ud800"}', b"\xff"]
)
async def test_a_signed_body_that_is_no_payload_is_400(service: Service, body: bytes) -> None:
    """Never 500, however broken or deep it is."""
    assert (await service.post(body)).status_code == 400
    assert not service.starter.running


async def test_an_unsigned_body_is_not_parsed(service: Service) -> None:
    """Whether it is JSON makes no difference to one who cannot sign."""
    for body in (b"{}", b"{", b"[" * 100_000):
        assert (await service.post(body, x_hub_signature_256="sha256=" + "0" * 64)).status_code == 403


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("x-hub-signature-256", 401),
        ("x-github-event", 400),
        ("x-github-delivery", 400),
        ("content-type", 415),
    ],
)
async def test_a_doubled_header_is_not_guessed_at(service: Service, name: str, status: int) -> None:
    """Not even where both say the same: what stands in between might have read the other."""
    sent = headers(OPENED)
    doubled = [*sent.items(), (name, sent[name])]
    answer = await service.request("POST", PATHS[0], content=OPENED, headers=doubled)
    assert answer.status_code == status


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_only_post_is_allowed(service: Service, method: str) -> None:
    """And the answer says so."""
    answer = await service.request(method, PATHS[0])
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def chunks(size: int, of: int = 1024 * 1024) -> AsyncIterator[bytes]:
    """``size`` zero bytes, piece by piece."""
    for sent in range(0, size, of):
        yield bytes(min(of, size - sent))


@pytest.mark.parametrize("declared", [None, "10", "many", "-1", "٣", str(BODY_LIMIT + 1), "9" * 5_000])
async def test_a_body_over_25_mib_is_refused_whatever_its_length_is_said_to_be(
    service: Service, declared: str | None
) -> None:
    """The limit is kept while the body is read."""
    sent = headers(b"") | ({"content-length": declared} if declared else {"transfer-encoding": "chunked"})
    raw = [(name.encode(), value.encode()) for name, value in sent.items()]
    answer = await service.request("POST", PATHS[0], content=chunks(BODY_LIMIT + 1), headers=raw)
    assert answer.status_code == 413


async def test_a_body_of_25_mib_is_read(service: Service) -> None:
    """The limit itself is allowed."""
    body = b'{"a": "' + b"x" * (BODY_LIMIT - 9) + b'"}'
    assert len(body) == BODY_LIMIT
    assert (await service.post(body, "ping")).status_code == 200


async def asgi_status(service: Service, messages: Iterable[Message]) -> int:
    """The status a signed request is answered whose body comes in ``messages``."""
    arriving = iter(messages)
    answers: list[Message] = []

    async def receive() -> Message:
        return next(arriving)

    async def send(message: Message) -> None:
        answers.append(message)

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": PATHS[0],
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers(OPENED).items()],
    }
    await service.app(scope, receive, send)
    return int(answers[0]["status"])


async def test_a_body_that_is_cut_off_is_400(service: Service) -> None:
    """A client that leaves is no error of ours, and half of a body is none."""
    begun: Message = {"type": "http.request", "body": OPENED[:10], "more_body": True}
    assert await asgi_status(service, [begun, {"type": "http.disconnect"}]) == 400
    assert not service.starter.running


async def test_a_body_that_never_comes_is_given_up() -> None:
    """A connection that says nothing more does not hold a place for ever."""

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    assert await read_body(request, seconds=0.01) is TOO_SLOW


async def test_temporal_away_is_503_and_later_202(service: Service) -> None:
    """GitHub records a failed delivery, and the same one is accepted when Temporal is back."""
    service.starter.away = True
    failed = await service.post(OPENED)
    assert (failed.status_code, failed.json()["advice"][:21]) == (503, "Nothing needs doing: ")
    service.starter.away = False
    assert (await service.post(OPENED)).status_code == 202


async def test_health_is_ours_and_readiness_is_temporals(service: Service) -> None:
    """A process that waits for Temporal is up, but not ready."""
    statuses = []
    for service.starter.away in (False, True):
        for path in ("/healthz", "/readyz"):
            answer = await service.request("GET", path)
            statuses.append(answer.status_code)
    assert statuses == [200, 200, 200, 503]
    assert answer.json() == {"status": "not ready", "reason": "Temporal does not answer"}


async def test_another_path_says_where_webhooks_go(service: Service) -> None:
    """And no documentation is served by accident."""
    for path in ("/", "/docs", "/redoc", "/github-webhook/x"):
        answer = await service.request("GET", path)
        assert answer.status_code == 404
        assert "/github-webhook" in answer.json()["advice"]


@pytest.mark.parametrize(
    ("body", "changes", "status", "decoded"),
    [
        (OPENED, {}, "202", EventName.JOB_DECODE_SUCCESS),
        (b"{", {}, "400", EventName.JOB_DECODE_FAILURE),
        (OPENED, {"content_type": "text/plain"}, "415", EventName.JOB_DECODE_FAILURE),
        (OPENED, {"x_hub_signature_256": None}, "401", None),
    ],
)
async def test_each_outcome_is_counted_once(
    service: Service, body: bytes, changes: dict[str, Any], status: str, decoded: EventName | None
) -> None:
    """Received with its status; and read or not, where it came to that."""
    await service.post(body, **changes)
    received = service.stats.counted[0]
    assert (received.name, received.event, received.outcome) == (
        EventName.JOB_RECEIVED,
        "pull_request",
        status,
    )
    assert service.counted == Counter(filter(None, [EventName.JOB_RECEIVED, decoded]))


async def test_invented_events_do_not_become_labels(service: Service) -> None:
    """A label has bounded variety, whoever sends what."""
    for number in range(3):
        await service.post(b"{}", f"invented_{number}")
    assert {event.event for event in service.stats.counted} == {"other"}


async def test_each_webhook_is_one_line_of_the_log(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """With its delivery, and with nothing in it that breaks a line or colours a terminal."""
    caplog.set_level(logging.INFO, "webhook.app")
    await service.post(OPENED, x_github_delivery=DELIVERY)
    evil = b'x\r\nwebhook {"status": 202}\x1b[31m\xe2\x80\xa8'.decode("latin-1")
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers(b"{}").items()]
    raw = [*raw, (b"x-github-delivery", evil.encode("latin-1"))]
    await service.request("POST", PATHS[0], content=b"{}", headers=raw)
    good, bad = (record.getMessage() for record in caplog.records)
    fields = json.loads(good.removeprefix("webhook "))
    assert (fields["delivery"], fields["status"], fields["detail"]) == (DELIVERY, 202, "pr/acme/mono/7")
    assert bad.isascii()
    assert bad.isprintable()
    assert json.loads(bad.removeprefix("webhook "))["status"] == 400


async def test_no_answer_tells_the_secret(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    """Neither it nor the right signature is in an answer or the log."""
    caplog.set_level(logging.DEBUG)
    right = headers(OPENED)["x-hub-signature-256"].removeprefix("sha256=")
    answer = await service.post(OPENED, x_hub_signature_256="sha256=" + "0" * 64)
    said = answer.text + caplog.text
    assert SECRET.decode() not in said
    assert right not in said


def test_an_empty_secret_is_refused_at_the_start() -> None:
    """Anybody could sign with it."""
    with pytest.raises(ValueError, match="the webhook secret is empty"):
        create_app(secret=b"", policy=hearing(), starter=FakeStarter(), stats=FakeStats())
