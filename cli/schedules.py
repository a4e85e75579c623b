"""What Temporal starts by itself, again and again: the schedules that ``tickborg setup`` makes.

A schedule that an operator paused stays paused, whatever else about it is brought up to date.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from tickborg.names import HOUSEKEEPING_WORKFLOW, TASK_QUEUE
from tickborg.schedules import Made, ScheduleDone
from tickborg.settings import Settings


@dataclass(frozen=True)
class Recurring:
    """A workflow without arguments that is started again and again; never while its last run goes on."""

    id: str
    """Of the schedule; ids of the workflows that it starts begin with it."""
    workflow: str
    every: timedelta
    summary: str
    """What it is for, in the Web UI."""


def recurring(settings: Settings) -> tuple[Recurring, ...]:
    """All that recurs, as often as the operator wants it to."""
    schedules = settings.schedules
    return (
        Recurring(
            id="housekeeping",
            workflow=HOUSEKEEPING_WORKFLOW,
            every=schedules.housekeeping,
            summary="remove what is needed no more from the disks of all workers and builders",
        ),
    )


async def ensure_all(client: Client, wanted: Iterable[Recurring]) -> None:
    """Have all of them."""
    for each in wanted:
        await ensure(client, each)


async def ensure(client: Client, wanted: Recurring) -> ScheduleDone:
    """Have this schedule in the client's namespace: made if it is missing, changed if it is another."""
    try:
        await client.create_schedule(wanted.id, _schedule(wanted))
    except ScheduleAlreadyRunningError:
        return await _brought_up_to_date(client, wanted)
    return ScheduleDone(Made.CREATED)


async def _brought_up_to_date(client: Client, wanted: Recurring) -> ScheduleDone:
    handle = client.get_schedule_handle(wanted.id)
    found = (await handle.describe()).schedule
    ours = _schedule(wanted)
    if _essence(found) == _essence(ours):
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
            wanted.workflow, id=wanted.id, task_queue=TASK_QUEUE, static_summary=wanted.summary
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=wanted.every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=wanted.every),
    )


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
