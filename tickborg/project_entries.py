"""The tables of a project file, as they are written (design, section 7)."""

from datetime import timedelta
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tickborg.durations import parse_duration
from tickborg.globs import check_glob
from tickborg.paths import normalised
from tickborg.project_names import fault_of_name
from tickborg.projects import DEFAULT_TIMEOUT, BuildSystem
from tickborg.spelling import did_you_mean
from tickborg.systems import System

SHORTEST_TIMEOUT = timedelta(seconds=1)
LONGEST_TIMEOUT = timedelta(hours=24)

_NO_TIME = 'is no time; write it as in "90s", "45m" or "1h30m"'

Known = TypeVar("Known", System, BuildSystem)


def parse_timeout(text: str) -> timedelta:
    """Read ``90s``, ``45m``, ``1h``, ``1h30m`` or ``1d``.

    Raises:
        ValueError: it is none of these, or not within 1 s and 24 h; the message is the end of a sentence
            that begins with ``text``.
    """
    try:
        timeout = parse_duration(text)
    except ValueError:
        raise ValueError(_NO_TIME) from None
    if not SHORTEST_TIMEOUT <= timeout <= LONGEST_TIMEOUT:
        raise ValueError("is not from 1s to 24h")
    return timeout


def _timeout(value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(_NO_TIME)  # noqa: TRY004 - what pydantic takes for a fault of the input
    return parse_timeout(value)


def _fitting_name(name: str) -> str:
    fault = fault_of_name(name)
    if fault:
        raise ValueError(fault)
    return name


def _glob(text: str) -> str:
    glob = normalised(text)
    check_glob(glob)
    return glob


def _member(kind: type[Known], noun: str, value: object) -> Known:
    names = [member.value for member in kind]
    if not isinstance(value, str) or value not in names:
        meant = did_you_mean(value, names) if isinstance(value, str) else ""
        raise ValueError(f"is no {noun}{meant or '; there are ' + ', '.join(names)}")
    return kind(value)


def _system(value: object) -> System:
    return _member(System, "system", value)


def _build_system(value: object) -> BuildSystem:
    return _member(BuildSystem, "build system", value)


def _fitting_word(text: str) -> str:
    if "\0" in text:
        raise ValueError("has a NUL character, which no command can be given")
    if len(text.encode()) > WORD_LIMIT:
        raise ValueError(f"has more than the {WORD_LIMIT:,} bytes that a command can be given in one word")
    return text


WORD_LIMIT = 128 * 1024 - 1
"""Linux' MAX_ARG_STRLEN (https://man7.org/linux/man-pages/man2/execve.2.html), without the NUL at its end."""

Name = Annotated[str, AfterValidator(_fitting_name)]
Path = Annotated[str, AfterValidator(normalised)]
Glob = Annotated[str, AfterValidator(_glob)]
Word = Annotated[str, AfterValidator(_fitting_word)]
"""A word of a command line."""


class Entry(BaseModel):
    """A table of the file: keys with dashes, no others than these, and nothing guessed from other types."""

    model_config = ConfigDict(
        alias_generator=lambda field: field.replace("_", "-"), extra="forbid", strict=True, frozen=True
    )


class ProjectEntry(Entry):
    """A ``[[project]]``."""

    name: Name
    path: Path
    also: list[Glob] = []
    needs: list[str] = []
    build_system: Annotated[BuildSystem, BeforeValidator(_build_system)] | None = None
    configure_args: list[Word] = []
    build_args: list[Word] = []
    command: Word = ""
    test_command: list[Word] = []
    timeout: Annotated[timedelta, BeforeValidator(_timeout)] = DEFAULT_TIMEOUT
    systems: list[Annotated[System, BeforeValidator(_system)]] | None = Field(default=None, min_length=1)
    network: bool = False


class CheckEntry(Entry):
    """A ``[[check]]``."""

    name: Name
    command: list[Word] = Field(min_length=1)
    gate: bool = False
