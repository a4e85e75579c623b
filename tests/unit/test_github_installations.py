"""What our client reads of an App's deliveries and installations, where the emulator shows no such thing."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from activities.clients.github.deliveries import GitHubDeliveries
from activities.clients.github.installations import GitHubInstallations
from tests.support.clock import NOON, FakeClock
from tests.support.github_wire import INSTALLATION, MINT, REPO, Ends, Wire, answer
from tickborg.errors import (
    PermanentError,
    RateLimitedError,
    TickborgError,
    UnauthorizedError,
    UnavailableError,
)
from tickborg.events.payloads import GHOST
from tickborg.reconciling import BranchTip, ServedRepository

INSTALLATIONS = "GET /app/installations"
REPOSITORIES = "GET /installation/repositories"
DELIVERIES = "GET /app/hook/deliveries"
MAIN = "GET /repos/acme/mono/branches/main"


@pytest.fixture
def wire(wire: Wire) -> Wire:
    """The far end, with one repository."""
    wire.on(INSTALLATIONS, answer(200, [{"id": INSTALLATION, "suspended_at": None}]))
    wire.on(REPOSITORIES, answer(200, {"total_count": 1, "repositories": [listed("mono")]}))
    return wire


@pytest.fixture
def installations(ends: Ends) -> GitHubInstallations:
    """What is tested."""
    return GitHubInstallations(ends.transport, ends.app)


def listed(name: str, **changes: Any) -> dict[str, Any]:
    """A repository in a list."""
    usual = {"full_name": f"acme/{name}", "default_branch": "main", "pushed_at": "2026-01-31T12:00:00Z"}
    return {**usual, "archived": False, **changes}


def unlisted(_: str, error: TickborgError) -> None:
    """Not here."""
    raise error


def served(name: str) -> ServedRepository:
    """A repository that is to be compared."""
    repo = REPO.model_copy(update={"name": name})
    return ServedRepository(repo=repo, default_branch="main", pushed_at=NOON)


def delivered(number: int, **changes: Any) -> dict[str, Any]:
    """A delivery in a list, ``number`` minutes old."""
    at = f"{NOON - timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}"
    usual = {"id": 100 - number, "guid": f"{number}", "delivered_at": at, "event": "push", "action": None}
    return {**usual, "status": "OK", "status_code": 202, **changes}


async def test_what_is_archived_or_suspended_is_left_out(
    installations: GitHubInstallations, wire: Wire
) -> None:
    """Nothing can be said there; where nothing was ever pushed there is no time of it."""
    suspended = {"id": 43, "suspended_at": "2026-01-31T12:00:00Z"}
    wire.on(INSTALLATIONS, answer(200, [suspended, {"id": INSTALLATION, "suspended_at": None}]))
    repositories = [listed("mono"), listed("old", archived=True), listed("new", pushed_at=None)]
    wire.on(REPOSITORIES, answer(200, {"total_count": 3, "repositories": repositories}))
    new = served("new").model_copy(update={"pushed_at": None})
    assert await installations.repositories(unlisted) == [served("mono"), new]


async def test_an_installation_that_is_gone_hides_no_other(
    installations: GitHubInstallations, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    """It was revoked between the list and the token."""
    wire.on(INSTALLATIONS, answer(200, [{"id": 43}, {"id": INSTALLATION}]))
    wire.on("POST /app/installations/43/access_tokens", answer(404, {"message": "Not Found"}))
    assert await installations.repositories(unlisted) == [served("mono")]
    assert "installation 43 is left out" in caplog.text


async def test_an_installation_without_calls_hides_no_other_and_is_left_alone(
    installations: GitHubInstallations, wire: Wire, clock: FakeClock
) -> None:
    """Until the time that GitHub named: to be called nevertheless might have the App blocked."""
    wire.on(INSTALLATIONS, answer(200, [{"id": 43}, {"id": INSTALLATION}]))
    minted = {"token": "of-43", "expires_at": (clock() + timedelta(hours=1)).isoformat()}
    wire.on("POST /app/installations/43/access_tokens", answer(201, minted))
    limited = answer(429, {"message": "API rate limit exceeded"}, **{"retry-after": "600"})
    whole = answer(200, {"total_count": 1, "repositories": [listed("mono")]})
    wire.on(REPOSITORIES, lambda request: limited if "of-43" in request.headers["authorization"] else whole)
    failed: list[str] = []

    def note(what: str, error: TickborgError) -> None:
        assert isinstance(error, RateLimitedError)
        failed.append(what)

    for _ in range(2):
        assert await installations.repositories(note) == [served("mono")]
    assert failed == ["installation 43"] * 2
    assert wire.tokens().count("of-43") == 1


async def test_a_token_that_is_refused_is_renewed_once(
    installations: GitHubInstallations, wire: Wire
) -> None:
    """As for calls on a repository; a second refusal is the App's."""
    whole = answer(200, {"total_count": 1, "repositories": [listed("mono")]})
    refusal = answer(401, {"message": "Bad credentials"})
    wire.on(REPOSITORIES, refusal, whole)
    assert await installations.repositories(unlisted) == [served("mono")]
    assert (wire.tokens(), wire.count(MINT)) == (["token-1", "token-2"], 2)
    wire.on(REPOSITORIES, refusal)
    with pytest.raises(UnauthorizedError):
        await installations.repositories(unlisted)


async def test_a_branch_whose_author_has_no_account(installations: GitHubInstallations, wire: Wire) -> None:
    """GitHub knows a commit's author only by an address."""
    wire.on(MAIN, answer(200, {"name": "main", "commit": {"sha": "a" * 40, "author": None}}))
    assert await installations.branch_tip(REPO, "main") == BranchTip(sha="a" * 40, author=GHOST)
    wire.on(MAIN, answer(404, {"message": "Branch not found"}))
    assert await installations.branch_tip(REPO, "main") is None


async def test_a_delivery_without_an_outcome_is_under_way(ends: Ends, wire: Wire) -> None:
    """Whatever status stands beside the word."""
    wire.on(DELIVERIES, answer(200, [delivered(1, status="Pending", status_code=202), delivered(2)]))
    attempts, older = await GitHubDeliveries(ends.transport).attempts(NOON - timedelta(hours=1), 10)
    assert ([each.status_code for each in attempts], older) == ([0, 202], "")


async def test_no_more_is_read_than_is_wanted(ends: Ends, wire: Wire) -> None:
    """Page by page, until one is too old; and not for ever where an App has very many."""

    def page(request: httpx2.Request) -> httpx2.Response:
        first = int(request.url.params.get("cursor", "0"))
        following = request.url.copy_merge_params({"cursor": str(first + 2)})
        return answer(200, [delivered(first), delivered(first + 1)], link=f'<{following}>; rel="next"')

    wire.on(DELIVERIES, page)
    deliveries = GitHubDeliveries(ends.transport)
    attempts, older = await deliveries.attempts(NOON - timedelta(minutes=4), 100)
    assert ([each.guid for each in attempts], older) == (["0", "1", "2", "3", "4"], "")
    assert wire.count(DELIVERIES) == 3
    attempts, older = await deliveries.attempts(NOON - timedelta(days=3), 5)
    assert ([each.guid for each in attempts], older) == ([*"012345"], "6")
    attempts, older = await deliveries.attempts(NOON - timedelta(minutes=8), 5, "6")
    assert ([each.guid for each in attempts], older) == ([*"678"], "")
    wire.on(DELIVERIES, answer(422, {"message": "Invalid cursor"}))
    assert await deliveries.attempts(NOON - timedelta(days=3), 5, "6") == ([], "")
    with pytest.raises(PermanentError):
        await deliveries.attempts(NOON - timedelta(days=3), 5)


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_what_github_does_not_repeat_holds_up_no_other(ends: Ends, wire: Wire, status: int) -> None:
    """It is too old, or GitHub has its reasons."""
    wire.on("POST /app/hook/deliveries/7/attempts", answer(status, {"message": "No"}), answer(202, {}))
    deliveries = GitHubDeliveries(ends.transport)
    assert [await deliveries.repeat(7) for _ in range(2)] == [False, True]


async def test_an_answer_that_is_no_list_of_deliveries_may_pass(ends: Ends, wire: Wire) -> None:
    """It is none of GitHub's."""
    wire.on(DELIVERIES, answer(200, [{"id": 1}]))
    with pytest.raises(UnavailableError, match="AttemptJson"):
        await GitHubDeliveries(ends.transport).attempts(NOON, 10)
