"""The workflow bench before an emulated GitHub that speaks HTTP, on a clock that a test moves.

The real client, its errors and its retries are between workflows and GitHub; git and builders are in memory.
GitHub, the client and Temporal have one time, so the emulator's journal says when each call was made::

    github.faults.add(COMMENTS, Fails(502), times=3)
    bench.commit("topic", "cgit")
    pull = await bench.propose("topic")
    await bench.pass_time(minutes=1)
    assert bench.calls_of(COMMENTS) == [(0, 502), (1, 502), (3, 502), (7, 201)]
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty
from temporalio import activity
from temporalio.client import Client

from activities.clients.github.app import GitHubApp
from activities.clients.github.client import GitHubClient
from activities.clients.github.transport import AppCredentials, GitHubTransport, new_http_client
from activities.failures import FailureInterceptor
from cli import workers
from emulator import EmulatedGitHub, Person, serve
from emulator.git import create_bare
from emulator.server import listening
from emulator.state import App, PullRequest, Repository
from tests.support.fake_builder import FakeStats
from tests.support.github_keys import private_key
from tests.support.histories import Histories
from tests.support.shown import all_check_runs, labels
from tests.support.workflow_bench import HEARING, LINUX, PROJECTS, REPO, Bench
from tickborg.names import STATE_QUERY, pull_request_id
from tickborg.policy import Policy
from tickborg.views import PullRequestView
from webhook.app import create_app
from webhook.temporal_starter import TemporalStarter

SECRET = b"it is a secret to nobody"
_LONG = timedelta(days=365)


@dataclass(frozen=True)
class Shown:
    """All that people see of a pull request, check runs that newer ones hide included."""

    status: tuple[str, str]
    """State and description of the evaluation's, as it stands."""
    check_runs: tuple[tuple[str, str], ...]
    """Names and conclusions."""
    comments: tuple[str, ...]
    labels: frozenset[str]

    @property
    def comment(self) -> str:
        """The bot's comment, which must be the only one."""
        [comment] = self.comments
        return comment

    @property
    def is_as_if_nothing_had_happened(self) -> bool:
        """Whether there is one of everything, and all of it right."""
        try:
            self.assert_as_if_nothing_had_happened()
        except (AssertionError, ValueError):
            return False
        return True

    def assert_as_if_nothing_had_happened(
        self, labels: frozenset[str] = frozenset({"project: cgit"})
    ) -> None:
        """There is one of everything, and all of it right."""
        assert self.status == ("success", "1 project: cgit")
        assert self.check_runs == ((f"cgit on {LINUX}", "success"),)
        assert self.comment.startswith("✅ **The build succeeded**\n")
        assert self.labels == labels


class ServerClock:
    """A time-skipping server's time, as far as its activities have made it known; call it for the time."""

    def __init__(self) -> None:
        self._known = datetime.now(UTC)

    def __call__(self) -> datetime:
        """The time at which the activity that asks has begun, or the latest that is known."""
        if activity.in_activity():
            self.know(activity.info().started_time)
        return self._known

    def know(self, moment: datetime) -> None:
        """Take in what time it is."""
        self._known = max(self._known, moment)


class EmulatedBench(Bench):
    """One bot before one emulated repository. Made by :func:`emulated_bench`."""

    def __init__(
        self,
        client: Client,
        folder: Path,
        clock: ServerClock,
        emulated: EmulatedGitHub,
        repository: Repository,
        port: GitHubClient,
    ) -> None:
        super().__init__(client, folder, PROJECTS, port)
        self.emulated = emulated
        self.repository = repository
        self._clock = clock
        self._commits = 0

    @property
    def ada(self) -> Person:
        """Who opens pull requests."""
        return Person(self.emulated, "ada")

    # What people do

    def commit(self, branch: str, *projects: str) -> str:
        """Push a commit that changes ``projects``; a pull request from ``branch`` has it as its head."""
        self._commits += 1
        files = {f"{project}/{self._commits}.c": b"int x;\n" for project in projects}
        sha = self.ada.commit(self.repository, branch, files, "Change things")
        self.repositories.touch(sha, *projects)
        return sha

    async def propose(self, branch: str) -> PullRequest:
        """Open a pull request, and let the bot hear of it."""
        pull = self.ada.open_pull_request(self.repository, head=branch, title="Change things")
        await self.emulated.webhooks.settled()
        await self.note(pull_request_id(REPO, pull.number))
        return pull

    # Time

    async def pass_time(self, **duration: float) -> None:
        """Move the clock of Temporal, GitHub and client on."""
        await super().pass_time(**duration)
        self._clock.know(
            (await self.client.test_service.get_current_time(Empty())).time.ToDatetime(tzinfo=UTC)
        )

    def calls_of(self, *routes: str, about: PullRequest | None = None) -> list[tuple[int, int | None]]:
        """When each call of these routes was made, in seconds after the first, and how it was answered."""
        calls = [
            call
            for call in self.emulated.journal.calls()
            if call.route in routes and (about is None or self.is_about(about.number, call.path, call.body))
        ]
        return [(round((call.at - calls[0].at).total_seconds()), call.status) for call in calls]

    def is_about(self, number: int, path: str, body: Any) -> bool:
        """Whether a call is about a pull request, which need not be open yet: what a fault asks."""
        pulls = {pull.number: pull for pull in self.repository.pulls}
        if number not in pulls:
            return False
        sent = body if isinstance(body, dict) else {}
        comments = [f"comments/{comment.id}" for comment in pulls[number].comments]
        names = (f"/issues/{number}/", f"/pulls/{number}/", pulls[number].head_sha, *comments)
        return sent.get("external_id", "").startswith(f"pr/{REPO}/{number} ") or any(
            name in f"{path}/" for name in names
        )

    # What people see

    def shown(self, pull: PullRequest) -> Shown:
        """What GitHub shows of a pull request, and of its head."""
        statuses = self.repository.statuses.get(pull.head_sha, [])
        return Shown(
            status=(statuses[-1].state, statuses[-1].description or "") if statuses else ("", ""),
            check_runs=tuple((run.name, run.conclusion or run.status) for run in all_check_runs(pull)),
            comments=tuple(comment.body for comment in pull.comments),
            labels=frozenset(labels(pull)),
        )

    async def view_of(self, pull: PullRequest) -> PullRequestView:
        """What the owner of a pull request knows, and the Web UI says."""
        owner = self.client.get_workflow_handle(pull_request_id(REPO, pull.number))
        view = await owner.query(STATE_QUERY, result_type=PullRequestView)
        assert isinstance(view, PullRequestView)
        return view

    async def end(self) -> Histories:
        """Close what is open, see every owner end, and return all that ran."""
        for pull in self.repository.pulls:
            if pull.state == "open":
                self.ada.close(pull)
        await self.emulated.webhooks.settled()
        return await super().end()


@asynccontextmanager
async def emulated_bench(client: Client, folder: Path) -> AsyncIterator[EmulatedBench]:
    """A bot at work on the time-skipping server of ``client``; at the end nothing may be left over."""
    clock = ServerClock()
    emulated = EmulatedGitHub(clock=clock, token_lifetime=_LONG)
    app = emulated.create_app("tickbot", webhook_secret=SECRET.decode(), private_key=private_key())
    repository = _repository(emulated, app, folder / "mono.git")
    credentials = AppCredentials(app.id, app.private_key)
    receiver = create_app(secret=SECRET, policy=HEARING, starter=TemporalStarter(client), stats=FakeStats())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "FailureInterceptor", partial(FailureInterceptor, now=clock, jitter=timedelta))
        async with (
            serve(emulated) as url,
            listening(receiver) as hearing,
            new_http_client() as http,
        ):
            app.webhook_url = f"{hearing}/github-webhook"
            transport = GitHubTransport(http, "tickborg/0", credentials, base_url=url, now=clock)
            port = GitHubClient(transport, GitHubApp(transport, clock), clock)
            bench = EmulatedBench(client, folder, clock, emulated, repository, port)
            async with bench.working(Policy(), (LINUX,), 4):
                yield bench
                histories = await bench.end()
    histories.assert_healthy()
    assert emulated.faults.unstruck() == [], "faults were planned that never happened"


def _repository(emulated: EmulatedGitHub, app: App, path: Path) -> Repository:
    create_bare(path)
    repository = emulated.create_repository(str(REPO), path, private=True)
    Person(emulated, "grace").commit(repository, "main", {"README.md": b"A monorepo.\n"}, "Begin")
    emulated.collaborate(repository, "ada", "write")
    emulated.install(app, repository)
    return repository
