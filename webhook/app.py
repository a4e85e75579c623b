"""The HTTP service that hears GitHub: a thin shell around :mod:`webhook.routing`."""

import logging
from http import HTTPStatus
from time import perf_counter

from fastapi import FastAPI
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse

from activities.ports import Stats
from tickborg.errors import UnavailableError
from tickborg.github_app import WEBHOOK_PATHS
from tickborg.hearing import HearingPolicy
from tickborg.starts import Start
from webhook import answers, openapi
from webhook.answers import Answer
from webhook.body import read_body
from webhook.decisions import Ignore, Refuse
from webhook.ports import Starter
from webhook.reading import Headers
from webhook.records import Record, events, log_line
from webhook.routing import decide
from webhook.signature import is_signed, read_signature

PATHS = WEBHOOK_PATHS
_EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

log = logging.getLogger(__name__)


def create_app(*, secret: bytes, policy: HearingPolicy, starter: Starter, stats: Stats) -> FastAPI:
    """The service: webhooks at :data:`PATHS`, and how it is at ``/healthz`` and ``/readyz``.

    Args:
        secret: the GitHub App's webhook secret, which is not empty.
        policy: whose events start something, and which.
        starter: makes an event durable.
        stats: counts each outcome, after the answer has been sent.

    Raises:
        ValueError: the secret is empty, so that anybody could sign.
    """
    if not secret:
        raise ValueError("the webhook secret is empty: anybody could sign with it")
    app = FastAPI(title="tickborg webhook", openapi_url=None)
    receiver = Receiver(secret, policy, starter, stats)
    for path in PATHS:
        app.router.add_route(path, receiver.receive, methods=_EVERY_METHOD)
    app.router.add_route("/healthz", _healthz)
    app.router.add_route("/readyz", Readiness(starter).readyz)
    app.router.add_route("/openapi.json", _openapi)
    app.add_exception_handler(HTTPStatus.NOT_FOUND, _not_found)
    app.add_exception_handler(HTTPStatus.METHOD_NOT_ALLOWED, _only_to_be_read)
    return app


class Receiver:
    """Hears webhooks. Nothing of a body is looked into before its signature has been found right."""

    def __init__(self, secret: bytes, policy: HearingPolicy, starter: Starter, stats: Stats) -> None:
        self._secret = secret
        self._policy = policy
        self._starter = starter
        self._stats = stats

    async def receive(self, request: Request) -> JSONResponse:
        """Answer a webhook, log it, and count it once it has been answered."""
        began = perf_counter()
        headers = _headers(request)
        answer = await self._answer(request, headers)
        record = _record(headers, answer, perf_counter() - began)
        log.log(_level(answer.status), "%s", log_line(record))
        counting = BackgroundTask(self._stats.notify, *events(record))
        return JSONResponse(dict(answer.body), answer.status, answer.headers, background=counting)

    async def _answer(self, request: Request, headers: Headers) -> Answer:
        if request.method != "POST":
            return answers.NOT_POST
        body = await read_body(request)
        if isinstance(body, Answer):
            return body
        signature = read_signature(headers.signature)
        if signature is None:
            return answers.UNSIGNED
        if not is_signed(body, self._secret, signature):
            return answers.WRONGLY_SIGNED
        return await self._act(headers, body)

    async def _act(self, headers: Headers, body: bytes) -> Answer:
        match decide(headers, body, self._policy):
            case Refuse() as refuse:
                return answers.refused(refuse)
            case Ignore() as ignore:
                return answers.ignored(ignore)
            case Start() as start:
                return await self._start(start)

    async def _start(self, start: Start) -> Answer:
        try:
            await self._starter.start(start)
        except UnavailableError as error:
            log.warning("%s was not started: %s", start.workflow_id, error)
            return answers.UNAVAILABLE
        return answers.accepted(start)


class Readiness:
    """Whether a webhook would be accepted now."""

    def __init__(self, starter: Starter) -> None:
        self._starter = starter

    async def readyz(self, _request: Request) -> JSONResponse:
        """200, or 503 while Temporal does not answer; where that is stays in the log."""
        try:
            await self._starter.check()
        except UnavailableError as error:
            log.warning("not ready: %s", error)
            return JSONResponse(
                {"status": "not ready", "reason": "Temporal does not answer"}, HTTPStatus.SERVICE_UNAVAILABLE
            )
        return JSONResponse({"status": "ready"})


async def _healthz(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "up"})


async def _openapi(_request: Request) -> JSONResponse:
    return JSONResponse(openapi.document(PATHS))


async def _only_to_be_read(_request: Request, _error: Exception) -> JSONResponse:
    answer = answers.NOT_GET
    return JSONResponse(dict(answer.body), answer.status, answer.headers)


async def _not_found(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse(dict(answers.NOT_FOUND.body), answers.NOT_FOUND.status)


def _headers(request: Request) -> Headers:
    values = request.headers.getlist
    return Headers(
        event=values("x-github-event"),
        delivery=values("x-github-delivery"),
        signature=values("x-hub-signature-256"),
        content_type=values("content-type"),
    )


def _record(headers: Headers, answer: Answer, seconds: float) -> Record:
    return Record(
        delivery=",".join(headers.delivery),
        event=",".join(headers.event),
        status=answer.status,
        detail=next(iter(answer.body.values())),
        milliseconds=round(seconds * 1000, 1),
    )


def _level(status: HTTPStatus) -> int:
    return logging.WARNING if status >= HTTPStatus.BAD_REQUEST else logging.INFO
