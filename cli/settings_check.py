"""``tickborg config settings``: whether the settings can be used, and which services they suffice."""

from collections.abc import Callable, Mapping
from pathlib import Path

from cli.settings import FILE_NAME, find_settings_file, load_settings
from tickborg.services import Service
from tickborg.setting_needs import missing_settings
from tickborg.texts import setting_reports


def check(
    option: Path | None, environment: Mapping[str, str], folder: Path, say: Callable[[str], None]
) -> None:
    """Read the settings as a service does, and say where from and for which services they are enough.

    Raises:
        SettingsError: they cannot be used; the message has a line for each fault.
    """
    file = find_settings_file(option, environment, folder)
    settings = load_settings(option, environment, folder)
    source = str(file or f"the defaults: there is no {FILE_NAME} in {folder}")
    lacking = {service: missing_settings(settings, service) for service in Service}
    for line in setting_reports.lines(source, lacking):
        say(line)
