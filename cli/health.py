"""What ``tickborg health`` asks: whether a service of this host does its work, as others see it.

A container's health check runs it every half minute, so it loads nothing but what the question takes.
"""

import asyncio
import http.client
import json
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from http import HTTPStatus

from rich.console import Console

from activities.clients.cluster import TemporalCluster
from cli import servers
from cli.host import host_system
from cli.temporal_client import connect_lazily, identity
from messaging.amqp import AmqpTransport
from messaging.metrics_page import PATH as METRICS_PATH
from tickborg.errors import PermanentError, UnavailableError
from tickborg.messages import LOGS_QUEUE, STATS_QUEUE
from tickborg.names import GIT_TASK_QUEUE, TASK_QUEUE, build_task_queue
from tickborg.services import Service
from tickborg.settings import Settings

UNHEALTHY = 1
READINESS = "/readyz"
_BODY_LIMIT = 64 * 1024
PATIENCE = timedelta(seconds=10)

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what a service may listen on


async def show(settings: Settings, service: Service, console: Console) -> int:
    """Say how ``service`` is, and return the exit status: 0, or :data:`UNHEALTHY`."""
    try:
        said, status = await check(settings, service), 0
    except (UnavailableError, PermanentError) as error:
        said, status = str(error), UNHEALTHY
    console.print(f"{service}: {said}", markup=False, highlight=False, soft_wrap=True)
    return status


async def check(settings: Settings, service: Service) -> str:
    """What was found of a service that does its work.

    Raises:
        UnavailableError: it does not, or what it needs is away.
        PermanentError: nobody can tell before a person has acted.
        SettingsError: the settings cannot be used.
    """
    return await _CHECKS[service](settings)


async def _webhook(settings: Settings) -> str:
    return await _answers(settings.webhook.host, settings.webhook.port, READINESS)


async def _dashboard(settings: Settings) -> str:
    return await _answers(settings.dashboard.host, settings.dashboard.port, READINESS)


async def _stats(settings: Settings) -> str:
    await _answers(settings.stats.host, settings.stats.port, METRICS_PATH)
    return await _is_consumed(settings, STATS_QUEUE, Service.STATS)


async def _logs(settings: Settings) -> str:
    return await _is_consumed(settings, LOGS_QUEUE, Service.LOGS)


async def _worker(settings: Settings) -> str:
    return await _polls(settings, Service.WORKER, (TASK_QUEUE, GIT_TASK_QUEUE))


async def _builder(settings: Settings) -> str:
    name = settings.builder.identity or socket.gethostname()
    systems = settings.builder.systems or (host_system(),)
    return await _polls(settings, name, map(build_task_queue, systems))


async def _answers(host: str, port: int, path: str) -> str:
    """Ask our own port."""
    status, reason = await asyncio.to_thread(_get, _ANY_ADDRESS.get(host, host), port, path)
    if status != HTTPStatus.OK:
        raise UnavailableError(f"{path} at port {port} answers {status}" + (f": {reason}" if reason else ""))
    return f"{path} at port {port} answers {status}"


def _get(host: str, port: int, path: str) -> tuple[int, str]:
    """The status, and what our services say of one that is not good."""
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE.total_seconds())
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, "" if answer.status == HTTPStatus.OK else _reason(answer.read(_BODY_LIMIT))
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"nothing answers {path} at port {port}: {error}") from error
    finally:
        connection.close()


def _reason(body: bytes) -> str:
    """Empty where something else than a service of ours answers."""
    try:
        return str(json.loads(body)["reason"])
    except (ValueError, LookupError, TypeError):
        return ""


async def _is_consumed(settings: Settings, queue: str, service: Service) -> str:
    """Whoever consumes has answered RabbitMQ's heartbeats in the last half minute."""
    found = await AmqpTransport(servers.rabbitmq_url(settings), name="health").look_at(queue)
    if not found.consumers:
        raise UnavailableError(f"nobody consumes {queue}: is `tickborg {service}` up?")
    return f"{queue} is consumed"


async def _polls(settings: Settings, role: str, queues: Iterable[str]) -> str:
    """A worker's heartbeat says that it polls; the first comes ten seconds after its start."""
    who = identity(role)
    client = await connect_lazily(servers.temporal(settings), identity=identity("health"))
    cluster, asked = TemporalCluster(client), tuple(queues)
    for queue in asked:
        if not await cluster.hears_from(who, queue):
            raise UnavailableError(f"Temporal has heard nothing of {who} at {queue} for half a minute")
    return f"Temporal hears from {who} at {', '.join(asked)}"


_CHECKS: Mapping[Service, Callable[[Settings], Awaitable[str]]] = {
    Service.UP: _webhook,
    Service.WEBHOOK: _webhook,
    Service.WORKER: _worker,
    Service.BUILDER: _builder,
    Service.LOGS: _logs,
    Service.STATS: _stats,
    Service.DASHBOARD: _dashboard,
}
