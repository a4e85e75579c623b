"""Reading ``tickborg.toml`` and ``TICKBORG_…`` variables (design, section 12).

A variable is named after section and key: ``TICKBORG_WEBHOOK__PORT`` is ``port`` of ``[webhook]``. A list is
written with commas. An empty variable is as good as none.
"""

import logging
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cli.settings_faults import Keys, in_words
from tickborg.errors import RefusedError
from tickborg.services import Service
from tickborg.setting_needs import missing_settings
from tickborg.setting_types import FOLDER
from tickborg.settings import Settings
from tickborg.texts.setting_reports import refusal

FILE_NAME = "tickborg.toml"
PREFIX = "TICKBORG_"
FILE_VARIABLE = f"{PREFIX}CONFIG"
NESTING = "__"

log = logging.getLogger(__name__)


class SettingsError(RefusedError):
    """The settings cannot be used. The message has a line for each fault: where, section, key and reason."""


def load_settings(option: Path | None, environment: Mapping[str, str], folder: Path) -> Settings:
    """All settings: those of the file, with those of the environment over them.

    Relative paths start from the file's folder; without a file, from ``folder``.

    Args:
        option: what ``--config`` says.
        environment: variables that do not begin with ``TICKBORG_`` are nobody's business.
        folder: the working folder.

    Raises:
        SettingsError: there is no such file, or something in it or in the environment is wrong.
    """
    file = find_settings_file(option, environment, folder)
    overrides = _overrides(environment)
    merged = _merged(_read(file) if file else {}, overrides)
    base = (file.parent if file else folder).absolute()
    try:
        return Settings.model_validate(merged, context={FOLDER: base})
    except ValidationError as error:
        variables = {variable_name(keys) for keys, _ in _variables(environment)}
        raise SettingsError(in_words(error, lambda keys: _source(keys, file, variables))) from None


def require(settings: Settings, service: Service) -> None:
    """Say at once all that ``service`` cannot do without.

    Raises:
        SettingsError: something is not set.
    """
    missing = missing_settings(settings, service)
    if missing:
        raise SettingsError(refusal(service, missing))


def find_settings_file(option: Path | None, environment: Mapping[str, str], folder: Path) -> Path | None:
    """The file of ``--config``, else of ``TICKBORG_CONFIG``, else ``tickborg.toml`` in ``folder``, or None.

    Raises:
        SettingsError: the file that was named is not there.
    """
    named = [("--config", option), (FILE_VARIABLE, environment.get(FILE_VARIABLE))]
    for source, name in named:
        if name:
            return _existing(folder / name, source)
    usual = folder / FILE_NAME
    return usual if usual.is_file() else None


def variable_name(keys: Keys) -> str:
    """The variable that sets ``keys``."""
    return PREFIX + NESTING.join(keys).upper()


def _existing(file: Path, source: str) -> Path:
    if not file.is_file():
        raise SettingsError(f"{source}: there is no file {file}")
    return file


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SettingsError(f"{file}: is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{file}: is not TOML: {error}") from None


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[Keys, str]]:
    """Our variables with a value, and the keys they set."""
    for name, value in sorted(environment.items()):
        if not name.startswith(PREFIX) or name == FILE_VARIABLE or not value:
            continue
        keys = tuple(name.removeprefix(PREFIX).lower().split(NESTING))
        if len(keys) > 1:
            yield keys, value


def _overrides(environment: Mapping[str, str]) -> dict[str, Any]:
    _mention_strangers(environment)
    overrides: dict[str, Any] = {}
    for keys, value in _variables(environment):
        table = overrides
        for key in keys[:-1]:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise SettingsError(f"{variable_name(keys)}: one of its parents is set as a variable too")
        table[keys[-1]] = value
    return overrides


def _mention_strangers(environment: Mapping[str, str]) -> None:
    """Not refused: Kubernetes invents ``TICKBORG_WEBHOOK_PORT`` and its like for a service of that name."""
    for name in environment:
        if name.startswith(PREFIX) and name != FILE_VARIABLE and NESTING not in name:
            log.warning(
                "the variable %s sets nothing; settings are named as in %s",
                ascii(name),
                variable_name(("webhook", "port")),
            )


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _source(keys: Keys, file: Path | None, variables: set[str]) -> str:
    name = variable_name(keys)
    if name in variables or file is None:
        return f"variable {name}"
    return str(file)
