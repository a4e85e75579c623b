"""`tickborg setup` on a real server, in namespaces that lack what tickborg needs."""

import socket
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import OperatorService, RPCError, RPCStatusCode

from cli import namespace
from cli.embedded_temporal import EmbeddedTemporal
from cli.main import USAGE_ERROR
from cli.namespace import RETENTION
from cli.setup import prepare
from cli.temporal_client import TemporalConnection, connect
from tests.support.command_line import CommandLine, Ended
from tests.support.eventually import eventually
from tickborg.errors import PermanentError
from tickborg.names import SEARCH_ATTRIBUTES

EVERY = ", ".join(SEARCH_ATTRIBUTES)


@pytest.fixture
async def fresh(temporal: EmbeddedTemporal) -> Client:
    """A client of a namespace that is not there."""
    return await connect(TemporalConnection(temporal.address, namespace=f"ci-{uuid4().hex[:8]}"))


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    """The command line of somebody who has no settings file."""
    return CommandLine(tmp_path)


async def setup(command: CommandLine, address: str, name: str) -> Ended:
    """What ``tickborg setup`` does."""
    variables = {"TICKBORG_TEMPORAL__ADDRESS": address, "TICKBORG_TEMPORAL__NAMESPACE": name}
    return await command.run("setup", **variables)


async def create(client: Client, kept: timedelta, attributes: Mapping[str, int] | None = None) -> None:
    """Create the client's namespace as somebody else would have."""
    request = RegisterNamespaceRequest(
        namespace=client.namespace,
        workflow_execution_retention_period=Duration(seconds=int(kept.total_seconds())),
    )
    await client.workflow_service.register_namespace(request)

    async def attributes_can_be_listed() -> bool:
        try:
            await namespace.registered(client)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    await eventually(attributes_can_be_listed)
    if attributes:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=cast("Any", attributes))
        )


async def test_a_server_that_lacks_everything_is_made_ready(
    fresh: Client, temporal: EmbeddedTemporal, command: CommandLine
) -> None:
    """When it ends, a workflow with every attribute can be started; a second time there is nothing to do."""
    first = await setup(command, temporal.address, fresh.namespace)
    words = [name for name, kind in SEARCH_ATTRIBUTES.items() if kind == "Keyword"]
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(SearchAttributeKey.for_int("TickborgPr"), 1),
        *(SearchAttributePair(SearchAttributeKey.for_keyword(name), "x") for name in words),
    ]
    await fresh.start_workflow(
        "Anything", id="first", task_queue="nobody", search_attributes=TypedSearchAttributes(pairs)
    )
    second = await setup(command, temporal.address, fresh.namespace)

    assert (first.status, first.complained) == (0, "")
    assert first.printed == (
        f"namespace {fresh.namespace}: created; it keeps closed workflows for 30 d\n"
        f"search attributes: registered: {EVERY}\n"
        "schedule housekeeping: created; Temporal starts Housekeeping every 6 h\n"
        "schedule reconcile: created; Temporal starts Reconcile every 5 min\n"
    )
    assert (second.status, second.complained) == (0, "")
    assert second.printed == (
        f"namespace {fresh.namespace}: there already; it keeps closed workflows for 30 d\n"
        f"search attributes: there already: {EVERY}\n"
        "schedule housekeeping: there already; Temporal starts Housekeeping every 6 h\n"
        "schedule reconcile: there already; Temporal starts Reconcile every 5 min\n"
    )
    assert await namespace.registered(fresh) == SEARCH_ATTRIBUTES
    assert await namespace.retention(fresh) == RETENTION == timedelta(days=30)


async def test_what_is_half_right_is_made_right(fresh: Client) -> None:
    """Only what is missing is added, and histories are kept longer from now on."""
    await create(fresh, timedelta(days=1), {"TickborgRepo": 2, "Theirs": 1})
    assert [said async for said in prepare(fresh)] == [
        f"namespace {fresh.namespace}: there already; it keeps closed workflows for 30 d now, and not 1 d",
        "search attributes: there already: TickborgRepo",
        f"search attributes: registered: {EVERY.removeprefix('TickborgRepo, ')}",
    ]
    assert await namespace.registered(fresh) == {**SEARCH_ATTRIBUTES, "Theirs": "Text"}
    assert await namespace.retention(fresh) == RETENTION


async def test_a_longer_retention_is_the_operators_wish(fresh: Client) -> None:
    """To shorten it would delete histories."""
    await create(fresh, timedelta(days=90))
    said = [said async for said in prepare(fresh)]
    assert said[0] == f"namespace {fresh.namespace}: there already; it keeps closed workflows for 90 d"
    assert await namespace.retention(fresh) == timedelta(days=90)


async def test_an_attribute_of_another_type_needs_a_person(fresh: Client) -> None:
    """Temporal would say nothing and change nothing, and every start would fail later."""
    await create(fresh, RETENTION, {"TickborgPr": 2})
    with pytest.raises(PermanentError, match=r"TickborgPr .* is of type Keyword and must be of type Int"):
        [said async for said in prepare(fresh)]


class CloudOperator:
    """An operator's service as Temporal Cloud has it: it is there and refuses."""

    async def list_search_attributes(self, request: ListSearchAttributesRequest, **_: object) -> None:
        """Refuse."""
        raise RPCError("Request unauthorized.", RPCStatusCode.PERMISSION_DENIED, b"")

    add_search_attributes = list_search_attributes


async def test_where_the_operators_service_is_refused_the_way_is_told(fresh: Client) -> None:
    """Somebody else registers the attributes, and `tickborg setup` sees that they did."""
    ours = fresh.service_client.operator_service
    await create(fresh, RETENTION)
    fresh.service_client.operator_service = cast("OperatorService", CloudOperator())
    with pytest.raises(PermanentError) as refused:
        [said async for said in prepare(fresh)]
    advice = f"tcld namespace search-attributes add --namespace {fresh.namespace} --sa TickborgRepo=Keyword"
    said = "registering search attributes: Temporal answered PERMISSION_DENIED: Request unauthorized; "
    assert said in str(refused.value)
    assert advice in str(refused.value)
    assert "\n" not in str(refused.value)

    fresh.service_client.operator_service = ours
    await namespace.register(fresh, SEARCH_ATTRIBUTES)
    fresh.service_client.operator_service = cast("OperatorService", CloudOperator())
    assert [said async for said in prepare(fresh)][1] == f"search attributes: there already: {EVERY}"


async def test_a_server_that_is_away_is_named(command: CommandLine) -> None:
    """In one line, with what to look at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    ended = await setup(command, address, "ci")
    assert (ended.status, ended.printed) == (USAGE_ERROR, "")
    assert ended.complained.startswith(f"tickborg: cannot connect to Temporal at {address}, namespace ci: ")
    assert "check [temporal] address" in ended.complained
    assert ended.complained.count("\n") == 1


async def test_no_server_is_configured(command: CommandLine) -> None:
    """There is nothing to set up where `tickborg up` has its own."""
    ended = await command.run("setup")
    assert ended.status == USAGE_ERROR
    assert ended.complained.startswith("tickborg: [temporal] address is not set")
