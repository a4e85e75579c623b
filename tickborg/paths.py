"""Paths and globs as a project file writes them: relative to the repository's root, with ``/``."""

_HERE = "."
_PARENT = ".."


def normalised(path: str) -> str:
    """``path`` without needless dots and slashes: ``./cmark/`` is ``cmark``; ``./`` is ``.``, the root.

    Raises:
        ValueError: it is empty, absolute, leads upwards or is not written with ``/``; the message is
            the end of a sentence that begins with the path.
    """
    fault = _fault(path)
    if fault:
        raise ValueError(fault)
    steps = [step for step in path.split("/") if step not in {"", _HERE}]
    return "/".join(steps) or _HERE


def _fault(path: str) -> str | None:
    if not path.strip():
        return "is empty; the repository's root is ."
    if path.startswith("/"):
        return "is absolute; write it relative to the repository's root"
    if "\\" in path:
        return "has a backslash; write paths with /"
    if _PARENT in path.split("/"):
        return "leads upwards with ..; write it relative to the repository's root"
    if not path.isprintable():
        return "has a character that cannot be printed"
    return None
