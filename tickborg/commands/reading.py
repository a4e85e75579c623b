"""Reading the lines of a comment that begin with the bot's handle.

Whatever they say, nothing is raised: what is wrong is a value beside the commands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from tickborg.commands.grammar import (
    ALL,
    COMMANDS_LIMIT,
    ON,
    PROJECTS_LIMIT,
    USAGES,
    Arguments,
)
from tickborg.commands.handle import is_handle
from tickborg.commands.values import (
    Build,
    Cancel,
    Command,
    CommandError,
    ErrorKind,
    Eval,
    Help,
    ParsedComment,
    Place,
    Retry,
    Status,
    Test,
    Verb,
)
from tickborg.commands.words import Term, Word, terms
from tickborg.project_names import fault_of_name
from tickborg.spelling import nearest
from tickborg.systems import System
from tickborg.texts.shortening import shorten

WORD_LIMIT = 60
"""Characters of what was written, in an error."""

_STARS = frozenset("\\*")
_SYSTEMS = tuple(system.value for system in System)
_VERBS = tuple(verb.value for verb in Verb)
_MEANT: Mapping[str, Verb] = MappingProxyType(
    {word: verb for verb, usage in USAGES.items() for word in usage.instead}
)
_Read = tuple[Command | None, Sequence[CommandError]]


def read_lines(lines: Iterable[Sequence[Word]], handle: str) -> ParsedComment:
    """All commands of the lines, and all that is wrong in them.

    Args:
        lines: the words of each line whose first word is the handle.
        handle: the bot's name, without ``@``.
    """
    commands: list[Command] = []
    errors: list[CommandError] = []
    for count, (place, words) in enumerate(_addressed(lines, handle)):
        if count == COMMANDS_LIMIT:
            errors.append(CommandError(kind=ErrorKind.TOO_MANY_COMMANDS, place=place))
            break
        command, faults = _read(place, list(terms(words)))
        errors += faults
        if command is not None:
            commands.append(command)
    return ParsedComment(commands=tuple(commands), errors=tuple(errors))


def _addressed(lines: Iterable[Sequence[Word]], handle: str) -> Iterator[tuple[Place, Sequence[Word]]]:
    """Where each handle stands, and the words up to the next handle on the line."""
    for line in lines:
        starts = [n for n, word in enumerate(line) if not word.exact and is_handle(word.text, handle)]
        for start, end in zip(starts, [*starts[1:], len(line)], strict=True):
            yield line[start].place, line[start + 1 : end]


def _read(place: Place, words: Sequence[Term]) -> _Read:
    if not words:
        return None, [CommandError(kind=ErrorKind.NO_COMMAND, place=place)]
    first = words[0].text.casefold()
    if first not in _VERBS:
        return None, [_unknown_command(words[0])]
    verb = Verb(first)
    return _READERS[USAGES[verb].arguments](place, verb, words[1:])


def _unknown_command(word: Term) -> CommandError:
    meant = _MEANT.get(word.text.casefold()) or nearest(word.text, _VERBS)
    return _error(ErrorKind.UNKNOWN_COMMAND, word, None, meant)


def _error(kind: ErrorKind, word: Term, verb: Verb | None, meant: str | None = None) -> CommandError:
    return CommandError(
        kind=kind, place=word.place, verb=verb, word=shorten(word.text, WORD_LIMIT), meant=meant
    )


def _read_alone(place: Place, verb: Verb, words: Sequence[Term]) -> _Read:
    """A command that takes nothing; what punctuation parts from it is for people."""
    if words and not words[0].apart:
        return None, [_unexpected(verb, words)]
    return _ALONE[verb](place=place), []


def _unexpected(verb: Verb, words: Sequence[Term]) -> CommandError:
    said = " ".join(word.text for word in words)
    return _error(ErrorKind.UNEXPECTED_WORDS, Term(said, words[0].place), verb)


def _read_cancel(place: Place, verb: Verb, words: Sequence[Term]) -> _Read:
    projects, rest = _parted(words)
    if rest:
        return None, [_unexpected(verb, rest)]
    if not projects or _has_all(projects):
        return Cancel(place=place), []
    names, errors = _projects(verb, projects)
    return (Cancel(place=place, projects=names) if names else None), errors


def _read_build(place: Place, verb: Verb, words: Sequence[Term]) -> _Read:
    """What of it can be meant; a wrong word after ``on``, without a project before it, may be the project."""
    projects, rest = _parted(words)
    names, errors = _projects(verb, projects)
    systems, faults = _systems(verb, rest)
    every = _has_all(projects) and len(projects) <= PROJECTS_LIMIT
    if (not (every or names) and (projects or faults)) or (rest and not systems):
        return None, [*errors, *faults]
    kind = Build if verb is Verb.BUILD else Test
    if every:
        command = kind(place=place, all_projects=True, beside_all=names, systems=systems)
    else:
        command = kind(place=place, projects=names, systems=systems)
    return command, [*errors, *faults]


def _parted(words: Sequence[Term]) -> tuple[Sequence[Term], Sequence[Term]]:
    """What is before the first ``on``, and the rest from there."""
    place = next((n for n, word in enumerate(words) if word.folded == ON), len(words))
    return words[:place], words[place:]


def _has_all(words: Iterable[Term]) -> bool:
    return any(word.folded == ALL for word in words)


def _projects(verb: Verb, words: Sequence[Term]) -> tuple[tuple[str, ...], list[CommandError]]:
    """The names, each once, and what can be no name."""
    if len(words) > PROJECTS_LIMIT:
        return (), [_error(ErrorKind.TOO_MANY_PROJECTS, words[PROJECTS_LIMIT], verb)]
    names: dict[str, str] = {}
    errors = []
    for word in words:
        if word.folded == ALL:
            continue
        if fault_of_name(word.text):
            meant = ALL if _STARS.issuperset(word.text) else None
            errors.append(_error(ErrorKind.UNKNOWN_PROJECT, word, verb, meant))
        else:
            names.setdefault(word.text.casefold(), word.text)
    return tuple(names.values()), errors


def _systems(verb: Verb, words: Sequence[Term]) -> tuple[tuple[System, ...], list[CommandError]]:
    """The systems that follow each ``on``, each once, and what is none."""
    named = [word for word in words if word.folded != ON]
    if words and not named:
        return (), [_error(ErrorKind.NO_SYSTEM, words[0], verb)]
    folded = [word.text.casefold() for word in named]
    known = tuple(dict.fromkeys(System(name) for name in folded if name in _SYSTEMS))
    unknown = [word for word in named if word.text.casefold() not in _SYSTEMS]
    errors = [
        _error(ErrorKind.UNKNOWN_SYSTEM, word, verb, nearest(word.text, _SYSTEMS)).model_copy(
            update={"systems": known}
        )
        for word in unknown[:PROJECTS_LIMIT]
    ]
    return known, errors


_READERS: Mapping[Arguments, Callable[[Place, Verb, Sequence[Term]], _Read]] = MappingProxyType(
    {
        Arguments.NONE: _read_alone,
        Arguments.PROJECTS: _read_cancel,
        Arguments.PROJECTS_AND_SYSTEMS: _read_build,
    }
)
_ALONE: Mapping[Verb, type[Eval | Retry | Status | Help]] = MappingProxyType(
    {Verb.EVAL: Eval, Verb.RETRY: Retry, Verb.STATUS: Status, Verb.HELP: Help}
)
