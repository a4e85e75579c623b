"""What ``tickborg reconcile``, and the Web UI, say of a run of ``Reconcile``."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from tickborg.reconciling import ReconcileReport
from tickborg.texts import refusals
from tickborg.texts.durations import spoken

_BY_HAND = "from the App's Advanced page on GitHub, once you know why"

_MOST_NAMED = 20
"""Things told one by one; of the rest only the number."""


def lines(report: ReconcileReport) -> tuple[str, ...]:
    """A line for each thing that was found or done."""
    return (*_of_deliveries(report), *_of_owners(report), *(f"failed: {each}" for each in report.failed))


def _of_deliveries(report: ReconcileReport) -> Iterator[str]:
    found = f"deliveries: {report.looked_at:,} looked at"
    yield found if report.complete else f"{found}, which is not all: the next run goes on with older ones"
    if report.asked:
        yield f"deliveries: {report.asked:,} repeated, of which {report.arrived:,} arrived"
    if report.unsettled:
        found = f"deliveries: {report.unsettled:,} still to arrive"
        yield found if report.refused else f"{found}; is the webhook up?"
    yield from refusals.lines(report.refused)
    kinds = Counter((each.event, each.status_code) for each in report.given_up)
    for (event, status), count in sorted(kinds.items()):
        said = f"deliveries: {count:,} of {event} not asked for again, answered {status}"
        yield f"{said}; redeliver {'it' if count == 1 else 'them'} {_BY_HAND}"


def _of_owners(report: ReconcileReport) -> Iterator[str]:
    if report.compared:
        yield f"compared: {_repositories(report.repositories)}"
    elif report.unsettled:
        yield "compared: nothing, because deliveries are still to arrive"
    for each in report.told[:_MOST_NAMED]:
        yield f"told: {each}"
    if len(report.told) > _MOST_NAMED:
        yield f"told: {len(report.told) - _MOST_NAMED:,} more"
    if report.compared and not report.told:
        yield "told: nobody, because nothing was missed"


def no_schedule(schedule: str, namespace: str) -> str:
    """It was never made, or somebody deleted it."""
    return f"the namespace {namespace} has no schedule {schedule}: run `tickborg setup`, which makes it"


def no_result(waited: timedelta) -> str:
    """Nobody does the work."""
    return f"no result within {spoken(waited)}: does a `tickborg worker` run? The Web UI shows Reconcile"


def run_failed(reason: str) -> str:
    """A bug: what GitHub or Temporal refuse is in the report."""
    return f"the run of Reconcile failed: {reason}; the Web UI and the worker's log have all of it"


def _repositories(count: int) -> str:
    return "1 repository" if count == 1 else f"{count:,} repositories"
