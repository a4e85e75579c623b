"""What can be wrong with settings, in sentences for whoever wrote them."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tickborg.settings import Settings
from tickborg.spelling import did_you_mean, quoted

Keys = tuple[str, ...]
"""Section, perhaps a section within, and key."""

_BEGINNINGS = {"Input should ": "must ", "String should ": "must ", "Tuple should ": "must "}
_NO_TABLE = {"model_type", "model_attributes_type"}


def in_words(error: ValidationError, source_of: Callable[[Keys], str]) -> str:
    """A line for each fault: where it was set, section, key and reason; values are not repeated."""
    return "\n".join(_sentence(details, source_of) for details in error.errors(include_url=False))


def _sentence(details: ErrorDetails, source_of: Callable[[Keys], str]) -> str:
    keys = tuple(step for step in details["loc"] if isinstance(step, str))
    return f"{source_of(keys)}: {_place(keys)}{_reason(details, keys)}"


def _place(keys: Keys) -> str:
    """``[builder.limits] memory: ``; a section alone where the fault is between its keys."""
    section = _sections_in(keys)
    heading = f"[{'.'.join(keys[:section])}]" if section else f"[{keys[0]}]"
    key = ".".join(keys[section:]) if section else ""
    return f"{heading} {key}: " if key else f"{heading}: "


def _sections_in(keys: Keys) -> int:
    """How many of ``keys``, from the first, name sections."""
    found: Any = Settings
    for count, key in enumerate(keys):
        found = _section_called(key, found)
        if found is None:
            return count
    return len(keys)


def _section_called(key: str, section: type[BaseModel]) -> type[BaseModel] | None:
    field = section.model_fields.get(key)
    kind = field.annotation if field else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _reason(details: ErrorDetails, keys: Keys) -> str:
    if details["type"] == "extra_forbidden":
        return _unknown(keys)
    if details["type"] in _NO_TABLE:
        return f"must be a table, which begins with [{'.'.join(keys)}]"
    if details["type"] == "value_error":
        return str(details["ctx"]["error"])
    for beginning, ours in _BEGINNINGS.items():
        if details["msg"].startswith(beginning):
            return ours + details["msg"].removeprefix(beginning)
    return details["msg"]


def _unknown(keys: Keys) -> str:
    section: type[BaseModel] = Settings
    for key in keys[:-1]:
        section = _section_called(key, section) or section
    known = tuple(section.model_fields)
    noun = "setting" if len(keys) > 1 else "section"
    meant = did_you_mean(keys[-1], known) or f"; there are {', '.join(known)}"
    return f"no {noun} is called {quoted(keys[-1])}{meant}"
