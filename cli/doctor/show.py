"""What ``tickborg doctor`` prints, for people and for scripts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape

from cli.doctor.examinations import examine
from tickborg.diagnosis import Finding, Verdict
from tickborg.settings import Settings
from tickborg.texts.wording import counted

SOMETHING_IS_WRONG = 1

_MARKS = {Verdict.FINE: "[green]✓[/]", Verdict.UNKNOWN: "[yellow]?[/]", Verdict.WRONG: "[red]✗[/]"}


async def show(settings: Settings, console: Console, *, as_json: bool) -> int:
    """Say how everything is, and return the exit status: 0, or :data:`SOMETHING_IS_WRONG`."""
    found = await examine(settings)
    faults = sum(each.verdict is Verdict.WRONG for findings in found.values() for each in findings)
    if as_json:
        document = {place: [asdict(each) for each in findings] for place, findings in found.items()}
        console.print(json.dumps(document, indent=2), markup=False, highlight=False, soft_wrap=True)
    else:
        _print(found, faults, console)
    return SOMETHING_IS_WRONG if faults else 0


def _print(found: Mapping[str, Sequence[Finding]], faults: int, console: Console) -> None:
    for place, findings in found.items():
        console.print(f"[bold]{escape(place)}[/]", highlight=False)
        for each in findings:
            line = f"  {_MARKS[each.verdict]} {escape(each.about)}: {escape(each.said)}"
            console.print(line, highlight=False, soft_wrap=True)
    console.print(
        f"{counted(faults, 'thing')} to put right" if faults else "nothing to put right", highlight=False
    )
