"""The fake GitHub of the workflow tests behaves as the real client does against an emulated one."""

from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from activities.clients.github.app import GitHubApp
from activities.clients.github.client import GitHubClient
from activities.clients.github.transport import AppCredentials, GitHubTransport, new_http_client
from activities.ports import GitHub
from emulator import EmulatedGitHub, Person, serve
from emulator.git import create_bare
from tests.support.fake_github import FakeGitHub
from tests.support.github_keys import private_key
from tickborg.errors import TickborgError
from tickborg.github import CheckRun, CheckRunAnswer, CheckStatus, Permission, PullRequest, RepositoryName

REPO = RepositoryName(owner="project-tick", name="mono")
MARKER = "<!-- marker -->"


@pytest.fixture
async def emulated(tmp_path: Path) -> AsyncIterator[EmulatedGitHub]:
    """A GitHub with one pull request, and a maintainer."""
    github = EmulatedGitHub()
    create_bare(tmp_path / "mono.git")
    mono = github.create_repository(str(REPO), tmp_path / "mono.git")
    github.collaborate(mono, "maya", "maintain")
    alice = Person(github, "alice")
    alice.commit(mono, "main", {"README.md": b"one\n"}, "Begin")
    alice.commit(mono, "topic", {"README.md": b"two\n"}, "Go on")
    pull = alice.open_pull_request(mono, head="topic", title="Go on")
    alice.comment(pull, f"> {MARKER}")
    github.install(github.create_app("tickbot", private_key=private_key()), mono)
    async with serve(github):
        yield github


@pytest.fixture
async def real(emulated: EmulatedGitHub) -> AsyncIterator[GitHub]:
    """The client that production has."""
    [app] = emulated.apps.values()
    async with new_http_client() as http:
        credentials = AppCredentials(app.id, app.private_key)
        transport = GitHubTransport(http, "tickborg/0", credentials, base_url=emulated.url)
        yield GitHubClient(transport, GitHubApp(transport))


@pytest.fixture
async def fake() -> GitHub:
    """The same pull request in memory."""
    github = FakeGitHub()
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    github.open_pull(
        PullRequest(
            repo=REPO,
            number=1,
            title="Go on",
            author="alice",
            head_sha="a" * 40,
            base_ref="main",
            base_sha="b" * 40,
            updated_at=now,
        )
    )
    github.write_comment(REPO, 1, "alice", f"> {MARKER}")
    github.grant(REPO, "maya", Permission.WRITE)
    return github


async def outcome(call: Awaitable[Any]) -> Any:
    """A result, or the name of the error."""
    try:
        return await call
    except TickborgError as error:
        return next(base.__name__ for base in type(error).__mro__ if base.__module__ == "tickborg.errors")


async def what_it_does(github: GitHub) -> list[Any]:
    """What a script of calls comes to; ids are replaced by whether they are those expected."""
    head = (await github.pull_request(REPO, 1)).head_sha
    run = CheckRun(
        repo=REPO,
        head_sha=head,
        name="cgit on x86_64-linux",
        external_id="one",
        status=CheckStatus.QUEUED,
        title="Queued",
        summary="Waiting.",
    )
    seen: list[Any] = [await github.find_check_run(run)]
    first, second = await github.create_check_run(run), await github.create_check_run(run)
    seen += [first == second, await github.find_check_run(run) == second]
    seen += [await github.find_check_run(run.model_copy(update={"external_id": "two"}))]
    seen += [await outcome(github.update_check_run(10**12, run))]
    for external_id in ("one", "two"):
        answer = CheckRunAnswer(
            repo=REPO, head_sha=head, name=run.name, external_id=external_id, text="It is closed."
        )
        seen += [await github.answer_on_check_run(answer)]

    await github.add_labels(REPO, 1, ["Scope: CI", "bug"])
    await github.add_labels(REPO, 1, ["scope: ci"])
    seen += [await github.labels(REPO, 1)]
    await github.remove_label(REPO, 1, "SCOPE: ci")
    await github.remove_label(REPO, 1, "never there")
    seen += [await github.labels(REPO, 1)]

    seen += [await github.find_comment(REPO, 1, MARKER)]
    older, newer = [await github.create_comment(REPO, 1, f"{MARKER} {n}") for n in (1, 2)]
    seen += [older < newer, await github.find_comment(REPO, 1, MARKER) == older]
    seen += [await github.edit_comment(REPO, older, "no more")]
    seen += [await github.find_comment(REPO, 1, MARKER) == newer]
    seen += [await github.edit_comment(REPO, 10**12, "nowhere")]

    await github.react(REPO, newer, "eyes")
    await github.react(REPO, newer, "eyes")
    seen += [await outcome(github.react(REPO, 10**12, "eyes"))]
    seen += [await github.open_pulls_at(REPO, head), await github.open_pulls_at(REPO, "c" * 40)]

    seen += [await github.permission(REPO, "Maya"), await github.permission(REPO, "alice")]
    seen += [await outcome(github.pull_request(REPO, 404)), await outcome(github.labels(REPO, 404))]
    return seen


async def test_the_fake_does_what_github_does(real: GitHub, fake: GitHub) -> None:
    """So that what is proved with the one holds with the other."""
    assert await what_it_does(fake) == await what_it_does(real)
