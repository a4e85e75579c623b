"""What can be made to go wrong, and what waiting looks like when it does."""

import asyncio
from typing import Any

import httpx2
import pytest

from emulator import (
    Breaks,
    Delays,
    Drops,
    EmulatedGitHub,
    Exhausted,
    Fails,
    Garbles,
    NeverHappenedError,
    Person,
    Stale,
    TooFast,
)
from emulator.state import PullRequest
from tests.contract.conftest import Api

REPO = "/repos/project-tick/mono"
COMMENTS = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments"
PULL = "GET /repos/{owner}/{repo}/pulls/{pull_number}"
HELLO = {"body": "Hello."}


async def say_hello(api: Api) -> httpx2.Response:
    """Comment on the pull request."""
    return await api.post(f"{REPO}/issues/1/comments", HELLO)


async def test_a_route_fails_so_many_times(api: Api, github: EmulatedGitHub, pull: PullRequest) -> None:
    """The next calls of the route fail and do nothing; another route and the call after work."""
    fault = github.faults.add(COMMENTS, Fails(502), times=2)
    statuses = [(await say_hello(api)).status_code for _ in range(2)]
    assert (await api.get(f"{REPO}/pulls/1")).status_code == 200
    assert pull.comments == []
    statuses.append((await say_hello(api)).status_code)
    assert statuses == [502, 502, 201]
    assert (fault.hits, fault.left) == (2, 0)


async def test_an_answer_may_break_off(api: Api, pull: PullRequest, github: EmulatedGitHub) -> None:
    """Its head and half of its body came; the call was done."""
    github.faults.add(COMMENTS, Breaks())
    with pytest.raises(httpx2.RemoteProtocolError, match="without sending complete message body"):
        await say_hello(api)
    assert len(pull.comments) == 1
    (call,) = github.journal.calls(COMMENTS)
    assert (call.status, call.fault) == (None, "Breaks")


@pytest.mark.parametrize("carried_out", [False, True])
async def test_an_answer_may_be_no_json(
    api: Api, pull: PullRequest, github: EmulatedGitHub, *, carried_out: bool
) -> None:
    """A proxy has a page of its own for what goes wrong."""
    github.faults.add(COMMENTS, Garbles("<html>", status=200, carried_out=carried_out))
    answer = await say_hello(api)
    assert (answer.status_code, answer.text) == (200, "<html>")
    assert len(pull.comments) == carried_out


@pytest.mark.parametrize("carried_out", [False, True])
async def test_an_answer_may_be_lost(
    api: Api, pull: PullRequest, github: EmulatedGitHub, *, carried_out: bool
) -> None:
    """A dropped call was done, or not; the journal knows that nobody heard of it."""
    github.faults.add(COMMENTS, Drops(carried_out=carried_out))
    with pytest.raises(httpx2.RemoteProtocolError):
        await say_hello(api)
    assert len(pull.comments) == carried_out
    (call,) = github.journal.calls(COMMENTS)
    assert (call.status, call.fault) == (None, "Drops")


async def test_an_error_may_hide_a_success(api: Api, pull: PullRequest, github: EmulatedGitHub) -> None:
    """A gateway may fail after the call was carried out."""
    github.faults.add(COMMENTS, Fails(504, carried_out=True))
    assert (await say_hello(api)).status_code == 504
    assert len(pull.comments) == 1


async def test_a_rate_limit_names_its_end(api: Api, github: EmulatedGitHub, pull: PullRequest) -> None:
    """An exhausted primary limit says so in the headers that clients read."""
    github.faults.add("*", Exhausted(resets_in=90))
    answer = await say_hello(api)
    assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (403, "0")
    assert int(answer.headers["x-ratelimit-reset"]) - github.now().timestamp() == pytest.approx(90, abs=5)


@pytest.mark.parametrize(
    ("kind", "status", "retry_after"),
    [(TooFast(7), 403, "7"), (TooFast(7, status=429), 429, "7"), (TooFast(None), 403, None)],
)
async def test_a_secondary_limit_may_name_its_end(
    api: Api, github: EmulatedGitHub, pull: PullRequest, kind: TooFast, status: int, retry_after: str | None
) -> None:
    """A secondary limit has a Retry-After, or only its message, while calls remain."""
    github.faults.add(COMMENTS, kind)
    answer = await say_hello(api)
    assert (answer.status_code, answer.headers.get("retry-after")) == (status, retry_after)
    assert "secondary rate limit" in answer.json()["message"]


def own(pull: dict[str, Any]) -> dict[str, Any]:
    """A pull request without its repositories, which are told as they are now: a push changes their times."""
    sides = {side: {**pull[side], "repo": None} for side in ("base", "head")}
    return {**pull, **sides}


async def test_a_replica_may_lag(api: Api, github: EmulatedGitHub, alice: Person, pull: PullRequest) -> None:
    """A stale answer is the version before the last change, told by its older `updated_at`."""
    before = (await api.get(f"{REPO}/pulls/1")).json()
    alice.commit(pull.repository, "feature", {"x": b""}, "x")
    github.faults.add(PULL, Stale())
    stale, fresh = [(await api.get(f"{REPO}/pulls/1")).json() for _ in range(2)]
    assert own(stale) == own(before)
    assert stale["updated_at"] < fresh["updated_at"]
    assert fresh["head"]["sha"] == pull.head_sha != stale["head"]["sha"]


async def test_a_delay_passes(api: Api, github: EmulatedGitHub, pull: PullRequest) -> None:
    """A delayed call holds up nobody else, and is answered in the end."""
    github.faults.add(COMMENTS, Delays(0.05))
    slow = asyncio.create_task(say_hello(api))
    await asyncio.sleep(0)
    assert (await api.get(f"{REPO}/pulls/1")).status_code == 200
    assert (await slow).status_code == 201
    (call,) = github.journal.calls(COMMENTS)
    assert call.seconds >= 0.05


async def test_a_fault_may_choose(api: Api, github: EmulatedGitHub, pull: PullRequest) -> None:
    """A fault can look at path and body before it strikes."""

    def is_rude(_path: str, body: Any) -> bool:
        return "!" in body["body"]

    github.faults.add(COMMENTS, Fails(500), when=is_rude)
    polite = await say_hello(api)
    rude = await api.post(f"{REPO}/issues/1/comments", {"body": "Hello!"})
    assert (polite.status_code, rude.status_code) == (201, 500)


async def test_waiting_ends_when_it_becomes_true(
    api: Api, github: EmulatedGitHub, alice: Person, pull: PullRequest
) -> None:
    """A change by a call or by a person wakes whoever waits for it."""
    waiting = asyncio.create_task(github.until(lambda: pull.comments))
    await say_hello(api)
    assert (await waiting)[0].body == "Hello."
    alice.add_label(pull, "x")
    assert await github.until(lambda: pull.labels)


async def test_waiting_in_vain_shows_what_there_is(
    github: EmulatedGitHub, api: Api, pull: PullRequest
) -> None:
    """The error of a wait in vain is what a person would see, and the last calls."""
    await say_hello(api)
    with pytest.raises(NeverHappenedError) as error:
        await github.until(lambda: pull.labels, within=0.01)
    assert "project-tick/mono#1 cgit: better ui [open]" in str(error.value)
    assert "| Hello." in str(error.value)
    assert f"201 POST {REPO}/issues/1/comments" in str(error.value)


async def test_the_journal_has_every_call(api: Api, github: EmulatedGitHub, pull: PullRequest) -> None:
    """A call is recorded with who made it, what was sent and what came of it."""
    await say_hello(api)
    await api.get(f"{REPO}/pulls?state=all")
    (comment,) = github.journal.calls(COMMENTS)
    assert (comment.method, comment.status, comment.caller) == ("POST", 201, "tickbot[bot]")
    assert comment.body == HELLO
    (listing,) = github.journal.calls(path=f"{REPO}/pulls")
    assert (listing.route, listing.query) == ("GET /repos/{owner}/{repo}/pulls", "state=all")
    github.journal.clear()
    assert github.journal.calls() == []
