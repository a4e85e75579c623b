"""``Reconcile``, more often than in production: what the webhook missed the bot catches up with by itself."""

from datetime import timedelta

from temporalio.client import Client

from cli import schedules
from cli.reconcile import reconcile_now
from tickborg.deliveries import Pace
from tickborg.errors import PermanentError, UnavailableError
from tickborg.reconciling import ReconcileStart

RECONCILED_EVERY = timedelta(seconds=5)

_GRACE = timedelta(seconds=10)
_PACE = Pace(beside=timedelta(seconds=1), first_rest=timedelta(seconds=5))
_PATIENCE = timedelta(seconds=60)


async def catch_up_every(interval: timedelta, client: Client) -> None:
    """Have it run so often."""
    await schedules.ensure(client, schedules.reconcile(interval, ReconcileStart(grace=_GRACE, pace=_PACE)))


async def behind(client: Client) -> list[str]:
    """Run it at once: what it found to do, or could not do."""
    try:
        report = await reconcile_now(client, _PATIENCE)
    except (PermanentError, UnavailableError) as error:
        return [f"reconcile: {error}"]
    found = [*report.told, *report.failed]
    if report.asked or report.unsettled:
        found.append(f"{report.asked} deliveries asked for, {report.unsettled} to come")
    return [f"reconcile: {each}" for each in found]
