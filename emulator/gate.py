"""The way of a REST call: fault, credential, rate limit, permission, handler, conditional answer, journal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from time import perf_counter
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from starlette.requests import Request as HttpRequest
from starlette.routing import compile_path

from emulator import faults
from emulator.access import ANYBODY, admit
from emulator.answers import NOT_MODIFIED, Answer, etag
from emulator.authentication import Caller, authenticate
from emulator.errors import Forbidden, NotFound, Refusal
from emulator.github import EmulatedGitHub
from emulator.journal import Call
from emulator.rates import Rate
from emulator.requests import Endpoint, Request
from emulator.routes import ENDPOINTS

ANONYMOUS_HOURLY_CALLS = 60
_OK = 200
# Parameters that may hold slashes: a branch can be called `feature/x`.
_WITH_SLASHES = ("ref", "branch", "basehead", "name")


@dataclass
class _Exchange:
    """A call on its way, and what has been found out about it."""

    http: HttpRequest
    at: datetime
    asked: str
    endpoint: Endpoint | None
    path: Mapping[str, str]
    body: Any
    is_readable: bool
    fault: faults.Fault | None
    caller: Caller = field(default_factory=Caller)
    rate: Rate | None = None


class Gate:
    """Answers REST calls."""

    def __init__(self, github: EmulatedGitHub) -> None:
        self._github = github
        self._routes = [
            (compile_path(_starlette(each.pattern))[0], each)
            for each in (*ENDPOINTS, Endpoint("GET /rate_limit", ANYBODY, self._rate_limit))
        ]

    async def answer(self, http: HttpRequest) -> Answer:
        """The answer to a call, recorded. Raises `faults.Dropped` where there shall be none."""
        started, given = perf_counter(), None
        exchange = await self._open(http)
        try:
            given = await self._answer(exchange)
        finally:
            self._record(exchange, given, perf_counter() - started)
        return given

    async def _open(self, http: HttpRequest) -> _Exchange:
        at = self._github.moment()
        # Not `http.url.path`: the path is decoded already, and a label may be called `c#` or `why?`.
        asked: str = http.scope["path"]
        endpoint, path = self._find(http.method, asked)
        body, is_readable = _decoded(await http.body())
        fault = self._github.faults.strike(endpoint.route if endpoint else "", asked, body)
        return _Exchange(http, at, asked, endpoint, path, body, is_readable, fault)

    async def _answer(self, exchange: _Exchange) -> Answer:
        kind, now = exchange.fault.kind if exchange.fault else None, self._github.now()
        try:
            given = await faults.before(kind, now)
            if given is None:
                given = self._carry_out(exchange, stale=isinstance(kind, faults.Stale))
                given = faults.after(kind, given, now)
        except Refusal as refusal:
            given = Answer(refusal.status, refusal.body, refusal.headers)
        rate = exchange.rate.headers() if exchange.rate else {}
        headers = {**self._usual_headers(), **rate, **given.headers}
        return replace(given, headers=headers)

    def _carry_out(self, exchange: _Exchange, *, stale: bool) -> Answer:
        exchange.caller = authenticate(self._github, exchange.http.headers.get("authorization"))
        exchange.rate = self._count(exchange.caller)
        if exchange.endpoint is None:
            raise NotFound
        if not exchange.is_readable:
            raise Refusal(400, "Problems parsing JSON")
        request = Request(
            github=self._github,
            caller=exchange.caller,
            path=exchange.path,
            query=dict(exchange.http.query_params),
            body=exchange.body,
            url=self._github.url + quote(exchange.asked),
            stale=stale,
        )
        admit(
            exchange.endpoint.needs, exchange.caller, request.repository if "owner" in exchange.path else None
        )
        return _conditional(exchange, exchange.endpoint.handler(request))

    def _find(self, method: str, path: str) -> tuple[Endpoint | None, Mapping[str, str]]:
        for pattern, endpoint in self._routes:
            if endpoint.method == method and (match := pattern.match(path)):
                return endpoint, match.groupdict()
        return None, {}

    def _rate(self, caller: Caller) -> Rate:
        limit = ANONYMOUS_HOURLY_CALLS if caller.login is None else self._github.hourly_calls
        return self._github.rates.of(caller.login or "", limit, self._github.now())

    def _count(self, caller: Caller) -> Rate:
        rate = self._rate(caller)
        rate.used += 1
        if rate.exceeded:
            raise Forbidden(f"API rate limit exceeded for {caller.login or 'your address'}.", rate.headers())
        return rate

    def _rate_limit(self, request: Request) -> Answer:
        numbers = self._rate(request.caller).numbers()
        return Answer(_OK, {"resources": {"core": numbers, "search": numbers}})

    def _usual_headers(self) -> dict[str, str]:
        return {
            "date": format_datetime(self._github.moment(), usegmt=True),
            "x-github-media-type": "github.v3; format=json",
            "x-github-request-id": uuid4().hex[:20].upper(),
        }

    def _record(self, exchange: _Exchange, given: Answer | None, seconds: float) -> None:
        http, endpoint, fault = exchange.http, exchange.endpoint, exchange.fault
        call = Call(
            at=exchange.at,
            method=http.method,
            path=exchange.asked,
            route=endpoint.route if endpoint else None,
            query=http.scope["query_string"].decode(),
            body=exchange.body,
            status=given.status if given else None,
            caller=exchange.caller.login,
            fault=type(fault.kind).__name__ if fault else None,
            seconds=seconds,
        )
        self._github.journal.record(call)
        self._github.changes.notify()


def _conditional(exchange: _Exchange, given: Answer) -> Answer:
    """With an entity tag; and 304 to whoever has that version already, which costs nothing of the rate limit.

    (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate)
    """
    if exchange.http.method != "GET" or given.status != _OK:
        return given
    tag = etag(given.on_the_wire(), exchange.http.headers.get("authorization", ""))
    headers = {**given.headers, "etag": tag}
    known = {each.strip() for each in exchange.http.headers.get("if-none-match", "").split(",")}
    if tag not in known:
        return Answer(given.status, given.body, headers)
    if exchange.rate is not None:
        exchange.rate.used -= 1
    return Answer(NOT_MODIFIED, None, headers)


def _decoded(raw: bytes) -> tuple[Any, bool]:
    """The JSON of a body, and whether it is any; an empty body is None."""
    try:
        return (json.loads(raw) if raw.strip() else None), True
    except ValueError:
        return raw.decode("utf-8", "replace"), False


def _starlette(pattern: str) -> str:
    """The path as Starlette writes it: `{ref:path}` may hold slashes."""
    for name in _WITH_SLASHES:
        pattern = pattern.replace(f"{{{name}}}", f"{{{name}:path}}")
    return pattern
