"""Every time-out and retry policy, by name (design, sections 3, 4 and 9).

A policy is unpacked into ``execute_activity_method``.
Replay does not notice a changed time-out, so the tests assert these on recorded histories.
"""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

from tickborg.jobs import BuildJob
from tickborg.names import GIT_TASK_QUEUE, build_task_queue
from tickborg.setbacks import Patience, Setback


class ActivityPolicy(TypedDict, total=False):
    """Where an activity runs, how long it may take, and when it is tried again."""

    task_queue: str
    schedule_to_close_timeout: timedelta
    schedule_to_start_timeout: timedelta
    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


BUILD_ATTEMPTS = 5
"""How many builders may die over one build before the fault is called the bot's."""

PATIENCE = {
    Setback.DIED: Patience(
        first_pause=timedelta(seconds=1), longest_pause=timedelta(minutes=10), most=BUILD_ATTEMPTS
    ),
    Setback.HANDED_OVER: Patience(
        first_pause=timedelta(seconds=1), longest_pause=timedelta(minutes=5), most=20
    ),
    Setback.AWAY: Patience(
        first_pause=timedelta(seconds=1), longest_pause=timedelta(minutes=15), within=timedelta(hours=24)
    ),
}
"""How often a build is tried again, and after which pauses.

A builder that dies may die of the build, so its attempts are few. A hand-over is nobody's fault, but builders
that are stopped as soon as they have begun, for an hour on end, will not build it either. Servers that are
away have a day, in about a hundred attempts, some thousands of events: far from the limits of a history.
"""

WORTH_SAYING = timedelta(seconds=10)
"""A pause shorter than this is over before anybody has read of it."""

BUILD_HEARTBEAT = timedelta(seconds=30)
WORKER_HEARTBEAT = timedelta(seconds=30)
"""After so long without a word a worker is taken for dead, and its work is given to another."""

WORKSPACE_TIME = timedelta(hours=2)
"""What a builder may take beside the project's own time: fetch, materialise, send the log, clean up.

It is for the first fetch, as that of :data:`MERGE`; who dies is missed by heartbeats.
"""

_BACK_OFF = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=1)
)

_SEVERAL_CALLS = timedelta(minutes=3)
"""What a try may take that makes a token, looks for what an earlier try has made, and makes it."""

_A_MINUTE_OF_TRIES = timedelta(minutes=1) + _SEVERAL_CALLS
"""Tries begin for a minute, and the last one has its time: see :mod:`activities.whole_tries`."""

COSMETIC = ActivityPolicy(
    start_to_close_timeout=_SEVERAL_CALLS,
    heartbeat_timeout=WORKER_HEARTBEAT,
    schedule_to_close_timeout=_A_MINUTE_OF_TRIES,
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10)),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
"""Steps of a status, reactions, counting: begun for a minute at most, and never holds anything up.

A try that has begun is waited for: given up earlier it might still be carried out, after the next word.
"""

PROGRESS = COSMETIC | ActivityPolicy(retry_policy=_BACK_OFF)
"""A summary comment while builds go on: as a step, as the next edit says more, but tried ever less often."""

RESULT = ActivityPolicy(
    start_to_close_timeout=_SEVERAL_CALLS,
    heartbeat_timeout=WORKER_HEARTBEAT,
    schedule_to_close_timeout=timedelta(hours=24),
    retry_policy=_BACK_OFF,
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
"""What people wait for: tried for a day.

A cancel waits until the call under way has ended, so that it cannot overtake the next one.
"""

QUESTION = ActivityPolicy(
    start_to_close_timeout=_SEVERAL_CALLS,
    heartbeat_timeout=WORKER_HEARTBEAT,
    schedule_to_close_timeout=timedelta(hours=24),
    retry_policy=_BACK_OFF,
)
"""What is decided on: tried for a day, and abandoned at once when nobody wants to know any more."""

RECOLLECTION = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=0.5), maximum_attempts=3),
)
"""What an earlier run knew: a push is built without it after half a minute.

Attempts are counted and not time: waiting for a worker is no reason to forget.
"""

SETTINGS = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(hours=24),
    retry_policy=_BACK_OFF,
)
"""The worker's own settings, which ask nobody.

No local activity, although it would be a little quicker: a worker that holds more workflows than its cache
forgets one whose local activity is under way, and its task then hangs until it times out (measured).
"""

MERGE = ActivityPolicy(
    task_queue=GIT_TASK_QUEUE,
    start_to_close_timeout=timedelta(hours=2),
    heartbeat_timeout=WORKER_HEARTBEAT,
    schedule_to_close_timeout=timedelta(hours=24),
    retry_policy=_BACK_OFF,
)
"""Fetch and merge. The first fetch of a large repository takes long, and one that is cut short begins anew.

So it has more time than git allows itself, by ref and once more by sha; who dies is missed by heartbeats.
"""

CATCHING_UP = ActivityPolicy(
    start_to_close_timeout=timedelta(minutes=10),
    schedule_to_close_timeout=timedelta(minutes=15),
    heartbeat_timeout=WORKER_HEARTBEAT,
    retry_policy=_BACK_OFF,
)
"""Steps of ``Reconcile``: begun for five minutes, since the next run begins anew a few minutes later."""

TELLING = ActivityPolicy(
    start_to_close_timeout=timedelta(seconds=20),
    heartbeat_timeout=WORKER_HEARTBEAT,
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3),
)
"""An owner that missed something: one that cannot be told keeps the others waiting for a minute."""

_SECONDS_A_DELIVERY = 0.3
"""GitHub lets an App repeat about three deliveries a second: 900 points a minute, of which each costs five.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
"""

_FEW = 10
_OUTCOME_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (0.5, 1, 2, 4, 8, 16, 30))


def outcome_pauses(deliveries: int) -> tuple[timedelta, ...]:
    """Pauses between questions for what came of so many deliveries that GitHub was asked to repeat."""
    if deliveries <= _FEW:
        return _OUTCOME_PAUSES
    return (timedelta(seconds=deliveries * _SECONDS_A_DELIVERY), *_OUTCOME_PAUSES)


def tidy(queue: str) -> ActivityPolicy:
    """The policy of tidying one host: what fails is tried again by the next run, and not by this one.

    A heartbeat comes with each mirror, and packing one takes its own limit at most. A process that does not
    begin within minutes has ended, and its queue is nobody's any more.
    """
    return ActivityPolicy(
        task_queue=queue,
        schedule_to_start_timeout=timedelta(minutes=5),
        start_to_close_timeout=timedelta(hours=12),
        heartbeat_timeout=timedelta(minutes=30),
        retry_policy=RetryPolicy(maximum_attempts=1),
    )


def attempt(job: BuildJob, wait: timedelta) -> ActivityPolicy:
    """The policy of one attempt at a build: never repeated by Temporal, which counts all failures alike.

    ``wait`` is how long it may still stand in the queue. A cancel waits until the builder has ended the
    process tree.
    """
    return ActivityPolicy(
        task_queue=build_task_queue(job.system),
        schedule_to_start_timeout=max(wait, _LEAST_WAIT),
        start_to_close_timeout=job.project.timeout + WORKSPACE_TIME,
        heartbeat_timeout=BUILD_HEARTBEAT,
        retry_policy=RetryPolicy(maximum_attempts=1),
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    )


def attempts_in_one(job: BuildJob, builder_wait: timedelta) -> ActivityPolicy:
    """The policy of a build whose attempts Temporal counts, as it did before :class:`workflows.attempts`."""
    return attempt(job, builder_wait) | ActivityPolicy(
        retry_policy=RetryPolicy(
            initial_interval=timedelta(seconds=1),
            maximum_interval=timedelta(seconds=30),
            maximum_attempts=BUILD_ATTEMPTS,
        )
    )


_LEAST_WAIT = timedelta(seconds=1)
"""None at all would mean for ever. A builder that is online when the time is over takes it now or never."""

BUILDER_POLL_FIRST = timedelta(seconds=10)
BUILDER_POLL_LONGEST = timedelta(minutes=1)
"""How often it is asked again whether a builder came online: 10 s at first, doubling up to a minute."""

BUILDER_WATCH_LONGEST = timedelta(minutes=5)
"""The same while the build stands in the queue, where a builder that comes takes it without being asked."""

REPLICA_LAG_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (0.25, 0.5, 1, 2, 4, 8, 16))
"""Pauses between questions while GitHub's answer is older than its own webhook."""

SUMMARY_SPACING = timedelta(seconds=10)
"""The least time between two edits of a summary comment while builds are still going on."""

PROGRESS_PAUSE = timedelta(minutes=5)
"""After so long an edit of a summary comment that failed in mid-build is tried again, if nothing changes."""

_SUMMARY_PACE = 300
"""Characters a second: each edit is in the history, which may have 50 MB."""


def summary_spacing(body: str) -> timedelta:
    """The least time after a summary comment of ``body`` until the next edit."""
    return max(SUMMARY_SPACING, timedelta(seconds=len(body) // _SUMMARY_PACE))
