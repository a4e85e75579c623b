"""The Temporal cluster behind :class:`activities.ports.Cluster`."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    CountWorkersRequest,
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
    ListWorkersRequest,
)
from temporalio.client import Client, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError, RPCStatusCode

from activities.clients.ended_runs import last_result
from activities.clock import Clock, utc_now
from activities.starting import start_workflow
from activities.temporal_failures import failures_of
from tickborg.github import RepositoryName
from tickborg.memory import LabelsLeft
from tickborg.names import HOUSEKEEPING_QUEUES, STATE_QUERY, build_task_queue, pull_request_id, push_id
from tickborg.push_memory import PushMemory
from tickborg.starts import Start
from tickborg.systems import System
from tickborg.views import PullRequestView

HEARTBEAT_INTERVAL = timedelta(seconds=10)
"""How often workers say that they are alive; the runtime of every worker is made with it."""

HEARTBEAT_FRESHNESS = timedelta(seconds=30)
"""A worker last heard of longer ago than this is dead."""

RPC_TIMEOUT = timedelta(seconds=10)

_MANY_WORKERS = 1000
"""More than poll one queue."""

Left = TypeVar("Left")


class TemporalCluster:
    """Asks one namespace about its workers and workflows, and starts and signals them.

    Workers put their own clock's time into a heartbeat, so hosts need clocks that agree within seconds.

    Args:
        client: of that namespace.
        now: against which heartbeats are held.
        rpc_timeout: of one call; a query is answered by a worker, which may have to replay a history first.
    """

    def __init__(self, client: Client, now: Clock = utc_now, *, rpc_timeout: timedelta = RPC_TIMEOUT) -> None:
        self._client = client
        self._now = now
        self._rpc_timeout = rpc_timeout

    async def builders_online(self, system: System) -> int:
        """How many builders of ``system`` have been heard of in the last half minute.

        A worker's first heartbeat comes :data:`HEARTBEAT_INTERVAL` after its start. Until then its polls
        speak for it, unless it has said goodbye since; later they must not, for the server remembers the
        polls of the dead for minutes.

        Raises:
            UnavailableError: the server did not answer.
            PermanentError: the server does not list workers, or does not let us ask.
        """
        return await self.workers_online(build_task_queue(system))

    async def workers_online(self, queue: str) -> int:
        """How many workers of any task queue have been heard of in the last half minute.

        Raises:
            UnavailableError: the server did not answer.
            PermanentError: the server does not list workers, or does not let us ask.
        """
        return await self._heard_of(queue) or await self._polling(queue)

    async def hears_from(self, identity: str, queue: str) -> bool:
        """Whether the worker for ``queue`` of the client called ``identity`` is alive by its heartbeat.

        Raises:
            UnavailableError: the server did not answer.
            PermanentError: the server does not list workers, or does not let us ask.
        """
        return await self._heard_of(queue, f' AND WorkerIdentity="{identity}"') > 0

    async def _heard_of(self, queue: str, whose: str = "") -> int:
        request = CountWorkersRequest(namespace=self._client.namespace, query=self._alive(queue) + whose)
        with failures_of(f"counting the workers of {queue}"):
            answer = await self._client.workflow_service.count_workers(request, timeout=self._rpc_timeout)
        return answer.count

    def _alive(self, queue: str) -> str:
        """Running alone is not enough: a worker that was killed stays ``Running`` for minutes."""
        return f'TaskQueue="{queue}" AND Status="Running" AND {self._heard_since()}'

    def _heard_since(self) -> str:
        since = (self._now() - HEARTBEAT_FRESHNESS).astimezone(UTC)
        return f'HeartbeatTime > "{since:%Y-%m-%dT%H:%M:%SZ}"'

    async def _polling(self, queue: str) -> int:
        answer = await self._described(queue)
        since = self._now() - HEARTBEAT_INTERVAL
        polls = {each.identity: each.last_access_time.ToDatetime(UTC) for each in answer.pollers}
        fresh = {identity: polled for identity, polled in polls.items() if polled > since}
        goodbyes = await self._goodbyes(queue) if fresh else {}
        return sum(polled > goodbyes.get(identity, since) for identity, polled in fresh.items())

    async def _goodbyes(self, queue: str) -> dict[str, datetime]:
        """When workers of ``queue`` said that they end, by identity: the last of those who share one."""
        request = ListWorkersRequest(
            namespace=self._client.namespace,
            page_size=_MANY_WORKERS,
            query=f'TaskQueue="{queue}" AND Status != "Running" AND {self._heard_since()}',
        )
        with failures_of(f"listing the workers of {queue}"):
            answer = await self._client.workflow_service.list_workers(request, timeout=self._rpc_timeout)
        heard = (worker.worker_heartbeat for worker in answer.workers_info)
        said = sorted((each.heartbeat_time.ToDatetime(UTC), each.worker_identity) for each in heard)
        return {identity: when for when, identity in said}

    async def queue_length(self, system: System) -> int:
        """About how many builds wait for a free builder of ``system``; those that run are not among them.

        Those of all authors and partitions. The server tells what it knew up to five seconds ago, and a build
        that was cancelled while it waited counts until a builder comes to it (measured, with fairness).

        Raises:
            UnavailableError: the server did not answer.
            PermanentError: the server does not let us ask.
        """
        answer = await self._described(build_task_queue(system), report_stats=True)
        return answer.stats.approximate_backlog_count

    async def _described(self, queue: str, *, report_stats: bool = False) -> DescribeTaskQueueResponse:
        request = DescribeTaskQueueRequest(
            namespace=self._client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
            report_stats=report_stats,
        )
        with failures_of(f"looking at the task queue {queue}"):
            return await self._client.workflow_service.describe_task_queue(request, timeout=self._rpc_timeout)

    async def housekeeping_queues(self) -> list[str]:
        """The task queues of the processes that have a disk to tidy, and are alive by their heartbeats.

        Raises:
            UnavailableError: the server did not answer.
            PermanentError: the server does not list workers, or does not let us ask.
        """
        queue = f'TaskQueue STARTS_WITH "{HOUSEKEEPING_QUEUES}"'
        request = ListWorkersRequest(
            namespace=self._client.namespace, query=f'{queue} AND Status="Running" AND {self._heard_since()}'
        )
        queues: set[str] = set()
        with failures_of("listing the processes that have a disk to tidy"):
            while True:
                answer = await self._client.workflow_service.list_workers(request, timeout=self._rpc_timeout)
                queues.update(worker.worker_heartbeat.task_queue for worker in answer.workers_info)
                if not answer.next_page_token:
                    return sorted(queues)
                request.next_page_token = answer.next_page_token

    async def signal(self, workflow_id: str, signal: str, argument: Any) -> bool:
        """Signal a running workflow; False: it is closed or was never there.

        Raises:
            UnavailableError: the server did not answer.
            PermanentError: the server refuses the signal.
        """
        handle = self._client.get_workflow_handle(workflow_id)
        with failures_of(f"signalling {signal} to {workflow_id}"):
            try:
                await handle.signal(signal, argument, rpc_timeout=self._rpc_timeout)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return False
        return True

    async def start(self, start: Start) -> None:
        """Start a workflow, or tell an owner that runs; return once that is durable.

        Raises:
            UnavailableError: the server did not answer.
            PermanentError: the server refuses it.
        """
        with failures_of(f"starting {start.workflow_id}"):
            await start_workflow(self._client, start, rpc_timeout=self._rpc_timeout)

    async def pull_request_view(self, repo: RepositoryName, number: int) -> PullRequestView | None:
        """What the running owner of a pull request knows; None: none runs, or it has heard nothing yet.

        Raises:
            UnavailableError: the server, or the worker that would know, did not answer.
            PermanentError: the server does not let us ask.
        """
        handle = self._client.get_workflow_handle(pull_request_id(repo, number))
        with failures_of(f"asking {handle.id}"):
            try:
                view: PullRequestView | None = await handle.query(
                    STATE_QUERY,
                    result_type=PullRequestView,
                    # One that has ended would answer too, as long as its history is kept.
                    reject_condition=QueryRejectCondition.NOT_OPEN,
                    rpc_timeout=self._rpc_timeout,
                )
            except WorkflowQueryRejectedError:
                return None
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return None
        return view

    async def last_push_memory(self, repo: RepositoryName, branch: str) -> PushMemory | None:
        """What the last run of a branch's owner left behind when it ended; None: none is remembered.

        Raises:
            UnavailableError: the server did not answer.
            PermanentError: the server does not let us ask.
        """
        return await self._left_behind(push_id(repo, branch), PushMemory)

    async def labels_left(self, repo: RepositoryName, number: int) -> LabelsLeft | None:
        """The labels that an owner which has ended had put on its pull request; None: none is remembered.

        Raises:
            UnavailableError: the server did not answer.
            PermanentError: the server does not let us ask.
        """
        return await self._left_behind(pull_request_id(repo, number), LabelsLeft)

    async def _left_behind(self, owner: str, kind: type[Left]) -> Left | None:
        with failures_of(f"asking what {owner} has left behind"):
            return await last_result(self._client, owner, kind, self._rpc_timeout)
