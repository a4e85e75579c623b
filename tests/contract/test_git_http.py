"""Git over HTTP, asked by the git that is installed."""

import asyncio
import os
from asyncio.subprocess import PIPE, STDOUT, Process
from pathlib import Path

import httpx2
import pytest

from emulator import EmulatedGitHub, Fails, Person, serve
from emulator.faults import Drops, Kind
from emulator.state import Installation, PullRequest, Repository
from tests.support.patience import PATIENCE_SECONDS

REFS = "GET /{owner}/{repo}.git/info/refs"
UPLOAD = "POST /{owner}/{repo}.git/git-upload-pack"
NO_SETTINGS = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "GIT_AUTHOR_NAME": "Maya",
    "GIT_AUTHOR_EMAIL": "maya@example.org",
    "GIT_COMMITTER_NAME": "Maya",
    "GIT_COMMITTER_EMAIL": "maya@example.org",
}


class Git:
    """The git client in one folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self._url = url

    def remote(self, token: str | None, name: str = "project-tick/mono") -> str:
        """The address of a repository, with a token as the password."""
        user = f"x-access-token:{token}@" if token else ""
        return f"{self._url.replace('://', f'://{user}')}/{name}.git"

    async def start(self, *arguments: str, **environment: str) -> Process:
        """A running `git ARGUMENTS`."""
        home = {"HOME": str(self.folder)}
        return await asyncio.create_subprocess_exec(
            "git",
            *arguments,
            cwd=self.folder,
            env=NO_SETTINGS | home | environment,
            stdout=PIPE,
            stderr=STDOUT,
        )

    async def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Exit status and all output of `git ARGUMENTS`."""
        process = await self.start(*arguments, **environment)
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode().strip()

    async def ok(self, *arguments: str) -> str:
        """The output of a `git ARGUMENTS` that must succeed."""
        status, output = await self.run(*arguments)
        assert status == 0, output
        return output


@pytest.fixture
async def git(tmp_path: Path, url: str) -> Git:
    """A client in a new repository."""
    folder = tmp_path / "clone"
    folder.mkdir()
    client = Git(folder, url)
    await client.ok("init", "--quiet", "--initial-branch=main")
    return client


@pytest.fixture
def token(github: EmulatedGitHub, installation: Installation) -> str:
    """A token that may read contents and nothing else."""
    return github.issue_token(installation, {"contents": "read", "metadata": "read"}).value


@pytest.fixture
def mayas_token(github: EmulatedGitHub) -> str:
    """Maya's own: she may push."""
    return github.person_token("maya")


async def test_a_pull_requests_head_is_fetched(git: Git, token: str, pull: PullRequest) -> None:
    """The head is found under refs/pull, by a token and over protocol version 2."""
    status, output = await git.run("fetch", git.remote(token), "refs/pull/1/head", GIT_TRACE_PACKET="1")
    assert status == 0
    assert "version 2" in output
    assert await git.ok("rev-parse", "FETCH_HEAD") == pull.head_sha
    assert await git.ok("show", "FETCH_HEAD:cgit/ui.c") == "int better_ui;"


async def test_a_forks_head_is_fetched_from_the_target(
    git: Git, token: str, alice: Person, repository: Repository, tmp_path: Path
) -> None:
    """What a fork proposes is in the repository it is proposed to, also after another push."""
    fork = alice.fork(repository, tmp_path / "fork.git")
    alice.commit(fork, "topic", {"x": b"1"}, "x")
    pull = alice.open_pull_request(repository, head="topic", title="x", source=fork)
    first = pull.head_sha
    alice.commit(fork, "topic", {"x": b"2"}, "x", onto="main")
    await git.ok("fetch", "--quiet", git.remote(token), "refs/pull/1/head")
    assert await git.ok("rev-parse", "FETCH_HEAD") == pull.head_sha != first
    await git.ok("fetch", "--quiet", git.remote(token), first)


async def test_any_commit_is_fetched_by_its_sha(
    git: Git, token: str, alice: Person, repository: Repository
) -> None:
    """A sha that no ref names any more is still given out."""
    old = alice.commit(repository, "feature", {"x": b"1"}, "x")
    alice.commit(repository, "feature", {"x": b"2"}, "x", onto="main")
    await git.ok("fetch", "--quiet", "--depth=1", git.remote(token), old)
    assert await git.ok("rev-parse", "FETCH_HEAD") == old


async def test_a_large_fetch_is_streamed(git: Git, token: str, alice: Person, repository: Repository) -> None:
    """More than fits any buffer arrives whole."""
    noise = os.urandom(3_000_000)
    alice.commit(repository, "main", {"noise": noise}, "noise")
    await git.ok("pull", "--quiet", git.remote(token), "main")
    assert (git.folder / "noise").read_bytes() == noise


async def test_private_repositories_need_a_good_token(
    git: Git, github: EmulatedGitHub, repository: Repository, token: str
) -> None:
    """Without a token, with a bad or an ended one, and where it does not reach, nothing is fetched."""
    stranger = github.person_token("stranger")
    for credential, complaint in (
        (None, "could not read Username"),
        ("ghs_bad", "Authentication failed"),
        (stranger, "not found"),
    ):
        status, output = await git.run("ls-remote", git.remote(credential))
        assert status != 0
        assert complaint in output
    github.revoke_tokens()
    status, output = await git.run("ls-remote", git.remote(token))
    assert "Authentication failed" in output
    repository.private = False
    assert "refs/heads/main" in await git.ok("ls-remote", git.remote(None))


async def test_a_token_without_contents_reads_none(
    git: Git, github: EmulatedGitHub, installation: Installation
) -> None:
    """The permission is asked for, not only the installation."""
    statuses_only = github.issue_token(installation, {"statuses": "write"}).value
    status, output = await git.run("ls-remote", git.remote(statuses_only))
    assert status != 0
    assert "403" in output


async def test_a_push_is_noticed(
    git: Git, github: EmulatedGitHub, token: str, mayas_token: str, pull: PullRequest
) -> None:
    """A real push moves the pull request; a token that may only read cannot push."""
    await git.ok("fetch", "--quiet", git.remote(token), "refs/pull/1/head")
    await git.ok("checkout", "--quiet", "FETCH_HEAD")
    await git.ok("commit", "--quiet", "--allow-empty", "-m", "cgit: once more")
    head = await git.ok("rev-parse", "HEAD")

    status, output = await git.run("push", git.remote(token), "HEAD:feature")
    assert status != 0
    assert "403" in output
    await git.ok("push", "--quiet", git.remote(mayas_token), "HEAD:feature", "HEAD:refs/heads/new/branch")

    assert pull.head_sha == head
    assert pull.repository.branches["new/branch"] == head
    assert pull.repository.git.ref("refs/pull/1/head") == head


@pytest.mark.parametrize(
    ("route", "kind", "complaint"),
    [(REFS, Fails(503), "503"), (REFS, Drops(), "Empty reply from server"), (UPLOAD, Fails(500), "500")],
)
async def test_a_fetch_can_be_made_to_fail(
    git: Git, github: EmulatedGitHub, token: str, pull: PullRequest, route: str, kind: Kind, complaint: str
) -> None:
    """A fault strikes a fetch once; then it works."""
    fault = github.faults.add(route, kind)
    status, output = await git.run("fetch", git.remote(token), "refs/pull/1/head")
    assert status != 0
    assert complaint in output
    assert fault.hits == 1
    assert type(kind).__name__ in {call.fault for call in github.journal.calls(route)}
    await git.ok("fetch", "--quiet", git.remote(token), "refs/pull/1/head")


def packet(line: str) -> str:
    """A line of git's protocol."""
    return f"{len(line) + 4:04x}{line}"


async def test_a_client_may_hang_up(
    git: Git, github: EmulatedGitHub, token: str, alice: Person, repository: Repository
) -> None:
    """A client that leaves in the middle of a fetch leaves no process and no warning behind."""
    sha = alice.commit(repository, "main", {"noise": os.urandom(5_000_000)}, "noise")
    command = packet("command=fetch") + "0001" + packet(f"want {sha}") + packet("done") + "0000"
    headers = {"git-protocol": "version=2", "content-type": "application/x-git-upload-pack-request"}
    address = f"{git.remote(token)}/git-upload-pack"
    async with (
        httpx2.AsyncClient(trust_env=False, verify=False, timeout=PATIENCE_SECONDS) as http,
        http.stream("POST", address, content=command, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        await anext(answer.aiter_raw())
    await github.until(lambda: github.journal.calls(UPLOAD))
    await git.ok("ls-remote", git.remote(token))


async def test_a_server_may_stop_during_a_fetch(
    github: EmulatedGitHub, token: str, repository: Repository
) -> None:
    """A server that stops while git is being started or asked leaves no process and no warning behind."""
    async with (
        serve(github) as url,
        httpx2.AsyncClient(trust_env=False, verify=False, timeout=PATIENCE_SECONDS) as http,
    ):
        address = f"{url}/project-tick/mono.git/info/refs?service=git-upload-pack"
        asking = [asyncio.create_task(http.get(address, auth=("x", token))) for _ in range(4)]
        await github.until(lambda: github.journal.calls(REFS))
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(each, httpx2.Response | httpx2.HTTPError) for each in answers)
