"""Git over HTTP: who may fetch and push, as on GitHub, and what a push sets off."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from emulator import faults, git_backend, pushes
from emulator.access import granted, may_see
from emulator.authentication import Caller, authenticate
from emulator.errors import Forbidden, NotFound, Refusal, Unauthorized
from emulator.github import EmulatedGitHub
from emulator.journal import Call
from emulator.payloads.repositories import role_of
from emulator.state import Repository, Token

_PATH = re.compile(
    r"/(?P<owner>[^/]+)/(?P<repo>[^/]+?)(?:\.git)?/(?P<service>info/refs|git-upload-pack|git-receive-pack)"
)
_CHALLENGE = {"www-authenticate": 'Basic realm="GitHub"'}


@dataclass
class _Exchange:
    """A git client's request on its way."""

    http: HttpRequest
    at: datetime
    name: str
    service: str
    fault: faults.Fault | None
    caller: Caller = field(default_factory=Caller)
    status: int | None = None

    @property
    def is_push(self) -> bool:
        """Whether it is part of a push."""
        return "git-receive-pack" in {self.service, self.http.query_params.get("service")}


class GitHttp:
    """Serves fetches and pushes of every repository under `/{owner}/{repo}.git`.

    A fault strikes before git is asked, so here `carried_out` means nothing.
    """

    def __init__(self, github: EmulatedGitHub) -> None:
        self._github = github

    @staticmethod
    def serves(path: str) -> bool:
        """Whether a path is one a git client asks for."""
        return _PATH.fullmatch(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a git client, and record it. Raises `faults.Dropped` where there shall be no answer."""
        started = perf_counter()
        exchange = self._open(HttpRequest(scope, receive))
        try:
            await self._answer(exchange, send)
        except Refusal as refusal:
            exchange.status = refusal.status
            await PlainTextResponse(refusal.message, refusal.status, refusal.headers)(scope, receive, send)
        finally:
            self._record(exchange, perf_counter() - started)

    def _open(self, http: HttpRequest) -> _Exchange:
        match = _PATH.fullmatch(http.url.path)
        if match is None:
            raise ValueError(f"{http.url.path} is no path of git: ask `serves` first")
        fault = self._github.faults.strike(_route(http.method, match["service"]), http.url.path, None)
        name = f"{match['owner']}/{match['repo']}"
        return _Exchange(http, self._github.moment(), name, match["service"], fault)

    async def _answer(self, exchange: _Exchange, send: Send) -> None:
        kind = exchange.fault.kind if exchange.fault else None
        failed = await faults.before(kind, self._github.now())
        if failed is not None:
            raise Refusal(failed.status, str(failed.body["message"]), headers=dict(failed.headers))
        repository = self._admit(exchange)
        login, path = exchange.caller.login, repository.git.path
        exchange.status = await git_backend.run(path, exchange.service, login, exchange.http, send)
        # Noticed before the client hears the end, so that after a `git push` its webhooks are under way.
        if exchange.service == "git-receive-pack" and exchange.caller.token is not None:
            pushes.notice_all(self._github, repository, exchange.caller.token.user)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _admit(self, exchange: _Exchange) -> Repository:
        """The repository, or GitHub's refusal: the public must say who it is before it learns a thing."""
        try:
            exchange.caller = authenticate(self._github, exchange.http.headers.get("authorization"))
        except Unauthorized:
            raise Refusal(401, "Invalid username or token.", headers=_CHALLENGE) from None
        token = exchange.caller.token
        repository = self._github.repositories.get(exchange.name.casefold())
        if token is None and (repository is None or repository.private or exchange.is_push):
            raise Refusal(401, "Authentication required.", headers=_CHALLENGE)
        if repository is None or not may_see(token, repository):
            raise NotFound("Repository not found.")
        if token is not None and not _is_allowed(token, repository, push=exchange.is_push):
            raise Forbidden(f"Permission to {repository.full_name}.git denied to {exchange.caller.login}.")
        return repository

    def _record(self, exchange: _Exchange, seconds: float) -> None:
        http, fault = exchange.http, exchange.fault
        call = Call(
            at=exchange.at,
            method=http.method,
            path=http.url.path,
            route=_route(http.method, exchange.service),
            query=http.url.query,
            body=None,
            status=exchange.status,
            caller=exchange.caller.login,
            fault=type(fault.kind).__name__ if fault else None,
            seconds=seconds,
        )
        self._github.journal.record(call)
        self._github.changes.notify()


def _route(method: str, service: str) -> str:
    return f"{method} /{{owner}}/{{repo}}.git/{service}"


def _is_allowed(token: Token, repository: Repository, *, push: bool) -> bool:
    if token.installation is None:
        return not push or role_of(token.user, repository) in {"write", "maintain", "admin"}
    return granted(token, "contents", "write" if push else "read") or not (push or repository.private)
