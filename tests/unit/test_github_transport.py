"""HTTP to GitHub: headers, redirects, time limits, answers that are nobody's."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest

from activities.clients.github import transport as github_transport
from activities.clients.github.transport import (
    REDIRECT_LIMIT,
    AppCredentials,
    GitHubTransport,
    new_http_client,
)
from tests.support.github_keys import private_key
from tests.support.github_wire import Ends, Wire, answer
from tickborg.errors import PermanentError, RefusedError, UnavailableError

THING = "GET /thing"


@pytest.fixture
def transport(ends: Ends) -> GitHubTransport:
    """The near end."""
    return ends.transport


async def test_a_call_says_who_calls_and_which_version(transport: GitHubTransport, wire: Wire) -> None:
    """GitHub refuses calls without a User-Agent, and changes its answers between versions."""
    wire.on(THING, answer(200, {"id": 1}))
    assert await transport.getitem("/thing", oauth_token="secret") == {"id": 1}
    headers = wire.requests[0].headers
    assert headers["user-agent"] == "tickborg/1.2.3"
    assert headers["x-github-api-version"] == "2026-03-10"
    assert headers["accept"] == "application/vnd.github.v3+json"
    assert headers["authorization"] == "token secret"


async def test_without_a_token_the_app_itself_calls(transport: GitHubTransport, wire: Wire) -> None:
    """A JWT, signed with the App's key."""
    wire.on(THING, answer(200, {}))
    await transport.getitem("/thing")
    assert wire.requests[0].headers["authorization"].startswith("bearer ey")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirected_post_stays_a_post(transport: GitHubTransport, wire: Wire, status: int) -> None:
    """A renamed repository gets its status, method, body and token included; HTTP clients make it a GET."""
    wire.on("POST /thing", answer(status, {"message": "Moved"}, location="/repositories/1/thing"))
    wire.on("POST /repositories/1/thing", answer(201, {"id": 2}))
    assert await transport.post("/thing", data={"a": 1}, oauth_token="secret") == {"id": 2}
    assert wire.body("POST /repositories/1/thing") == {"a": 1}
    assert wire.tokens() == ["secret", "secret"]


async def test_a_token_never_follows_a_redirect_elsewhere(transport: GitHubTransport, wire: Wire) -> None:
    """Another server is not told who we are: it is not even called."""
    wire.on(THING, answer(307, location="https://elsewhere.example/thing"))
    with pytest.raises(PermanentError, match=r"another server, elsewhere\.example"):
        await transport.getitem("/thing", oauth_token="secret")
    assert len(wire.requests) == 1


async def test_a_circle_of_redirects_ends(transport: GitHubTransport, wire: Wire) -> None:
    """A few steps, then an error that says so."""
    wire.on(THING, answer(301, location="/thing"))
    with pytest.raises(PermanentError, match="redirected more than"):
        await transport.getitem("/thing")
    assert len(wire.requests) == 1 + REDIRECT_LIMIT


@pytest.mark.parametrize(
    "fault",
    [
        httpx2.ConnectError("All connection attempts failed"),
        httpx2.ConnectTimeout(""),
        httpx2.ReadTimeout(""),
        httpx2.ReadError("reset by peer"),
        httpx2.RemoteProtocolError("Server disconnected without sending a response."),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_no_answer_is_transient(transport: GitHubTransport, wire: Wire, fault: Exception) -> None:
    """Whatever breaks between us and GitHub may be whole a second later."""
    wire.on(THING, fault)
    with pytest.raises(UnavailableError, match=f"GET /thing: no answer of GitHub: {type(fault).__name__}"):
        await transport.getitem("/thing", oauth_token="secret")


async def test_a_call_has_a_total_time(
    transport: GitHubTransport, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that sends a byte now and then cannot hold a call for ever."""

    class Never(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            await asyncio.Event().wait()
            yield b""

    monkeypatch.setattr(github_transport, "TOTAL_SECONDS", 0.01)
    wire.on(THING, lambda _: httpx2.Response(200, stream=Never()))
    with pytest.raises(UnavailableError, match="did not answer within"):
        await transport.getitem("/thing")


@pytest.mark.parametrize("content", [b"<html>login to the wifi</html>", b'{"id": 1', b"\xff\xfe"])
async def test_a_success_that_is_no_json_is_transient(
    transport: GitHubTransport, wire: Wire, content: bytes
) -> None:
    """A proxy's page and an answer cut off on its way are not GitHub's word."""
    wire.on(THING, httpx2.Response(200, content=content, headers={"content-type": "application/json"}))
    with pytest.raises(UnavailableError, match="no JSON"):
        await transport.getitem("/thing")


async def test_a_success_may_be_empty(transport: GitHubTransport, wire: Wire) -> None:
    """204 No Content is how a label is removed."""
    wire.on("DELETE /thing", httpx2.Response(204))
    await transport.delete("/thing")
    assert wire.calls() == ["DELETE /thing"]


@pytest.mark.parametrize(
    "key", ["", "not a key", "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"]
)
async def test_a_key_that_cannot_sign_is_refused_at_once(key: str) -> None:
    """At the start, and not at the first pull request; the key is not repeated."""
    async with new_http_client() as http:
        with pytest.raises(RefusedError, match="private key of GitHub App 7") as refused:
            GitHubTransport(http, "tickborg/1", AppCredentials(7, key))
    assert not key or key not in str(refused.value)


def test_credentials_do_not_show_the_key() -> None:
    """A repr ends up in logs."""
    assert "PRIVATE" not in repr(AppCredentials(7, private_key()))


async def test_no_proxy_leads_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator's proxy is for GitHub; an emulated one listens here."""
    monkeypatch.setenv("ALL_PROXY", "http://proxy.invalid:1")
    async with new_http_client() as http:
        direct = http._transport
        assert http._transport_for_url(httpx2.URL("http://127.0.0.1:5")) is direct
        assert http._transport_for_url(httpx2.URL("https://api.github.com")) is not direct


async def test_the_clients_time_limits() -> None:
    """Connecting takes a few seconds at most."""
    async with new_http_client() as http:
        assert http.timeout.connect == 5
        assert http.timeout.read == 40
