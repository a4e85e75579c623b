"""What can be wrong with a project file, in sentences for those who write it (design, section 7)."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import ErrorDetails

from tickborg.project_entries import Entry
from tickborg.projects import PROJECT_FILE
from tickborg.spelling import did_you_mean, quoted
from tickborg.texts.shortening import shorten
from tickborg.texts.wording import counted
from tickborg.toml_lines import TomlLines

FAULTS_LIMIT = 20
"""Faults that are spelled out; the rest are counted."""

_AFTER_ALL_LINES = float("inf")
_VALUE_LENGTH = 60

_REASONS = {
    "bool_type": "must be true or false",
    "list_type": 'must be a list such as ["a", "b"]',
    "missing": "is missing",
    "string_type": "must be a string, in quotes",
    "too_short": "must not be empty",
}


@dataclass(frozen=True)
class Fault:
    """Something wrong with a key of the document's top, or with a table of one of its arrays."""

    reason: str
    array: str = ""
    index: int = 0
    name: str = ""
    """What the table calls itself, if it does."""
    key: str = ""


def in_words(faults: Sequence[Fault], lines: TomlLines) -> str:
    """All faults, in the order of the file; those without a line come last."""
    placed = sorted(
        ((_line_of(fault, lines), fault) for fault in faults), key=lambda each: each[0] or _AFTER_ALL_LINES
    )
    sentences = [_sentence(fault, line) for line, fault in placed]
    more = len(sentences) - FAULTS_LIMIT
    if more > 0:
        sentences[FAULTS_LIMIT:] = [f"{PROJECT_FILE}: and {counted(more, 'more fault')}"]
    return "\n".join(sentences)


def _line_of(fault: Fault, lines: TomlLines) -> int | None:
    if not fault.array:
        return lines.of_key(fault.key)
    if not fault.key:
        return lines.of_table(fault.array, fault.index)
    return lines.of_key_in(fault.array, fault.index, fault.key)


def _sentence(fault: Fault, line: int | None) -> str:
    place = f"{PROJECT_FILE} line {line}" if line else PROJECT_FILE
    steps = [place]
    if fault.array:
        steps.append(f"{fault.array} {quoted(fault.name) if fault.name else f'number {fault.index + 1}'}")
    if fault.key:
        steps.append(f"key {quoted(fault.key)}")
    return f"{', '.join(steps)}: {fault.reason}"


def key_of(details: ErrorDetails) -> str:
    """The key of the table that pydantic found fault with; "" where it is the table itself."""
    return str(details["loc"][0]) if details["loc"] else ""


def reason_of(details: ErrorDetails, kind: type[Entry]) -> str:
    """What pydantic found, for someone who writes TOML and has never heard of pydantic."""
    if details["type"] == "extra_forbidden":
        known = [field.alias or name for name, field in kind.model_fields.items()]
        return f"is not known{did_you_mean(key_of(details), known) or '; there are ' + ', '.join(known)}"
    if details["type"] == "value_error":
        return f"{_as_given(details['input'])} {details['ctx']['error']}"
    kind_of_fault = "list_type" if details["type"] == "string_type" and _is_item(details) else details["type"]
    return _REASONS.get(kind_of_fault, details["msg"])


def _is_item(details: ErrorDetails) -> bool:
    return len(details["loc"]) > 1


def _as_given(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    return shorten(str(value).lower() if isinstance(value, bool) else str(value), _VALUE_LENGTH)
