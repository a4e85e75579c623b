"""The small words of every sentence: numbers, lists, short shas."""

from collections.abc import Sequence

_SHORT_SHA = 7


def short_sha(sha: str) -> str:
    """The first seven digits, as GitHub shows a commit."""
    return sha[:_SHORT_SHA]


def counted(count: int, noun: str) -> str:
    """``1 project``, ``1,024 projects``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(names: Sequence[str], room: int) -> str:
    """As many of ``names`` as fit into ``room`` characters, and how many more there are.

    One name is always given, however long it is.
    """
    everything = ", ".join(names)
    if len(everything) <= room:
        return everything
    text = names[0]
    for position, name in enumerate(names[1:], start=1):
        longer = f"{text}, {name}"
        if len(longer) + len(_and_more(len(names) - position - 1)) > room:
            return text + _and_more(len(names) - position)
        text = longer
    return text


def _and_more(count: int) -> str:
    return f" and {count:,} more"
