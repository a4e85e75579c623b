"""What the client learns from GitHub's headers, and which calls it makes by that."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from activities.clients.github import recent_answers
from activities.clients.github.client import GitHubClient
from activities.clients.github.recent_answers import KEPT_ANSWERS, LARGEST_KEPT, RecentAnswers
from activities.clients.github.spending import FORGIVEN_AFTER, LONGEST_SILENCE, Spending
from tests.support.clock import FakeClock
from tests.support.fake_builder import FakeStats
from tests.support.github_json import pull_json
from tests.support.github_wire import REPO, Ends, Wire, answer
from tickborg.errors import PutOffError, RateLimitedError, UnavailableError
from tickborg.github import CheckConclusion, CheckRun, CheckStatus, CommitStatus, StatusState
from tickborg.messages import EventName
from tickborg.quota import Purpose

SHA = "a" * 40
STATUS = f"POST /repos/acme/mono/statuses/{SHA}"
CHECK_RUNS = "POST /repos/acme/mono/check-runs"
LABELS = "GET /repos/acme/mono/issues/7/labels"
PULL = "GET /repos/acme/mono/pulls/7"
REACTIONS = "POST /repos/acme/mono/issues/comments/1/reactions"
TAG = 'W/"1"'


@pytest.fixture
def stats() -> FakeStats:
    """Where calls that were put off are counted."""
    return FakeStats()


@pytest.fixture
def github(ends: Ends, clock: FakeClock, stats: FakeStats) -> GitHubClient:
    """What is tested."""
    return GitHubClient(ends.transport, ends.app, clock, stats)


def left(clock: FakeClock, remaining: int, **more: str) -> dict[str, str]:
    """GitHub's headers: so many of 5,000 calls are left, and new ones come in an hour."""
    reset = str(int((clock() + timedelta(hours=1)).timestamp()))
    return {
        "x_ratelimit_limit": "5000",
        "x_ratelimit_remaining": str(remaining),
        "x_ratelimit_reset": reset,
    } | more


def dashed(named: dict[str, str]) -> dict[str, str]:
    """As they come, with dashes in their names."""
    return {name.replace("_", "-"): value for name, value in named.items()}


def a_status(state: StatusState = StatusState.PENDING) -> CommitStatus:
    """A step, or a result."""
    return CommitStatus(repo=REPO, sha=SHA, context="tickborg-eval", state=state, description="")


def a_check_run(status: CheckStatus) -> CheckRun:
    """A check run under way, or its end."""
    ended = status is CheckStatus.COMPLETED
    return CheckRun(
        repo=REPO,
        head_sha=SHA,
        name="cgit on x86_64-linux",
        external_id="pr/acme/mono/7 1 run",
        status=status,
        conclusion=CheckConclusion.SUCCESS if ended else None,
        title="",
        summary="",
    )


async def test_steps_are_put_off_while_results_are_told(
    github: GitHubClient, wire: Wire, clock: FakeClock, stats: FakeStats
) -> None:
    """With a fifteenth of the hour's calls left, only what people wait for is sent, and that is counted."""
    wire.on(PULL, answer(200, pull_json(), **left(clock, 333)))
    wire.on(STATUS, answer(201, {"id": 1}, **left(clock, 332)))
    wire.on(CHECK_RUNS, answer(201, {"id": 1}, **left(clock, 331)))
    await github.pull_request(REPO, 7)
    steps = (
        github.set_status(a_status()),
        github.react(REPO, 1, "eyes"),
        github.create_check_run(a_check_run(CheckStatus.QUEUED)),
        github.update_check_run(1, a_check_run(CheckStatus.IN_PROGRESS)),
        github.labels(REPO, 7),
        github.add_labels(REPO, 7, ["scope: ci"]),
        github.remove_label(REPO, 7, "scope: ci"),
    )
    for refused in await asyncio.gather(*steps, return_exceptions=True):
        assert isinstance(refused, PutOffError)
    assert "put off: 333 of 5,000 calls are left until 2026-01-31 13:00:00 UTC, and the last" in str(refused)
    await github.set_status(a_status(StatusState.SUCCESS))
    await github.create_check_run(a_check_run(CheckStatus.COMPLETED))
    assert wire.calls() == [PULL, STATUS, CHECK_RUNS]
    assert len(stats.named(EventName.CALL_PUT_OFF)) == len(steps)


async def test_steps_are_told_again_when_there_are_new_calls(
    github: GitHubClient, wire: Wire, clock: FakeClock
) -> None:
    """Not before; and what GitHub counts elsewhere, as for searches, is no measure."""
    wire.on(PULL, answer(200, pull_json(), **left(clock, 10)))
    wire.on(STATUS, answer(201, {"id": 1}, **left(clock, 0, x_ratelimit_resource="search")))
    await github.pull_request(REPO, 7)
    with pytest.raises(PutOffError) as put_off:
        await github.set_status(a_status())
    clock.advance(put_off.value.retry_at - clock())
    for _ in range(2):
        await github.set_status(a_status())


@pytest.mark.parametrize("headers", [{"x_ratelimit_remaining": "many"}, {}])
async def test_what_is_not_known_holds_nothing_up(
    github: GitHubClient, wire: Wire, headers: dict[str, str]
) -> None:
    """A proxy may take the headers away."""
    wire.on(STATUS, answer(201, {"id": 1}, **headers))
    for _ in range(2):
        await github.set_status(a_status())


async def test_each_installation_spends_its_own(clock: FakeClock) -> None:
    """And tokens that are over are forgotten: a worker runs for months."""
    spending = Spending(clock)
    spending.learn("one", dashed(left(clock, 1)))
    spending.refused("two", clock() + timedelta(days=365), {})
    spending.admit("three", Purpose.STEP, "GET /thing")
    with pytest.raises(PutOffError):
        spending.admit("one", Purpose.STEP, "GET /thing")
    with pytest.raises(RateLimitedError, match="takes no calls until"):
        spending.admit("two", Purpose.RESULT, "GET /thing")
    clock.advance(LONGEST_SILENCE)
    spending.admit("two", Purpose.RESULT, "GET /thing")
    clock.advance(FORGIVEN_AFTER)
    spending.learn("four", {})
    assert list(spending._accounts) == ["four"]


async def test_operators_are_told_what_is_left(
    github: GitHubClient, wire: Wire, clock: FakeClock, stats: FakeStats
) -> None:
    """Now and then, and when there is nothing left; each installation by its owner."""
    for remaining in (4_000, 3_990, 3_940):
        wire.on(PULL, answer(200, pull_json(), **left(clock, remaining)))
        await github.pull_request(REPO, 7)
    wire.on(PULL, answer(403, {"message": "API rate limit exceeded"}, **left(clock, 0)))
    for _ in range(2):
        with pytest.raises(RateLimitedError):
            await github.pull_request(REPO, 7)
    readings = [event.quota for event in stats.named(EventName.QUOTA_READ) if event.quota]
    assert [(each.owner, each.remaining) for each in readings] == [("acme", n) for n in (4_000, 3_940, 0)]
    assert {(each.limit, each.resets_at) for each in readings} == {(5_000, clock() + timedelta(hours=1))}


def test_no_hour_is_longer_than_one(clock: FakeClock) -> None:
    """GitHub is asked again after it, whatever it has said."""
    spending = Spending(clock)
    far = str(int((clock() + timedelta(days=9)).timestamp()))
    spending.learn("one", dashed(left(clock, 0, x_ratelimit_reset=far)))
    with pytest.raises(RateLimitedError):
        spending.admit("one", Purpose.RESULT, "GET /thing")
    clock.advance(timedelta(hours=1))
    spending.admit("one", Purpose.RESULT, "GET /thing")


# Asking again with "if it has changed"


def conditional(body: Any, **headers: str) -> Any:
    """Answers 304 to whoever knows the tag of ``body``."""

    def step(request: httpx2.Request) -> httpx2.Response:
        if request.headers.get("if-none-match") == TAG:
            return answer(304, None, etag=TAG, **headers)
        return answer(200, body, etag=TAG, last_modified="Sat, 31 Jan 2026 12:00:00 GMT", **headers)

    return step


async def test_what_has_not_changed_is_not_sent_again(
    github: GitHubClient, wire: Wire, clock: FakeClock
) -> None:
    """GitHub says so for nothing; what it says of the quota counts all the same."""
    wire.on(PULL, conditional(pull_json()), conditional(None, **left(clock, 10)))
    first, second = [await github.pull_request(REPO, 7) for _ in range(2)]
    assert first == second
    asked = [request.headers for request in wire.requests[-2:]]
    assert [headers.get("if-none-match") for headers in asked] == [None, TAG]
    assert not any("if-modified-since" in headers for headers in asked), "two changes may be of one second"
    with pytest.raises(PutOffError):
        await github.set_status(a_status())


async def test_all_pages_are_there_though_none_has_changed(github: GitHubClient, wire: Wire) -> None:
    """The next page is known from the answer that was kept."""
    link = {"link": f'<https://api.github.com{LABELS[4:]}?page=2>; rel="next"'}
    one, two = conditional([{"name": "a"}], **link), conditional([{"name": "b"}])
    wire.on(LABELS, lambda request: (two if request.url.params.get("page") else one)(request))
    for _ in range(2):
        assert await github.labels(REPO, 7) == {"a", "b"}
    assert [request.headers.get("if-none-match") for request in wire.requests[-4:]] == [None, None, TAG, TAG]


async def test_a_304_that_nobody_asked_for_is_an_error(github: GitHubClient, wire: Wire) -> None:
    """Something in between made it up."""
    wire.on(PULL, answer(304))
    with pytest.raises(Exception, match="GitHub answered 304"):
        await github.pull_request(REPO, 7)


async def test_a_broken_answer_is_not_kept(github: GitHubClient, wire: Wire) -> None:
    """Cut off on its way, it is asked for again as if for the first time."""
    broken = httpx2.Response(200, content=b'{"id": 1', headers={"etag": TAG})
    wire.on(PULL, broken, conditional(pull_json()))
    with pytest.raises(UnavailableError):
        await github.pull_request(REPO, 7)
    await github.pull_request(REPO, 7)
    assert "if-none-match" not in wire.requests[-1].headers


async def test_large_answers_are_not_kept(github: GitHubClient, wire: Wire) -> None:
    """A list of a hundred pull requests is megabytes, and asked for once in a while."""
    wire.on(LABELS, conditional([{"name": "a" * LARGEST_KEPT}]))
    for _ in range(2):
        await github.labels(REPO, 7)
    assert "if-none-match" not in wire.requests[-1].headers


def test_only_the_answers_last_used_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a worker of many months does not keep every pull request it ever saw."""
    monkeypatch.setattr(recent_answers, "KEPT_ANSWERS", 3)
    kept = RecentAnswers()
    for url in "abc":
        kept[url] = (url, None, None, None)
    assert kept["a"][0] == "a"
    kept["d"] = kept["a"]
    assert list(kept) == ["c", "a", "d"]
    assert KEPT_ANSWERS * LARGEST_KEPT < 2**25
