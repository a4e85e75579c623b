"""Paths and globs as a project file writes them: relative to the repository's root, with ``/``."""

from collections.abc import Callable

_HERE = "."
_PARENT = ".."

_FAULTS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda path: not path, "is empty; the repository's root is ."),
    (lambda path: path.startswith("/"), "is absolute; write it relative to the repository's root"),
    (lambda path: "\\" in path, "has a backslash; write paths with /"),
    (
        lambda path: _PARENT in path.split("/"),
        "leads upwards with ..; write it relative to the repository's root",
    ),
    (lambda path: any(map(str.isspace, path.split("/"))), "has a name of nothing but spaces"),
    (lambda path: not path.isprintable(), "has a character that cannot be printed"),
)
"""What a path must not be, and the end of the sentence that says so; the first that holds is said."""


def normalised(path: str) -> str:
    """``path`` without needless dots and slashes: ``./cmark/`` is ``cmark``; ``./`` is ``.``, the root.

    Raises:
        ValueError: it is empty, absolute, leads upwards or is not written with ``/``; the message is
            the end of a sentence that begins with the path.
    """
    for applies, fault in _FAULTS:
        if applies(path):
            raise ValueError(fault)
    steps = [step for step in path.split("/") if step not in {"", _HERE}]
    return "/".join(steps) or _HERE
