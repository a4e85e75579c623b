"""The bot's real workers between a GitHub, a git and builders in memory: what workflow tests work with.

A test does what people do on GitHub, and reads what they see there::

    pull = await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    assert bench.github.labels_on(REPO, pull.number) == {"project: cgit"}

Webhooks go the way of the real ones, from GitHub's JSON through the webhook's own table into Temporal.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle

from activities.attempt import Builder
from activities.building import BuildActivities
from activities.clients.cluster import TemporalCluster
from activities.clients.workspace.room import BuildSlots, Room
from activities.ports import GitHub
from cli.workers import GIT_THREADS, build_worker, git_worker, workflow_worker
from tests.support.build_floor import BuildFloor, HeldRepositories
from tests.support.clock import NOON
from tests.support.dying_builder import DyingRunner, Silence
from tests.support.fake_builder import FakeBuildLogs, FakeCluster, FakeStats, FakeWorkspaces
from tests.support.fake_github import FakeGitHub, Fault
from tests.support.fake_repositories import BASE_SHA, make_project
from tests.support.github_json import pull_json
from tests.support.histories import Histories, ended_child_type, read_histories, until_renewed
from tests.support.patience import PATIENCE_SECONDS
from tests.support.time_skipping import pass_time
from tests.support.webhooks import encode, pull_request_payload
from tickborg.github import (
    CheckConclusion,
    CheckRun,
    CheckStatus,
    CommitStatus,
    Permission,
    PullRequest,
    PullRequestState,
    RepositoryName,
    StatusState,
)
from tickborg.hearing import HearingPolicy
from tickborg.memory import LabelsLeft
from tickborg.names import LOST_LOG_WORKFLOW, pull_request_id, push_id
from tickborg.policy import Policy
from tickborg.projects import Project
from tickborg.push_memory import PushMemory
from tickborg.served_repositories import ServedRepositories
from tickborg.starts import Start
from tickborg.systems import System
from tickborg.texts.statuses import EVALUATION_CONTEXT
from webhook.reading import Headers
from webhook.routing import decide
from webhook.temporal_starter import TemporalStarter

REPO = RepositoryName(owner="acme", name="mono")
HEARING = HearingPolicy(served=ServedRepositories(patterns=(str(REPO),)))
LINUX = System.X86_64_LINUX
NUMBER = 7
MAINTAINER = "grace"
"""Who may push."""
HEAD, NEXT_HEAD, THIRD_HEAD = "1" * 40, "2" * 40, "3" * 40
PROJECTS = (make_project("cgit"), make_project("cmark"), make_project("meshmc"))

_FOR_EVER = 1_000_000
_FIRST_IDS = count(1, 1_000)


T = TypeVar("T")


def make_pull(**fields: Any) -> PullRequest:
    """A pull request as it is opened at noon."""
    usual = {
        "repo": REPO,
        "number": NUMBER,
        "title": "Change things",
        "author": "ada",
        "author_association": "CONTRIBUTOR",
        "head_sha": HEAD,
        "head_ref": "topic",
        "head_repo": "ada/mono",
        "base_ref": "main",
        "base_sha": BASE_SHA,
        "updated_at": NOON,
    }
    return PullRequest.model_validate(usual | fields)


def payload_of(action: str, pull: PullRequest, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The ``pull_request`` webhook that GitHub sends about ``pull``."""
    described = pull_json(
        number=pull.number,
        title=pull.title,
        user={"login": pull.author},
        author_association=pull.author_association,
        draft=pull.draft,
        state=pull.state,
        head={"ref": pull.head_ref, "sha": pull.head_sha, "repo": {"full_name": pull.head_repo}},
        base={"ref": pull.base_ref, "sha": pull.base_sha, "repo": {"full_name": str(pull.repo)}},
        labels=[{"name": label} for label in pull.labels],
        updated_at=pull.updated_at.isoformat(),
        html_url=pull.html_url,
    )
    sender = {"login": pull.author}
    return pull_request_payload(action, pull_request=described, sender=sender, changes=dict(changes))


class NeverRaisedError(Exception):
    """What is suppressed where nothing is."""


class Bench:
    """One bot, its GitHub, its git and its builders. Made by :func:`working_bench`."""

    def __init__(
        self, client: Client, folder: Path, projects: tuple[Project, ...], port: GitHub | None = None
    ) -> None:
        self.client = client
        self.github = FakeGitHub(first_id=next(_FIRST_IDS))
        self._port = port or self.github
        self.github.grant(REPO, MAINTAINER, Permission.WRITE)
        self.repositories = HeldRepositories(*projects)
        self.cluster = FakeCluster(owners=TemporalCluster(client), left_behind=self._left_behind)
        """Says how many builders are online; the builders themselves talk to the real one."""
        self.cluster.labels = self._labels_left
        self.logs = FakeBuildLogs()
        self.stats = FakeStats()
        self.floor = BuildFloor()
        self.workspaces = FakeWorkspaces(
            folder, files={f"{project.name}/Makefile": "all:\n" for project in projects}
        )
        self._starter = TemporalStarter(client)
        self._stack = AsyncExitStack()
        self._started: dict[tuple[str, str], None] = {}

    # What people do on GitHub

    async def open(self, *projects: str, **fields: Any) -> PullRequest:
        """Open a pull request that changes ``projects``."""
        pull = make_pull(**fields)
        self.repositories.touch(pull.head_sha, *projects)
        self.github.open_pull(pull)
        return await self.deliver("opened", pull)

    async def push(
        self, pull: PullRequest, head_sha: str, *projects: str, force: bool = False
    ) -> PullRequest:
        """Give a pull request a head that changes ``projects``; with ``force`` the old one is gone."""
        self.repositories.touch(head_sha, *projects)
        pushed = self.github.push(REPO, pull.number, head_sha, force=force)
        return await self.deliver("synchronize", pushed)

    async def change(self, action: str, pull: PullRequest, **changes: Any) -> PullRequest:
        """Change a pull request in whatever way, and let GitHub call it ``action``."""
        before = self.github.pulls[pull.repo, pull.number]
        after = self.github.change_pull(pull.repo, pull.number, **changes)
        return await self.deliver(action, after, changes=_edits(before, after))

    async def close(self, pull: PullRequest) -> PullRequest:
        """Close a pull request."""
        return await self.change("closed", pull, state=PullRequestState.CLOSED)

    async def reopen(self, pull: PullRequest) -> PullRequest:
        """Open a closed pull request again."""
        return await self.change("reopened", pull, state=PullRequestState.OPEN)

    async def deliver(
        self, action: str, pull: PullRequest, *, delivery: str = "", changes: Mapping[str, Any] | None = None
    ) -> PullRequest:
        """Deliver a ``pull_request`` webhook as GitHub would; without ``delivery`` it is a new one."""
        payload = payload_of(action, pull, changes or {})
        await self.hear("pull_request", payload, pull_request_id(REPO, pull.number), delivery=delivery)
        return pull

    async def hear(
        self, event: str, payload: Mapping[str, Any], workflow_id: str, *, delivery: str = ""
    ) -> None:
        """Deliver a webhook that starts or signals ``workflow_id``, unless it is nobody's business."""
        headers = Headers((event,), (delivery or str(uuid4()),), (), ("application/json",))
        decision = decide(headers, encode(payload), HEARING)
        if isinstance(decision, Start):
            assert decision.workflow_id == workflow_id
            await self._starter.start(decision)
            await self.note(workflow_id)

    # What goes wrong with GitHub

    def break_down(self, method: str, error: Exception) -> Fault:
        """Raise ``error`` from every call of a method until :meth:`recover`."""
        return self.github.fail(method, error, times=_FOR_EVER)

    def recover(self, fault: Fault) -> None:
        """End a fault; it must have happened."""
        assert fault.left < _FOR_EVER, "the fault never happened"
        fault.left = 0

    # What people see

    async def until(self, predicate: Callable[[], T | None]) -> T:
        """Wait until ``predicate`` is true after some call of GitHub's, and return what it gave."""
        return await self.github.until(predicate)

    async def until_status(
        self, sha: str, *states: StatusState, context: str = EVALUATION_CONTEXT
    ) -> CommitStatus:
        """Wait until the newest status of a commit is one of ``states``."""
        github = self.github
        status = await self.until(
            lambda: (status := github.status(sha, context)) and (status if status.state in states else None)
        )
        assert isinstance(status, CommitStatus)
        return status

    async def until_said(self, sha: str, description: str, context: str = EVALUATION_CONTEXT) -> None:
        """Wait until a status of a commit has said ``description``, whatever it says now."""
        github = self.github
        await self.until(
            lambda: (
                any(each.description == description for each in github.status_history(sha, context)) or None
            )
        )

    async def until_commented(self, text: str, number: int = NUMBER) -> str:
        """Wait until the summary comment contains ``text``, and return all of it."""
        github = self.github
        body = await self.until(
            lambda: next((c.body for c in github.bot_comments(REPO, number) if text in c.body), None)
        )
        assert body is not None
        return body

    async def until_labelled(self, *labels: str, number: int = NUMBER) -> None:
        """Wait until exactly these labels are on the pull request."""
        await self.until(lambda: self.github.labels_on(REPO, number) == set(labels) or None)

    async def until_check_run(
        self,
        project: str,
        state: CheckStatus | CheckConclusion,
        *,
        sha: str = HEAD,
        system: System = LINUX,
        branch: str = "",
    ) -> CheckRun:
        """Wait until the newest check run of a project is at ``state``; of a push, if ``branch`` is named."""
        run = await self.until(partial(self._check_run_at, _name(project, system, branch), sha, state))
        assert isinstance(run, CheckRun)
        return run

    async def until_first_is_cancelled(self, project: str) -> CheckRun:
        """Wait until the oldest check run of a project is cancelled, whatever the newer ones say."""

        def cancelled() -> CheckRun | None:
            first = self.check_run_history(project)[0][-1]
            return first if first.conclusion is CheckConclusion.CANCELLED else None

        return await self.until(cancelled)

    async def until_titled(self, project: str, beginning: str, system: System = LINUX) -> CheckRun:
        """Wait until the title of the newest check run of a project begins so."""
        name = _name(project, system, "")

        def titled() -> CheckRun | None:
            run = self.github.check_run(name, HEAD)
            return run if run is not None and run.title.startswith(beginning) else None

        run = await self.until(titled)
        assert isinstance(run, CheckRun)
        return run

    def check_run_history(
        self, project: str, sha: str = HEAD, system: System = LINUX, branch: str = ""
    ) -> list[list[CheckRun]]:
        """All that each check run of that name said, the oldest run first."""
        name = _name(project, system, branch)
        histories = self.github.check_runs.values()
        return [each for each in histories if (each[-1].name, each[-1].head_sha) == (name, sha)]

    def summary(self, number: int = NUMBER) -> str:
        """What the summary comment says; there must be one."""
        [comment] = self.github.bot_comments(REPO, number)
        return comment.body

    # What an operator sees in Temporal

    def first_run(self, number: int = NUMBER) -> WorkflowHandle[Any, Any]:
        """The first run of the owner of a pull request."""
        workflow_id, run_id = next(key for key in self._started if key[0] == pull_request_id(REPO, number))
        return self.client.get_workflow_handle(workflow_id, run_id=run_id)

    async def histories(self) -> Histories:
        """All that ran until now."""
        return await read_histories(self.client, self._started)

    async def cancel(self, workflow_type: str) -> WorkflowHandle[Any, Any]:
        """Ask the first workflow of that type to end, as its owner would."""
        run = (await self.histories()).of(workflow_type)[0]
        handle = self.client.get_workflow_handle(run.workflow_id, run_id=run.run_id)
        await handle.cancel()
        return handle

    async def until_told_to_end(self, workflow_type: str) -> None:
        """Wait until the first workflow of that type has been asked to end, and has heard it."""
        run = (await self.histories()).of(workflow_type)[0]
        handle = self.client.get_workflow_handle(run.workflow_id, run_id=run.run_id)
        asked = False
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for event in handle.fetch_history_events(wait_new_event=True):
                asked |= event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED
                if asked and event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                    return
        raise AssertionError(f"{run.workflow_id} was not asked to end")

    async def until_ended(self, workflow_type: str, count: int = 1, number: int = NUMBER) -> None:
        """Wait until the owner has heard of the end of so many children of that type."""
        handle = self.client.get_workflow_handle(pull_request_id(REPO, number))
        left = count
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for event in handle.fetch_history_events(wait_new_event=True):
                left -= ended_child_type(event) == workflow_type
                if not left:
                    return
        raise AssertionError(f"only {count - left} of {count} {workflow_type} ended")

    async def until_renewed(self, number: int = NUMBER) -> None:
        """Wait until the first run of the owner has continued as new."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await until_renewed(self.first_run(number))

    # Time, builders and the end

    async def pass_time(self, **duration: float) -> None:
        """Move the server's clock on by a ``timedelta`` of that much."""
        await pass_time(self.client, timedelta(**duration))

    async def add_builder(
        self,
        system: System = LINUX,
        *,
        identity: str = "builder-1",
        concurrent: int = 4,
        silent: bool = False,
    ) -> None:
        """Put a builder online; a ``silent`` one is not heard of any more once it has begun to build."""
        dying = DyingRunner()
        client = await Client.connect(
            self.client.service_client.config.target_host,
            data_converter=self.client.data_converter,
            runtime=self.client.service_client.config.runtime,
            identity=identity,
            interceptors=[Silence(dying)] if silent else [],
        )
        building = BuildActivities(
            Builder(identity=identity, jobs=2, heartbeat_interval=timedelta(seconds=0.1)),
            workspaces=self.workspaces,
            runner=dying if silent else self.floor,
            logs=self.logs,
            stats=self.stats,
            cluster=TemporalCluster(client),
        )
        slots = BuildSlots(concurrent, Room(lambda: 0, least=0))
        worker = build_worker(client, system, building, slots=slots, grace=timedelta())
        await self._stack.enter_async_context(worker)
        self.cluster.builders[system] = self.cluster.builders.get(system, 0) + 1

    async def end(self) -> Histories:
        """Close what is open, see every owner end, and return all that ran."""
        for pull in list(self.github.pulls.values()):
            if pull.state is PullRequestState.OPEN and self._has_owner(pull.number):
                await self.close(pull)
        for workflow_id in dict.fromkeys(workflow_id for workflow_id, _ in self._started):
            # An owner never fails. A comment's or a button's workflow may, and shows why in the Web UI.
            may_fail = workflow_id.startswith(("comment/", "rerun/"))
            refusal = WorkflowFailureError if may_fail else NeverRaisedError
            with suppress(refusal):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self.client.get_workflow_handle(workflow_id).result()
        histories = await self.histories()
        lost_logs = histories.of(LOST_LOG_WORKFLOW)  # nobody else waits for these
        for lost in lost_logs:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.client.get_workflow_handle(lost.workflow_id).result()
        return await self.histories() if lost_logs else histories

    def _has_owner(self, number: int) -> bool:
        return any(workflow_id == pull_request_id(REPO, number) for workflow_id, _ in self._started)

    @asynccontextmanager
    async def working(
        self, policy: Policy, builders: tuple[System, ...], concurrent: int
    ) -> AsyncIterator[None]:
        """Let the bot's workers work."""
        async with self._stack as stack:
            threads = stack.enter_context(ThreadPoolExecutor(GIT_THREADS))
            self._new_decider = partial(
                workflow_worker,
                self.client,
                github=self._port,
                cluster=self.cluster,
                policy=policy,
                stats=self.stats,
                logs=self.logs,
            )
            self._decider = await stack.enter_async_context(self._new_decider())
            await stack.enter_async_context(git_worker(self.client, self.repositories, threads))
            for system in builders:
                await self.add_builder(system, concurrent=concurrent)
            yield

    @asynccontextmanager
    async def nobody_decides(self) -> AsyncIterator[None]:
        """End the worker that decides; at the end another one is told at once of all that came meanwhile."""
        await self._decider.shutdown()
        yield
        self._decider = await self._stack.enter_async_context(self._new_decider())

    async def note(self, workflow_id: str) -> None:
        """Have the newest run of a workflow seen through at the end."""
        described = await self.client.get_workflow_handle(workflow_id).describe()
        self._started[described.id, described.run_id] = None

    async def _left_behind(self, repo: RepositoryName, branch: str) -> PushMemory | None:
        """What the last run of a branch's owner has left behind, of those that this test has started."""
        return await self._last_result(push_id(repo, branch), PushMemory)

    async def _labels_left(self, repo: RepositoryName, number: int) -> LabelsLeft | None:
        """The same of a pull request's owner."""
        return await self._last_result(pull_request_id(repo, number), LabelsLeft)

    async def _last_result(self, owner: str, kind: type[T]) -> T | None:
        asking = activity.info().workflow_run_id
        runs = [run_id for workflow_id, run_id in self._started if workflow_id == owner and run_id != asking]
        if not runs:
            return None
        handle = self.client.get_workflow_handle(owner, run_id=runs[-1], result_type=kind)
        left: T = await handle.result()
        return left

    def _check_run_at(self, name: str, sha: str, state: CheckStatus | CheckConclusion) -> CheckRun | None:
        run = self.github.check_run(name, sha)
        return run if run is not None and state in {run.status, run.conclusion} else None


@asynccontextmanager
async def working_bench(
    client: Client,
    folder: Path,
    *,
    policy: Policy | None = None,
    projects: tuple[Project, ...] = PROJECTS,
    builders: tuple[System, ...] = (LINUX,),
    concurrent_builds: int = 4,
) -> AsyncIterator[Bench]:
    """A bot at work on the server of ``client``; at the end nothing may be left that was not seen through."""
    bench = Bench(client, folder, projects)
    async with bench.working(policy or Policy(), builders, concurrent_builds):
        yield bench
        histories = await bench.end()
    histories.assert_healthy()
    assert not bench.github.unstruck(), "faults were planned that never happened"
    assert not bench.workspaces.left(), "workspaces were left behind"


def _name(project: str, system: System, branch: str) -> str:
    """What a check run is called."""
    return f"{project} on {system}" + (f" (push to {branch})" if branch else "")


def _edits(before: PullRequest, after: PullRequest) -> dict[str, Any]:
    """What GitHub tells of an edit: the old values (``changes`` of a webhook)."""
    edits: dict[str, Any] = {}
    if before.title != after.title:
        edits["title"] = {"from": before.title}
    if before.base_ref != after.base_ref:
        edits["base"] = {"ref": {"from": before.base_ref}, "sha": {"from": before.base_sha}}
    return edits
