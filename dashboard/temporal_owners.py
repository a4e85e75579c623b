"""The Temporal behind :class:`dashboard.ports.PullRequests`: owners are queried, never signalled."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from dashboard.ports import OpenPull, OpenPulls
from tickborg.errors import UnavailableError
from tickborg.github import RepositoryName
from tickborg.names import PULL_REQUEST_WORKFLOW, STATE_QUERY, pull_request_id
from tickborg.views import PullRequestView

ANSWER_SECONDS = 5.0
"""A query is answered by a worker, which may have to replay a history first."""

QUERIES_AT_ONCE = 8
"""Of all viewers of the list together: workers have better things to do."""

_OPEN = f'WorkflowType="{PULL_REQUEST_WORKFLOW}" AND ExecutionStatus="Running"'

_log = logging.getLogger(__name__)


class TemporalPullRequests:
    """Asks the owner of each pull request, in one namespace. Its client may connect at its first call."""

    def __init__(self, client: Client, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._client = client
        self._answer_seconds = answer_seconds
        self._turns = asyncio.Semaphore(QUERIES_AT_ONCE)

    async def view(self, repo: RepositoryName, number: int) -> PullRequestView | None:
        """A pull request as its owner sees it; a closed owner answers for as long as its history is kept.

        Raises:
            UnavailableError: Temporal, or the worker that would know, does not answer.
        """
        handle = self._client.get_workflow_handle(pull_request_id(repo, number))
        async with self._answered(f"asking {handle.id}"):
            try:
                view: PullRequestView | None = await handle.query(
                    STATE_QUERY, result_type=PullRequestView, rpc_timeout=self._rpc_timeout
                )
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return None
        return view

    async def open(self, limit: int) -> OpenPulls:
        """The newest ``limit`` open pull requests; the server gives those that were started last first.

        Raises:
            UnavailableError: Temporal does not answer.
        """
        async with self._answered("listing open pull requests"):
            listed = self._client.list_workflows(_OPEN, limit=limit + 1, rpc_timeout=self._rpc_timeout)
            known = [_repo_and_number(execution.id) async for execution in listed]
        return OpenPulls(await self._seen(known[:limit]), more=len(known) > limit)

    async def check(self) -> None:
        """Return if the namespace is there.

        Raises:
            UnavailableError: Temporal does not answer, or has no such namespace.
        """
        request = DescribeNamespaceRequest(namespace=self._client.namespace)
        async with self._answered("looking at the namespace"):
            await self._client.workflow_service.describe_namespace(request, timeout=self._rpc_timeout)

    @property
    def _rpc_timeout(self) -> timedelta:
        return timedelta(seconds=self._answer_seconds)

    async def _seen(self, known: Sequence[tuple[RepositoryName, int]]) -> tuple[OpenPull, ...]:
        """Each as its owner sees it, as far as they answer before time is up."""
        asked = [asyncio.create_task(self._in_turn(repo, number)) for repo, number in known]
        try:
            if asked:
                await asyncio.wait(asked, timeout=self._answer_seconds)
        finally:
            for task in asked:
                task.cancel()
            views = await asyncio.gather(*asked, return_exceptions=True)
        return tuple(
            OpenPull(repo, number, _view_or_none(view))
            for (repo, number), view in zip(known, views, strict=True)
        )

    async def _in_turn(self, repo: RepositoryName, number: int) -> PullRequestView | None:
        async with self._turns:
            return await self.view(repo, number)

    @asynccontextmanager
    async def _answered(self, what: str) -> AsyncIterator[None]:
        """Bound the whole of it: connecting is no part of an RPC's time-out."""
        try:
            async with asyncio.timeout(self._answer_seconds):
                yield
        except TimeoutError as error:
            raise UnavailableError(f"{what}: no answer within {self._answer_seconds} s") from error
        except RPCError as error:
            raise UnavailableError(f"{what}: Temporal answered {error.status.name}: {error}") from error
        except WorkflowQueryFailedError as error:
            raise UnavailableError(f"{what}: the worker could not answer: {error}") from error
        except RuntimeError as error:  # how a client that never was connected says that it cannot be
            raise UnavailableError(f"{what}: Temporal cannot be reached: {error}") from error


def _view_or_none(answer: PullRequestView | BaseException | None) -> PullRequestView | None:
    """One owner that does not answer must not hide the others."""
    if isinstance(answer, Exception):
        _log.warning("an open pull request is listed without its state: %s", answer)
    return answer if isinstance(answer, PullRequestView) else None


def _repo_and_number(workflow_id: str) -> tuple[RepositoryName, int]:
    """What :func:`tickborg.names.pull_request_id` was made of."""
    _, owner, name, number = workflow_id.split("/")
    return RepositoryName(owner=owner, name=name), int(number)
