"""A Temporal namespace as tickborg needs it: how long it keeps workflows, and what they are found by."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsRequest,
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from tickborg.names import SEARCH_ATTRIBUTES

RETENTION = timedelta(days=30)

_RPC_TIMEOUT = timedelta(seconds=10)
_REFRESH_SECONDS = 60.0
"""The parts of a server look anew at the namespaces every 2 to 10 seconds, each for itself."""

_POLL_SECONDS = 0.2
_TYPE_PREFIX = "INDEXED_VALUE_TYPE_"


async def retention(client: Client) -> timedelta | None:
    """How long the client's namespace keeps closed workflows; None: there is no such namespace."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        described = await client.workflow_service.describe_namespace(request, timeout=_RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return described.config.workflow_execution_retention_ttl.ToTimedelta()


async def create(client: Client) -> None:
    """Create the client's namespace, and return when its search attributes can be looked at."""
    request = RegisterNamespaceRequest(
        namespace=client.namespace, workflow_execution_retention_period=_proto(RETENTION)
    )
    await client.workflow_service.register_namespace(request, timeout=_RPC_TIMEOUT)
    await _known(lambda: registered(client), RPCStatusCode.NOT_FOUND)


async def keep_for_a_month(client: Client) -> None:
    """Let the namespace keep closed workflows for :data:`RETENTION`."""
    config = NamespaceConfig(workflow_execution_retention_ttl=_proto(RETENTION))
    request = UpdateNamespaceRequest(namespace=client.namespace, config=config)
    await client.workflow_service.update_namespace(request, timeout=_RPC_TIMEOUT)


async def registered(client: Client) -> Mapping[str, str]:
    """Name and type of each custom search attribute of the namespace."""
    request = ListSearchAttributesRequest(namespace=client.namespace)
    answer = await client.operator_service.list_search_attributes(request, timeout=_RPC_TIMEOUT)
    return {name: _type_name(kind) for name, kind in answer.custom_attributes.items()}


async def register(client: Client, names: Iterable[str]) -> None:
    """Register search attributes of ours, and return when workflows can be found by them.

    They are listed at once; until the server's other parts have heard of them, it refuses to start a workflow
    that has them.
    """
    kinds = {name: _type(SEARCH_ATTRIBUTES[name]) for name in names}
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=kinds)
    await client.operator_service.add_search_attributes(request, timeout=_RPC_TIMEOUT)
    for name in kinds:
        await _known(lambda name=name: _count_by(client, name), RPCStatusCode.INVALID_ARGUMENT)  # type: ignore[misc]


async def can_search_by(client: Client, name: str) -> bool:
    """Whether workflows can be found by a search attribute of ours: it is there, and of the right type."""
    try:
        await _count_by(client, name)
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            return False
        raise
    return True


async def _count_by(client: Client, name: str) -> None:
    value = "0" if SEARCH_ATTRIBUTES[name] == "Int" else '"-"'
    request = CountWorkflowExecutionsRequest(namespace=client.namespace, query=f"{name} = {value}")
    await client.workflow_service.count_workflow_executions(request, timeout=_RPC_TIMEOUT)


async def _known(question: Callable[[], Awaitable[object]], unknown: RPCStatusCode) -> None:
    """Ask until the server does not answer ``unknown`` any more; after a minute that is raised."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _REFRESH_SECONDS
    while True:
        try:
            await question()
        except RPCError as error:
            if error.status is not unknown or loop.time() > deadline:
                raise
            await asyncio.sleep(_POLL_SECONDS)
        else:
            return


def _proto(duration: timedelta) -> Duration:
    proto = Duration()
    proto.FromTimedelta(duration)
    return proto


def _type(name: str) -> IndexedValueType.ValueType:
    return IndexedValueType.Value(_TYPE_PREFIX + name.upper())


def _type_name(kind: IndexedValueType.ValueType) -> str:
    """``Keyword``, ``Int``: as :data:`SEARCH_ATTRIBUTES` has them."""
    return IndexedValueType.Name(kind).removeprefix(_TYPE_PREFIX).replace("_", " ").title().replace(" ", "")
