"""``tickborg config check``: what would be built and why, or what is wrong with the project file."""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from cli.project_trees import Source, source_of
from tickborg.errors import InfrastructureError, RefusedError
from tickborg.explaining import explain
from tickborg.project_file import ProjectFileError
from tickborg.texts import explanations

GOOD = 0
BAD_PROJECT_FILE = 2
"""What ``tickborg try`` ends with as well."""

Say = Callable[[str], None]
"""Prints a line."""


def check(path: Path, ref: str | None, *, as_json: bool, say: Say) -> int:
    """Check the project file at ``path``, say what it means or what is wrong, and return the exit status.

    Raises:
        RefusedError: there is nothing at ``path`` that can be read, or no such ref.
    """
    source = source_of(path, ref)
    try:
        explanation = explain(source.tree, source.repository, jobs=os.cpu_count() or 1)
    except ProjectFileError as error:
        faults = str(error).splitlines()
        _say(say, explanations.fault_lines(faults, source.place), _head(source, faults), as_json=as_json)
        return BAD_PROJECT_FILE
    except InfrastructureError as error:
        raise RefusedError(f"{path} lacks objects, or is damaged (git fsck says more): {error}") from error
    document = _head(source, []) | explanations.document(explanation)
    _say(say, explanations.lines(explanation, source.place), document, as_json=as_json)
    return GOOD


def _head(source: Source, faults: list[str]) -> dict[str, object]:
    return {
        "checked": source.place,
        "repository": source.repository,
        "commit": source.commit,
        "good": not faults,
        "faults": faults,
    }


def _say(say: Say, lines: Iterable[str], document: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        say(json.dumps(document, indent=2))
        return
    for line in lines:
        say(line)
