"""What Temporal starts by itself, again and again: the schedules that ``tickborg setup`` makes.

A schedule that an operator paused stays paused, whatever else about it is brought up to date.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleHandle,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from tickborg.names import HOUSEKEEPING_WORKFLOW, RECONCILE_SCHEDULE, RECONCILE_WORKFLOW, TASK_QUEUE
from tickborg.reconciling import ReconcileStart
from tickborg.schedules import Made, ScheduleDone
from tickborg.settings import Settings
from tickborg.values import Value

_POLL_SECONDS = 0.1

R = TypeVar("R", bound=Value)


@dataclass(frozen=True)
class Recurring:
    """A workflow that is started again and again; never while its last run goes on."""

    id: str
    """Of the schedule; ids of the workflows that it starts begin with it."""
    workflow: str
    every: timedelta
    summary: str
    """What it is for, in the Web UI."""
    argument: Value | None = None
    """What it is started with; None: with nothing."""


def recurring(settings: Settings) -> tuple[Recurring, ...]:
    """All that recurs, as often as the operator wants it to."""
    schedules = settings.schedules
    housekeeping = Recurring(
        id="housekeeping",
        workflow=HOUSEKEEPING_WORKFLOW,
        every=schedules.housekeeping,
        summary="remove what is needed no more from the disks of all workers and builders",
    )
    return (housekeeping, reconcile(schedules.reconcile))


async def ensure_all(client: Client, wanted: Iterable[Recurring]) -> None:
    """Have all of them."""
    for each in wanted:
        await ensure(client, each)


def reconcile(every: timedelta, start: ReconcileStart | None = None) -> Recurring:
    """``Reconcile``, as often as that."""
    return Recurring(
        id=RECONCILE_SCHEDULE,
        workflow=RECONCILE_WORKFLOW,
        every=every,
        summary="catch up with GitHub: deliveries that failed, and what nobody was told of",
        argument=start or ReconcileStart(),
    )


async def ensure(client: Client, wanted: Recurring) -> ScheduleDone:
    """Have this schedule in the client's namespace: made if it is missing, changed if it is another."""
    try:
        await client.create_schedule(wanted.id, _schedule(wanted))
    except ScheduleAlreadyRunningError:
        return await _brought_up_to_date(client, wanted)
    return ScheduleDone(Made.CREATED)


async def run_now(client: Client, schedule_id: str, kind: type[R]) -> R:
    """Run a schedule's workflow at once, paused or not, and return its result.

    Where a run is under way another one follows it, because what has just happened may have escaped that.

    Raises:
        RPCError: there is no such schedule, or Temporal does not answer.
        WorkflowFailureError: the run failed.
    """
    handle = client.get_schedule_handle(schedule_id)
    known = await _runs(handle)
    await handle.trigger(overlap=ScheduleOverlapPolicy.BUFFER_ONE)
    begun = await _next_run(handle, known)
    run = client.get_workflow_handle(
        begun.workflow_id, first_execution_run_id=begun.first_execution_run_id, result_type=kind
    )
    result: R = await run.result()
    return result


async def _next_run(
    handle: ScheduleHandle, known: Sequence[ScheduleActionExecutionStartWorkflow]
) -> ScheduleActionExecutionStartWorkflow:
    """The first run that is not ``known``, as soon as it has begun."""
    while True:
        for run in await _runs(handle):
            if run not in known:
                return run
        await asyncio.sleep(_POLL_SECONDS)


async def _runs(handle: ScheduleHandle) -> list[ScheduleActionExecutionStartWorkflow]:
    """The last runs that were begun, oldest first."""
    actions = [result.action for result in (await handle.describe()).info.recent_actions]
    return [action for action in actions if isinstance(action, ScheduleActionExecutionStartWorkflow)]


async def _brought_up_to_date(client: Client, wanted: Recurring) -> ScheduleDone:
    handle = client.get_schedule_handle(wanted.id)
    found = (await handle.describe()).schedule
    ours = _schedule(wanted)
    if _essence(found) == _essence(ours) and await _argument(client, found, wanted) == wanted.argument:
        return ScheduleDone(Made.THERE, paused=found.state.paused)

    async def changed(update: ScheduleUpdateInput) -> ScheduleUpdate:
        ours.state = update.description.schedule.state  # whether it is paused, and why
        return ScheduleUpdate(schedule=ours)

    await handle.update(changed)
    return ScheduleDone(Made.CHANGED, paused=found.state.paused)


def _schedule(wanted: Recurring) -> Schedule:
    """What was missed while Temporal was away is made up for once, not once for each time."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            wanted.workflow,
            args=[] if wanted.argument is None else [wanted.argument],
            id=wanted.id,
            task_queue=TASK_QUEUE,
            static_summary=wanted.summary,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=wanted.every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=wanted.every),
    )


async def _argument(client: Client, found: Schedule, wanted: Recurring) -> object:
    """What a schedule starts its workflow with, read as what is ``wanted``."""
    action = found.action
    if not isinstance(action, ScheduleActionStartWorkflow) or not action.args:
        return None
    hints = None if wanted.argument is None else [type(wanted.argument)]
    return (await client.data_converter.decode(list(action.args), hints))[0]


def _essence(schedule: Schedule) -> object:
    """What two schedules must have in common to be the same to us."""
    action = schedule.action
    if not isinstance(action, ScheduleActionStartWorkflow):
        return action
    return (
        (action.workflow, action.id, action.task_queue),
        [(interval.every, interval.offset or timedelta()) for interval in schedule.spec.intervals],
        (schedule.spec.calendars, schedule.spec.cron_expressions),
        schedule.policy,
    )
