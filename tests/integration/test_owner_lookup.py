"""Which owners run, and what those of branches knew last, on a real Temporal server."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.clients.owners import OwnerLookup
from activities.search_attributes import typed
from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect
from tests.support.eventually import eventually
from tickborg.errors import UnavailableError
from tickborg.github import RepositoryName
from tickborg.names import PULL_REQUEST_WORKFLOW, PUSH_WORKFLOW, STATE_QUERY, pull_request_id, push_id
from tickborg.search_attributes import search_attributes
from tickborg.views import BranchView

QUEUE = f"owners-{uuid4().hex[:8]}"
OLD, NEW = "a" * 40, "b" * 40


@workflow.defn(name=PUSH_WORKFLOW)
class Branch:
    """An owner that knows of one push, or of none."""

    @workflow.init
    def __init__(self, view: BranchView) -> None:
        self._view = view

    @workflow.run
    async def run(self, view: BranchView) -> None:
        """End at once, as the owner of an idle branch does."""

    @workflow.query(name=STATE_QUERY)
    def state(self) -> BranchView:
        """What it knew."""
        return self._view


@pytest.fixture
async def client(temporal: EmbeddedTemporal) -> Client:
    """A client of the server that tests share."""
    return await connect(TemporalConnection(temporal.address))


@pytest.fixture
async def worker(client: Client) -> AsyncIterator[None]:
    """Answers for owners that have ended."""
    async with Worker(
        client, task_queue=QUEUE, workflows=[Branch], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        yield


@pytest.fixture
def repo() -> RepositoryName:
    """A repository that no other test knows."""
    return RepositoryName(owner="acme", name=uuid4().hex[:8])


async def pushed(client: Client, repo: RepositoryName, branch: str, head: str | None) -> None:
    """Let an owner learn of a push, or of a button only, and end."""
    view = BranchView(repo=repo, branch=branch, head_sha=head)
    handle = await client.start_workflow(PUSH_WORKFLOW, view, id=push_id(repo, branch), task_queue=QUEUE)
    await handle.result()


async def test_owners_of_pull_requests_that_run_are_found(client: Client, repo: RepositoryName) -> None:
    """Those of this repository, and none that has ended."""
    other = RepositoryName(owner=repo.owner, name=f"{repo.name}-2")
    for of, number in ((repo, 7), (repo, 8), (other, 9)):
        await client.start_workflow(
            PULL_REQUEST_WORKFLOW,
            id=pull_request_id(of, number),
            task_queue="nobody",
            search_attributes=typed(search_attributes(of, "ada", pull=number)),
        )
    await client.get_workflow_handle(pull_request_id(repo, 8)).terminate()

    async def found() -> bool:  # the list is a moment late
        return await OwnerLookup(client).running_pulls(repo) == {7}

    await eventually(found)
    for of, number in ((repo, 7), (other, 9)):
        await client.get_workflow_handle(pull_request_id(of, number)).terminate()


@pytest.mark.parametrize("branch", ["main", "release/it's-50%-(é)"])
async def test_the_last_head_that_an_owner_knew_is_found(
    client: Client, worker: None, repo: RepositoryName, branch: str
) -> None:
    """Also behind runs that a button started, which know of no push."""
    lookup = OwnerLookup(client)
    assert await lookup.branch_head(repo, branch) is None
    await pushed(client, repo, branch, OLD)
    await pushed(client, repo, branch, NEW)
    assert await lookup.branch_head(repo, branch) == NEW
    await pushed(client, repo, branch, None)

    async def found() -> bool:
        return await lookup.branch_head(repo, branch) == NEW

    await eventually(found)
    assert await lookup.branch_head(repo, f"{branch}-2") is None


async def test_a_question_that_nobody_answers_is_asked_again(client: Client, repo: RepositoryName) -> None:
    """There is an owner, and no worker knows what it knows."""
    handle = await client.start_workflow(PUSH_WORKFLOW, id=push_id(repo, "main"), task_queue="nobody")
    with pytest.raises(UnavailableError, match=f"asking push/{repo}/main"):
        await OwnerLookup(client, rpc_timeout=timedelta(seconds=0.5)).branch_head(repo, "main")
    await handle.terminate()
