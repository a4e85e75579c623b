"""When each thing happened to a pull request, as Temporal's histories tell it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from tickborg.github import RepositoryName
from tickborg.names import BUILD_WORKFLOW, BUILDS_WANTED_SIGNAL, EVALUATION_WORKFLOW, pull_request_id

Moments = Mapping[str, float]


async def timeline(client: Client, repo: RepositoryName, number: int) -> Moments:
    """Seconds since the epoch at which each thing happened, for a pull request evaluated once."""
    owner = await _History.fetch(client, pull_request_id(repo, number))
    evaluation = await _History.fetch(client, owner.children(EVALUATION_WORKFLOW)[0])
    builds = [await _History.fetch(client, child) for child in owner.children(BUILD_WORKFLOW)]
    return {
        "webhook durable in Temporal": owner.began,
        "evaluation began": evaluation.began,
        "settings and pull request read": max(map(evaluation.completed, ("policy", "pull_request"))),
        "merge begun": evaluation.started("merge"),
        "merge done": evaluation.completed("merge"),
        "owner told what to build": owner.signalled(BUILDS_WANTED_SIGNAL),
        "first build began": min(build.began for build in builds),
        "all builds dispatched": max(build.scheduled("build") for build in builds),
    }


class _History:
    """The events of one workflow, in which activities are known by their names."""

    def __init__(self, events: Iterable[HistoryEvent]) -> None:
        self._events = list(events)
        self._activities = {
            event.event_id: event.activity_task_scheduled_event_attributes.activity_type.name
            for event in self._of(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
        }

    @classmethod
    async def fetch(cls, client: Client, workflow_id: str) -> "_History":
        """The history of a workflow's newest run."""
        return cls((await client.get_workflow_handle(workflow_id).fetch_history()).events)

    @property
    def began(self) -> float:
        """When it was started."""
        return _time(self._events[0])

    def children(self, workflow: str) -> list[str]:
        """Ids of its children of one type."""
        started = self._of(EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED)
        children = [event.child_workflow_execution_started_event_attributes for event in started]
        return [
            child.workflow_execution.workflow_id for child in children if child.workflow_type.name == workflow
        ]

    def signalled(self, signal: str) -> float:
        """When it first got a signal."""
        return self._first(
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
            lambda event: event.workflow_execution_signaled_event_attributes.signal_name == signal,
        )

    def scheduled(self, activity: str) -> float:
        """When an activity was first put on its queue."""
        return self._first(
            EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
            lambda event: self._activities[event.event_id] == activity,
        )

    def started(self, activity: str) -> float:
        """When a worker first took it up."""
        return self._first(
            EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
            lambda event: self._is_of(
                activity, event.activity_task_started_event_attributes.scheduled_event_id
            ),
        )

    def completed(self, activity: str) -> float:
        """When it first had a result."""
        return self._first(
            EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
            lambda event: self._is_of(
                activity, event.activity_task_completed_event_attributes.scheduled_event_id
            ),
        )

    def _is_of(self, activity: str, scheduled_event: int) -> bool:
        return self._activities[scheduled_event] == activity

    def _first(self, kind: EventType.ValueType, is_wanted: Callable[[HistoryEvent], bool]) -> float:
        return _time(next(event for event in self._of(kind) if is_wanted(event)))

    def _of(self, kind: EventType.ValueType) -> list[HistoryEvent]:
        return [event for event in self._events if event.event_type == kind]


def _time(event: HistoryEvent) -> float:
    return event.event_time.ToDatetime(UTC).timestamp()
