"""What workflows ask of activities when they are replayed, beside what they asked when they were recorded.

A replay compares which activity is next, and nothing else: neither its queue and its time-outs nor what it is
given.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import ActivityTaskScheduledEventAttributes
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from cli.workers import WORKFLOWS
from tickborg.names import TASK_QUEUE


class Asked(NamedTuple):
    """An activity, and on which terms it is to run."""

    activity: str
    queue: str
    times: tuple[timedelta, ...]
    """Time-outs, and pauses between tries; zero: the server decides."""
    tries: int
    given: tuple[object, ...]
    """The fields of its arguments. What is said in them may be put into other words."""


async def asked_again(history: WorkflowHistory) -> list[Asked]:
    """What the code at hand asks for where ``history`` was recorded."""
    hearing = _Hearing()
    replayer = Replayer(
        workflows=list(WORKFLOWS), data_converter=pydantic_data_converter, interceptors=[hearing]
    )
    await replayer.replay_workflow(history)
    return [_of_input(each) for each in hearing.heard]


def asked_then(history: WorkflowHistory, again: Sequence[Asked]) -> list[Asked]:
    """What was asked for when ``history`` was recorded; what ``again`` leaves to the server is left out."""
    scheduled = [
        event.activity_task_scheduled_event_attributes
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    found = [_of_event(each) for each in sorted(scheduled, key=lambda each: int(each.activity_id))]
    return [_without_defaults(then, now) for then, now in zip(found, again, strict=True)]


def _without_defaults(then: Asked, now: Asked) -> Asked:
    times = (known if given else given for known, given in zip(then.times, now.times, strict=True))
    return then._replace(times=tuple(times))


class _Hearing(Interceptor):
    """Notes what is asked for."""

    def __init__(self) -> None:
        self.heard: list[StartActivityInput] = []

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - Temporal's name
    ) -> type[WorkflowInboundInterceptor]:
        """What goes around each workflow."""
        heard = self.heard

        class Outbound(WorkflowOutboundInterceptor):
            def start_activity(self, input: StartActivityInput) -> ActivityHandle[object]:  # noqa: A002
                heard.append(input)
                return super().start_activity(input)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        return Inbound


def _of_input(asked: StartActivityInput) -> Asked:
    retry, each_try = asked.retry_policy, asked.start_to_close_timeout
    assert retry is not None, f"nobody has decided how often {asked.activity} is tried"
    assert each_try is not None, f"nobody has decided how long {asked.activity} may take"
    silence = asked.heartbeat_timeout
    times = (
        asked.schedule_to_close_timeout,
        asked.schedule_to_start_timeout,
        each_try,
        min(silence, each_try) if silence is not None else None,  # as the server has it
        retry.initial_interval,
        retry.maximum_interval,
    )
    return Asked(
        asked.activity,
        asked.task_queue or TASK_QUEUE,
        tuple(each or timedelta() for each in times),
        retry.maximum_attempts,
        _fields(pydantic_data_converter.payload_converter.to_payloads(asked.args)),
    )


def _of_event(asked: ActivityTaskScheduledEventAttributes) -> Asked:
    times = (
        asked.schedule_to_close_timeout,
        asked.schedule_to_start_timeout,
        asked.start_to_close_timeout,
        asked.heartbeat_timeout,
        asked.retry_policy.initial_interval,
        asked.retry_policy.maximum_interval,
    )
    return Asked(
        asked.activity_type.name,
        asked.task_queue.name,
        tuple(map(Duration.ToTimedelta, times)),
        asked.retry_policy.maximum_attempts,
        _fields(asked.input.payloads),
    )


def _fields(payloads: Iterable[Payload]) -> tuple[object, ...]:
    return tuple(_names(json.loads(payload.data)) for payload in payloads)


def _names(value: object) -> object:
    """The names of all fields in ``value``, in place; of everything else only whether it is there."""
    if isinstance(value, dict):
        return {name: _names(each) for name, each in value.items()}
    return [_names(each) for each in value] if isinstance(value, list) else value is not None
