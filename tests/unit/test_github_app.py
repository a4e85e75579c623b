"""Installation tokens: got once, shared, renewed in time, replaced when refused."""

import asyncio
import threading
from datetime import timedelta

import pytest

from activities.clients.github.app import RENEW_BEFORE
from activities.clients.github.fetch_tokens import FetchTokens
from tests.support.clock import FakeClock
from tests.support.github_wire import (
    FIND_INSTALLATION,
    INSTALLATION,
    MINT,
    REPO,
    TOKEN_LIFETIME,
    Ends,
    Wire,
    answer,
)
from tickborg.errors import PermanentError, UnauthorizedError, UnavailableError

LABELS = "GET /repos/acme/mono/issues/1/labels"


async def test_a_token_is_kept_until_shortly_before_it_ends(ends: Ends, wire: Wire, clock: FakeClock) -> None:
    """Five minutes before, so that what begins with a token ends with it."""
    assert await ends.app.token(REPO) == "token-1"
    clock.advance(TOKEN_LIFETIME - RENEW_BEFORE - timedelta(seconds=1))
    assert await ends.app.token(REPO) == "token-1"
    clock.advance(timedelta(seconds=1))
    assert await ends.app.token(REPO) == "token-2"
    assert wire.count(FIND_INSTALLATION) == 1


async def test_concurrent_callers_share_one_token(ends: Ends, wire: Wire) -> None:
    """A burst of activities on a fresh worker looks up one installation and asks for one token."""
    tokens = await asyncio.gather(*(ends.app.token(REPO) for _ in range(20)))
    assert set(tokens) == {"token-1"}
    assert (wire.count(FIND_INSTALLATION), wire.count(MINT)) == (1, 1)


async def test_repositories_of_one_installation_share_a_token(ends: Ends, wire: Wire) -> None:
    """GitHub counts the rate limit per installation, and so do we."""
    other = REPO.model_copy(update={"name": "other"})
    wire.on("GET /repos/acme/other/installation", answer(200, {"id": INSTALLATION}))
    assert await ends.app.token(REPO) == await ends.app.token(other)


async def test_a_fetch_token_reads_the_code_of_one_repository(ends: Ends, wire: Wire) -> None:
    """What git is given cannot write, and cannot read anything else."""
    assert await ends.app.token(REPO) == "token-1"
    assert wire.requests[-1].content == b""
    assert await ends.app.fetch_token(REPO) == "token-2"
    assert wire.body(MINT) == {"repositories": ["mono"], "permissions": {"contents": "read"}}
    assert await ends.app.fetch_token(REPO) == "token-2"


async def test_a_repository_without_the_app_says_so(ends: Ends, wire: Wire) -> None:
    """The operator is told what to do; waiting would not help."""
    wire.on(FIND_INSTALLATION, answer(404, {"message": "Not Found"}))
    with pytest.raises(PermanentError, match="GitHub App 7 is not installed on acme/mono: install it there"):
        await ends.app.token(REPO)


async def test_an_app_installed_again_is_found_under_its_new_id(
    ends: Ends, wire: Wire, clock: FakeClock
) -> None:
    """The old installation's id is forgotten when GitHub no longer knows it."""
    await ends.app.token(REPO)
    clock.advance(TOKEN_LIFETIME)
    wire.on(MINT, answer(404, {"message": "Not Found"}))
    wire.on(FIND_INSTALLATION, answer(200, {"id": 43}))
    later = (clock() + TOKEN_LIFETIME).isoformat()
    again = answer(201, {"token": "of-43", "expires_at": later})
    wire.on("POST /app/installations/43/access_tokens", again)
    assert await ends.app.token(REPO) == "of-43"


async def test_an_app_that_was_uninstalled_says_so(ends: Ends, wire: Wire, clock: FakeClock) -> None:
    """And is asked for again next time: it may have been installed meanwhile."""
    await ends.app.token(REPO)
    clock.advance(TOKEN_LIFETIME)
    wire.on(MINT, answer(404, {"message": "Not Found"}))
    wire.on(FIND_INSTALLATION, answer(404, {"message": "Not Found"}))
    for _ in range(2):
        with pytest.raises(PermanentError, match="not installed on acme/mono"):
            await ends.app.token(REPO)


async def test_a_suspended_installation_passes_on_what_github_says(ends: Ends, wire: Wire) -> None:
    """Only the installation's owner can end a suspension."""
    wire.on(MINT, answer(403, {"message": "This installation has been suspended"}))
    with pytest.raises(PermanentError, match="This installation has been suspended"):
        await ends.app.token(REPO)


async def test_a_token_refused_in_mid_flight_is_replaced_and_the_call_repeated(
    ends: Ends, wire: Wire
) -> None:
    """Nobody behind the client notices."""
    wire.on(LABELS, answer(401, {"message": "Bad credentials"}), answer(200, [{"name": "bug"}]))
    assert await ends.client.labels(REPO, 1) == {"bug"}
    assert wire.tokens() == ["token-1", "token-2"]


async def test_a_second_401_is_raised(ends: Ends, wire: Wire) -> None:
    """One repetition and no more: the retry policy does the rest."""
    wire.on(LABELS, answer(401, {"message": "Bad credentials"}))
    with pytest.raises(UnauthorizedError, match="GET /repos/acme/mono/issues/1/labels: GitHub answered 401"):
        await ends.client.labels(REPO, 1)
    assert wire.tokens() == ["token-1", "token-2"]


async def test_callers_refused_at_once_share_one_new_token(ends: Ends, wire: Wire) -> None:
    """Twenty activities meet a revoked token; one new token serves them all."""
    wire.on(
        LABELS,
        lambda request: answer(401) if "token-1" in request.headers["authorization"] else answer(200, []),
    )
    await asyncio.gather(*(ends.client.labels(REPO, 1) for _ in range(20)))
    assert wire.count(MINT) == 2
    assert set(wire.tokens()) == {"token-1", "token-2"}


async def test_a_refused_token_takes_the_fetch_token_with_it(ends: Ends) -> None:
    """What revoked the one revoked the other, and git could not tell us."""
    fetch, token = await ends.app.fetch_token(REPO), await ends.app.token(REPO)
    await ends.app.renewed_token(REPO, refused=token)
    assert await ends.app.fetch_token(REPO) != fetch


async def test_a_fetch_token_that_git_was_refused_with_is_replaced_for_all(ends: Ends, wire: Wire) -> None:
    """Those that were refused with the same one share the next; the token for the REST API stays."""
    tokens = FetchTokens(ends.app, asyncio.get_running_loop())
    token, refused = await ends.app.token(REPO), await ends.app.fetch_token(REPO)
    renewed = {await asyncio.to_thread(tokens.renewed, REPO, refused) for _ in range(2)}
    assert renewed == {"token-3"}
    assert wire.body(MINT)["permissions"] == {"contents": "read"}
    assert (await ends.app.token(REPO), await ends.app.fetch_token(REPO)) == (token, "token-3")


async def test_a_refused_jwt_is_not_repeated(ends: Ends, wire: Wire) -> None:
    """A wrong clock is wrong the second time too."""
    wire.on(FIND_INSTALLATION, answer(401, {"message": "'Issued at' claim ('iat') must be an Integer"}))
    with pytest.raises(UnauthorizedError, match="check the App's id, its private key and the clock"):
        await ends.client.labels(REPO, 1)
    assert len(wire.requests) == 1


async def test_an_answer_without_a_token_is_transient(ends: Ends, wire: Wire) -> None:
    """It names what is missing, and not what is there."""
    wire.on(MINT, answer(201, {"token": "secret-token"}))
    with pytest.raises(UnavailableError, match="no TokenJson: expires_at") as raised:
        await ends.app.token(REPO)
    assert "secret-token" not in str(raised.value)


async def test_a_thread_gets_a_fetch_token(ends: Ends, wire: Wire) -> None:
    """Git work blocks on a thread; the token is got on the loop."""
    tokens = FetchTokens(ends.app, asyncio.get_running_loop())
    assert await asyncio.to_thread(tokens, REPO) == "token-1"
    assert wire.body(MINT)["permissions"] == {"contents": "read"}


async def test_a_thread_is_told_what_github_refused(ends: Ends, wire: Wire) -> None:
    """The error of the loop is the error of the thread."""
    wire.on(FIND_INSTALLATION, answer(404))
    with pytest.raises(PermanentError, match="not installed"):
        await asyncio.to_thread(FetchTokens(ends.app, asyncio.get_running_loop()), REPO)


async def test_a_thread_does_not_wait_for_ever(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that is stuck gives an error, and not a thread that never ends."""
    monkeypatch.setattr("activities.clients.github.fetch_tokens.WAIT_SECONDS", 0.01)
    tokens = FetchTokens(ends.app, asyncio.get_running_loop())
    raised: list[Exception] = []

    def ask() -> None:
        try:
            tokens(REPO)
        except UnavailableError as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()  # the loop stands still meanwhile
    await asyncio.sleep(0)
    assert "no token to fetch acme/mono" in str(raised[0])


async def test_the_loops_own_thread_is_refused(ends: Ends) -> None:
    """It would wait for itself."""
    with pytest.raises(RuntimeError, match="call it from another"):
        FetchTokens(ends.app, asyncio.get_running_loop())(REPO)
