"""The Temporal behind :class:`webhook.ports.Starter`."""

import asyncio
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.answering import answered, check_namespace
from activities.starting import start_workflow
from messaging.backoff import Backoff
from tickborg.starts import Start

RPC_TIMEOUT = timedelta(seconds=3)
ANSWER_SECONDS = 2.5
"""Connecting is no part of an RPC's time-out, so the whole is bounded too (design, section 5: 3 s)."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.4
"""Seconds between tries: a quarter to half of them at first, doubling."""

_MAY_PASS = frozenset(
    {
        RPCStatusCode.ABORTED,
        RPCStatusCode.DATA_LOSS,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.OUT_OF_RANGE,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.UNKNOWN,
    }
)
"""What the SDK would try again, too."""


class TemporalStarter:
    """Starts workflows, or signals those that run. Its client connects at its first call.

    What Temporal refuses for a moment is tried again, and soon. An owner that was about to end when something
    came takes nothing more until it has looked at that: RESOURCE_EXHAUSTED, "workflow is closing", for some
    milliseconds, after which it runs on or another run takes it. The SDK would take that for a server that
    has too much to do, and wait for one second and then for two, which is longer than anybody waits for us.
    So the client is to be one that tries only once (:func:`cli.temporal_client.trying_once`).
    """

    def __init__(self, client: Client, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._client = client
        self._answer_seconds = answer_seconds

    async def start(self, start: Start) -> None:
        """Return once the start or signal is durable; a second start of what is done once is no error.

        Raises:
            UnavailableError: Temporal did not answer in time, or refused until time was up.
        """
        loop = asyncio.get_running_loop()
        last_try = loop.time() + self._answer_seconds - LONGEST_PAUSE
        backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        async with answered(f"starting {start.workflow_id}", self._answer_seconds):
            while True:
                try:
                    return await start_workflow(self._client, start, rpc_timeout=RPC_TIMEOUT)
                except RPCError as refused:
                    if refused.status not in _MAY_PASS or loop.time() >= last_try:
                        raise
                await backoff.pause()

    async def check(self) -> None:
        """Return if the namespace is there.

        Raises:
            UnavailableError: Temporal did not answer in time, or has no such namespace.
        """
        await check_namespace(self._client, self._answer_seconds)
