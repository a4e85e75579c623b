"""Waiting for Temporal's answer, but not for long: for all who have somebody waiting for theirs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from pydantic import ValidationError
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError

from activities.temporal_failures import in_words
from tickborg.errors import UnavailableError


@asynccontextmanager
async def answered(what: str, within_seconds: float) -> AsyncIterator[None]:
    """Bound the whole of ``what``, e.g. ``asking somebody``: connecting is no part of an RPC's time-out.

    Raises:
        UnavailableError: Temporal, or the worker that would know, did not answer in time, or refused.
    """
    try:
        async with asyncio.timeout(within_seconds):
            yield
    except TimeoutError as error:
        raise UnavailableError(f"{what}: Temporal did not answer within {within_seconds} s") from error
    # The last two are how a client says that it cannot be connected, or that an answer is of another version.
    except (RPCError, WorkflowQueryFailedError, RuntimeError, ValidationError) as error:
        raise UnavailableError(f"{what}: {in_words(error)}") from error


async def check_namespace(client: Client, within_seconds: float) -> None:
    """Return if the namespace of ``client`` is there.

    Raises:
        UnavailableError: Temporal did not answer in time, or has no such namespace.
    """
    request = DescribeNamespaceRequest(namespace=client.namespace)
    async with answered(f"looking at the namespace {client.namespace}", within_seconds):
        await client.workflow_service.describe_namespace(request, timeout=timedelta(seconds=within_seconds))
