"""What has to be found out before it can be said what a comment comes to: no more than it needs.

What is not asked cannot fail: ``help`` is answered while GitHub is away.
"""

from tickborg.commands.values import Build, Cancel, ErrorKind, Eval, Help, ParsedComment, Retry, Status, Test

_OF_THE_LANGUAGE = frozenset(
    {
        ErrorKind.NO_COMMAND,
        ErrorKind.UNKNOWN_COMMAND,
        ErrorKind.UNEXPECTED_WORDS,
        ErrorKind.TOO_MANY_PROJECTS,
        ErrorKind.TOO_MANY_COMMANDS,
    }
)
"""Mistakes that can be explained to whomever, wherever they were made."""
_OF_WHO_ASKS = (Build, Test, Eval, Retry, Cancel)
_MAY_MEAN_A_PROJECT = frozenset({ErrorKind.UNKNOWN_PROJECT, ErrorKind.UNKNOWN_SYSTEM})
_NAMES_ALLOWED_SYSTEMS = frozenset({ErrorKind.NO_SYSTEM})


def needs_nothing(parsed: ParsedComment) -> bool:
    """Whether it can be answered without knowing who asks or about what."""
    return all(isinstance(command, Help) for command in parsed.commands) and all(
        error.kind in _OF_THE_LANGUAGE for error in parsed.errors
    )


def depends_on_who_asks(parsed: ParsedComment) -> bool:
    """Whether it has to be known what the one who asks may do."""
    return any(isinstance(command, _OF_WHO_ASKS) for command in parsed.commands) or any(
        error.kind in _NAMES_ALLOWED_SYSTEMS for error in parsed.errors
    )


def names_projects(parsed: ParsedComment) -> bool:
    """Whether it has to be known which projects there are, if only to say which was meant."""
    return (
        any(isinstance(command, Build | Test) for command in parsed.commands)
        or any(isinstance(command, Cancel) and command.projects for command in parsed.commands)
        or any(error.kind in _MAY_MEAN_A_PROJECT for error in parsed.errors)
    )


def asks_how_it_stands(parsed: ParsedComment) -> bool:
    """Whether it has to be known what the owner knows."""
    return any(isinstance(command, Status | Cancel) for command in parsed.commands)
