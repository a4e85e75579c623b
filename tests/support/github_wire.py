"""The far end of an ``httpx2.MockTransport``: a GitHub of scripted answers, with App authentication."""

import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from activities.clients.github.app import GitHubApp
from activities.clients.github.client import GitHubClient
from activities.clients.github.transport import AppCredentials, GitHubTransport
from tests.support.clock import FakeClock
from tests.support.github_keys import private_key
from tickborg.github import RepositoryName

REPO = RepositoryName(owner="acme", name="mono")
APP_ID = 7
INSTALLATION = 42
TOKEN_LIFETIME = timedelta(hours=1)
FIND_INSTALLATION = "GET /repos/acme/mono/installation"
MINT = f"POST /app/installations/{INSTALLATION}/access_tokens"

Step = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


def answer(status: int, body: Any = None, **headers: str) -> httpx2.Response:
    """GitHub's JSON; underscores in header names stand for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, json=body, headers=named)


class Wire:
    """Answers calls (``"GET /path"``) with the steps scripted for them; the last step stays for ever.

    An installation on ``acme/mono`` and tokens ``token-1``, ``token-2``… exist unless scripted otherwise.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.requests: list[httpx2.Request] = []
        self._clock = clock
        self._minted = 0
        self._steps: defaultdict[str, deque[Step]] = defaultdict(deque)
        self.on(FIND_INSTALLATION, lambda _: answer(200, {"id": INSTALLATION}))
        self.on(MINT, self._mint)

    def on(self, call: str, *steps: Step) -> None:
        """Script ``call``, in place of what was scripted before."""
        self._steps[call] = deque(steps)

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        self.requests.append(request)
        steps = self._steps[f"{request.method} {request.url.path}"]
        assert steps, f"nobody said what {request.method} {request.url} answers"
        step = steps.popleft() if len(steps) > 1 else steps[0]
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, httpx2.Response) else step(request)

    def calls(self) -> list[str]:
        """What was called, but for authentication, in order."""
        named = [f"{request.method} {request.url.path}" for request in self.requests]
        return [call for call in named if call not in {FIND_INSTALLATION, MINT}]

    def count(self, call: str) -> int:
        """How often ``call`` was made."""
        return sum(f"{request.method} {request.url.path}" == call for request in self.requests)

    def body(self, call: str) -> Any:
        """The JSON sent with the last ``call``."""
        sent = [request for request in self.requests if f"{request.method} {request.url.path}" == call]
        return json.loads(sent[-1].content)

    def tokens(self) -> list[str]:
        """The credentials of all calls but those of the App itself, in order."""
        sent = [request.headers["authorization"] for request in self.requests]
        return [header.removeprefix("token ") for header in sent if header.startswith("token ")]

    def _mint(self, _: httpx2.Request) -> httpx2.Response:
        self._minted += 1
        ends = self._clock() + TOKEN_LIFETIME
        return answer(201, {"token": f"token-{self._minted}", "expires_at": ends.isoformat()})


class Ends:
    """The near end: transport, App and client over one :class:`Wire`, on one clock."""

    def __init__(self, clock: FakeClock, wire: Wire) -> None:
        self.http = httpx2.AsyncClient(transport=httpx2.MockTransport(wire))
        credentials = AppCredentials(APP_ID, private_key())
        self.transport = GitHubTransport(self.http, "tickborg/1.2.3", credentials, now=clock)
        self.app = GitHubApp(self.transport, clock)
        self.client = GitHubClient(self.transport, self.app, clock)


@pytest.fixture
def clock() -> FakeClock:
    """The time that tokens, permissions and quotas are kept by, ours and GitHub's."""
    return FakeClock()


@pytest.fixture
def wire(clock: FakeClock) -> Wire:
    """The far end."""
    return Wire(clock)


@pytest.fixture
async def ends(clock: FakeClock, wire: Wire) -> AsyncIterator[Ends]:
    """The near end."""
    ends = Ends(clock, wire)
    async with ends.http:
        yield ends
