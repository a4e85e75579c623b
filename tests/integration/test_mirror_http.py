"""Fetching over HTTP: tokens, refusals, servers that hang, and gits that are told to end."""

import ctypes
import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from activities.clients.git.fetch import GitFetch, RenewedToken
from activities.clients.git.mirror import Mirror
from activities.clients.git.mirror_store import MirrorStore, Wanted
from tests.support.git_repository import GitRepository
from tests.support.git_server import GitServer, git_server
from tests.support.patience import PATIENCE_SECONDS
from tickborg.errors import PermanentError, TickborgError, UnauthorizedError, UnavailableError
from tickborg.github import RepositoryName
from tickborg.jobs import MergeJob

REPO = RepositoryName(owner="octo", name="monorepo")
TOKEN = "ghs_SixteenSecretCharacters"
SIXTY_SECONDS = timedelta(seconds=60)


class Served:
    """A repository behind a server, and a mirror of it."""

    def __init__(self, folder: Path, server: GitServer) -> None:
        self.server = server
        self.mirrors = folder / "mirrors"
        self.token: str | None = None
        self.renewed: RenewedToken | None = None
        repository = GitRepository.create(server.folder / "octo/monorepo.git", bare=True)
        repository.branch("topic", repository.commit({"cmark/Makefile": "all:\n"}))
        self.parent = repository.commit({"cmark/util.c": "int util;\n"}, branch="topic")
        self.head = repository.commit({"cmark/main.c": "int main;\n"}, branch="topic")
        repository.set_ref("refs/pull/7/head", self.head)
        self.repository = repository

    def merge(self, *, time_limit: timedelta = SIXTY_SECONDS, name: str = "monorepo") -> str:
        """Merge the pull request; returns the merged tree."""
        git = GitFetch(
            self.remote,
            lambda _: self.token,
            environment=os.environ,
            renewed=self.renewed,
            time_limit=time_limit,
        )
        repo = RepositoryName(owner="octo", name=name)
        job = MergeJob(repo=repo, head_ref="refs/pull/7/head", head_sha=self.head, base_ref="main")
        report = Mirror(MirrorStore(self.mirrors, git)).merge(job)
        assert report.merge is not None
        return report.merge.tree

    def remote(self, repo: RepositoryName) -> str:
        """Where the server has a repository."""
        return f"{self.server.url}/{repo}.git"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server with one pull request, and nothing mirrored yet."""
    with git_server(tmp_path / "server") as server:
        yield Served(tmp_path, server)


def test_a_public_repository_needs_no_token(served: Served) -> None:
    """One round asks for two refs and nothing else: that is what protocol version 2 is for."""
    assert served.merge() == served.repository.tree(served.head)
    assert [request.partition("?")[0].rpartition("/")[2] for request in served.server.requests] == [
        "refs",
        "git-upload-pack",
        "git-upload-pack",
    ]


def test_a_private_repository_is_read_with_a_token(served: Served) -> None:
    """The token of an App is the password of ``x-access-token``."""
    served.server.token = served.token = TOKEN
    assert served.merge() == served.repository.tree(served.head)


def test_a_token_is_kept_nowhere(served: Served) -> None:
    """No file of the mirror holds it, and no argument of a process."""
    served.server.token = served.token = TOKEN
    served.server.answering.clear()
    merging = threading.Thread(target=served.merge)
    merging.start()
    assert served.server.asked.wait(PATIENCE_SECONDS)
    arguments = b"".join(_command_lines())
    served.server.answering.set()
    merging.join()
    assert f"{served.server.url}/octo/monorepo.git".encode() in arguments
    assert TOKEN.encode() not in arguments
    files = [file for file in served.mirrors.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if TOKEN.encode() in file.read_bytes()]


def _command_lines() -> Iterator[bytes]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            yield (process / "cmdline").read_bytes()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, PermanentError), (404, PermanentError), (429, UnavailableError), (503, UnavailableError)],
)
def test_a_refusal_has_the_class_of_its_status(
    served: Served, status: int, kind: type[TickborgError]
) -> None:
    """What can be tried again is, what cannot is not; no message quotes the token."""
    served.token = TOKEN
    served.server.status = status
    with pytest.raises(kind, match="git fetch of octo/monorepo failed") as caught:
        served.merge()
    assert TOKEN not in str(caught.value)


def test_a_refused_token_may_be_better_the_next_time(served: Served) -> None:
    """An App's token lives an hour: the retry asks for a new one."""
    served.server.token, served.token = TOKEN, "ghs_outdated"
    with pytest.raises(UnauthorizedError):
        served.merge()
    served.token = TOKEN
    assert served.merge()


def test_a_refused_token_is_renewed_once(served: Served) -> None:
    """It was revoked long before its end: no merge has to wait for that."""
    served.server.token, served.token = TOKEN, "ghs_revoked"
    served.renewed = lambda repo, refused: TOKEN if (repo, refused) == (REPO, "ghs_revoked") else None
    assert served.merge() == served.repository.tree(served.head)


def test_a_renewed_token_that_is_refused_too_is_no_reason_to_go_on(served: Served) -> None:
    """By then it is not the token; the retry policy does the rest."""
    served.server.token, served.token = TOKEN, "ghs_revoked"
    asked: list[str] = []

    def renewed(_: RepositoryName, refused: str) -> str:
        asked.append(refused)
        return "ghs_no_better"

    served.renewed = renewed
    with pytest.raises(UnauthorizedError):
        served.merge()
    assert asked == ["ghs_revoked"]


def test_without_a_token_an_operator_is_asked_for_one(served: Served) -> None:
    """It is no use to try again."""
    served.server.token = TOKEN
    with pytest.raises(PermanentError, match=r"\[builder\] fetch_token_file"):
        served.merge()


def test_a_repository_that_is_not_there_is_named(served: Served) -> None:
    """The message says whose fault it may be."""
    with pytest.raises(PermanentError, match=r"git fetch of octo/nothing failed.*App is installed"):
        served.merge(name="nothing")


def test_a_server_that_is_away_is_tried_again(served: Served, tmp_path: Path) -> None:
    """A refused connection is transient."""
    with git_server(tmp_path / "other") as other:
        served.server = other
    with pytest.raises(UnavailableError):
        served.merge()


def test_a_fetch_ends_at_its_time_limit(served: Served) -> None:
    """Nothing of git is left, and the mirror works afterwards."""
    served.server.answering.clear()
    with pytest.raises(
        UnavailableError, match=r"took longer than 1 s; it is tried again from the beginning: .* 127\.0\.0\.1"
    ):
        served.merge(time_limit=timedelta(seconds=1))
    served.server.answering.set()
    assert served.merge()


def test_a_commit_that_came_with_another_is_pinned_without_the_server(served: Served) -> None:
    """A merge base is there already: git sees that, and a builder beside the worker need not ask."""
    served.merge()
    served.server.status = 503
    git = GitFetch(served.remote, lambda _: None, environment=os.environ)
    wanted = [Wanted(sha=served.parent)]
    assert MirrorStore(served.mirrors, git).read(REPO, wanted, lambda _, shas: shas) == (served.parent,)


def test_a_thread_that_is_told_to_stop_ends_its_git(served: Served) -> None:
    """Temporal throws an exception into the thread of a cancelled activity; the lock is free at once."""
    served.server.answering.clear()
    stopped = threading.Event()

    def merge() -> None:
        try:
            served.merge()
        except KeyboardInterrupt:
            stopped.set()

    thread = threading.Thread(target=merge)
    thread.start()
    assert served.server.asked.wait(PATIENCE_SECONDS)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident or 0), ctypes.py_object(KeyboardInterrupt)
    )
    thread.join(PATIENCE_SECONDS)
    assert stopped.is_set()
    served.server.answering.set()
    assert served.merge()


def test_a_git_that_outlives_its_worker_keeps_the_lock(served: Served) -> None:
    """A worker that is killed leaves a git behind; the next waits for it, and both leave a whole mirror."""
    script = (
        "import os, sys; from pathlib import Path\n"
        "from activities.clients.git.fetch import GitFetch\n"
        "from activities.clients.git.mirror_store import MirrorStore, Wanted\n"
        "from tickborg.github import RepositoryName\n"
        "root, url, sha = sys.argv[1:]\n"
        "git = GitFetch(lambda _: url, lambda _: None, environment=os.environ)\n"
        "repo = RepositoryName(owner='octo', name='monorepo')\n"
        "MirrorStore(Path(root), git).read(repo, [Wanted(sha=sha)], lambda *_: None)\n"
    )
    served.server.answering.clear()
    arguments = [str(served.mirrors), served.remote(REPO), served.head]
    with subprocess.Popen([sys.executable, "-c", script, *arguments]) as worker:
        assert served.server.asked.wait(PATIENCE_SECONDS)
        worker.kill()
    lock = served.mirrors / "octo/monorepo.lock"
    with lock.open("rb") as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    served.server.answering.set()
    assert served.merge() == served.repository.tree(served.head)
