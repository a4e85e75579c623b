"""Where each activity runs, for how long, and how often it is tried, as histories have it.

A replay does not notice that a time-out, a retry policy or a queue has changed (design, sections 4 and 11).
"""

from datetime import timedelta
from typing import NamedTuple

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType, ParentClosePolicy
from temporalio.api.history.v1 import ActivityTaskScheduledEventAttributes

from cli.temporal_client import TemporalConnection, connect
from tests.support.histories import Histories
from tests.support.time_skipping import quiet_runtime
from tests.support.workflow_bench import HEAD, LINUX, PROJECTS, working_bench
from tickborg.github import CheckConclusion, StatusState
from tickborg.policy import DEFAULT_BUILDER_WAIT, Policy
from tickborg.projects import Check, ProjectSet
from tickborg.systems import System

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NEVER = timedelta()
WORKFLOW_TASK_EVENTS = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
}


class Terms(NamedTuple):
    """On which terms an activity was scheduled; zero: without limit."""

    queue: str
    each_try: timedelta
    in_all: timedelta
    waiting: timedelta
    heartbeat: timedelta
    longest_pause: timedelta
    tries: int


TOLD = ASKED = Terms("tickborg", 3 * MINUTE, DAY, DAY, timedelta(seconds=30), MINUTE, 0)
"""What people wait for, and what is decided on: a day."""
SHOWN = TOLD._replace(in_all=4 * MINUTE, waiting=4 * MINUTE, longest_pause=timedelta(seconds=10))
"""Cosmetic steps: a minute in which tries begin, and the time of the last one."""

EXPECTED = {
    "policy": {TOLD._replace(each_try=timedelta(seconds=10), heartbeat=NEVER)},
    "pull_request": {ASKED},
    "permission": {ASKED},
    "builders_online": {ASKED},
    "set_status": {SHOWN, TOLD},
    "open_check_run": {SHOWN},
    "update_check_run": {SHOWN, TOLD},
    "publish_summary": {SHOWN._replace(longest_pause=MINUTE), TOLD},
    "labels": {TOLD},
    "change_labels": {TOLD},
    "notify": {SHOWN},
    "merge": {TOLD._replace(queue="tickborg-git", each_try=timedelta(hours=2))},
    "build": {
        Terms(
            queue="build.x86_64-linux",
            each_try=timedelta(hours=3),
            in_all=NEVER,
            waiting=DEFAULT_BUILDER_WAIT,
            heartbeat=timedelta(seconds=30),
            longest_pause=timedelta(seconds=100),
            tries=1,
        )
    },
}
"""The project's own time is an hour by default; a builder may take two more for its workspace.

How often a build is tried is decided by its workflow (``test_builders.py``).
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def histories(own_temporal: TemporalConnection, tmp_path_factory: pytest.TempPathFactory) -> Histories:
    """Those of a pull request for which every activity is needed but those of failures."""
    client = await connect(own_temporal, runtime=quiet_runtime())
    policy = Policy(systems=(LINUX, System.AARCH64_LINUX))
    async with working_bench(client, tmp_path_factory.mktemp("workspaces"), policy=policy) as bench:
        checks = (Check(name="format", command=("check-format",)),)
        bench.repositories.projects = ProjectSet(projects=PROJECTS, checks=checks)
        await bench.open("cgit")
        await bench.until_status(HEAD, StatusState.SUCCESS, context="tickborg-eval-format")
        await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
        await bench.until_commented("The build succeeded")
        await bench.until_labelled("project: cgit")
        return await bench.end()


def test_every_activity_runs_on_the_terms_of_the_design(histories: Histories) -> None:
    """Each on its queue; steps for a minute, results for a day, builds until builders have died over them."""
    found: dict[str, set[Terms]] = {}
    for run in histories.runs:
        for activity in run.activities:
            found.setdefault(activity.activity_type.name, set()).add(terms_of(activity))
    assert found == EXPECTED


def test_an_operator_can_tell_what_everything_is_about(histories: Histories) -> None:
    """Every activity and every workflow has a summary for the Web UI."""
    for run in histories.runs:
        for event in run.events:
            if event.HasField("activity_task_scheduled_event_attributes"):
                assert event.user_metadata.summary.data
        assert run.events[0].user_metadata.summary.data


def test_children_end_with_their_owner_and_belong_to_an_author(histories: Histories) -> None:
    """They are asked to end, never terminated; one author's builds do not starve the others'."""
    asked_to_end = ParentClosePolicy.PARENT_CLOSE_POLICY_REQUEST_CANCEL
    [owner] = histories.of("PullRequest")
    initiated = [
        event.start_child_workflow_execution_initiated_event_attributes
        for event in owner.events
        if event.HasField("start_child_workflow_execution_initiated_event_attributes")
    ]
    assert [child.parent_close_policy for child in initiated] == [asked_to_end] * 2
    assert {run.started.priority.fairness_key for run in histories.runs} == {"ada"}


def test_children_are_found_by_what_they_are_about(histories: Histories) -> None:
    """Search attributes: what an operator filters by."""
    common = {"TickborgRepo", "TickborgPr", "TickborgAuthor"}
    for kind, more in {
        "PullRequest": set(),
        "Evaluation": {"TickborgSha"},
        "Build": {"TickborgSha", "TickborgProject", "TickborgSystem"},
    }.items():
        [run] = histories.of(kind)
        assert set(run.started.search_attributes.indexed_fields) == common | more


def test_histories_stay_small(histories: Histories) -> None:
    """Far from Temporal's limits, and from the 4,096 events at which an owner continues as new.

    Workflow tasks are not counted: into how many of them the same events fall is the machine's doing.
    """
    sizes = {
        run.type: sum(event.event_type not in WORKFLOW_TASK_EVENTS for event in run.events)
        for run in histories.runs
    }
    assert sizes["PullRequest"] <= 30
    assert sizes["Evaluation"] <= 50
    assert sizes["Build"] <= 28
    assert max(event.ByteSize() for run in histories.runs for event in run.events) < 10_000


def terms_of(activity: ActivityTaskScheduledEventAttributes) -> Terms:
    """What the server keeps of an activity's policy."""
    return Terms(
        queue=activity.task_queue.name,
        each_try=activity.start_to_close_timeout.ToTimedelta(),
        in_all=activity.schedule_to_close_timeout.ToTimedelta(),
        waiting=activity.schedule_to_start_timeout.ToTimedelta(),
        heartbeat=activity.heartbeat_timeout.ToTimedelta(),
        longest_pause=activity.retry_policy.maximum_interval.ToTimedelta(),
        tries=activity.retry_policy.maximum_attempts,
    )
