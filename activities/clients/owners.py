"""The Temporal behind :class:`activities.ports.Owners`: which owners run, and what those of branches knew."""

from datetime import timedelta

from temporalio.client import Client

from activities.clients.cluster import RPC_TIMEOUT
from activities.runs import answers_of_runs, unless_gone
from activities.temporal_failures import failures_of
from tickborg.github import RepositoryName
from tickborg.names import (
    PULL_REQUEST_WORKFLOW,
    REPO_ATTRIBUTE,
    STATE_QUERY,
    origin_of,
    push_id,
)
from tickborg.views import BranchView


class OwnerLookup:
    """Asks about owners in one namespace; its errors are those of :mod:`activities.clients.cluster`."""

    def __init__(self, client: Client, *, rpc_timeout: timedelta = RPC_TIMEOUT) -> None:
        self._client = client
        self._rpc_timeout = rpc_timeout

    async def running_pulls(self, repo: RepositoryName) -> frozenset[int]:
        """Numbers of the pull requests whose owner runs; the server may be a second late."""
        running = f'WorkflowType="{PULL_REQUEST_WORKFLOW}" AND ExecutionStatus="Running"'
        query = f'{running} AND {REPO_ATTRIBUTE}="{repo}"'
        with failures_of(f"listing the owners of pull requests of {repo}"):
            listed = self._client.list_workflows(query, rpc_timeout=self._rpc_timeout)
            origins = [origin_of(repo, execution.id) async for execution in listed]
        return frozenset(origin.pull for origin in origins if origin is not None and origin.pull is not None)

    async def branch_head(self, repo: RepositoryName, branch: str) -> str | None:
        """The newest head that an owner of the branch knew of; None: none is remembered.

        One that has ended answers too, as long as its history is kept. A run that a button started knows of
        no push, and those before it are asked.
        """
        owner = push_id(repo, branch)
        with failures_of(f"asking {owner}"):
            # The newest run by name, since a list of runs is a moment late.
            if (head := await unless_gone(self._head(owner))) is not None:
                return head
            runs = answers_of_runs(
                self._client, owner, lambda run: self._head(owner, run.run_id), self._rpc_timeout
            )
            async for head in runs:
                if head is not None:
                    return head
        return None

    async def _head(self, owner: str, run_id: str | None = None) -> str | None:
        handle = self._client.get_workflow_handle(owner, run_id=run_id)
        view: BranchView = await handle.query(
            STATE_QUERY, result_type=BranchView, rpc_timeout=self._rpc_timeout
        )
        return view.head_sha
