"""Which labels a pull request has of the bot (design, section 8)."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from tickborg.github import LabelChange, RepositoryName
from tickborg.project_names import LABEL_PREFIX
from tickborg.projects import ChangeFacts, ProjectSet

INTERNAL_ERROR_LABEL = "tickborg-internal-error"
"""On a pull request while the bot has failed on it for good."""

_PREFIXES = (LABEL_PREFIX, "scope: ", "platform: ")

_PLATFORMS = (
    ("platform: macos", re.compile(r"\b(?:darwin|macos)\b", re.IGNORECASE)),
    ("platform: windows", re.compile(r"\bwindows\b", re.IGNORECASE)),
)
_WORD = re.compile(r"[\w.+-]+")
_PUNCTUATION = ".+-"


def wanted_labels(title: str, changes: ChangeFacts, projects: ProjectSet) -> frozenset[str]:
    """The labels that hold: projects touched or named in the title, areas touched, platforms named."""
    names = {*changes.touched, *_projects_named(title, projects)}
    return frozenset(
        {
            *(LABEL_PREFIX + name for name in names),
            *(f"scope: {area}" for area in changes.areas),
            *(label for label, word in _PLATFORMS if word.search(title)),
        }
    )


def label_change(
    repo: RepositoryName,
    number: int,
    present: AbstractSet[str],
    added_before: AbstractSet[str],
    wanted: AbstractSet[str],
) -> tuple[LabelChange, tuple[str, ...]]:
    """What to change so that the bot's labels are the wanted ones, and no person's decision is undone.

    A label that somebody else put on is not the bot's, and stays; one of the bot's that somebody took off
    is not put on again as long as it is wanted. That the bot has failed nobody else says. Labels are the same
    in any case, as they are for GitHub.

    Args:
        repo: the repository of the pull request.
        number: the pull request's number.
        present: the labels that are on it.
        added_before: the second value of the last call; empty at first.
        wanted: see :func:`wanted_labels`.

    Returns:
        The change, and the labels that the bot has added by then and still answers for, sorted.
    """
    added_before = {*added_before, *(label for label in present if label == INTERNAL_ERROR_LABEL)}
    add = _without(wanted, [*present, *added_before])
    kept = _without(added_before, _without(added_before, wanted))
    outdated = _without(added_before, wanted)
    remove = _without(outdated, _without(outdated, present))
    change = LabelChange(repo=repo, number=number, add=tuple(sorted(add)), remove=tuple(sorted(remove)))
    return change, tuple(sorted({*kept, *add}))


def may_be_ours(label: str) -> bool:
    """Whether a label is named like those of the bot: it may have put it there, or a person."""
    name = label.casefold()
    return name == INTERNAL_ERROR_LABEL or name.startswith(_PREFIXES)


def title_words(title: str) -> frozenset[str]:
    """The words of a title that labels may come from, in lower case, with and without punctuation around."""
    words = {word.casefold() for word in _WORD.findall(title)}
    return frozenset(words | {word.strip(_PUNCTUATION) for word in words})


def _projects_named(title: str, projects: ProjectSet) -> set[str]:
    """The projects whose names are whole words of ``title``, in any case."""
    words = title_words(title)
    return {project.name for project in projects.projects if project.name.casefold() in words}


def _without(labels: Iterable[str], others: Iterable[str]) -> set[str]:
    """Those of ``labels`` that are none of ``others``, in any case."""
    unwanted = {label.casefold() for label in others}
    return {label for label in labels if label.casefold() not in unwanted}
