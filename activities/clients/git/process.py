"""git as a subprocess that knows nothing of this host but how to reach a server.

Whoever runs tickborg may have settings, credentials and hooks of their own: none of it is read, so that git
behaves alike on every host and in every shell.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic

from tickborg.errors import InfrastructureError
from tickborg.texts.durations import spoken

GRACE = timedelta(seconds=5)
"""What git may take to clean up when told to end."""

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
"""Where git finds its settings, in the repository that it works on."""

SETTINGS = """\
[safe]
\tdirectory = *
[protocol]
\tversion = 2
[gc]
\tauto = 0
\tautoDetach = false
\tpackRefs = false
[maintenance]
\tauto = false
[fetch]
\twriteCommitGraph = false
[http]
\tlowSpeedLimit = 1000
\tlowSpeedTime = 60
"""
"""All the settings that git has.

``safe.directory``: a local repository to fetch from (``tickborg try``) may be another user's, and git takes
this setting from a file only. ``gc``: packs are tidied by housekeeping, not by whoever fetches next, and
refs stay files. ``lowSpeed…``: bytes a second, and seconds; slower than that is a dead connection.
"""


@dataclass(frozen=True)
class Ended:
    """How a git ended."""

    status: int
    """0: it did what it was told; negative: the number of the signal that ended it."""
    output: str
    """What it wrote on standard error, in English."""


class Git:
    """Runs git.

    Args:
        environment: of this process; what reaching a server may need of it is passed on.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        passed_on = {name: value for name, value in environment.items() if name.upper() in _PASSED_ON}
        self._environment = passed_on | {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "LC_ALL": "C",
        }

    def run(
        self,
        git_dir: Path,
        *arguments: str,
        lock: int,
        time_limit: timedelta,
        secrets: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run git on the repository at ``git_dir`` until it ends.

        Args:
            git_dir: the repository.
            arguments: of git.
            lock: a descriptor of the repository's lock file; git and all it starts hold the lock as long
                as they live, even if this process ends before them.
            time_limit: after which it is ended.
            secrets: more of its environment, which is the only place for what nobody else may see.

        Raises:
            TimeoutError: it was ended.
            InfrastructureError: there is no git on this host.
        """
        settings = git_dir / SETTINGS_FILE
        settings.write_text(SETTINGS)
        environment = self._environment | {"GIT_CONFIG_GLOBAL": str(settings)} | dict(secrets or {})
        with _process(["git", f"--git-dir={git_dir}", *arguments], environment, lock) as process:
            output = _wait(process, time_limit)
        return Ended(process.returncode, output)


@contextmanager
def _process(
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


def _wait(process: subprocess.Popen[bytes], time_limit: timedelta) -> str:
    deadline = monotonic() + time_limit.total_seconds()
    while True:
        try:
            return process.communicate(timeout=_POLL_SECONDS)[1].decode(errors="replace")
        except subprocess.TimeoutExpired:
            if monotonic() > deadline:
                raise TimeoutError(f"it took longer than {spoken(time_limit)}") from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what still runs of git's process group: first asked, so that it removes its temporary files."""
    if process.poll() is not None:
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE.total_seconds())
        os.killpg(process.pid, signal.SIGKILL)
