"""What the dashboard learns from the owners of pull requests and branches, as a real Temporal tells it."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.runs import RUNS_LOOKED_AT
from cli import services
from cli.embedded_temporal import EmbeddedTemporal
from cli.temporal_client import TemporalConnection, connect, connect_lazily
from dashboard.ports import BusyBranch, OpenPull
from dashboard.temporal_owners import TemporalOwners
from messaging.in_process import InProcessTransport
from messaging.log_store import LogReader
from tests.support.eventually import eventually
from tests.support.html_tree import parse
from tests.support.samples import branch_view, build_view, pull_request, pull_request_view
from tickborg.errors import UnavailableError
from tickborg.github import RepositoryName
from tickborg.jobs import BuildMode, BuildOutcome
from tickborg.names import (
    PULL_REQUEST_WORKFLOW,
    PUSH_WORKFLOW,
    STATE_QUERY,
    TASK_QUEUE,
    pull_request_id,
    push_id,
)
from tickborg.policy import Policy
from tickborg.texts import links
from tickborg.views import BranchView, PullRequestView

IMPATIENT = 1.0
NEWEST = 50
ODD = "release/it's-50%-(é)"
"""As odd as a branch's name can be for those who quote it."""


class Owner:
    """As little of an owner as can be asked: it knows what it was started with, until it is told to end."""

    def __init__(self, view: PullRequestView | BranchView | None) -> None:
        self._view = view
        self._closed = False

    async def until_closed(self) -> None:
        """Live until the end."""
        await workflow.wait_condition(lambda: self._closed)

    @workflow.signal
    def close(self) -> None:
        """End."""
        self._closed = True


@workflow.defn(name=PULL_REQUEST_WORKFLOW)
class PullOwner(Owner):
    """The owner of a pull request."""

    @workflow.init
    def __init__(self, view: PullRequestView | None) -> None:
        super().__init__(view)

    @workflow.run
    async def run(self, view: PullRequestView | None) -> None:
        """Own it."""
        await self.until_closed()

    @workflow.query(name=STATE_QUERY)
    def state(self) -> PullRequestView | None:
        """What it was started with."""
        assert not isinstance(self._view, BranchView)
        return self._view


@workflow.defn(name=PUSH_WORKFLOW)
class BranchOwner(Owner):
    """The owner of a branch."""

    @workflow.init
    def __init__(self, view: BranchView) -> None:
        super().__init__(view)

    @workflow.run
    async def run(self, view: BranchView) -> None:
        """Own it."""
        await self.until_closed()

    @workflow.query(name=STATE_QUERY)
    def state(self) -> BranchView:
        """What it was started with."""
        assert isinstance(self._view, BranchView)
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
def owners(client: Client) -> TemporalOwners:
    """What is tested."""
    return TemporalOwners(client)


@pytest.fixture
async def worker(client: Client) -> AsyncIterator[None]:
    """A worker that answers for owners."""
    async with worker_of(client):
        yield


def worker_of(client: Client) -> Worker:
    """What answers for owners while it is entered."""
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[PullOwner, BranchOwner],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )


def repository(name: str) -> RepositoryName:
    """The repository of one test."""
    return RepositoryName(owner="acme", name=name)


def view_of(repo: RepositoryName, number: int) -> PullRequestView:
    """What the owner of a pull request knows."""
    return pull_request_view(pull=pull_request(repo=repo, number=number))


def branch_of(repo: RepositoryName, branch: str = "main", **fields: object) -> BranchView:
    """What the owner of a branch knows."""
    built = build_view(outcome=BuildOutcome.SUCCESS)
    return branch_view(built, repo=repo, branch=branch, **fields)


def knows_nothing(repo: RepositoryName, branch: str = "main") -> BranchView:
    """What a branch's owner knows that was started by a button of no use."""
    return BranchView(repo=repo, branch=branch)


async def start(client: Client, repo: RepositoryName, number: int, *, knowing: bool = True) -> None:
    """Start the owner of a pull request, which may know nothing yet."""
    view = view_of(repo, number) if knowing else None
    await client.start_workflow(
        PULL_REQUEST_WORKFLOW, view, id=pull_request_id(repo, number), task_queue=TASK_QUEUE
    )


async def start_branch(client: Client, view: BranchView) -> None:
    """Start the owner of a branch."""
    await client.start_workflow(
        PUSH_WORKFLOW, view, id=push_id(view.repo, view.branch), task_queue=TASK_QUEUE
    )


async def close(client: Client, workflow_id: str) -> None:
    """End an owner and wait until it has."""
    handle = client.get_workflow_handle(workflow_id)
    await handle.signal("close")
    await handle.result()


async def test_an_owner_tells_what_it_knows(client: Client, owners: TemporalOwners, worker: None) -> None:
    """Also when it has ended, for as long as its history is kept."""
    repo = repository("known")
    await start(client, repo, 7)
    assert await owners.pull(repo, 7) == view_of(repo, 7)
    await close(client, pull_request_id(repo, 7))
    assert await owners.pull(repo, 7) == view_of(repo, 7)


@pytest.mark.parametrize("branch", ["main", "release/1.2", ODD])
async def test_the_owner_of_a_branch_tells_too(
    client: Client, owners: TemporalOwners, worker: None, branch: str
) -> None:
    """It ends as soon as it has nothing to do, and then it is asked most of all."""
    repo = repository("branches")
    await start_branch(client, branch_of(repo, branch))
    assert await owners.branch(repo, branch) == branch_of(repo, branch)
    await close(client, push_id(repo, branch))
    assert await owners.branch(repo, branch) == branch_of(repo, branch)
    assert await owners.branch(repo, f"{branch}/other") is None


async def test_what_nobody_owns_is_not_known(client: Client, owners: TemporalOwners, worker: None) -> None:
    """Nor is what its owner has only just begun with."""
    repo = repository("unknown")
    assert await owners.pull(repo, 7) is None
    assert await owners.branch(repo, "main") is None
    await start(client, repo, 8, knowing=False)
    await start_branch(client, knows_nothing(repo))
    assert await owners.pull(repo, 8) is None
    assert await owners.branch(repo, "main") is None
    await close(client, pull_request_id(repo, 8))
    await close(client, push_id(repo, "main"))


async def test_a_run_that_learnt_nothing_does_not_hide_the_one_before(
    client: Client, owners: TemporalOwners, worker: None
) -> None:
    """As one that a comment on a closed pull request starts."""
    repo = repository("closed")
    for knowing in (True, False, False):
        await start(client, repo, 7, knowing=knowing)
        await close(client, pull_request_id(repo, 7))

    async def known() -> bool:  # the list of runs is a moment late
        return await owners.pull(repo, 7) == view_of(repo, 7)

    await eventually(known)


@pytest.mark.parametrize("branch", ["main", ODD])
async def test_a_button_of_no_use_does_not_hide_the_last_push(
    client: Client, owners: TemporalOwners, worker: None, branch: str
) -> None:
    """Of no other branch either."""
    repo = repository("pressed")
    for view in (branch_of(repo, branch), knows_nothing(repo, branch)):
        await start_branch(client, view)
        await close(client, push_id(repo, branch))

    async def known() -> bool:
        return await owners.branch(repo, branch) == branch_of(repo, branch)

    await eventually(known)


async def test_what_buttons_did_is_joined_to_the_last_push(
    client: Client, owners: TemporalOwners, worker: None
) -> None:
    """Each is pressed when the branch is idle, and starts an owner that knows of nothing else."""
    repo = repository("again")
    failed = build_view("zlib", outcome=BuildOutcome.FAILURE)
    pushed = branch_of(repo).model_copy(update={"builds": (*branch_of(repo).builds, failed)})
    rebuilt = build_view("zlib", outcome=BuildOutcome.SUCCESS)
    tested = build_view("zlib", outcome=BuildOutcome.SUCCESS, mode=BuildMode.TEST)
    pressed = [knows_nothing(repo).model_copy(update={"builds": (each,)}) for each in (rebuilt, tested)]
    for view in (pushed, *pressed):
        await start_branch(client, view)
        await close(client, push_id(repo, "main"))
    expected = pushed.model_copy(update={"builds": (pushed.builds[0], rebuilt, tested)})

    async def known() -> bool:
        return await owners.branch(repo, "main") == expected

    await eventually(known)


async def test_only_so_many_runs_are_asked(client: Client, owners: TemporalOwners, worker: None) -> None:
    """Somebody may comment on a closed pull request for years."""
    repo = repository("commented")
    for run in range(RUNS_LOOKED_AT + 1):
        await start(client, repo, 7, knowing=run == 0)
        await close(client, pull_request_id(repo, 7))

    async def not_known() -> bool:
        return await owners.pull(repo, 7) is None

    await eventually(not_known)


async def test_what_is_going_on_is_listed_newest_first(
    client: Client, owners: TemporalOwners, worker: None
) -> None:
    """What has ended is not, and it is known that there is more than is asked for."""
    repo = repository("listed")
    branches = ("main", "release/1.2", "topic")
    for number, branch in enumerate(branches, 1):
        await start(client, repo, number)
        await start_branch(client, branch_of(repo, branch))
    await close(client, pull_request_id(repo, 2))
    await close(client, push_id(repo, "topic"))
    pulls = [OpenPull(repo, number, view_of(repo, number)) for number in (3, 1)]
    busy = [BusyBranch(repo, branch, branch_of(repo, branch)) for branch in ("release/1.2", "main")]

    async def listed() -> bool:
        going_on = await owners.going_on(NEWEST)
        return (list(going_on.pulls), list(going_on.branches)) == (pulls, busy)

    await eventually(listed)
    newest = await owners.going_on(1)
    assert (newest.pulls, newest.more_pulls) == ((pulls[0],), True)
    assert (newest.branches, newest.more_branches) == ((busy[0],), True)
    assert not (await owners.going_on(2)).more_pulls
    for number, branch in ((1, "main"), (3, "release/1.2")):
        await close(client, pull_request_id(repo, number))
        await close(client, push_id(repo, branch))


async def test_without_a_worker_the_list_is_there_and_a_page_is_not(client: Client) -> None:
    """Both answers come in time; which worker would know is nobody's guess."""
    repo, owners = repository("workerless"), TemporalOwners(client, answer_seconds=IMPATIENT)
    await start(client, repo, 7)
    await start_branch(client, branch_of(repo))
    with pytest.raises(UnavailableError, match="pr/acme/workerless/7"):
        await owners.pull(repo, 7)
    with pytest.raises(UnavailableError, match="push/acme/workerless/main"):
        await owners.branch(repo, "main")

    async def both_are_listed() -> bool:
        going_on = await owners.going_on(NEWEST)
        return (
            OpenPull(repo, 7, None) in going_on.pulls and BusyBranch(repo, "main", None) in going_on.branches
        )

    await eventually(both_are_listed)
    async with worker_of(client):
        await close(client, pull_request_id(repo, 7))
        await close(client, push_id(repo, "main"))


async def test_an_owner_that_cannot_answer_is_no_fault_of_the_dashboard(client: Client, worker: None) -> None:
    """As one of an older version, which does not know the question."""
    repo, owners = repository("older"), TemporalOwners(client, answer_seconds=IMPATIENT)
    await client.start_workflow("SomethingElse", id=pull_request_id(repo, 7), task_queue=TASK_QUEUE)
    with pytest.raises(UnavailableError):
        await owners.pull(repo, 7)
    await client.get_workflow_handle(pull_request_id(repo, 7)).terminate()
    await owners.check()


async def test_an_answer_of_another_version_is_no_fault_of_the_dashboard(
    client: Client, owners: TemporalOwners, worker: None
) -> None:
    """In the middle of a deploy a worker may say what the dashboard cannot read yet."""
    repo = repository("newer")
    await client.start_workflow(
        PUSH_WORKFLOW, branch_of(repo), id=pull_request_id(repo, 7), task_queue=TASK_QUEUE
    )
    with pytest.raises(UnavailableError, match="pr/acme/newer/7"):
        await owners.pull(repo, 7)
    await close(client, pull_request_id(repo, 7))


async def test_what_is_not_ours_is_not_listed(client: Client, owners: TemporalOwners, worker: None) -> None:
    """A namespace may be shared, and others call their workflows as we do."""
    repo = repository("shared")
    await client.start_workflow(PUSH_WORKFLOW, branch_of(repo), id="theirs", task_queue=TASK_QUEUE)
    await start_branch(client, branch_of(repo))

    async def ours() -> tuple[BusyBranch, ...]:
        return (await owners.going_on(NEWEST)).branches

    assert await eventually(ours) == (BusyBranch(repo, "main", branch_of(repo)),)
    await close(client, "theirs")
    await close(client, push_id(repo, "main"))


async def test_temporal_may_be_away() -> None:
    """The process starts all the same, and every question is answered in time."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = await connect_lazily(TemporalConnection(f"127.0.0.1:{nobody.getsockname()[1]}"))
        owners = TemporalOwners(client, answer_seconds=IMPATIENT)
        with pytest.raises(UnavailableError):
            await owners.pull(repository("away"), 7)
        with pytest.raises(UnavailableError):
            await owners.branch(repository("away"), "main")
        with pytest.raises(UnavailableError):
            await owners.going_on(NEWEST)
        with pytest.raises(UnavailableError):
            await owners.check()


async def test_links_of_the_bot_lead_to_pages(client: Client, worker: None, tmp_path: Path) -> None:
    """Also where the dashboard is found below a path, and although the owner of the branch has ended."""
    repo, public = repository("linked"), "https://ci.example.org/bot"
    await start_branch(client, branch_of(repo, ODD))
    await close(client, push_id(repo, ODD))
    link = links.branch_url(Policy(dashboard_url=public), repo, ODD)
    transport, logs = InProcessTransport(), LogReader(tmp_path)
    async with (
        services.showing(client, transport, logs, host="127.0.0.1", port=0, public_url=public) as url,
        httpx2.AsyncClient() as http,
    ):
        answer = await http.get(link.replace("https://ci.example.org", url))
        page = parse(answer.text)
        assert (answer.status_code, page.one("h1").text) == (200, f"{ODD} branch")
        assets = {node.attributes["href"] for node in page.all("link")}
        assert assets == {"/bot/static/icon.svg", "/bot/static/dashboard.css"}
        for asset in assets:
            assert (await http.get(url + asset)).status_code == 200
