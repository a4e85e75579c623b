"""The Temporal cluster behind :class:`activities.ports.Cluster`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from typing import Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import CountWorkersRequest, DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.clock import Clock, utc_now
from tickborg.errors import PermanentError, UnavailableError
from tickborg.names import build_task_queue
from tickborg.systems import System

HEARTBEAT_INTERVAL = timedelta(seconds=10)
"""How often workers say that they are alive; the runtime of every worker is made with it."""

HEARTBEAT_FRESHNESS = timedelta(seconds=30)
"""A worker last heard of longer ago than this is dead."""

RPC_TIMEOUT = timedelta(seconds=10)

_NEEDS_A_PERSON = frozenset(
    {
        RPCStatusCode.UNIMPLEMENTED,
        RPCStatusCode.INVALID_ARGUMENT,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.NOT_FOUND,
    }
)


class TemporalCluster:
    """Asks one namespace about its workers, and signals its workflows.

    Workers put their own clock's time into a heartbeat, so hosts need clocks that agree within seconds.
    """

    def __init__(self, client: Client, now: Clock = utc_now) -> None:
        self._client = client
        self._now = now

    async def builders_online(self, system: System) -> int:
        """How many builders of ``system`` have been heard of in the last half minute.

        A worker's first heartbeat comes :data:`HEARTBEAT_INTERVAL` after its start. Until then its polls
        speak for it; later they must not, for the server remembers the polls of the dead for minutes.

        Raises:
            UnavailableError: the server did not answer.
            PermanentError: the server does not list workers, or does not let us ask.
        """
        queue = build_task_queue(system)
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
        with _failures_of(f"counting the workers of {queue}"):
            answer = await self._client.workflow_service.count_workers(request, timeout=RPC_TIMEOUT)
        return answer.count

    def _alive(self, queue: str) -> str:
        """Running alone is not enough: a worker that was killed stays ``Running`` for minutes."""
        since = (self._now() - HEARTBEAT_FRESHNESS).astimezone(UTC)
        return f'TaskQueue="{queue}" AND Status="Running" AND HeartbeatTime > "{since:%Y-%m-%dT%H:%M:%SZ}"'

    async def _polling(self, queue: str) -> int:
        request = DescribeTaskQueueRequest(
            namespace=self._client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
        )
        with _failures_of(f"looking at the task queue {queue}"):
            answer = await self._client.workflow_service.describe_task_queue(request, timeout=RPC_TIMEOUT)
        since = self._now() - HEARTBEAT_INTERVAL
        return sum(poller.last_access_time.ToDatetime(UTC) > since for poller in answer.pollers)

    async def signal(self, workflow_id: str, signal: str, argument: Any) -> bool:
        """Signal a running workflow; False: it is closed or was never there.

        Raises:
            UnavailableError: the server did not answer.
            PermanentError: the server refuses the signal.
        """
        handle = self._client.get_workflow_handle(workflow_id)
        with _failures_of(f"signalling {signal} to {workflow_id}"):
            try:
                await handle.signal(signal, argument, rpc_timeout=RPC_TIMEOUT)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return False
        return True


@contextmanager
def _failures_of(what: str) -> Iterator[None]:
    try:
        yield
    except RPCError as error:
        kind = PermanentError if error.status in _NEEDS_A_PERSON else UnavailableError
        raise kind(f"Temporal failed at {what}: {error.status.name}: {error.message}") from error
    except RuntimeError as error:  # how a lazy client says that it cannot connect
        raise UnavailableError(f"Temporal failed at {what}: {error}") from error
