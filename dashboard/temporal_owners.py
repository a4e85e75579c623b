"""The Temporal behind :class:`dashboard.ports.Owners`: owners are queried, never signalled."""

import asyncio
import logging
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TypeVar

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.answering import answered, check_namespace
from activities.runs import answers_of_runs
from dashboard.ports import BusyBranch, GoingOn, OpenPull
from tickborg import names
from tickborg.github import RepositoryName
from tickborg.views import BranchView, PullRequestView

ANSWER_SECONDS = 5.0
"""A query is answered by a worker, which may have to replay a history first."""

QUERIES_AT_ONCE = 8
"""Of all viewers of the list together: workers have better things to do."""

_PULL_ID = re.compile(r"pr/(?P<owner>[^/]+)/(?P<name>[^/]+)/(?P<number>[0-9]+)")
_PUSH_ID = re.compile(r"push/(?P<owner>[^/]+)/(?P<name>[^/]+)/(?P<branch>.+)")
"""What :mod:`tickborg.names` makes; a workflow with another id is not ours, whatever its type is called."""

OwnerId = re.Match[str]
View = TypeVar("View", PullRequestView, BranchView)

_log = logging.getLogger(__name__)


class TemporalOwners:
    """Asks the owners in one namespace. Its client may connect at its first call.

    An owner that has ended answers too, for as long as its history is kept and a worker runs.
    """

    def __init__(self, client: Client, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._client = client
        self._answer_seconds = answer_seconds
        self._turns = asyncio.Semaphore(QUERIES_AT_ONCE)

    async def pull(self, repo: RepositoryName, number: int) -> PullRequestView | None:
        """A pull request as its owner sees it, or saw it last; None: nothing is known of it.

        Raises:
            UnavailableError: Temporal, or the worker that would know, does not answer.
        """
        return await self._known(names.pull_request_id(repo, number), PullRequestView)

    async def branch(self, repo: RepositoryName, branch: str) -> BranchView | None:
        """A branch as its owner sees it, or saw it last; None: nothing is known of it.

        Raises:
            UnavailableError: as of :meth:`pull`.
        """
        return await self._known(names.push_id(repo, branch), BranchView)

    async def going_on(self, limit: int) -> GoingOn:
        """The newest ``limit`` open pull requests, and as many of the branches that something is done about.

        Raises:
            UnavailableError: Temporal does not answer.
        """
        pulls, branches = await asyncio.gather(
            self._running(names.PULL_REQUEST_WORKFLOW, _PULL_ID, limit + 1),
            self._running(names.PUSH_WORKFLOW, _PUSH_ID, limit + 1),
        )
        seen_pulls, seen_branches = await asyncio.gather(
            self._seen(pulls[:limit], PullRequestView), self._seen(branches[:limit], BranchView)
        )
        return GoingOn(
            tuple(OpenPull(_repository(owner), int(owner["number"]), view) for owner, view in seen_pulls),
            tuple(BusyBranch(_repository(owner), owner["branch"], view) for owner, view in seen_branches),
            more_pulls=len(pulls) > limit,
            more_branches=len(branches) > limit,
        )

    async def check(self) -> None:
        """Return if the namespace is there.

        Raises:
            UnavailableError: Temporal does not answer, or has no such namespace.
        """
        await check_namespace(self._client, self._answer_seconds)

    @property
    def _rpc_timeout(self) -> timedelta:
        return timedelta(seconds=self._answer_seconds)

    # One owner

    async def _known(self, owner: str, kind: type[View]) -> View | None:
        """What the runs of ``owner`` know, back to the last one that knows all there is.

        A late webhook or a comment starts a run for a pull request that is closed, and a button one for a
        branch that is idle; it learns nothing, or one build's result, and must not hide the run before.
        """
        async with answered(f"asking {owner}", self._answer_seconds):
            try:
                view = await self._ask(owner, None, kind)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return None
            return view if _knows_all(view) else await self._known_before(owner, kind, view)

    async def _known_before(self, owner: str, kind: type[View], known: View | None) -> View | None:
        runs = answers_of_runs(
            self._client, owner, lambda run: self._ask(owner, run.run_id, kind), self._rpc_timeout
        )
        async for view in runs:
            known = _joined(known, view)
            if _knows_all(known):
                break
        return known if _knows_all(known) or _has_builds(known) else None

    async def _ask(self, owner: str, run_id: str | None, kind: type[View]) -> View | None:
        handle = self._client.get_workflow_handle(owner, run_id=run_id)
        view: View | None = await handle.query(
            names.STATE_QUERY, result_type=kind, rpc_timeout=self._rpc_timeout
        )
        return view

    # Many owners

    async def _running(self, workflow: str, ids: re.Pattern[str], limit: int) -> list[OwnerId]:
        """Ids of workflows that run; the server gives those that were started last first."""
        query = f'WorkflowType="{workflow}" AND ExecutionStatus="Running"'
        async with answered(f"listing {workflow} workflows", self._answer_seconds):
            listed = self._client.list_workflows(query, limit=limit, rpc_timeout=self._rpc_timeout)
            found = [ids.fullmatch(execution.id) async for execution in listed]
        return [owner for owner in found if owner is not None]

    async def _seen(
        self, owners: Sequence[OwnerId], kind: type[View]
    ) -> Iterable[tuple[OwnerId, View | None]]:
        """What each owner sees, as far as they answer before time is up."""
        asked = [asyncio.create_task(self._in_turn(owner[0], kind)) for owner in owners]
        try:
            if asked:
                await asyncio.wait(asked, timeout=self._answer_seconds)
        finally:
            for task in asked:
                task.cancel()
            views = await asyncio.gather(*asked, return_exceptions=True)
        return zip(owners, map(_view_or_none, views), strict=True)

    async def _in_turn(self, owner: str, kind: type[View]) -> View | None:
        async with self._turns:
            return await self._known(owner, kind)


def _knows_all(view: PullRequestView | BranchView | None) -> bool:
    """Whether the run that gave this was started by what it is about, and not by a question about that."""
    return view.head_sha is not None if isinstance(view, BranchView) else view is not None


def _has_builds(view: PullRequestView | BranchView | None) -> bool:
    return view is not None and bool(view.builds)


def _joined(later: View | None, earlier: View | None) -> View | None:
    if isinstance(later, BranchView) and isinstance(earlier, BranchView):
        return later.joined_to(earlier)
    return earlier if later is None else later


def _view_or_none(answer: View | BaseException | None) -> View | None:
    """One owner that does not answer must not hide the others."""
    if isinstance(answer, BaseException):
        if isinstance(answer, Exception):
            _log.warning("something is listed without its state: %s", answer)
        return None
    return answer


def _repository(owner: OwnerId) -> RepositoryName:
    return RepositoryName(owner=owner["owner"], name=owner["name"])
