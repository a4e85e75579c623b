"""The Temporal behind :class:`webhook.ports.Starter`."""

from datetime import timedelta

from temporalio.client import Client

from activities.answering import answered, check_namespace
from activities.starting import start_workflow
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
        async with answered(f"starting {start.workflow_id}", self._answer_seconds):
            await start_workflow(self._client, start, rpc_timeout=RPC_TIMEOUT)

    async def check(self) -> None:
        """Return if the namespace is there.

        Raises:
            UnavailableError: Temporal did not answer in time, or has no such namespace.
        """
        await check_namespace(self._client, self._answer_seconds)
