"""A command as it would best have been written."""

from tickborg.commands.grammar import ALL, ON
from tickborg.commands.values import Build, Cancel, Command, Place, Test
from tickborg.commands.words import Word, terms
from tickborg.project_names import RESERVED

_ANYWHERE = Place(line=1, column=1)


def printed(command: Command, handle: str) -> str:
    """The canonical form, which is read back as the same command."""
    words = [f"@{handle}", command.verb.value]
    if isinstance(command, Build | Test):
        words += [ALL] if command.all_projects else []
        words += map(_name, command.beside_all if command.all_projects else command.projects)
        words += [ON, *command.systems] if command.systems else []
    elif isinstance(command, Cancel):
        words += map(_name, command.projects)
    return " ".join(words)


def _name(name: str) -> str:
    """A name that would be read as something else is written as code, and then is not."""
    read = [term.text for term in terms([Word(name, _ANYWHERE)])]
    return name if read == [name] and name.casefold() not in RESERVED else f"`{name}`"
