"""What the dashboard learns from owners of pull requests, as a real Temporal server and worker tell it."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect, connect_lazily
from dashboard.ports import OpenPull
from dashboard.temporal_pulls import TemporalPullRequests
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_SECONDS
from tests.support.samples import pull_request, pull_request_view
from tickborg.errors import UnavailableError
from tickborg.github import RepositoryName
from tickborg.names import PULL_REQUEST_WORKFLOW, STATE_QUERY, TASK_QUEUE, pull_request_id
from tickborg.views import PullRequestView

IMPATIENT = 1.0


@workflow.defn(name=PULL_REQUEST_WORKFLOW)
class Owner:
    """As little of an owner as can be asked: it knows what it was started with, until it is told to end."""

    @workflow.init
    def __init__(self, view: PullRequestView | None) -> None:
        self._view = view
        self._closed = False

    @workflow.run
    async def run(self, view: PullRequestView | None) -> None:
        """Live until the end."""
        await workflow.wait_condition(lambda: self._closed)

    @workflow.signal
    def close(self) -> None:
        """End."""
        self._closed = True

    @workflow.query(name=STATE_QUERY)
    def state(self) -> PullRequestView | None:
        """What it was started with."""
        return self._view


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server for the tests of this file, each of which has a repository of its own."""
    async with EmbeddedTemporal(tmp_path_factory.mktemp("temporal")) as server:
        yield server.address


@pytest.fixture
async def client(address: str) -> Client:
    """A client of the server."""
    return await connect(TemporalConnection(address))


@pytest.fixture
async def worker(client: Client) -> AsyncIterator[None]:
    """A worker that answers for owners."""
    async with worker_of(client):
        yield


def worker_of(client: Client) -> Worker:
    """What answers for owners while it is entered."""
    runner = UnsandboxedWorkflowRunner()
    return Worker(client, task_queue=TASK_QUEUE, workflows=[Owner], workflow_runner=runner)


def patient(client: Client) -> TemporalPullRequests:
    """What waits for an answer as long as a busy machine needs."""
    return TemporalPullRequests(client, answer_seconds=PATIENCE_SECONDS)


def repository(name: str) -> RepositoryName:
    """The repository of one test."""
    return RepositoryName(owner="acme", name=name)


def view_of(repo: RepositoryName, number: int) -> PullRequestView:
    """What the owner of a pull request knows."""
    return pull_request_view(pull=pull_request(repo=repo, number=number))


async def start(client: Client, repo: RepositoryName, number: int, *, knowing: bool = True) -> None:
    """Start the owner of a pull request, which may know nothing yet."""
    view = view_of(repo, number) if knowing else None
    await client.start_workflow(
        PULL_REQUEST_WORKFLOW, view, id=pull_request_id(repo, number), task_queue=TASK_QUEUE
    )


async def close(client: Client, repo: RepositoryName, number: int) -> None:
    """End an owner and wait until it has."""
    handle = client.get_workflow_handle(pull_request_id(repo, number))
    await handle.signal("close")
    await handle.result()


@asynccontextmanager
async def listing(
    client: Client, pulls: TemporalPullRequests, expected: list[OpenPull]
) -> AsyncIterator[None]:
    """Wait until the server lists these: visibility is a moment late."""

    async def listed() -> bool:
        return [pull for pull in (await pulls.open(50)).pulls if pull in expected] == expected

    await eventually(listed)
    try:
        yield
    finally:
        for pull in expected:
            await close(client, pull.repo, pull.number)


async def test_an_owner_tells_what_it_knows(client: Client, worker: None) -> None:
    """Also when it has ended, for as long as its history is kept."""
    repo, pulls = repository("known"), patient(client)
    await start(client, repo, 7)
    assert await pulls.view(repo, 7) == view_of(repo, 7)
    await close(client, repo, 7)
    assert await pulls.view(repo, 7) == view_of(repo, 7)


async def test_what_nobody_owns_is_not_known(client: Client, worker: None) -> None:
    """Nor is what its owner has only just begun with."""
    repo, pulls = repository("unknown"), patient(client)
    assert await pulls.view(repo, 7) is None
    await start(client, repo, 8, knowing=False)
    assert await pulls.view(repo, 8) is None
    await close(client, repo, 8)


async def test_open_pull_requests_are_listed_newest_first(client: Client, worker: None) -> None:
    """Closed ones are not, and it is known that there are more than are asked for."""
    repo, pulls = repository("listed"), patient(client)
    for number in (1, 2, 3):
        await start(client, repo, number)
    await close(client, repo, 2)
    expected = [OpenPull(repo, number, view_of(repo, number)) for number in (3, 1)]
    async with listing(client, pulls, expected):
        newest = await pulls.open(1)
        assert (newest.pulls, newest.more) == ((expected[0],), True)
        assert not (await pulls.open(50)).more


async def test_without_a_worker_the_list_is_there_and_a_page_is_not(client: Client) -> None:
    """Both answers come in time; which worker would know is nobody's guess."""
    repo, pulls = repository("workerless"), TemporalPullRequests(client, answer_seconds=IMPATIENT)
    await start(client, repo, 7)
    with pytest.raises(UnavailableError, match="pr/acme/workerless/7"):
        await pulls.view(repo, 7)
    await eventually(lambda: is_listed(pulls, OpenPull(repo, 7, None)))
    async with worker_of(client):
        await close(client, repo, 7)


async def is_listed(pulls: TemporalPullRequests, pull: OpenPull) -> bool:
    """Whether it is, as it is given."""
    with suppress(UnavailableError):  # a busy machine took longer than we let it
        return pull in (await pulls.open(50)).pulls
    return False


async def test_an_owner_that_cannot_answer_is_no_fault_of_the_dashboard(client: Client, worker: None) -> None:
    """As one of an older version, which does not know the question."""
    repo = repository("older")
    pulls = patient(client)
    await client.start_workflow("SomethingElse", id=pull_request_id(repo, 7), task_queue=TASK_QUEUE)
    with pytest.raises(UnavailableError):
        await TemporalPullRequests(client, answer_seconds=IMPATIENT).view(repo, 7)
    await client.get_workflow_handle(pull_request_id(repo, 7)).terminate()
    await pulls.check()


async def test_temporal_may_be_away() -> None:
    """The process starts all the same, and every question is answered in time."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = await connect_lazily(TemporalConnection(f"127.0.0.1:{nobody.getsockname()[1]}"))
        pulls = TemporalPullRequests(client, answer_seconds=IMPATIENT)
        with pytest.raises(UnavailableError):
            await pulls.view(repository("away"), 7)
        with pytest.raises(UnavailableError):
            await pulls.open(50)
        with pytest.raises(UnavailableError):
            await pulls.check()
