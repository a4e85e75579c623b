"""``git fetch``: the transport of mirrors (design, section 4).

libgit2 reads every ref of a repository at each fetch; git asks a server of protocol version 2 for the refs
that are wanted and nothing else (https://git-scm.com/docs/protocol-v2).
"""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from activities.clients.git.fetch_errors import fetch_error
from activities.clients.git.process import Git
from tickborg.errors import UnauthorizedError, UnavailableError
from tickborg.github import RepositoryName

Remote = Callable[[RepositoryName], str]
"""Where a repository is fetched from: a URL, which holds no secret, or the path of a local repository."""

Token = Callable[[RepositoryName], str | None]
"""The password of ``x-access-token`` that may read a repository; None: it can be read without."""

RenewedToken = Callable[[RepositoryName, str], str | None]
"""Another password than the one that the server refused; None: it can be read without."""

DEFAULT_TIME_LIMIT = timedelta(minutes=30)
"""For the first fetch of a large repository; later ones take seconds."""

_OPTIONS = (
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
    "--no-show-forced-updates",
)


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
        renewed: what is tried once when the server refuses a token; None: there is no other.
        environment: of this process.
        time_limit: of one fetch.
    """

    def __init__(
        self,
        remote: Remote,
        token: Token,
        *,
        environment: Mapping[str, str],
        renewed: RenewedToken | None = None,
        time_limit: timedelta = DEFAULT_TIME_LIMIT,
    ) -> None:
        self._remote = remote
        self._token = token
        self._renewed = renewed
        self._time_limit = time_limit
        self._git = Git(environment)

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
        token = self._token(fetch.repo)
        try:
            self._fetch(fetch, lock, token)
        except UnauthorizedError:
            if token is None or self._renewed is None:
                raise
            self._fetch(fetch, lock, self._renewed(fetch.repo, token))

    def _fetch(self, fetch: Fetch, lock: int, token: str | None) -> None:
        url = self._remote(fetch.repo)
        depth = ["--depth=1"] if fetch.shallow else []
        try:
            ended = self._git.run(
                fetch.git_dir,
                *("fetch", *_OPTIONS, *depth, "--", url, *fetch.refspecs),
                lock=lock,
                time_limit=self._time_limit,
                secrets=_credential(url, token),
            )
        except TimeoutError as error:
            raise UnavailableError(
                f"git fetch of {fetch.repo} was ended: {error}; it is tried again from the beginning:"
                f" see what slows this host's way to {_place(url)}"
            ) from None
        if ended.status != 0:
            said = _without(ended.output, (token, _basic(token)) if token else ())
            raise fetch_error(fetch.repo, ended.status, said, with_token=token is not None)


def _without(output: str, secrets: Iterable[str]) -> str:
    """What git said, without what nobody may read; user and password of a URL neither."""
    for secret in secrets:
        output = output.replace(secret, "***")
    return re.sub(r"://[^/@\s]+@", "://", output)


def _place(url: str) -> str:
    return urlsplit(url).hostname or url


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
