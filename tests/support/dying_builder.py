"""A builder that is not heard of any more once it has begun to build, as one whose machine lost its power."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import temporalio.client
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ActivityOutboundInterceptor, Interceptor

from activities.ports import Command, Exit
from tests.support.fake_builder import Scripted, ScriptedRunner

Attempts = set[tuple[str | None, str]]
"""Workflow id and activity id of each attempt."""


class DyingRunner(ScriptedRunner):
    """Never comes to the end of a command."""

    def __init__(self) -> None:
        super().__init__({"": Scripted(hang=True)})
        self.begun: Attempts = set()

    async def run(
        self, command: Command, *, time_limit: timedelta, output: Callable[[bytes], Awaitable[None]]
    ) -> Exit:
        """Begin a command."""
        self.begun.add(_attempt(activity.info()))
        return await super().run(command, time_limit=time_limit, output=output)


class Silence(temporalio.client.Interceptor, Interceptor):
    """Keeps heartbeats of attempts that have begun from Temporal; before that nobody dies, however slow."""

    def __init__(self, runner: DyingRunner) -> None:
        self._begun = runner.begun

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Stand before every attempt."""
        return _Inbound(next, self._begun)


class _Inbound(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, begun: Attempts) -> None:
        super().__init__(following)
        self._begun = begun

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        super().init(_Outbound(outbound, self._begun))


class _Outbound(ActivityOutboundInterceptor):
    def __init__(self, following: ActivityOutboundInterceptor, begun: Attempts) -> None:
        super().__init__(following)
        self._begun = begun

    def heartbeat(self, *details: Any) -> None:
        if _attempt(self.info()) not in self._begun:
            super().heartbeat(*details)


def _attempt(info: activity.Info) -> tuple[str | None, str]:
    return info.workflow_id, info.activity_id
