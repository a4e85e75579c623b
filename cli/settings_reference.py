"""The reference of all settings, made from their declarations, so that it cannot be out of date."""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from inspect import cleandoc
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cli.settings import variable_name
from tickborg.durations import written
from tickborg.settings import Settings

_HEADER = ("| key | default | variable | |", "|---|---|---|---|")


def settings_reference() -> str:
    """Markdown: a heading and a table for each section."""
    return "\n".join(
        line for keys, section in _sections() for line in (*_section(keys, section), "")
    ).rstrip()


def _sections() -> Iterator[tuple[tuple[str, ...], type[BaseModel]]]:
    """Each section and what is within it, in the order of their declaration."""
    for name, field in Settings.model_fields.items():
        yield from _with_inner((name,), _section_of(field))


def _with_inner(
    keys: tuple[str, ...], section: type[BaseModel] | None
) -> Iterator[tuple[tuple[str, ...], type[BaseModel]]]:
    if section is None:
        return
    yield keys, section
    for name, field in section.model_fields.items():
        yield from _with_inner((*keys, name), _section_of(field))


_PAGE = """\
# Settings

`tickborg.toml` is found by `--config`, then `TICKBORG_CONFIG`, then in the working folder. A variable of the
environment overrides the key of the file; a list is written with commas. Unknown keys are refused. Secrets
are never settings: settings name the files that hold them. Relative paths start from the file's folder.

This page is made from the code (`make settings`), and a test holds it to that.

"""


def settings_page() -> str:
    """All of ``docs/settings.md``."""
    return _PAGE + settings_reference()


def _section_of(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _section(keys: tuple[str, ...], section: type[BaseModel]) -> Sequence[str]:
    settings = [
        _row((*keys, name), field)
        for name, field in section.model_fields.items()
        if _section_of(field) is None
    ]
    about = cleandoc(section.__doc__ or "")
    return (f"## `[{'.'.join(keys)}]`", "", about, "", *_HEADER, *settings)


def _row(keys: tuple[str, ...], field: FieldInfo) -> str:
    default = f"`{_toml(field.default)}`" if field.default is not None else ""
    return f"| `{keys[-1]}` | {default} | `{variable_name(keys)}` | {field.description} |"


def _toml(value: Any) -> str:
    """A default as it would be written in the file."""
    if isinstance(value, timedelta):
        return f'"{written(value)}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool | int):
        return json.dumps(value)
    return json.dumps(value.value if isinstance(value, StrEnum) else str(value))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(settings_page(), encoding="utf-8")
