"""What an operator reads about housekeeping in Temporal's Web UI."""

from collections.abc import Iterator

from tickborg.housekeeping import HostTidied, HousekeepingReport
from tickborg.texts.details import fitted
from tickborg.texts.markdown import code, prose
from tickborg.texts.shortening import REASON_LIMIT, shorten
from tickborg.texts.sizes import in_units
from tickborg.texts.wording import counted

_TROUBLES_LIMIT = 2_000


def table(report: HousekeepingReport) -> str:
    """What was done on each host, as a Markdown table."""
    if not report.hosts:
        return "No worker and no builder is online that has a disk to tidy."
    return fitted(list(_rows(report)))


def troubles(report: HousekeepingReport) -> str:
    """Why the workflow failed; all that could be tidied is tidied."""
    return shorten("; ".join(report.troubles), _TROUBLES_LIMIT)


def _rows(report: HousekeepingReport) -> Iterator[str]:
    yield "| host | mirrors | removed | commits forgotten | freed | workspaces removed | |"
    yield "|---|---|---|---|---|---|---|"
    for host in report.hosts:
        yield f"| {' | '.join(_cells(host))} |"


def _cells(host: HostTidied) -> tuple[str, ...]:
    if host.silent:
        return (code(host.host), "", "", "", "", "", "ended before it was done")
    mirrors = host.mirrors
    return (
        code(host.host),
        f"{counted(mirrors.kept, 'mirror')}, {in_units(mirrors.size)}",
        str(mirrors.removed),
        str(mirrors.commits_forgotten),
        in_units(max(mirrors.freed, 0)),
        str(host.workspaces_removed),
        prose(shorten("; ".join(host.troubles), REASON_LIMIT)),
    )
