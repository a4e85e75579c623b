"""What was wrong with a command and what was probably meant, in one sentence each."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from tickborg.commands.grammar import ALL, COMMANDS_LIMIT, PROJECTS_LIMIT, USAGES, Arguments, Who
from tickborg.commands.resolving import Offer
from tickborg.commands.values import CommandError, ErrorKind
from tickborg.texts.markdown import code
from tickborg.texts.wording import listed

_ROOM = 200

_Sentence = Callable[[CommandError, Offer, str], str]


def mistake(error: CommandError, offer: Offer, handle: str) -> str:
    """The sentence, in Markdown, without a capital letter at its beginning."""
    sentence = _SENTENCES[error.kind](error, offer, handle)
    return sentence if sentence.endswith("?") else f"{sentence}."


def codes(words: Collection[str]) -> str:
    """As many of ``words`` as can be read, and how many more there are."""
    return listed([code(word) for word in words], _ROOM)


def _no_command(_error: CommandError, _offer: Offer, handle: str) -> str:
    return f"nothing follows {code(f'@{handle}')}; {code(f'@{handle} help')} says what can"


def _unknown_command(error: CommandError, _offer: Offer, _handle: str) -> str:
    return f"no command {_word_or(error, f'there are {codes(USAGES)}')}"


def _unknown_project(error: CommandError, _offer: Offer, _handle: str) -> str:
    return f"no project {_word_or(error)}"


def _no_system(error: CommandError, offer: Offer, _handle: str) -> str:
    return f"no system follows {code(error.word)}; there {_systems(offer.allowed)}"


def _unknown_system(error: CommandError, offer: Offer, _handle: str) -> str:
    return f"no system {_word_or(error, f'there {_systems(offer.systems)}')}"


def _word_or(error: CommandError, otherwise: str = "") -> str:
    """The word and what was meant, or else what there is."""
    if error.meant:
        return f"{code(error.word)}; did you mean {code(error.meant)}?"
    return f"{code(error.word)}; {otherwise}" if otherwise else code(error.word)


def _systems(systems: Collection[str]) -> str:
    if not systems:
        return "is none"
    return f"{'is' if len(systems) == 1 else 'are'} {codes(systems)}"


def _unexpected_words(error: CommandError, _offer: Offer, handle: str) -> str:
    alone = not error.verb or USAGES[error.verb].arguments is Arguments.NONE
    takes = "nothing after it" if alone else "projects only"
    return f"{code(f'@{handle} {error.verb}')} was not done: it takes {takes}, and {code(error.word)} follows"


def _too_many_projects(error: CommandError, _offer: Offer, handle: str) -> str:
    command = f"@{handle} {error.verb}"
    return (
        f"{code(command)} was not done: it takes {PROJECTS_LIMIT} projects at most;"
        f" {code(f'{command} {ALL}')} is for all of them"
    )


def _too_many_commands(error: CommandError, _offer: Offer, _handle: str) -> str:
    return (
        f"a comment has {COMMANDS_LIMIT} commands at most: the one on line {error.place.line}"
        " and all after it were not done; ask for them in another comment"
    )


def _nothing_to_build(_error: CommandError, _offer: Offer, _handle: str) -> str:
    return "the target branch has no projects"


def _no_builder(error: CommandError, offer: Offer, _handle: str) -> str:
    return f"there are no builders for {code(error.word)}; there {_systems(offer.systems)}"


def _system_not_allowed(error: CommandError, offer: Offer, _handle: str) -> str:
    return f"{code(error.word)} is built for people who may push; for you there {_systems(offer.allowed)}"


def _nowhere_allowed(error: CommandError, offer: Offer, handle: str) -> str:
    why = "builds here are for people who may push; ask one of them"
    none = "this tickborg has no builders"
    return f"{code(f'@{handle} {error.verb}')} was not done: {why if offer.systems else none}"


def _command_not_allowed(error: CommandError, _offer: Offer, handle: str) -> str:
    command = code(f"@{handle} {error.verb}")
    if error.verb and USAGES[error.verb].who is Who.BUILDERS:
        return (
            f"{command} has to wait until somebody who may push asks for a build of this first contribution"
        )
    return f"{command} is for the author of the pull request and people who may push"


_SENTENCES: Mapping[ErrorKind, _Sentence] = MappingProxyType(
    {
        ErrorKind.NO_COMMAND: _no_command,
        ErrorKind.UNKNOWN_COMMAND: _unknown_command,
        ErrorKind.UNKNOWN_PROJECT: _unknown_project,
        ErrorKind.NO_SYSTEM: _no_system,
        ErrorKind.UNKNOWN_SYSTEM: _unknown_system,
        ErrorKind.UNEXPECTED_WORDS: _unexpected_words,
        ErrorKind.TOO_MANY_PROJECTS: _too_many_projects,
        ErrorKind.TOO_MANY_COMMANDS: _too_many_commands,
        ErrorKind.NOTHING_TO_BUILD: _nothing_to_build,
        ErrorKind.NO_BUILDER: _no_builder,
        ErrorKind.SYSTEM_NOT_ALLOWED: _system_not_allowed,
        ErrorKind.NOWHERE_ALLOWED: _nowhere_allowed,
        ErrorKind.COMMAND_NOT_ALLOWED: _command_not_allowed,
    }
)
