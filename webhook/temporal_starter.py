"""The Temporal behind :class:`webhook.ports.Starter`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.starting import start_workflow
from tickborg.errors import UnavailableError
from tickborg.starts import Start

RPC_TIMEOUT = timedelta(seconds=3)
ANSWER_SECONDS = 2.5
"""Connecting is no part of an RPC's time-out, so the whole is bounded too (design, section 5: 3 s)."""


class TemporalStarter:
    """Starts workflows, or signals those that run. Its client connects at its first call."""

    def __init__(self, client: Client, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._client = client
        self._answer_seconds = answer_seconds

    async def start(self, start: Start) -> None:
        """Return once the start or signal is durable; a second start of what is done once is no error.

        Raises:
            UnavailableError: Temporal did not answer in time, or refused.
        """
        async with self._answered():
            await start_workflow(self._client, start, rpc_timeout=RPC_TIMEOUT)

    async def check(self) -> None:
        """Return if the namespace is there.

        Raises:
            UnavailableError: Temporal did not answer in time, or has no such namespace.
        """
        request = DescribeNamespaceRequest(namespace=self._client.namespace)
        async with self._answered():
            await self._client.workflow_service.describe_namespace(request, timeout=RPC_TIMEOUT)

    @asynccontextmanager
    async def _answered(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._answer_seconds):
                yield
        except TimeoutError as error:
            raise UnavailableError(f"Temporal did not answer within {self._answer_seconds} s") from error
        except RPCError as error:
            raise UnavailableError(f"Temporal answered {error.status.name}: {error.message}") from error
        except RuntimeError as error:  # how a client that never was connected says that it cannot be
            raise UnavailableError(f"Temporal cannot be reached: {error}") from error
