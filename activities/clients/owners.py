"""The Temporal behind :class:`activities.ports.Owners`: which owners run, and what those of branches knew."""

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.clients.cluster import RPC_TIMEOUT, failures_of
from tickborg.github import RepositoryName
from tickborg.names import (
    PULL_REQUEST_WORKFLOW,
    REPO_ATTRIBUTE,
    STATE_QUERY,
    origin_of,
    push_id,
)
from tickborg.views import BranchView

RUNS_LOOKED_AT = 5
"""Of a branch's owner, the newest first: a button starts a run that knows of no push."""


class TemporalOwners:
    """Asks about owners in one namespace; its errors are those of :mod:`activities.clients.cluster`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def running_pulls(self, repo: RepositoryName) -> frozenset[int]:
        """Numbers of the pull requests whose owner runs; the server may be a second late."""
        running = f'WorkflowType="{PULL_REQUEST_WORKFLOW}" AND ExecutionStatus="Running"'
        query = f'{running} AND {REPO_ATTRIBUTE}="{repo}"'
        with failures_of(f"listing the owners of pull requests of {repo}"):
            listed = self._client.list_workflows(query, rpc_timeout=RPC_TIMEOUT)
            origins = [origin_of(repo, execution.id) async for execution in listed]
        return frozenset(origin.pull for origin in origins if origin is not None and origin.pull is not None)

    async def branch_head(self, repo: RepositoryName, branch: str) -> str | None:
        """The newest head that an owner of the branch knew of; None: none is remembered.

        One that has ended answers too, as long as its history is kept.
        """
        owner = push_id(repo, branch)
        with failures_of(f"asking {owner}"):
            runs = self._client.list_workflows(
                f'WorkflowId="{owner}"', limit=RUNS_LOOKED_AT, rpc_timeout=RPC_TIMEOUT
            )
            async for run in runs:
                view = await self._view(owner, run.run_id)
                if view is not None and view.head_sha is not None:
                    return view.head_sha
        return None

    async def _view(self, owner: str, run_id: str) -> BranchView | None:
        handle = self._client.get_workflow_handle(owner, run_id=run_id)
        try:
            view: BranchView = await handle.query(
                STATE_QUERY, result_type=BranchView, rpc_timeout=RPC_TIMEOUT
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None  # its history is gone already, and the list is a moment late
        return view
