"""What of a comment can be done: for this repository, with these builders, by whoever asks."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tickborg.commands.grammar import MISTAKES_LIMIT, ON
from tickborg.commands.values import (
    Build,
    Cancel,
    Command,
    CommandError,
    ErrorKind,
    ParsedComment,
    Test,
    Verb,
)
from tickborg.spelling import KnownNames
from tickborg.systems import System


@dataclass(frozen=True)
class Offer:
    """What there is to ask for."""

    projects: Sequence[str]
    """The names of the known projects."""
    systems: Collection[System]
    """Those there are builders for."""
    allowed: Collection[System]
    """Those on which the one who asks may build."""
    refused: Collection[Verb] = ()
    """Commands that the one who asks may not use here."""
    built: Sequence[str] = ()
    """Names of what has builds, which can be cancelled also where no project is called so by now."""


@dataclass(frozen=True)
class _Names:
    """What a name may mean."""

    projects: KnownNames
    cancellable: KnownNames

    def of(self, verb: Verb | None) -> KnownNames:
        """Those that may follow ``verb``."""
        return self.cancellable if verb is Verb.CANCEL else self.projects


def resolve(parsed: ParsedComment, offer: Offer) -> ParsedComment:
    """The part of the commands that can be done, and all errors in their order, with those of ``parsed``.

    Names become those of the known projects, which are the same in any case, and all that are known where all
    were asked for. A command of which nothing is left is left out: what was meant for one project or system
    is never done for all of them. What was meant is looked for only of as many mistakes as are spelled out:
    this is done in a workflow, and a comment may name a thousand things that are none of a thousand projects.
    """
    projects = KnownNames(offer.projects)
    names = _Names(projects, KnownNames((*offer.projects, *offer.built)) if offer.built else projects)
    commands: list[Command] = []
    errors = list(parsed.errors)
    for command in parsed.commands:
        rest, faults = _resolved(command, offer, names)
        errors += faults
        if rest is not None:
            commands.append(rest)
    errors.sort(key=lambda error: (error.place.line, error.place.column))
    explained = [_with_meaning(error, names.of(error.verb)) for error in errors[:MISTAKES_LIMIT]]
    return ParsedComment(commands=tuple(commands), errors=(*explained, *errors[MISTAKES_LIMIT:]))


_Resolved = tuple[Command | None, list[CommandError]]


def _resolved(command: Command, offer: Offer, names: _Names) -> _Resolved:
    if command.verb in offer.refused:
        return None, [_error(ErrorKind.COMMAND_NOT_ALLOWED, command)]
    if isinstance(command, Build | Test):
        return _resolved_build(command, offer, names.projects)
    if isinstance(command, Cancel) and command.projects:
        projects, errors = _known(command, command.projects, names.cancellable)
        return (command.model_copy(update={"projects": projects}) if projects else None), errors
    return command, []


def _resolved_build(command: Build | Test, offer: Offer, names: KnownNames) -> _Resolved:
    if not (command.systems or offer.allowed):
        return None, [_error(ErrorKind.NOWHERE_ALLOWED, command)]
    named = command.all_projects or command.projects
    projects, errors = _known(command, command.projects, names)
    if command.all_projects:
        projects = tuple(offer.projects)
        errors = _known(command, command.beside_all, names)[1]
        errors = errors if projects else [_error(ErrorKind.NOTHING_TO_BUILD, command)]
    systems = tuple(system for system in command.systems if system in offer.allowed)
    errors += [_refused(command, system, offer) for system in command.systems if system not in systems]
    if (named and not projects) or (command.systems and not systems):
        return None, errors
    rest = {"projects": projects, "beside_all": (), "systems": systems}
    return command.model_copy(update=rest), errors


def _known(
    command: Command, words: Iterable[str], names: KnownNames
) -> tuple[tuple[str, ...], list[CommandError]]:
    found = [(word, names.exactly(word)) for word in words]
    unknown = [word for word, name in found if name is None]
    errors = [_error(ErrorKind.UNKNOWN_PROJECT, command, word) for word in unknown]
    return tuple(name for _, name in found if name is not None), errors


def _with_meaning(error: CommandError, names: KnownNames) -> CommandError:
    """What is unknown with what was probably meant: another project; for a system, the project that it is."""
    if error.kind is ErrorKind.UNKNOWN_SYSTEM:
        name = names.exactly(error.word)
        return error if name is None else error.model_copy(update={"meant": _as_project(error, name)})
    if error.kind is not ErrorKind.UNKNOWN_PROJECT:
        return error
    # Of a path, the last step is the name; and `<name>` is how it stands in a list of commands.
    last = error.word.strip("<>").rstrip("/").rpartition("/")[2]
    meant = names.exactly(last) or names.nearest(last) or error.meant
    return error.model_copy(update={"meant": meant})


def _as_project(error: CommandError, name: str) -> str:
    """The command that has the project where it belongs, before ``on``."""
    systems = " ".join((ON, *error.systems)) if error.systems else ""
    return f"{error.verb} {name} {systems}".rstrip()


def _refused(command: Command, system: System, offer: Offer) -> CommandError:
    kind = ErrorKind.SYSTEM_NOT_ALLOWED if system in offer.systems else ErrorKind.NO_BUILDER
    return _error(kind, command, system.value)


def _error(kind: ErrorKind, command: Command, word: str = "") -> CommandError:
    return CommandError(kind=kind, place=command.place, verb=command.verb, word=word)
