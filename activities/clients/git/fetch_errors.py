"""What ``git fetch`` says when it fails, in the words of the failure table (design, section 9).

Git has one exit status for all of it, so its English is read (it runs with ``LC_ALL=C``). Lines that begin
with ``remote:`` are the server's own words. One thing here depends on them: whether a 403 asks for patience.
"""

import re
from typing import NamedTuple

from activities.clients.git.object_store import DamagedMirrorError
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

SHOWN_LENGTH = 300
"""Characters of git's own words that are passed on: the last ones, which say what ended it."""


class MissingRefError(PermanentError):
    """The server has no such ref."""

    def __init__(self, repo: RepositoryName, ref: str) -> None:
        super().__init__(f"{repo} has no {ref}: was it renamed or deleted?")
        self.ref = ref


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    kind: type[TickborgError]
    advice: str


_MISSING_REF = re.compile(r"couldn't find remote ref (?P<ref>\S+)")
_PUT_OFF = re.compile(r"(?im)^remote:.*\brate.limit|RPC failed; HTTP 403")
"""A 403 that will pass: of a rate limit, or in the middle of a fetch that the server had let begin."""

_CREDENTIALS = "a builder needs [builder] fetch_token_file, a worker the App installed there"

_UNAUTHORIZED = re.compile(r"could not read (?:Username|Password)|Authentication failed|returned error: 401")

_RULES = (
    _Rule(
        re.compile(r"(?im)no space left on device|disk quota exceeded"),
        InfrastructureError,
        "free some space where the mirrors are kept",
    ),
    _Rule(
        re.compile(r"(?im)read-only file system|permission denied$|unable to create|cannot create"),
        InfrastructureError,
        "see that the mirrors' folder can be written",
    ),
    _Rule(
        re.compile(r"(?im)not our ref|unadvertised object"),
        HeadGoneError,
        "the commit was replaced; the event of the newer one does the work",
    ),
    _Rule(
        re.compile(
            r"(?im)repository '.*' not found|returned error: 404|does not appear to be a git repository"
        ),
        PermanentError,
        "see that it exists and that the bot's App is installed on it and may read contents",
    ),
    _Rule(
        re.compile(r"(?im)returned error: 429|returned error: 5\d\d"),
        UnavailableError,
        "it is tried again",
    ),
    _Rule(
        re.compile(r"(?im)returned error: 4\d\d"),
        PermanentError,
        "see that the bot's App may read contents",
    ),
    _Rule(
        re.compile(
            r"(?im)not a git repository|object file \S+ is empty|loose object"
            r"|packfile \S+ (?:is|cannot|does not)|index file \S+ is|unexpected line in|bad config"
            r"|bad object (?:refs/|[0-9a-f]{40})|invalid sha1 pointer"
            r"|unable to (?:read|parse|find|unpack) (?:tree|commit|blob|object|[0-9a-f]{40})"
            r"|missing (?:tree|commit|blob)|did not send all necessary objects"
        ),
        DamagedMirrorError,
        "the mirror is made anew",
    ),
    _Rule(
        re.compile(
            r"(?im)unable to access|could not resolve|connection|connect to|timed out|hung up|early EOF"
            r"|RPC failed|operation too slow|\b(?:SSL|TLS)\b|disconnect|could not read from remote"
        ),
        UnavailableError,
        "it is tried again",
    ),
)
"""The first that matches decides. A git that finds the mirror damaged hangs up, so that comes last."""


def fetch_error(repo: RepositoryName, status: int, output: str, *, with_token: bool) -> TickborgError:
    """What to raise for a git that ended with ``status`` (negative: by that signal) and wrote ``output``."""
    own = "\n".join(line for line in output.splitlines() if not line.startswith("remote:"))
    beginning = f"git fetch of {repo} failed"
    said = " ".join(output.split())[-SHOWN_LENGTH:]
    if missing := _MISSING_REF.search(own):
        return MissingRefError(repo, missing["ref"])
    if _UNAUTHORIZED.search(own):
        return _unauthorized(beginning, said, with_token=with_token)
    if "returned error: 403" in own and _PUT_OFF.search(output):
        return UnavailableError(f"{beginning}: {said}; it is tried again")
    for rule in _RULES:
        if rule.pattern.search(own):
            return rule.kind(f"{beginning}: {said}; {rule.advice}")
    if status < 0:
        return InfrastructureError(f"{beginning}: git was ended by signal {-status}; it is tried again")
    return TransientError(f"{beginning} with status {status}: {said or 'git did not say why'}")


def _unauthorized(beginning: str, said: str, *, with_token: bool) -> TickborgError:
    if with_token:
        return UnauthorizedError(
            f"{beginning}: the server refused the token: {said}; it is tried with a new one"
        )
    return PermanentError(f"{beginning}: it cannot be read without a credential; {_CREDENTIALS}")
