"""An emulated GitHub with one repository, one App and one contributor, served; and who calls and hears it."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from emulator import EmulatedGitHub, Person, serve
from emulator.git import create_bare
from emulator.server import listening
from emulator.state import App, Installation, PullRequest, Repository
from tests.support.github_keys import private_key
from tests.support.patience import PATIENCE_SECONDS

SECRET = "it is a secret to nobody"
FILES: dict[str, bytes | None] = {
    "README.md": b"A monorepo.\n",
    "cgit/ui.c": b"int ui;\n",
    "cmark/main.c": b"int main;\n",
}


@dataclass(frozen=True)
class Received:
    """A webhook as it arrived."""

    headers: dict[str, str]
    body: bytes


class Receiver:
    """What hears webhooks: keeps them, and answers `status`."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.status = 202

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hear one webhook."""
        request = Request(scope, receive)
        self.received.append(Received(dict(request.headers), await request.body()))
        await PlainTextResponse("heard", self.status)(scope, receive, send)

    def events(self) -> list[str]:
        """The events heard, in the order of arrival."""
        return [each.headers["x-github-event"] for each in self.received]


@dataclass(frozen=True)
class Api:
    """A client of the REST API: as an installation, or with other credentials if given."""

    http: httpx2.AsyncClient
    token: str
    encoded_jwt: str

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        """Call as the installation."""
        mine = {"authorization": f"token {self.token}"}
        return await self.http.request(method, path, json=body, headers=mine | (headers or {}))

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """GET as the installation; underscores in header names stand for dashes."""
        return await self.call("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    async def post(self, path: str, body: Any) -> httpx2.Response:
        """POST as the installation."""
        return await self.call("POST", path, body)

    async def as_app(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """Call with the App's JWT."""
        return await self.http.request(
            method, path, json=body, headers={"authorization": f"Bearer {self.encoded_jwt}"}
        )


def encode_jwt(
    app: App, *, issued: int = -60, expires: int = 540, key: str | None = None, **claims: Any
) -> str:
    """A JWT of an App; times are seconds from now, and a claim that is None is left out."""
    now = int(time.time())
    wanted = {"iat": now + issued, "exp": now + expires, "iss": str(app.id)} | claims
    given = {name: value for name, value in wanted.items() if value is not None}
    return jwt.encode(given, _loaded(key or app.private_key), algorithm="RS256")


@cache
def _loaded(private_key: str) -> RSAPrivateKey:
    key = load_pem_private_key(private_key.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


@pytest.fixture
def github() -> EmulatedGitHub:
    """An empty GitHub, not served yet."""
    return EmulatedGitHub()


@pytest.fixture
def repository(github: EmulatedGitHub, tmp_path: Path) -> Repository:
    """`project-tick/mono`, private, with a first commit on main."""
    create_bare(tmp_path / "mono.git")
    mono = github.create_repository("project-tick/mono", tmp_path / "mono.git", private=True)
    Person(github, "maya").commit(mono, "main", FILES, "Begin")
    github.collaborate(mono, "maya", "maintain")
    github.collaborate(mono, "alice", "read")
    return mono


@pytest.fixture
def app(github: EmulatedGitHub) -> App:
    """The bot's App."""
    return github.create_app("tickbot", webhook_secret=SECRET, private_key=private_key())


@pytest.fixture
def installation(github: EmulatedGitHub, app: App, repository: Repository) -> Installation:
    """The App's installation on the repository."""
    return github.install(app, repository)


@pytest.fixture
async def url(github: EmulatedGitHub, installation: Installation) -> AsyncIterator[str]:
    """Where the GitHub is served."""
    async with serve(github) as root:
        yield root


@pytest.fixture
async def receiver(app: App, url: str) -> AsyncIterator[Receiver]:
    """What hears the App's webhooks."""
    hearing = Receiver()
    async with listening(hearing) as root:
        app.webhook_url = f"{root}/github-webhook"
        yield hearing
        app.webhook_url = None


@pytest.fixture
async def api(github: EmulatedGitHub, app: App, installation: Installation, url: str) -> AsyncIterator[Api]:
    """A client of the REST API."""
    token = github.issue_token(installation, dict(installation.permissions))
    async with httpx2.AsyncClient(
        base_url=url, trust_env=False, verify=False, timeout=PATIENCE_SECONDS
    ) as http:
        yield Api(http, token.value, encode_jwt(app))


@pytest.fixture
def alice(github: EmulatedGitHub) -> Person:
    """A contributor."""
    return Person(github, "alice")


@pytest.fixture
def pull(alice: Person, repository: Repository, url: str) -> PullRequest:
    """An open pull request of Alice's that changes one file."""
    alice.commit(repository, "feature", {"cgit/ui.c": b"int better_ui;\n"}, "cgit: better ui")
    return alice.open_pull_request(repository, head="feature", title="cgit: better ui", body="Really.")
