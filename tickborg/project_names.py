"""What a project may be called (design, section 7).

Names are words of commands and the end of labels, and GitHub's labels are the same in any case.
"""

import re
from collections.abc import Container

from tickborg.commands.grammar import ALL, FILLERS, ON
from tickborg.github import LABEL_LIMIT

LABEL_PREFIX = "project: "
NAME_LIMIT = LABEL_LIMIT - len(LABEL_PREFIX)
"""41 characters: what a label leaves."""

RESERVED = FILLERS | {ALL, ON}
"""Words that mean something else in a command."""

_NAME = re.compile(rf"[A-Za-z0-9._+-]{{1,{NAME_LIMIT}}}")
_UNFIT = re.compile(r"[^A-Za-z0-9._+-]+")
_FALLBACK = "project"


def fault_of_name(name: str) -> str | None:
    """Why ``name`` cannot be a project's, as the end of a sentence that begins with it; None if it can."""
    if name.casefold() in RESERVED:
        return "is a word of the commands; choose another"
    if _NAME.fullmatch(name):
        return None
    return f"is no name: one has 1 to {NAME_LIMIT} characters of A-Z a-z 0-9 . _ + -"


def fitting_name(text: str, taken: Container[str]) -> str:
    """A name as near to ``text`` as the rule allows, and none of ``taken``, whose names are casefolded."""
    name = _UNFIT.sub("-", text).strip("-")[:NAME_LIMIT] or _FALLBACK
    if name.casefold() not in taken and fault_of_name(name) is None:
        return name
    number = 2
    while (numbered := _numbered(name, number)).casefold() in taken:
        number += 1
    return numbered


def _numbered(name: str, number: int) -> str:
    suffix = f"-{number}"
    return name[: NAME_LIMIT - len(suffix)] + suffix
