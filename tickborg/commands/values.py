"""What a comment asks for, and what is wrong with it, as values that travel through Temporal."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from tickborg.systems import System
from tickborg.values import Value


class Verb(StrEnum):
    """The word that says what to do."""

    BUILD = "build"
    TEST = "test"
    EVAL = "eval"
    RETRY = "retry"
    CANCEL = "cancel"
    STATUS = "status"
    HELP = "help"


class Place(Value):
    """Where in the comment as it was written, both counted from 1; a column is a code point."""

    line: int
    column: int


class _Placed(Value):
    place: Place
    """Of the handle that the command begins with."""


class _BuildOrTest(_Placed):
    projects: tuple[str, ...] = ()
    """In the order they were asked for, each once; if none is named, those that the head changes."""
    all_projects: bool = False
    """All that are known; :func:`~tickborg.commands.resolving.resolve` writes them into ``projects``."""
    beside_all: tuple[str, ...] = ()
    """Names beside ``all``, which change nothing; one that is unknown is a mistake all the same."""
    systems: tuple[System, ...] = ()
    """None means wherever the project is built and the one who asks may build."""


class Build(_BuildOrTest):
    """Build projects."""

    verb: Literal[Verb.BUILD] = Verb.BUILD


class Test(_BuildOrTest):
    """Build projects, then run their tests."""

    verb: Literal[Verb.TEST] = Verb.TEST
    __test__ = False  # no class of tests, whatever pytest thinks of its name


class Eval(_Placed):
    """Evaluate again."""

    verb: Literal[Verb.EVAL] = Verb.EVAL


class Retry(_Placed):
    """Run again what failed on this head."""

    verb: Literal[Verb.RETRY] = Verb.RETRY


class Cancel(_Placed):
    """Cancel what runs."""

    verb: Literal[Verb.CANCEL] = Verb.CANCEL
    projects: tuple[str, ...] = ()
    """None means all that runs."""


class Status(_Placed):
    """Say what is queued, running and done, and why not."""

    verb: Literal[Verb.STATUS] = Verb.STATUS


class Help(_Placed):
    """Say what can be asked for."""

    verb: Literal[Verb.HELP] = Verb.HELP


Command = Build | Test | Eval | Retry | Cancel | Status | Help


class ErrorKind(StrEnum):
    """What is wrong with a command. The first lot is seen in the comment alone, the second is not."""

    NO_COMMAND = "no_command"
    """Nothing follows the handle."""
    UNKNOWN_COMMAND = "unknown_command"
    UNKNOWN_PROJECT = "unknown_project"
    NO_SYSTEM = "no_system"
    """Nothing follows ``on``."""
    UNKNOWN_SYSTEM = "unknown_system"
    UNEXPECTED_WORDS = "unexpected_words"
    """Words after a command that takes none."""
    TOO_MANY_PROJECTS = "too_many_projects"
    TOO_MANY_COMMANDS = "too_many_commands"

    NOTHING_TO_BUILD = "nothing_to_build"
    """All projects were asked for, and there is none."""
    NO_BUILDER = "no_builder"
    """There are no builders for the system."""
    SYSTEM_NOT_ALLOWED = "system_not_allowed"
    """The one who asks may not build on the system."""
    NOWHERE_ALLOWED = "nowhere_allowed"
    """No system was named, and there is none on which the one who asks may build."""
    COMMAND_NOT_ALLOWED = "command_not_allowed"


class CommandError(Value):
    """Something that will not be done, and what was probably meant."""

    kind: ErrorKind
    place: Place
    """Of the word that is wrong or, where the comment alone does not show it, of its command."""
    verb: Verb | None = None
    """The command it is part of, if that is known."""
    word: str = ""
    """What was written, on one line and shortened."""
    systems: tuple[System, ...] = ()
    """Those that were named beside a word that is no system."""
    meant: str | None = None
    """What was probably meant, as it is written."""


class CommentText(Value):
    """A comment to be read."""

    body: str
    """As GitHub sends it."""
    handle: str
    """The bot's name, without ``@``."""


class ParsedComment(Value):
    """All that a comment asks for, in its order, and all that is wrong with it, in its order."""

    commands: tuple[Annotated[Command, Field(discriminator="verb")], ...] = ()
    errors: tuple[CommandError, ...] = ()
