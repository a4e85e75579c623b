"""Histories of workflows as Temporal keeps them: what ran, with which policy, and whether all went well."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType, TimeoutType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import (
    ActivityTaskScheduledEventAttributes,
    HistoryEvent,
    WorkflowExecutionStartedEventAttributes,
)
from temporalio.client import Client, WorkflowHandle

_ENDINGS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: "completed",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: "failed",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: "timed out",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: "cancelled",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: "terminated",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: "continued as new",
}
_HARMLESS = frozenset(
    {
        # A signal came in while the task that ends the workflow was under way: the server asks again.
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
        # A test terminated the workflow while a task was under way.
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
    }
)

_BUSY = "[TMPRL1101]"
"""A step took more than two seconds of the clock. On a busy machine that is none of its faults; one that
never ends is seen all the same, as it is tried again and times out.
"""


@dataclass(frozen=True)
class Run:
    """One run of a workflow."""

    workflow_id: str
    run_id: str
    events: tuple[HistoryEvent, ...]

    @property
    def started(self) -> WorkflowExecutionStartedEventAttributes:
        """With what it was started."""
        return self.events[0].workflow_execution_started_event_attributes

    @property
    def type(self) -> str:
        """The workflow's name."""
        return self.started.workflow_type.name

    @property
    def ending(self) -> str:
        """How it ended, or ``running``."""
        return _ENDINGS.get(self.events[-1].event_type, "running")

    @property
    def failure(self) -> str:
        """Why it failed, as the Web UI says it; empty if it did not."""
        return self.events[-1].workflow_execution_failed_event_attributes.failure.message

    @property
    def next_run_id(self) -> str:
        """The run it continued as; empty if it did not."""
        return self.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id

    @property
    def activities(self) -> list[ActivityTaskScheduledEventAttributes]:
        """The activities that were scheduled, in order."""
        return [
            event.activity_task_scheduled_event_attributes
            for event in self.events
            if event.HasField("activity_task_scheduled_event_attributes")
        ]

    @property
    def children(self) -> Iterator[tuple[str, str]]:
        """Workflow and run id of each child that was started."""
        for event in self.events:
            if event.HasField("child_workflow_execution_started_event_attributes"):
                child = event.child_workflow_execution_started_event_attributes.workflow_execution
                yield child.workflow_id, child.run_id

    @property
    def faults(self) -> list[str]:
        """Workflow tasks that failed or timed out: bugs of a workflow that Temporal hides by trying again."""
        return [f"{self.workflow_id}: {fault}" for event in self.events if (fault := _fault(event))]


@dataclass(frozen=True)
class Histories:
    """All that ran in a test."""

    runs: tuple[Run, ...]

    def of(self, workflow_type: str) -> list[Run]:
        """The runs of one workflow, in the order they were started."""
        runs = [run for run in self.runs if run.type == workflow_type]
        return sorted(runs, key=lambda run: run.events[0].event_time.ToNanoseconds())

    def activities(self, name: str) -> list[ActivityTaskScheduledEventAttributes]:
        """All activities of that name."""
        every = (activity for run in self.runs for activity in run.activities)
        return [activity for activity in every if activity.activity_type.name == name]

    def assert_healthy(self) -> None:
        """No workflow task failed, and nothing is left running."""
        faults = [fault for run in self.runs for fault in run.faults]
        assert not faults, f"workflow tasks failed: {faults}"
        running = [run.workflow_id for run in self.runs if run.ending == "running"]
        assert not running, f"still running: {running}"


def ended_child_type(event: HistoryEvent) -> str:
    """The workflow type of the child whose end ``event`` tells its owner; empty if it tells no end."""
    ended = (
        event.child_workflow_execution_completed_event_attributes,
        event.child_workflow_execution_failed_event_attributes,
        event.child_workflow_execution_canceled_event_attributes,
    )
    return next((each.workflow_type.name for each in ended if each.workflow_type.name), "")


async def read_histories(client: Client, roots: Iterable[tuple[str, str]]) -> Histories:
    """The histories of workflows, given by workflow and run id, and of all their children."""
    runs = [run for root in roots async for run in _with_children(client, *root)]
    return Histories(tuple({run.run_id: run for run in runs}.values()))


async def read_run(client: Client, workflow_id: str, run_id: str) -> Run:
    """The history of one run."""
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    return Run(workflow_id, run_id, tuple([event async for event in handle.fetch_history_events()]))


async def _with_children(client: Client, workflow_id: str, run_id: str) -> AsyncIterator[Run]:
    run = await read_run(client, workflow_id, run_id)
    yield run
    for child in run.children:
        async for below in _with_children(client, *child):
            yield below
    if run.next_run_id:
        async for next_one in _with_children(client, workflow_id, run.next_run_id):
            yield next_one


def _fault(event: HistoryEvent) -> str:
    if event.HasField("workflow_task_failed_event_attributes"):
        failed = event.workflow_task_failed_event_attributes
        if failed.cause in _HARMLESS or _BUSY in failed.failure.message:
            return ""
        return f"{WorkflowTaskFailedCause.Name(failed.cause)}: {failed.failure.message}"
    if event.HasField("workflow_task_timed_out_event_attributes"):
        timed_out = event.workflow_task_timed_out_event_attributes
        # A worker that remembers the workflow did not ask in time: then any worker may have the task.
        if timed_out.timeout_type != TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START:
            return "a workflow task timed out"
    return ""


async def until_renewed(run: WorkflowHandle[Any, Any]) -> None:
    """Wait until a run, which must be the one that is meant and not the newest, has continued as new."""
    async for event in run.fetch_history_events(wait_new_event=True):
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
            return
    raise AssertionError(f"{run.id} has not continued as new")
