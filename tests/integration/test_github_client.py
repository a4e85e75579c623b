"""The real client against an emulated GitHub over HTTP, which fails in GitHub's ways."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from activities.clients.github.app import GitHubApp
from activities.clients.github.client import GitHubClient
from activities.clients.github.fetch_tokens import FetchTokens
from activities.clients.github.repository_calls import RepositoryCalls
from activities.clients.github.spending import FORGIVEN_AFTER
from activities.clients.github.transport import AppCredentials, GitHubTransport, new_http_client
from emulator import (
    Breaks,
    Delays,
    Drops,
    EmulatedGitHub,
    Exhausted,
    Fails,
    Garbles,
    Person,
    Stale,
    TooFast,
    serve,
)
from emulator.faults import Kind
from emulator.git import create_bare
from emulator.state import App, Installation, PullRequest, Repository
from tests.support.clock import ClockAhead, PassTime
from tests.support.eventually import eventually
from tests.support.github_keys import private_key
from tickborg.errors import (
    HeadGoneError,
    PermanentError,
    PutOffError,
    RateLimitedError,
    UnauthorizedError,
    UnavailableError,
)
from tickborg.github import (
    SUMMARY_MARKER,
    CheckAction,
    CheckConclusion,
    CheckRun,
    CheckRunAnswer,
    CheckStatus,
    CommitStatus,
    Permission,
    RepositoryName,
    StatusState,
)
from tickborg.texts import button_answers

REPO = RepositoryName(owner="project-tick", name="mono")
STATUSES = "POST /repos/{owner}/{repo}/statuses/{sha}"
PULL = "GET /repos/{owner}/{repo}/pulls/{pull_number}"
CHECK_RUNS = "POST /repos/{owner}/{repo}/check-runs"
TOKENS = "POST /app/installations/{installation_id}/access_tokens"
NOWHERE = "f" * 40


@pytest.fixture
async def github() -> AsyncIterator[EmulatedGitHub]:
    """A GitHub that has answers to all that the client asks."""
    emulated = EmulatedGitHub()
    async with serve(emulated):
        yield emulated
    assert emulated.journal.unanswered() == []


@pytest.fixture
def repository(github: EmulatedGitHub, tmp_path: Path) -> Repository:
    """``project-tick/mono``, private, with a maintainer."""
    create_bare(tmp_path / "mono.git")
    mono = github.create_repository(str(REPO), tmp_path / "mono.git", private=True)
    Person(github, "maya").commit(mono, "main", {"cgit/ui.c": b"int ui;\n"}, "Begin")
    github.collaborate(mono, "maya", "maintain")
    github.collaborate(mono, "tria", "triage")
    return mono


@pytest.fixture
def pull(github: EmulatedGitHub, repository: Repository) -> PullRequest:
    """An open pull request."""
    alice = Person(github, "alice")
    alice.commit(repository, "topic", {"cgit/ui.c": b"int better;\n"}, "cgit: better ui")
    return alice.open_pull_request(repository, head="topic", title="cgit: better ui")


@pytest.fixture
def app(github: EmulatedGitHub) -> App:
    """The bot's App."""
    return github.create_app("tickbot", private_key=private_key())


@pytest.fixture
def installation(github: EmulatedGitHub, app: App, repository: Repository) -> Installation:
    """The App's installation on the repository."""
    return github.install(app, repository)


@pytest.fixture
def clock() -> ClockAhead:
    """The client's."""
    return ClockAhead()


@pytest.fixture
async def transport(
    github: EmulatedGitHub, app: App, installation: Installation, clock: ClockAhead
) -> AsyncIterator[GitHubTransport]:
    """Calls to the emulated GitHub."""
    async with new_http_client() as http:
        credentials = AppCredentials(app.id, app.private_key)
        yield GitHubTransport(http, "tickborg/0", credentials, base_url=github.url, now=clock)


@pytest.fixture
def identity(transport: GitHubTransport) -> GitHubApp:
    """The App's tokens."""
    return GitHubApp(transport)


@pytest.fixture
def client(transport: GitHubTransport, identity: GitHubApp) -> GitHubClient:
    """What is tested."""
    return GitHubClient(transport, identity)


def status(sha: str, state: StatusState = StatusState.PENDING) -> CommitStatus:
    """A status of the evaluation."""
    return CommitStatus(repo=REPO, sha=sha, context="tickborg-eval", state=state, description="merging")


def check_run(sha: str, external_id: str = "pr/project-tick/mono/1 1 run") -> CheckRun:
    """A check run that waits."""
    return CheckRun(
        repo=REPO,
        head_sha=sha,
        name="cgit on x86_64-linux",
        external_id=external_id,
        status=CheckStatus.QUEUED,
        title="Queued",
        summary="Waiting.",
        actions=(CheckAction(label="Cancel", identifier="cancel", description="Stop this build"),),
    )


async def test_a_pull_request_is_read(client: GitHubClient, pull: PullRequest) -> None:
    """Head and base as GitHub has them."""
    seen = await client.pull_request(REPO, pull.number)
    assert (seen.head_sha, seen.base_ref, seen.author) == (pull.head_sha, "main", "alice")
    assert seen.updated_at.tzinfo is not None


async def test_a_lagging_replica_tells_the_past(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest
) -> None:
    """By ``updated_at`` a workflow sees that it has to ask again."""
    Person(github, "alice").edit(pull, title="cgit: a better ui")
    github.faults.add("GET /repos/{owner}/{repo}/pulls/{pull_number}", Stale())
    stale = await client.pull_request(REPO, pull.number)
    fresh = await client.pull_request(REPO, pull.number)
    assert (stale.title, fresh.title) == ("cgit: better ui", "cgit: a better ui")


async def test_a_status_is_set(client: GitHubClient, repository: Repository, pull: PullRequest) -> None:
    """The later one of a context is the one that is shown."""
    await client.set_status(status(pull.head_sha))
    await client.set_status(status(pull.head_sha, StatusState.SUCCESS))
    states = [each.state for each in repository.statuses[pull.head_sha]]
    assert states == ["pending", "success"]


async def test_a_check_run_lives(client: GitHubClient, repository: Repository, pull: PullRequest) -> None:
    """Queued with a button, found by its external id, in progress, completed."""
    queued = check_run(pull.head_sha)
    check_run_id = await client.create_check_run(queued)
    assert await client.find_check_run(queued) == check_run_id
    assert await client.find_check_run(check_run(pull.head_sha, "another")) is None
    started = datetime(2026, 1, 31, 12, tzinfo=UTC)
    running = queued.model_copy(update={"status": CheckStatus.IN_PROGRESS, "started_at": started})
    await client.update_check_run(check_run_id, running)
    ended = {
        "status": CheckStatus.COMPLETED,
        "conclusion": CheckConclusion.TIMED_OUT,
        "completed_at": started + timedelta(hours=1),
        "text": "the last lines",
        "actions": (),
    }
    await client.update_check_run(check_run_id, running.model_copy(update=ended))
    [shown] = repository.check_runs.values()
    assert (shown.id, shown.status, shown.conclusion) == (check_run_id, "completed", "timed_out")
    assert (shown.started_at, shown.completed_at) == (started, started + timedelta(hours=1))
    assert not shown.actions


@pytest.mark.parametrize("conclusion", [None, CheckConclusion.TIMED_OUT])
async def test_a_button_is_answered_on_its_check_run(
    client: GitHubClient, repository: Repository, pull: PullRequest, conclusion: CheckConclusion | None
) -> None:
    """Above what it says; all else stays, and a suite that *Re-run* has queued is complete again."""
    ended = {
        "status": CheckStatus.COMPLETED if conclusion else CheckStatus.IN_PROGRESS,
        "conclusion": conclusion,
        "completed_at": datetime(2026, 1, 31, 13, tzinfo=UTC) if conclusion else None,
        "text": "the last lines",
    }
    run = check_run(pull.head_sha).model_copy(update=ended)
    await client.create_check_run(run)
    [shown] = repository.check_runs.values()
    said, ending = shown.output.summary, (shown.status, shown.conclusion, shown.completed_at)
    shown.suite.asked_again = True
    answer = CheckRunAnswer(
        repo=run.repo, head_sha=run.head_sha, name=run.name, external_id=run.external_id, text="It is closed."
    )
    assert await client.answer_on_check_run(answer)
    assert shown.output.summary == button_answers.above(said or "", "It is closed.")
    assert (shown.status, shown.conclusion, shown.completed_at) == ending
    assert (shown.output.title, shown.output.text) == (run.title, run.text)
    assert [action.identifier for action in shown.actions] == [each.identifier for each in run.actions]
    assert not shown.suite.asked_again
    assert not await client.answer_on_check_run(answer.model_copy(update={"external_id": "another"}))


async def test_the_newest_of_several_runs_is_found(
    client: GitHubClient, repository: Repository, pull: PullRequest
) -> None:
    """GitHub shows the latest of a name by default; a re-run in between hides none of ours."""
    ours, rerun = check_run(pull.head_sha), check_run(pull.head_sha, "a re-run")
    first = await client.create_check_run(ours)
    await client.create_check_run(rerun)
    assert await client.find_check_run(ours) == first


async def test_labels_change(client: GitHubClient, pull: PullRequest) -> None:
    """Labels the repository lacks are created; taking off what is not there is no error."""
    await client.add_labels(REPO, pull.number, ["scope: ci", "project: cgit"])
    await client.remove_label(REPO, pull.number, "scope: ci")
    await client.remove_label(REPO, pull.number, "scope: ci")
    assert await client.labels(REPO, pull.number) == {"project: cgit"}


async def test_our_comment_is_found_behind_a_hundred_others(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest
) -> None:
    """On the second page, after a person who quoted it."""
    alice = Person(github, "alice")
    alice.comment(pull, f"> {SUMMARY_MARKER}")
    for number in range(100):
        alice.comment(pull, f"thought {number}")
    ours = await client.create_comment(REPO, pull.number, f"{SUMMARY_MARKER}\nfirst")
    assert await client.find_comment(REPO, pull.number, SUMMARY_MARKER) == ours
    assert await client.edit_comment(REPO, ours, f"{SUMMARY_MARKER}\nsecond")
    assert pull.comments[-1].body == f"{SUMMARY_MARKER}\nsecond"


async def test_a_deleted_comment_is_no_error(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest
) -> None:
    """Anybody who may write can delete it."""
    ours = await client.create_comment(REPO, pull.number, SUMMARY_MARKER)
    Person(github, "maya").delete_comment(pull.comments[-1])
    assert not await client.edit_comment(REPO, ours, "again")
    assert await client.find_comment(REPO, pull.number, SUMMARY_MARKER) is None


async def test_a_comment_has_one_pair_of_our_eyes(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest
) -> None:
    """However often they are put there; another's count for themselves."""
    comment = Person(github, "alice").comment(pull, "@tickbot eval")
    for _ in range(2):
        await client.react(REPO, comment.id, "eyes")
    assert [(each.user.login, each.content) for each in comment.reactions] == [("tickbot[bot]", "eyes")]
    statuses = [call.status for call in github.journal.calls() if call.path.endswith("/reactions")]
    assert statuses == [201, 200]


async def test_a_comment_that_is_gone_takes_no_reaction(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest
) -> None:
    """And that is no error."""
    alice = Person(github, "alice")
    comment = alice.comment(pull, "@tickbot eval")
    alice.delete_comment(comment)
    await client.react(REPO, comment.id, "eyes")


async def test_the_open_pull_requests_of_a_head_are_found(
    client: GitHubClient, github: EmulatedGitHub, repository: Repository, pull: PullRequest, tmp_path: Path
) -> None:
    """From forks and to several targets; what only contains the commit, or is closed, is not among them."""
    alice, bob = Person(github, "alice"), Person(github, "bob")
    alice.push(repository, "next", repository.branches["main"])
    fork = bob.fork(repository, tmp_path / "fork.git")
    bob.push(fork, "same", pull.head_sha)
    proposals = [
        bob.open_pull_request(repository, head="same", title="The same", source=fork),
        alice.open_pull_request(repository, head="topic", title="For next", base="next"),
    ]
    closed = alice.open_pull_request(repository, head="topic", title="Not this", base="next")
    alice.close(closed)
    alice.commit(repository, "more", {"cmark/a": b""}, "More", onto="topic")
    alice.open_pull_request(repository, head="more", title="More")
    found = await client.open_pulls_at(REPO, pull.head_sha)
    assert sorted(found) == [pull.number, *(each.number for each in proposals)]
    assert await client.open_pulls_at(REPO, repository.branches["main"]) == []


async def test_a_head_is_found_behind_a_hundred_other_pull_requests(
    client: GitHubClient, github: EmulatedGitHub, repository: Repository, pull: PullRequest
) -> None:
    """GitHub lists the newest first, a hundred a page."""
    alice = Person(github, "alice")
    alice.commit(repository, "other", {"cmark/a": b""}, "Other")
    for number in range(100):
        alice.push(repository, f"base-{number}", repository.branches["main"])
        alice.open_pull_request(repository, head="other", title="Other", base=f"base-{number}")
    assert await client.open_pulls_at(REPO, pull.head_sha) == [pull.number]


async def test_permissions_are_folded(client: GitHubClient, pull: PullRequest) -> None:
    """A maintainer may write, a triager may read, a stranger to a private repository may nothing."""
    permissions = [await client.permission(REPO, user) for user in ("maya", "tria", "alice", "nobody-at-all")]
    assert permissions == [Permission.WRITE, Permission.READ, Permission.NONE, Permission.NONE]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Fails(500), UnavailableError),
        (Fails(502), UnavailableError),
        (Fails(503, carried_out=True), UnavailableError),
        (Drops(), UnavailableError),
        (Drops(carried_out=True), UnavailableError),
        (Breaks(), UnavailableError),
        (Garbles(), UnavailableError),
        (Garbles(status=200), UnavailableError),
        (Garbles('{"id": 1', status=201, carried_out=True), UnavailableError),
        (Fails(400, "Problems parsing JSON"), PermanentError),
    ],
)
async def test_a_fault_is_named_and_passes(
    client: GitHubClient,
    github: EmulatedGitHub,
    repository: Repository,
    pull: PullRequest,
    kind: Kind,
    expected: type[Exception],
) -> None:
    """Once it is raised as what it is; the next try works."""
    fault = github.faults.add(STATUSES, kind)
    with pytest.raises(expected):
        await client.set_status(status(pull.head_sha))
    assert fault.hits == 1
    await client.set_status(status(pull.head_sha))
    assert repository.statuses[pull.head_sha][-1].description == "merging"


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        (Exhausted(resets_in=600), 600),
        (Exhausted(resets_in=600, status=429), 600),
        (TooFast(retry_after=30), 30),
        (TooFast(retry_after=30, status=429), 30),
        (TooFast(None), 60),
    ],
)
async def test_a_rate_limit_is_kept_until_github_says(
    client: GitHubClient,
    github: EmulatedGitHub,
    pull: PullRequest,
    clock: ClockAhead,
    kind: Kind,
    seconds: int,
) -> None:
    """To the second or two that clocks and headers are apart; until then nothing is sent."""
    github.faults.add(STATUSES, kind)
    before = clock()
    with pytest.raises(RateLimitedError) as raised:
        await client.set_status(status(pull.head_sha))
    waited = raised.value.retry_at - before
    assert timedelta(seconds=seconds - 2) < waited < timedelta(seconds=seconds + 15)
    calls = len(github.journal.calls())
    with pytest.raises(RateLimitedError, match="not sent, since GitHub takes no calls until"):
        await client.pull_request(REPO, pull.number)
    assert len(github.journal.calls()) == calls
    clock.advance(waited)
    await client.set_status(status(pull.head_sha))
    assert pull.repository.statuses[pull.head_sha]


async def test_a_limit_that_stays_is_waited_for_longer(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest, clock: ClockAhead
) -> None:
    """GitHub names no time and refuses again: a minute, two, four, whatever works in between."""
    fault, waits = github.faults.add(STATUSES, TooFast(None), times=4), []
    for minutes in (1, 2, 4):
        with pytest.raises(RateLimitedError) as raised:
            await client.set_status(status(pull.head_sha))
        waits.append(round((raised.value.retry_at - clock()) / timedelta(minutes=1)))
        clock.advance(timedelta(minutes=minutes))
        await client.pull_request(REPO, pull.number)
    clock.advance(FORGIVEN_AFTER)
    with pytest.raises(RateLimitedError) as raised:
        await client.set_status(status(pull.head_sha))
    assert [*waits, round((raised.value.retry_at - clock()) / timedelta(minutes=1))] == [1, 2, 4, 1]
    assert fault.hits == 4


async def test_a_used_up_hour_is_waited_for(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest, clock: ClockAhead
) -> None:
    """Counted by GitHub, call by call; what it would refuse is not even sent."""
    github.hourly_calls = 2
    for _ in range(2):
        await client.set_status(status(pull.head_sha, StatusState.SUCCESS))
    with pytest.raises(RateLimitedError, match="not sent: 0 of 2 calls are left until"):
        await client.set_status(status(pull.head_sha, StatusState.SUCCESS))
    assert len(github.journal.calls(STATUSES)) == 2
    clock.advance(timedelta(hours=1))
    with pytest.raises(
        RateLimitedError, match="Calls are taken again at"
    ):  # the emulator's clock stood still
        await client.set_status(status(pull.head_sha, StatusState.SUCCESS))


async def test_steps_yield_to_results_when_few_calls_are_left(
    client: GitHubClient, github: EmulatedGitHub, repository: Repository, pull: PullRequest
) -> None:
    """As GitHub counts them; to the very last call, results are told."""
    github.hourly_calls = 20
    await client.pull_request(REPO, pull.number)
    for _ in range(15):
        await client.set_status(status(pull.head_sha, StatusState.SUCCESS))
    await client.set_status(status(pull.head_sha))
    with pytest.raises(PutOffError, match="put off: 3 of 20 calls are left until"):
        await client.set_status(status(pull.head_sha))
    check_run_id = await client.create_check_run(check_run(pull.head_sha))
    await client.update_check_run(check_run_id, check_run(pull.head_sha))
    with pytest.raises(PutOffError):
        await client.update_check_run(check_run_id, check_run(pull.head_sha))
    await client.set_status(status(pull.head_sha, StatusState.SUCCESS))
    assert len(github.journal.calls(STATUSES)) == 17
    assert repository.statuses[pull.head_sha][-1].state == "success"


async def test_asking_again_what_has_not_changed_costs_nothing(
    client: GitHubClient, github: EmulatedGitHub, identity: GitHubApp, pull: PullRequest
) -> None:
    """GitHub counts one call; a change is seen at once, and so is the first answer to another token."""
    github.hourly_calls = 3
    first = [await client.pull_request(REPO, pull.number) for _ in range(10)]
    asked = [call.status for call in github.journal.calls(PULL)]
    assert (len({each.title for each in first}), asked) == (1, [200] + [304] * 9)
    Person(github, "alice").edit(pull, title="cgit: a better ui")
    assert (await client.pull_request(REPO, pull.number)).title == "cgit: a better ui"
    await identity.renewed_token(REPO, refused=await identity.token(REPO))
    assert (await client.pull_request(REPO, pull.number)).title == "cgit: a better ui"
    assert [call.status for call in github.journal.calls(PULL)][-2:] == [200, 200]


async def test_a_slow_github_is_waited_for(
    client: GitHubClient,
    github: EmulatedGitHub,
    repository: Repository,
    pull: PullRequest,
    pass_time: PassTime,
) -> None:
    """Half a minute for a call; whoever gave up before would have the next try do it twice."""
    await client.set_status(status(pull.head_sha))
    fault = github.faults.add(CHECK_RUNS, Delays(30))
    made = asyncio.create_task(client.create_check_run(check_run(pull.head_sha)))

    async def struck() -> int:
        return fault.hits

    await eventually(struck)
    pass_time(timedelta(seconds=30))
    assert [await made] == list(repository.check_runs)


async def test_a_check_run_whose_answer_was_lost_is_found(
    client: GitHubClient, github: EmulatedGitHub, repository: Repository, pull: PullRequest
) -> None:
    """GitHub made it and the connection broke: looking for it tells."""
    github.faults.add(CHECK_RUNS, Drops(carried_out=True))
    run = check_run(pull.head_sha)
    with pytest.raises(UnavailableError):
        await client.create_check_run(run)
    assert [await client.find_check_run(run)] == list(repository.check_runs)


async def test_a_revoked_token_is_replaced_without_a_word(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest
) -> None:
    """One refresh for all who were refused at once."""
    await client.set_status(status(pull.head_sha))
    github.revoke_tokens()
    await asyncio.gather(*(client.set_status(status(pull.head_sha)) for _ in range(10)))
    assert len(github.journal.calls(TOKENS)) == 2


async def test_a_second_refusal_is_told(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest
) -> None:
    """Unauthorised although the token is new."""
    fault = github.faults.add(STATUSES, Fails(401, "Bad credentials"), times=2)
    with pytest.raises(UnauthorizedError, match="Bad credentials"):
        await client.set_status(status(pull.head_sha))
    assert fault.hits == 2


async def test_a_token_about_to_end_is_not_used(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest
) -> None:
    """GitHub never sees one that is over."""
    github.token_lifetime = timedelta(minutes=4)
    await client.set_status(status(pull.head_sha))
    await client.set_status(status(pull.head_sha))
    assert len(github.journal.calls(TOKENS)) == 2


async def test_an_app_installed_again_goes_on(
    client: GitHubClient, github: EmulatedGitHub, app: App, repository: Repository, pull: PullRequest
) -> None:
    """With another installation id and none of the old tokens."""
    await client.set_status(status(pull.head_sha))
    github.installations.clear()
    github.revoke_tokens()
    with pytest.raises(PermanentError, match="is not installed on project-tick/mono"):
        await client.set_status(status(pull.head_sha))
    github.install(app, repository)
    await client.set_status(status(pull.head_sha))


@pytest.mark.parametrize("what", ["status", "check run", "search"])
async def test_a_commit_that_is_gone_is_benign(client: GitHubClient, what: str) -> None:
    """A force-push took it away."""
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "status": lambda: client.set_status(status(NOWHERE)),
        "check run": lambda: client.create_check_run(check_run(NOWHERE)),
        "search": lambda: client.find_check_run(check_run(NOWHERE)),
    }
    with pytest.raises(HeadGoneError, match="No commit found for SHA"):
        await calls[what]()


async def test_a_missing_permission_is_named(
    client: GitHubClient, installation: Installation, pull: PullRequest
) -> None:
    """So that the operator knows what to grant."""
    del installation.permissions["statuses"]
    with pytest.raises(PermanentError, match="lacks the permission statuses=write: grant it"):
        await client.set_status(status(pull.head_sha))


async def test_a_suspended_app_is_told_and_works_again_afterwards(
    client: GitHubClient, github: EmulatedGitHub, installation: Installation, pull: PullRequest
) -> None:
    """By whoever owns the account, with tokens in use and without."""
    await client.set_status(status(pull.head_sha))
    installation.suspended_at = github.now()
    with pytest.raises(PermanentError, match=r"has been suspended.* Unsuspend it"):
        await client.set_status(status(pull.head_sha))
    github.revoke_tokens()
    with pytest.raises(PermanentError, match=r"no token for project-tick/mono: .*suspended.* Unsuspend it"):
        await client.set_status(status(pull.head_sha))
    installation.suspended_at = None
    await client.set_status(status(pull.head_sha))


async def test_an_app_that_was_deleted_is_told(
    client: GitHubClient, github: EmulatedGitHub, app: App, pull: PullRequest
) -> None:
    """It is no missing installation, which nobody could put right."""
    del github.apps[app.id]
    with pytest.raises(PermanentError, match=r"no App of this id, or no longer: check \[github\] app_id"):
        await client.set_status(status(pull.head_sha))


async def test_a_wrong_clock_is_waited_for(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It will be put right, and nobody has to ask for anything again then."""
    monkeypatch.setattr(github, "_clock", lambda: datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(UnauthorizedError, match="check the App's id, its private key and the clock"):
        await client.set_status(status(pull.head_sha))


async def test_a_wrong_key_is_told(github: EmulatedGitHub, app: App, installation: Installation) -> None:
    """Of another App, say, or one that was deleted."""
    other = github.create_app("other", private_key=None)
    async with new_http_client() as http:
        wrong = AppCredentials(app.id, other.private_key)
        transport = GitHubTransport(http, "tickborg/0", wrong, base_url=github.url)
        with pytest.raises(PermanentError, match="The private key is none of this App's, or no longer"):
            await GitHubApp(transport).token(REPO)


async def test_a_server_that_is_away_is_unavailable(app: App, unused_tcp_port: int) -> None:
    """Nobody listens."""
    async with new_http_client() as http:
        transport = GitHubTransport(
            http,
            "tickborg/0",
            AppCredentials(app.id, app.private_key),
            base_url=f"http://127.0.0.1:{unused_tcp_port}",
        )
        with pytest.raises(UnavailableError, match="ConnectError"):
            await GitHubApp(transport).token(REPO)


async def test_a_fetch_token_opens_git_and_nothing_else(
    transport: GitHubTransport, identity: GitHubApp, github: EmulatedGitHub, pull: PullRequest
) -> None:
    """Git takes it as the password of x-access-token; the REST API writes nothing with it."""
    token = await asyncio.to_thread(FetchTokens(identity, asyncio.get_running_loop()), REPO)
    refs = f"{github.url}/{REPO}.git/info/refs?service=git-upload-pack"
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    async with new_http_client() as http:
        assert (await http.get(refs)).status_code == httpx2.codes.UNAUTHORIZED
        assert (
            await http.get(refs, headers={"authorization": f"Basic {basic}"})
        ).status_code == httpx2.codes.OK
    with pytest.raises(PermanentError, match="statuses=write"):
        await transport.post(f"/repos/{REPO}/statuses/{pull.head_sha}", data={}, oauth_token=token)


async def test_a_burst_on_a_fresh_worker_gets_one_token(
    transport: GitHubTransport, identity: GitHubApp, github: EmulatedGitHub, pull: PullRequest
) -> None:
    """Twenty calls, one installation, one token."""
    calls = RepositoryCalls(transport, identity)
    await asyncio.gather(*(calls.get(REPO, "pulls/{number}", number=str(pull.number)) for _ in range(20)))
    assert len(github.journal.calls(TOKENS)) == 1
    assert len(github.journal.calls("GET /repos/{owner}/{repo}/installation")) == 1
