"""The bot's handle: what a command begins with."""

import re
from functools import lru_cache

_OF_AN_APP = r"(?:\[[bB][oO][tT]\])?"
"""What GitHub puts behind the name of an App when somebody picks it from the list of those who took part."""
_HANDLES = 8
"""A process has one handle, and a test a few."""


def mentions(body: str, handle: str) -> bool:
    """Whether ``@handle`` stands in ``body`` as a word of its own, in any case.

    That takes microseconds, and is true of every comment with a command: a comment of which it is false need
    not be read. Of one of which it is true, Markdown decides.
    """
    return _mention(handle).search(body) is not None


def is_handle(word: str, handle: str) -> bool:
    """Whether ``word``, which has no white space in it, is the handle: maybe in bold, maybe with a comma.

    ``@handle[bot]`` is, too: the bot's login where its App has that name.
    """
    return _word(handle).fullmatch(word) is not None


@lru_cache(_HANDLES)
def _mention(handle: str) -> re.Pattern[str]:
    # It begins with the @, which the engine can look for quickly, and only then looks at what is before it.
    return re.compile(rf"@(?<![^\W_]@){in_any_case(handle)}(?![_-]*[^\W_])")


@lru_cache(_HANDLES)
def _word(handle: str) -> re.Pattern[str]:
    return re.compile(rf"[*_]*@{in_any_case(handle)}{_OF_AN_APP}[\W_]*")


def in_any_case(handle: str) -> str:
    """A pattern of the handle, in ASCII; to ``re.IGNORECASE`` a Kelvin sign is a k as well."""
    return "".join(
        f"[{letter.lower()}{letter.upper()}]" if letter.isalpha() else re.escape(letter) for letter in handle
    )
