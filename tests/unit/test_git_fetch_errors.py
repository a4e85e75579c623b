"""What each sentence of a failing ``git fetch`` means."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from activities.clients.git.fetch import DEFAULT_TIME_LIMIT
from activities.clients.git.fetch_errors import MissingRefError, fetch_error
from activities.clients.git.object_store import DamagedMirrorError
from tests.support.samples import build_job
from tickborg.errors import (
    HeadGoneError,
    InfrastructureError,
    PermanentError,
    TickborgError,
    TransientError,
    UnauthorizedError,
    UnavailableError,
)
from tickborg.github import RepositoryName
from workflows import policies

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

REPO = RepositoryName(owner="octo", name="monorepo")
URL = "https://github.com/octo/monorepo.git"
REFUSED = "returned error: 403"
DENIED = f"fatal: unable to access '{URL}/': The requested URL {REFUSED}"
CUT_OFF = "fatal: expected 'acknowledgments'"

NO_LOGIN = f"fatal: could not read Username for '{URL}': terminal prompts disabled"

SAID = [
    ("fatal: remote error: upload-pack: not our ref 0123456789", HeadGoneError),
    ("error: Server does not allow request for unadvertised object 0123456789", HeadGoneError),
    (f"remote: Repository not found.\nfatal: repository '{URL}/' not found", PermanentError),
    ("fatal: '/srv/none.git' does not appear to be a git repository\nfatal: Could not read", PermanentError),
    (f"fatal: unable to access '{URL}/': The requested URL returned error: 403", PermanentError),
    (f"fatal: unable to access '{URL}/': The requested URL returned error: 429", UnavailableError),
    (f"error: RPC failed; HTTP 403 curl 22 The requested URL {REFUSED}\n{CUT_OFF}", UnavailableError),
    (f"remote: You have exceeded a secondary rate limit.\n{DENIED}", UnavailableError),
    (f"fatal: unable to access '{URL}/': The requested URL returned error: 503", UnavailableError),
    (f"fatal: unable to access '{URL}/': Could not resolve host: github.com", UnavailableError),
    (f"fatal: unable to access '{URL}/': Failed to connect to github.com port 443", UnavailableError),
    (f"fatal: unable to access '{URL}/': Operation too slow. Less than 1000 bytes/sec", UnavailableError),
    ("error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly", UnavailableError),
    ("fatal: the remote end hung up unexpectedly\nfatal: early EOF", UnavailableError),
    ("fatal: write error: No space left on device\nfatal: index-pack failed", InfrastructureError),
    ("error: unable to create temporary file: Read-only file system", InfrastructureError),
    ("error: object file m/objects/5b/46 is empty", DamagedMirrorError),
    ("fatal: loose object 5b46 (stored in m/objects/5b/46) is corrupt", DamagedMirrorError),
    ("fatal: unexpected line in m/packed-refs: garbage", DamagedMirrorError),
    ("fatal: not a git repository: 'm'", DamagedMirrorError),
    ("fatal: bad object refs/tickborg/pin/5b46", DamagedMirrorError),
    ("fatal: something that git has never said before", TransientError),
    ("", TransientError),
]


def test_a_first_fetch_is_not_cut_short() -> None:
    """By ref, and once more by sha, each as long as git may take: one that is cut short begins anew."""
    longest, build = 2 * DEFAULT_TIME_LIMIT, build_job()
    assert policies.MERGE["start_to_close_timeout"] > longest
    builders = policies.attempt(build, timedelta())["start_to_close_timeout"] - build.project.timeout
    assert builders > longest


@pytest.mark.parametrize(("said", "kind"), SAID)
def test_what_git_says_has_a_class(said: str, kind: type[TickborgError]) -> None:
    """Each sentence is of the class that the failure table has for it."""
    assert type(fetch_error(REPO, 128, said, with_token=True)) is kind


def test_what_is_said_of_it(snapshot: "SnapshotAssertion") -> None:
    """What happened, to what, in git's words, and what to do: people read it where "tickborg failed"."""
    outputs = (*(said for said, _ in SAID), NO_LOGIN, "fatal: couldn't find remote ref refs/heads/gone")
    errors = [fetch_error(REPO, 128, output, with_token=True) for output in outputs]
    errors.append(fetch_error(REPO, 128, NO_LOGIN, with_token=False))
    errors.append(fetch_error(REPO, -9, "", with_token=True))
    assert "\n".join(map(str, errors)) == snapshot


def test_a_missing_ref_is_named() -> None:
    """Whoever asked for several refs learns which one is not there."""
    error = fetch_error(REPO, 128, "fatal: couldn't find remote ref refs/heads/rel/1.0", with_token=False)
    assert isinstance(error, MissingRefError)
    assert error.ref == "refs/heads/rel/1.0"


@pytest.mark.parametrize(
    "said",
    [
        NO_LOGIN,
        f"remote: Invalid username or password.\nfatal: Authentication failed for '{URL}/'",
    ],
)
def test_a_refused_token_is_tried_anew_and_a_missing_one_is_asked_for(said: str) -> None:
    """An App's token may have just ended; without any, only an operator can help."""
    assert isinstance(fetch_error(REPO, 128, said, with_token=True), UnauthorizedError)
    without = fetch_error(REPO, 128, said, with_token=False)
    assert isinstance(without, PermanentError)
    assert "fetch_token_file" in str(without)


def test_a_git_that_was_killed_may_be_tried_again() -> None:
    """The kernel's memory killer is this host's fault, not the server's."""
    error = fetch_error(REPO, -9, "", with_token=False)
    assert type(error) is InfrastructureError
    assert "signal 9" in str(error)


def test_the_servers_own_words_decide_nothing() -> None:
    """A server may print anything before its lines, and it is no damage of ours."""
    said = "remote: error: object file is corrupt\nfatal: the remote end hung up unexpectedly"
    assert type(fetch_error(REPO, 128, said, with_token=False)) is UnavailableError


def test_a_long_output_is_cut_to_its_end() -> None:
    """What ended git comes last."""
    error = fetch_error(REPO, 128, "warning: noise\n" * 1000 + "fatal: the end", with_token=False)
    assert len(str(error)) < 500
    assert str(error).endswith("fatal: the end")
