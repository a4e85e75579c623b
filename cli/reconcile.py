"""What ``tickborg reconcile`` does and shows (design, section 3)."""

import asyncio
from datetime import timedelta

from rich.console import Console
from temporalio.client import Client, WorkflowFailureError
from temporalio.service import RPCError, RPCStatusCode

from activities.temporal_failures import failure
from cli import configured, schedules
from cli.temporal_client import connect
from tickborg.errors import PermanentError, UnavailableError
from tickborg.names import RECONCILE_SCHEDULE
from tickborg.reconciling import ReconcileReport, is_behind
from tickborg.settings import Settings
from tickborg.texts import reconciling as texts

BEHIND = 1
"""Exit status: something is left to the next run, or to a person."""

PATIENCE = timedelta(minutes=30)
"""How long a run is waited for: two of its steps may each be tried for ten minutes."""


async def show(settings: Settings, console: Console, *, as_json: bool) -> int:
    """Catch up with GitHub at once, say how it went, and return the exit status.

    Raises:
        SettingsError: no Temporal is configured, and no `tickborg up` runs here.
        UnavailableError: Temporal does not answer, or no worker does the work.
        PermanentError: there is no schedule.
    """
    client = await connect(configured.temporal_or_up(settings))
    report = await reconcile_now(client)
    if as_json:
        console.print(report.model_dump_json(indent=2), markup=False, highlight=False, soft_wrap=True)
    else:
        for line in texts.lines(report):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    return BEHIND if is_behind(report) else 0


async def reconcile_now(client: Client, patience: timedelta = PATIENCE) -> ReconcileReport:
    """Run ``Reconcile`` at once, and return what it found.

    Raises:
        UnavailableError: Temporal does not answer, or no worker does the work.
        PermanentError: there is no schedule, Temporal does not let us run it, or the run failed.
    """
    try:
        async with asyncio.timeout(patience.total_seconds()):
            return await schedules.run_now(client, RECONCILE_SCHEDULE, ReconcileReport)
    except TimeoutError:
        raise UnavailableError(texts.no_result(patience)) from None
    except WorkflowFailureError as error:
        raise PermanentError(texts.run_failed(str(error.cause))) from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise PermanentError(texts.no_schedule(RECONCILE_SCHEDULE, client.namespace)) from error
        raise failure(f"running the schedule {RECONCILE_SCHEDULE}", error) from error
