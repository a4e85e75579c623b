"""All that is looked at, each beside the others: what fails as a whole is a finding too."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from cli.doctor import broker, github, host, temporal
from cli.settings import SettingsError
from tickborg.diagnosis import Finding, unknown, wrong
from tickborg.errors import TickborgError
from tickborg.settings import Settings
from tickborg.texts import findings as texts

Examination = Callable[[Settings], AsyncIterator[Finding]]

EXAMINATIONS: Mapping[str, Examination] = {
    "GitHub": github.examine,
    "Temporal": temporal.examine,
    "RabbitMQ": broker.examine,
    "this host": host.examine,
}


async def examine(settings: Settings) -> dict[str, list[Finding]]:
    """Everything that was found, by what was looked at."""
    found = await asyncio.gather(
        *(_findings(examination, name, settings) for name, examination in EXAMINATIONS.items())
    )
    return dict(zip(EXAMINATIONS, found, strict=True))


async def _findings(examination: Examination, name: str, settings: Settings) -> list[Finding]:
    found: list[Finding] = []
    try:
        async for finding in examination(settings):
            found.append(finding)  # noqa: PERF401 - what came before a failure is kept
    except SettingsError as error:
        found.append(wrong("settings", str(error)))
    except TickborgError as error:
        found.append(wrong("connection", str(error)))
    return found or [unknown(name, texts.not_configured(name))]
