"""``git fetch`` as a subprocess: the transport of mirrors (design, section 4).

libgit2 reads every ref of a repository at each fetch; git asks a server of protocol version 2 for the refs
that are wanted and nothing else (https://git-scm.com/docs/protocol-v2).
"""

import base64
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from activities.clients.git_fetch_errors import fetch_error
from tickborg.errors import InfrastructureError, UnavailableError
from tickborg.github import RepositoryName

Remote = Callable[[RepositoryName], str]
"""Where a repository is fetched from: a URL, which holds no secret, or the path of a local repository."""

Token = Callable[[RepositoryName], str | None]
"""The password of ``x-access-token`` that may read a repository; None: it can be read without."""

DEFAULT_TIME_LIMIT = timedelta(minutes=30)
"""For the first fetch of a large repository; later ones take seconds."""

GRACE = timedelta(seconds=5)
"""What git may take to clean up when told to end."""

_OPTIONS = (
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
    "--no-show-forced-updates",
)

_POLL_SECONDS = 0.5
"""How soon a thread that is told to stop (by an exception thrown into it) ends its git."""

_PASSED_ON = frozenset(
    {
        "PATH",
        "TMPDIR",
        "SSH_AUTH_SOCK",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "CURL_CA_BUNDLE",
        "GIT_SSL_CAINFO",
        "ALL_PROXY",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_PROXY",
    }
)
"""What git may know of its environment: how to reach a server. Proxies are also named in lower case."""

SETTINGS_FILE = "tickborg.gitconfig"
"""Where git finds its settings, in the repository that is fetched into."""

SETTINGS = """\
[safe]
\tdirectory = *
[protocol]
\tversion = 2
[gc]
\tauto = 0
[maintenance]
\tauto = false
[fetch]
\twriteCommitGraph = false
[http]
\tlowSpeedLimit = 1000
\tlowSpeedTime = 60
"""
"""All the settings that git has: those of the host's users are not read.

``safe.directory``: a local repository to fetch from (``tickborg try``) may be another user's, and git takes
this setting from a file only. ``gc``: packs are tidied by housekeeping, not by whoever fetches next.
``lowSpeed…``: bytes a second, and seconds; slower than that is a dead connection.
"""


@dataclass(frozen=True)
class Fetch:
    """One fetch into a bare repository."""

    repo: RepositoryName
    git_dir: Path
    refspecs: tuple[str, ...]
    """``+source:destination``, where the source is a full ref or 40 hex digits."""
    shallow: bool = False
    """Without the history: each commit alone, with its tree."""


class GitFetch:
    """Runs ``git fetch``.

    Args:
        remote: where each repository is fetched from.
        token: what each may be read with; asked at every fetch, since tokens of an App live an hour. It
            reaches git through the environment: never its arguments, a file or a message.
        environment: of this process; what reaching a server may need of it is passed on to git.
        time_limit: of one fetch.
    """

    def __init__(
        self,
        remote: Remote,
        token: Token,
        *,
        environment: Mapping[str, str],
        time_limit: timedelta = DEFAULT_TIME_LIMIT,
    ) -> None:
        self._remote = remote
        self._token = token
        self._time_limit = time_limit
        self._environment = {
            name: value for name, value in environment.items() if name.upper() in _PASSED_ON
        } | {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "LC_ALL": "C",
        }

    def fetch(self, fetch: Fetch, lock: int) -> None:
        """Fetch, with ``lock`` (a descriptor of the mirror's lock file) held until git has ended.

        Raises:
            MissingRefError: the server has no such ref.
            HeadGoneError: the server has no such commit.
            DamagedMirrorError: the repository fetched into is broken.
            TransientError: the server did not answer, refused the token, or took too long.
            PermanentError: the server refused, or has no such repository.
            InfrastructureError: no space left on this disk, or no git on this host.
        """
        settings = fetch.git_dir / SETTINGS_FILE
        settings.write_text(SETTINGS)
        url, token = self._remote(fetch.repo), self._token(fetch.repo)
        environment = self._environment | {"GIT_CONFIG_GLOBAL": str(settings)} | _credential(url, token)
        with _git(_arguments(fetch, url), environment, lock) as process:
            output = self._wait(process, fetch.repo)
        if process.returncode != 0:
            said = _without(output, (token, _basic(token)) if token else ())
            raise fetch_error(fetch.repo, process.returncode, said, with_token=token is not None)

    def _wait(self, process: subprocess.Popen[bytes], repo: RepositoryName) -> str:
        deadline = monotonic() + self._time_limit.total_seconds()
        while True:
            try:
                return process.communicate(timeout=_POLL_SECONDS)[1].decode(errors="replace")
            except subprocess.TimeoutExpired:
                if monotonic() > deadline:
                    raise UnavailableError(
                        f"git fetch of {repo} was ended: it took longer than {self._time_limit}"
                    ) from None


@contextmanager
def _git(
    arguments: list[str], environment: Mapping[str, str], lock: int
) -> Iterator[subprocess.Popen[bytes]]:
    """A git that is gone, with all it started, when the block is left."""
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, and what is not ours comes after a --
            arguments,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(lock,),
            start_new_session=True,
        )
    except FileNotFoundError:
        raise InfrastructureError("there is no git on this host's PATH: install git 2.31 or newer") from None
    with process:
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what still runs of git's process group: first asked, so that it removes its temporary files."""
    if process.poll() is not None:
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE.total_seconds())
        os.killpg(process.pid, signal.SIGKILL)


def _without(output: str, secrets: Iterable[str]) -> str:
    """What git said, without what nobody may read; user and password of a URL neither."""
    for secret in secrets:
        output = output.replace(secret, "***")
    return re.sub(r"://[^/@\s]+@", "://", output)


def _arguments(fetch: Fetch, url: str) -> list[str]:
    depth = ["--depth=1"] if fetch.shallow else []
    return ["git", f"--git-dir={fetch.git_dir}", "fetch", *_OPTIONS, *depth, "--", url, *fetch.refspecs]


def _credential(url: str, token: str | None) -> dict[str, str]:
    """The setting that sends ``token`` to this URL and no other.

    https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpextraHeader
    """
    parts = urlsplit(url)
    if token is None or parts.scheme not in {"http", "https"}:
        return {}
    host = parts.netloc.rpartition("@")[2]
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{parts.scheme}://{host}{parts.path}.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {_basic(token)}",
    }


def _basic(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()
