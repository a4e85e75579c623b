"""The kinds of values that settings have, so that a mistake is found at the start (design, section 12).

Messages are the ends of sentences that begin with the key, since that is how they are shown. They never
repeat a value that could hold a secret.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from tickborg.branch_names import is_branch_name
from tickborg.durations import parse_duration
from tickborg.served_repositories import check_pattern
from tickborg.spelling import did_you_mean, quoted
from tickborg.systems import System

FOLDER = "folder"
"""Key of the validation context: the folder that relative paths start from."""

_HANDLE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}")
_SIZE = re.compile(r"([0-9]{1,12}) ?(B|KiB|MiB|GiB|TiB)")
_SIZE_UNITS = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LARGEST_PORT = 65_535


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError('must be a duration in quotes, as in "90s", "45m", "1h30m" or "2d"')  # noqa: TRY004 - pydantic
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{quoted(value)} {error}") from None


def _at_least_a_day(duration: timedelta) -> timedelta:
    if duration < timedelta(days=1):
        raise ValueError('must be at least "1d"')
    return duration


def _at_least_a_minute(duration: timedelta) -> timedelta:
    if duration < timedelta(minutes=1):
        raise ValueError('must be at least "1m"')
    return duration


def _size(value: object) -> int:
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match:
        return int(match[1]) * _SIZE_UNITS[match[2]]
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError('must be a size in quotes, as in "512MiB" or "8GiB"')


def _address(text: str) -> str:
    match = _ADDRESS.fullmatch(text)
    if not match or not 0 < int(match[2]) <= _LARGEST_PORT:
        raise ValueError(f'{quoted(text)} is no address; write it as in "temporal.example.org:7233"')
    return text


def _system(value: object) -> object:
    names = [system.value for system in System]
    if isinstance(value, str) and value not in names:
        known = did_you_mean(value, names) or f"; there are {', '.join(names)}"
        raise ValueError(f"{quoted(value)} is no system{known}")
    return value


def _handle(text: str) -> str:
    if not _HANDLE.fullmatch(text):
        raise ValueError(f"{quoted(text)} is no name of an account of GitHub; write it without @")
    return text


def _web_url(text: str) -> str:
    """A URL that others are given, or that a token is sent to."""
    parts = _split(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a URL that begins with https:// (or http://) and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user or password")
    return text.rstrip("/")


def _secure_url(text: str) -> str:
    """Tokens are sent there, so plain HTTP goes no further than this machine."""
    url = _web_url(text)
    if url.startswith("http://") and _split(url).hostname not in _LOOPBACK:
        raise ValueError("must begin with https://, since tokens are sent there")
    return url


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # which is read only now
    except ValueError:
        raise ValueError("is no URL") from None
    return parts


def check_amqp_url(text: str) -> str:
    """``text`` itself, with or without a password.

    Raises:
        ValueError: it is no URL of a RabbitMQ; the message does not repeat it.
    """
    parts = _split(text)
    if parts.scheme not in {"amqp", "amqps"} or not parts.hostname:
        raise ValueError("must be a URL that begins with amqp:// or amqps:// and a host")
    return text


def _open_amqp_url(text: str) -> str:
    if _split(check_amqp_url(text)).password is not None:
        raise ValueError("must not hold a password; put the whole URL into a file and name it in url_file")
    return text


def _not_empty(value: object) -> object:
    """An empty path would mean the folder itself."""
    if value == "":
        raise ValueError("must not be empty")
    return value


def _path(path: Path, info: ValidationInfo) -> Path:
    if path.parts[:1] and path.parts[0].startswith("~"):
        raise ValueError(
            f"{quoted(str(path))} begins with ~, which nobody resolves here; write the whole path"
        )
    folder = (info.context or {}).get(FOLDER)
    return folder / path if folder is not None else path


def _listed(value: object) -> object:
    """A list may be written as words with commas, which is how it fits into an environment variable."""
    if not isinstance(value, str):
        return value
    return [word.strip() for word in value.split(",") if word.strip()]


def _pattern(text: str) -> str:
    return check_pattern(text)


def _branch(text: str) -> str:
    """Any but ``refs/heads/main`` and the like, which somebody wrote who meant ``main``."""
    if text.startswith("refs/"):
        raise ValueError(f'{quoted(text)} is a ref; write the branch alone, as in "main"')
    if text.startswith("-") or not is_branch_name(text):
        raise ValueError(f"{quoted(text)} is no name of a branch")
    return text


def _no_doubles(values: Sequence[object]) -> Sequence[object]:
    doubled = next((value for index, value in enumerate(values) if value in values[:index]), None)
    if doubled is not None:
        raise ValueError(f"{quoted(str(doubled))} is there twice")
    return values


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Frequency = Annotated[timedelta, AfterValidator(_at_least_a_minute), BeforeValidator(_duration)]
"""Of what recurs."""
LongDuration = Annotated[timedelta, AfterValidator(_at_least_a_day), BeforeValidator(_duration)]
"""Of what is kept: nothing that a build may still need is younger than a day."""
Size = Annotated[int, BeforeValidator(_size), Field(ge=1)]
"""Bytes."""
Address = Annotated[str, AfterValidator(_address)]
Host = Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9.:_-]+$")]
"""A name or an IP address to listen on."""
Port = Annotated[int, Field(ge=0, le=_LARGEST_PORT)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
SecureUrl = Annotated[str, AfterValidator(_secure_url)]
AmqpUrl = Annotated[str, AfterValidator(_open_amqp_url)]
FilePath = Annotated[Path, AfterValidator(_path), BeforeValidator(_not_empty)]
Handle = Annotated[str, AfterValidator(_handle)]
Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\[bot\])?$", max_length=64)]
Listed = BeforeValidator(_listed)
Distinct = AfterValidator(_no_doubles)
OneSystem = Annotated[System, BeforeValidator(_system)]
Systems = Annotated[tuple[OneSystem, ...], Distinct, Listed]
Logins = Annotated[tuple[Login, ...], Listed]
Repositories = Annotated[tuple[Annotated[str, AfterValidator(_pattern)], ...], Distinct, Listed]
Branches = Annotated[tuple[Annotated[str, AfterValidator(_branch)], ...], Distinct, Listed]
