"""Temporal workers: which workflows and activities each polls for, and how (design, section 4)."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import FixedSizeSlotSupplier, Worker, WorkerTuner
from temporalio.worker.workflow_sandbox import SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from activities import ports
from activities.building import BuildActivities
from activities.clients.comments.parsing import parse
from activities.clients.workspace.room import BuildSlots
from activities.cluster import ClusterActivities
from activities.comments import CommentActivities
from activities.failures import FailureInterceptor
from activities.github import GitHubActivities
from activities.heartbeats import HeartbeatInterceptor
from activities.housekeeping import HousekeepingActivities
from activities.policy import PolicyActivities
from activities.reconciling import ComparisonActivities, DeliveryActivities
from activities.reporting import ReportingActivities
from activities.repository import RepositoryActivities
from activities.whole_tries import WholeTriesInterceptor
from cli.workflow_runner import ContextFreeRunner
from tickborg.names import GIT_TASK_QUEUE, TASK_QUEUE, build_task_queue
from tickborg.policy import Policy
from tickborg.settings import BuilderSettings
from tickborg.systems import System
from workflows.build import Build
from workflows.comment import Comment
from workflows.evaluation import Evaluation
from workflows.housekeeping import Housekeeping
from workflows.lost_logs import LostLog
from workflows.pull_request import PullRequestOwner
from workflows.push import PushOwner
from workflows.reconcile import Reconcile
from workflows.rerun import Rerun
from workflows.unread_failures import UnreadFailuresInterceptor

WORKFLOWS: Sequence[type] = (
    PullRequestOwner,
    Evaluation,
    Build,
    PushOwner,
    Comment,
    Rerun,
    Housekeeping,
    Reconcile,
    LostLog,
)

SANDBOX = SandboxRestrictions.default.with_import_notification_policy(
    SandboxImportNotificationPolicy.WARN_ON_UNINTENTIONAL_PASSTHROUGH
    | SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
)
"""A module that a workflow imports without saying ``imports_passed_through`` is loaded anew for every run.

That costs time and makes its classes strangers to the worker's. It is no reason to hold up a pull request:
production warns, and the tests, where warnings are errors, fail (design, section 3).
"""

GIT_THREADS = 4
"""Merges that run at once: they wait for the network and the disk more than for a core."""

HEARTBEAT_THROTTLE = timedelta(seconds=5)
"""A cancel comes with the answer to a heartbeat; the default sends one only every 24 s of our 30, and a busy
machine may be late with it."""

BUILD_PACE = BuilderSettings().retry_pace
"""A builder with a full disk is the quickest to ask for work: others must have the time to be quicker."""

GRACE = timedelta(seconds=10)
"""What short activities may still take when their worker is told to end."""


@dataclass(frozen=True)
class CatchingUp:
    """What ``Reconcile`` reaches the world through."""

    deliveries: DeliveryActivities
    comparison: ComparisonActivities

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        """All of them."""
        return (
            self.deliveries.delivery_record,
            self.deliveries.repeat_deliveries,
            self.comparison.served_repositories,
            self.comparison.missed,
            self.comparison.tell_missed,
        )


def workflow_worker(  # noqa: PLR0913 - all that workflows reach the world through
    client: Client,
    *,
    github: ports.GitHub,
    cluster: ports.Cluster,
    policy: Policy,
    stats: ports.Stats,
    logs: ports.BuildLogs,
    catching_up: CatchingUp | None = None,
) -> Worker:
    """Decides, and talks to GitHub; without ``catching_up`` nobody reconciles."""
    talking, asking = GitHubActivities(github), ClusterActivities(cluster, stats)
    settings, reporting = PolicyActivities(policy), ReportingActivities(stats, logs)
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        workflow_runner=ContextFreeRunner(restrictions=SANDBOX),
        activities=[
            talking.pull_request,
            talking.set_status,
            talking.open_check_run,
            talking.update_check_run,
            talking.answer_on_check_run,
            talking.labels,
            talking.change_labels,
            talking.publish_summary,
            talking.permission,
            talking.pulls_of_commit,
            talking.check_runs_of_commit,
            talking.react,
            talking.reply,
            asking.builders_online,
            asking.queue_lengths,
            asking.housekeeping_queues,
            asking.pull_request_view,
            asking.last_push_memory,
            asking.labels_left,
            asking.tell_owner,
            CommentActivities(parse).read_comment,
            settings.policy,
            reporting.notify,
            reporting.abandon_log,
            *(catching_up.activities if catching_up else ()),
        ],
        interceptors=[
            WholeTriesInterceptor(),
            HeartbeatInterceptor(),
            FailureInterceptor(),
            UnreadFailuresInterceptor(),
        ],
        max_heartbeat_throttle_interval=HEARTBEAT_THROTTLE,
        graceful_shutdown_timeout=GRACE,
    )


def git_worker(client: Client, repositories: ports.Repositories, threads: ThreadPoolExecutor) -> Worker:
    """Fetches and merges, on a host with disk. ``threads`` are shut down by whoever made them."""
    git = RepositoryActivities(repositories)
    return Worker(
        client,
        task_queue=GIT_TASK_QUEUE,
        activities=[git.merge, git.projects, git.push],
        activity_executor=threads,
        max_concurrent_activities=GIT_THREADS,
        interceptors=[WholeTriesInterceptor(), HeartbeatInterceptor(), FailureInterceptor()],
        max_heartbeat_throttle_interval=HEARTBEAT_THROTTLE,
        graceful_shutdown_timeout=GRACE,
    )


def housekeeping_worker(client: Client, queue: str, disk: ports.Disk, thread: ThreadPoolExecutor) -> Worker:
    """Tidies the disk of this process. ``thread`` is shut down by whoever made it."""
    return Worker(
        client,
        task_queue=queue,
        activities=[HousekeepingActivities(disk).tidy],
        activity_executor=thread,
        max_concurrent_activities=1,
        interceptors=[FailureInterceptor()],
        graceful_shutdown_timeout=timedelta(),
    )


def build_worker(  # noqa: PLR0913 - what it builds with, and how it paces itself
    client: Client,
    system: System,
    building: BuildActivities,
    *,
    slots: BuildSlots,
    grace: timedelta,
    pace: timedelta = BUILD_PACE,
) -> Worker:
    """Builds for one system. When told to end it takes no new work, and lets builds finish for ``grace``."""
    nothing_else = FixedSizeSlotSupplier(1)
    return Worker(
        client,
        task_queue=build_task_queue(system),
        activities=[building.build],
        tuner=WorkerTuner.create_composite(
            workflow_supplier=nothing_else,
            activity_supplier=slots,
            local_activity_supplier=nothing_else,
            nexus_supplier=nothing_else,
        ),
        max_heartbeat_throttle_interval=HEARTBEAT_THROTTLE,
        default_heartbeat_throttle_interval=HEARTBEAT_THROTTLE,
        interceptors=[FailureInterceptor(pace=pace)],
        graceful_shutdown_timeout=grace,
        # A build belongs on the builders' queue, where every builder may take it.
        disable_eager_activity_execution=True,
    )
