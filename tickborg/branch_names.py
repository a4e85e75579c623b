"""What git and GitHub let a branch be called."""

import re

_LONGEST_REF = 255
"""Bytes of a full ref; GitHub declines a push of a longer one (GH005)."""

_BAD = re.compile(
    r"""
      [\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]  # control characters, spaces and what revisions are written with
    | \.\. | @\{ | //
    | (?:^|/)\. | ^/ | [/.]$ | \.lock(?:/|$)
    | ^@$
    """,
    re.VERBOSE,
)


def is_branch_name(text: str) -> bool:
    """Whether there can be a branch of that name; slashes are part of it.

    https://git-scm.com/docs/git-check-ref-format
    """
    if not text or _BAD.search(text):
        return False
    return len(f"refs/heads/{text}".encode()) <= _LONGEST_REF
