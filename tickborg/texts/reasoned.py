"""What has a reason in common: a line for each reason, for the summary comment and for ``status``."""

from collections.abc import Iterable, Sequence

from tickborg.jobs import SkippedBuild
from tickborg.texts.markdown import code, prose
from tickborg.texts.shortening import REASON_LIMIT, shorten

NAMES_LIMIT = 8
"""Names in one line; the others are counted."""


def lines(named: Iterable[tuple[str, str]]) -> list[str]:
    """Names and reasons, such as ``("`cgit`", "this is a draft")``, in Markdown, in their order."""
    names: dict[str, list[str]] = {}
    for name, reason in named:
        names.setdefault(reason, []).append(name)
    return [f"{some(those)}: {prose(shorten(reason, REASON_LIMIT))}" for reason, those in names.items()]


def not_built(skipped: Sequence[SkippedBuild]) -> list[str]:
    """What is not built and why."""
    return [f"Not built: {line}" for line in why(skipped)]


def why(skipped: Sequence[SkippedBuild]) -> list[str]:
    """The same where that it is not built has been said."""
    return lines((_name(build), build.reason) for build in skipped)


def some(names: Iterable[str]) -> str:
    """As many names as can be read, each once, and how many more there are."""
    different = list(dict.fromkeys(names))
    more = len(different) - NAMES_LIMIT
    return ", ".join(different[:NAMES_LIMIT]) + (f" and {more:,} more" if more > 0 else "")


def _name(build: SkippedBuild) -> str:
    return code(build.project) + (f" on {build.system}" if build.system else "")
