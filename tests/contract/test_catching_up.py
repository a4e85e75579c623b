"""What our client asks about deliveries and installations is answered as GitHub would, and read right."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.clients.github.app import GitHubApp
from activities.clients.github.deliveries import GitHubDeliveries
from activities.clients.github.installations import GitHubInstallations
from activities.clients.github.transport import AppCredentials, GitHubTransport, new_http_client
from emulator import EmulatedGitHub, Person
from emulator.git import create_bare
from emulator.state import App, PullRequest, Repository
from tests.contract.conftest import Receiver
from tickborg.errors import TickborgError
from tickborg.events.payloads import GHOST
from tickborg.github import RepositoryName
from tickborg.reconciling import BranchTip, ServedRepository

REPO = RepositoryName(owner="project-tick", name="mono")
MANY = 150
"""Deliveries: more than a page."""


@dataclass(frozen=True)
class Clients:
    """Our clients, asking the emulator."""

    deliveries: GitHubDeliveries
    installations: GitHubInstallations


@pytest.fixture
async def clients(url: str, app: App) -> AsyncIterator[Clients]:
    """Of the App that is installed."""
    async with new_http_client() as http:
        transport = GitHubTransport(http, "tickborg/0", AppCredentials(app.id, app.private_key), base_url=url)
        yield Clients(GitHubDeliveries(transport), GitHubInstallations(transport, GitHubApp(transport)))


async def test_deliveries_are_read_page_by_page(
    github: EmulatedGitHub, app: App, receiver: Receiver, clients: Clients
) -> None:
    """All since a moment, each with its outcome, newest first."""
    github.ping(app)
    await github.webhooks.settled()
    github.webhooks.age(app, timedelta(hours=1))
    receiver.status = 503
    for _ in range(MANY):
        github.ping(app)
    await github.webhooks.settled()
    since = datetime.now(UTC) - timedelta(minutes=30)
    attempts, older = await clients.deliveries.attempts(since, 10 * MANY)
    assert ([each.id for each in attempts], not older) == (
        [each.id for each in reversed(app.deliveries[1:])],
        True,
    )
    assert {(each.status_code, each.event, each.arrived) for each in attempts} == {(503, "ping", False)}
    assert len(github.journal.calls("GET /app/hook/deliveries")) == 2


async def test_a_delivery_is_repeated_under_its_name(
    github: EmulatedGitHub, app: App, receiver: Receiver, clients: Clients
) -> None:
    """Until GitHub has forgotten it."""
    receiver.status = 503
    github.ping(app)
    await github.webhooks.settled()
    failed = app.deliveries[-1]
    receiver.status = 202
    assert await clients.deliveries.repeat(failed.id)
    await github.webhooks.settled()
    attempts, _ = await clients.deliveries.attempts(datetime.now(UTC) - timedelta(minutes=30), 10)
    assert [(each.guid, each.arrived) for each in attempts[:2]] == [(failed.guid, True), (failed.guid, False)]
    github.webhooks.age(app, timedelta(days=3))
    assert not await clients.deliveries.repeat(failed.id)


def unlisted(_: str, error: TickborgError) -> None:
    """Not here."""
    raise error


async def test_repositories_pull_requests_and_branches_are_listed(
    github: EmulatedGitHub,
    app: App,
    repository: Repository,
    pull: PullRequest,
    clients: Clients,
    tmp_path: Path,
) -> None:
    """Those of all installations; only what is open, forks' included; a branch by its whole name."""
    create_bare(tmp_path / "other.git")
    other = github.create_repository("somebody/other", tmp_path / "other.git", private=True)
    github.install(app, other)
    names = {each.repo: each for each in await clients.installations.repositories(unlisted)}
    assert sorted(map(str, names)) == ["project-tick/mono", "somebody/other"]
    assert names[REPO] == ServedRepository(repo=REPO, default_branch="main", pushed_at=repository.pushed_at)
    alice = Person(github, "alice")
    fork = alice.fork(repository, tmp_path / "fork.git")
    alice.commit(fork, "topic", {"cmark/main.c": b"int new;\n"}, "cmark: new")
    forked = alice.open_pull_request(repository, head="topic", title="cmark: new", source=fork)
    sha = alice.commit(repository, "release/1.x", {"x": b""}, "Release")
    assert {(each.number, each.head_sha) for each in await clients.installations.open_pulls(REPO)} == {
        (pull.number, pull.head_sha),
        (forked.number, forked.head_sha),
    }
    alice.close(pull)
    [left] = await clients.installations.open_pulls(REPO)
    assert left.number == forked.number
    assert await clients.installations.branch_tip(REPO, "release/1.x") == BranchTip(sha=sha, author=GHOST)
    assert await clients.installations.branch_tip(REPO, "release/2.x") is None
    assert github.journal.unanswered() == []
