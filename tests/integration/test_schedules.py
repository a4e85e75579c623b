"""Schedules on a real server: made once, kept up to date, and never taken out of an operator's hands."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.client import Client, Schedule, ScheduleActionStartWorkflow, ScheduleOverlapPolicy

from cli.embedded_temporal import EmbeddedTemporal
from cli.schedules import Recurring, ensure
from cli.temporal_client import TemporalConnection, connect
from tickborg.names import TASK_QUEUE
from tickborg.reconciling import ReconcileStart
from tickborg.schedules import Made, ScheduleDone


@pytest.fixture
async def client(temporal: EmbeddedTemporal) -> Client:
    """A client of the server that tests share."""
    return await connect(TemporalConnection(temporal.address))


@pytest.fixture
def hourly() -> Recurring:
    """Something that nobody has scheduled yet."""
    return Recurring(f"tidying-{uuid4().hex[:8]}", "Tidying", timedelta(hours=1), "tidies")


async def found(client: Client, wanted: Recurring) -> Schedule:
    """The schedule as the server has it."""
    return (await client.get_schedule_handle(wanted.id).describe()).schedule


async def test_a_missing_schedule_is_made(client: Client, hourly: Recurring) -> None:
    """It starts the workflow, never a second beside the first; to make it again changes nothing."""
    assert await ensure(client, hourly) == ScheduleDone(Made.CREATED)
    schedule = await found(client, hourly)
    assert isinstance(schedule.action, ScheduleActionStartWorkflow)
    assert (schedule.action.workflow, schedule.action.task_queue) == ("Tidying", TASK_QUEUE)
    assert [interval.every for interval in schedule.spec.intervals] == [timedelta(hours=1)]
    assert schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    assert schedule.policy.catchup_window == timedelta(hours=1)
    assert await ensure(client, hourly) == ScheduleDone(Made.THERE)


async def test_another_interval_changes_it(client: Client, hourly: Recurring) -> None:
    """As when the operator changed the setting; afterwards it is right."""
    await ensure(client, hourly)
    daily = replace(hourly, every=timedelta(days=1))
    assert await ensure(client, daily) == ScheduleDone(Made.CHANGED)
    assert [interval.every for interval in (await found(client, hourly)).spec.intervals] == [
        timedelta(days=1)
    ]
    assert await ensure(client, daily) == ScheduleDone(Made.THERE)


async def test_another_argument_changes_it(client: Client, hourly: Recurring) -> None:
    """As when a newer version of tickborg starts the workflow in another way."""
    short, long = (ReconcileStart(grace=timedelta(seconds=seconds)) for seconds in (1, 2))
    await ensure(client, replace(hourly, argument=short))
    assert await ensure(client, replace(hourly, argument=short)) == ScheduleDone(Made.THERE)
    assert await ensure(client, replace(hourly, argument=long)) == ScheduleDone(Made.CHANGED)
    assert await ensure(client, replace(hourly, argument=long)) == ScheduleDone(Made.THERE)
    assert await ensure(client, hourly) == ScheduleDone(Made.CHANGED)


async def test_what_an_operator_paused_stays_paused(client: Client, hourly: Recurring) -> None:
    """With the operator's note, whether the schedule had to be changed or not."""
    await ensure(client, hourly)
    await client.get_schedule_handle(hourly.id).pause(note="the disk is being replaced")
    assert await ensure(client, hourly) == ScheduleDone(Made.THERE, paused=True)
    daily = replace(hourly, every=timedelta(days=1))
    assert await ensure(client, daily) == ScheduleDone(Made.CHANGED, paused=True)
    state = (await found(client, hourly)).state
    assert (state.paused, state.note) == (True, "the disk is being replaced")
