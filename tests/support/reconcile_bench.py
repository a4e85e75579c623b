"""``Reconcile`` between a GitHub, its record of deliveries and owners, all in memory."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from activities.failures import FailureInterceptor
from activities.ports import Deliveries, Installations, Owners
from activities.reconciling import ComparisonActivities, DeliveryActivities
from activities.reporting import ReportingActivities
from cli.workers import SANDBOX, CatchingUp
from cli.workflow_runner import ContextFreeRunner
from tests.support.fake_builder import FakeBuildLogs, FakeCluster, FakeStats
from tests.support.fake_github import FakeGitHub
from tickborg.deliveries import Attempt
from tickborg.errors import TickborgError, UnavailableError
from tickborg.events.pull_requests import PullRequestEvent
from tickborg.github import PullRequest, PullRequestState, RepositoryName
from tickborg.hearing import HearingPolicy
from tickborg.names import RECONCILE_WORKFLOW, TASK_QUEUE
from tickborg.reconciling import BranchTip, ReconcileReport, ReconcileStart, ServedRepository
from tickborg.served_repositories import ServedRepositories
from tickborg.starts import Start
from tickborg.views import PullRequestView
from workflows.reconcile import Reconcile

AWAY, TAKEN, UNDER_WAY = 502, 202, 0


@dataclass
class FakeDeliveries(Deliveries):
    """A record of deliveries; what is repeated ends as ``answer`` says."""

    attempts_made: list[Attempt] = field(default_factory=list)
    answer: int = TAKEN
    page: int = 1_000_000
    """How much is read at once."""
    forgets: bool = False
    """Whether nothing is repeated any more."""
    fault: Exception | None = None
    """Raised when it is read."""
    refusal: Exception | None = None
    """Raised when something is to be repeated."""
    repeated: list[str] = field(default_factory=list)
    """Guids, in the order in which they were asked for."""
    looked_since: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = count(1)

    def send(self, number: int, status: int, *, minutes_ago: float = 10) -> None:
        """Deliver so many webhooks."""
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        self.attempts_made += [self._attempt(str(uuid4()), status, at) for _ in range(number)]

    async def attempts(self, since: datetime, most: int, cursor: str = "") -> tuple[Sequence[Attempt], str]:
        """Newest first."""
        if self.fault is not None:
            raise self.fault
        self.looked_since.append(since)
        size = min(most, self.page)
        made = self.attempts_made[: int(cursor)] if cursor else self.attempts_made
        found = [each for each in reversed(made) if each.delivered_at >= since]
        return found[:size], str(len(made) - size) if len(found) > size else ""

    async def repeat(self, attempt_id: int) -> bool:
        """Deliver once more."""
        if self.refusal is not None:
            raise self.refusal
        guid = next(each.guid for each in self.attempts_made if each.id == attempt_id)
        self.repeated.append(guid)
        if self.forgets:
            return False
        self.attempts_made.append(self._attempt(guid, self.answer, datetime.now(UTC)))
        return True

    def _attempt(self, guid: str, status: int, at: datetime) -> Attempt:
        return Attempt(id=next(self._ids), guid=guid, event="push", delivered_at=at, status_code=status)


@dataclass
class FakeInstallations(Installations):
    """Repositories with the App; their pull requests are those of a :class:`FakeGitHub`."""

    github: FakeGitHub
    served: list[ServedRepository] = field(default_factory=list)
    tips: dict[str, BranchTip] = field(default_factory=dict)
    """By name of the branch, in whatever repository."""
    faults: dict[RepositoryName, Exception] = field(default_factory=dict)
    """What is raised when the pull requests of a repository are listed."""
    limited: dict[str, TickborgError] = field(default_factory=dict)
    """Installations whose repositories cannot be listed."""

    async def repositories(self, failed: Callable[[str, TickborgError], None]) -> Sequence[ServedRepository]:
        """All of them but those of an installation that is limited."""
        for installation, error in self.limited.items():
            failed(installation, error)
        return self.served

    async def open_pulls(self, repo: RepositoryName) -> Sequence[PullRequest]:
        """Those that are open."""
        if repo in self.faults:
            raise self.faults[repo]
        pulls = [pull for pull in self.github.pulls.values() if pull.repo == repo]
        return [pull for pull in pulls if pull.state is PullRequestState.OPEN]

    async def branch_tip(self, repo: RepositoryName, branch: str) -> BranchTip | None:
        """As ``tips`` says."""
        return self.tips.get(branch)


class KnowingCluster(FakeCluster, Owners):
    """Owners that know what they were told."""

    def __init__(self) -> None:
        super().__init__()
        self.heads: dict[str, str] = {}
        """What the owners of branches knew last."""
        self.stuck: set[int | str] = set()
        """Pull requests and branches whose owners cannot answer."""
        self.deaf: set[str] = set()
        """Workflow ids of owners that cannot be told."""

    async def start(self, start: Start) -> None:
        """Tell an owner."""
        if start.workflow_id in self.deaf:
            raise UnavailableError(f"{start.workflow_id} takes nothing")
        await super().start(start)
        event = start.signal.argument if start.signal else None
        if isinstance(event, PullRequestEvent):
            self.views[event.pull.repo, event.pull.number] = PullRequestView(pull=event.pull)

    async def running_pulls(self, repo: RepositoryName) -> frozenset[int]:
        """Those that know something of an open pull request."""
        return frozenset(
            number
            for (of, number), view in self.views.items()
            if of == repo and view.pull.state is PullRequestState.OPEN
        )

    async def branch_head(self, repo: RepositoryName, branch: str) -> str | None:
        """As ``heads`` says."""
        self._answer(branch)
        return self.heads.get(branch)

    async def pull_request_view(self, repo: RepositoryName, number: int) -> PullRequestView | None:
        """As ``views`` says."""
        self._answer(number)
        return await super().pull_request_view(repo, number)

    def _answer(self, owner: int | str) -> None:
        if owner in self.stuck:
            raise UnavailableError(f"the owner of {owner} could not answer")


@dataclass
class ReconcileBench:
    """All that a run sees, and how it is run."""

    client: Client
    github: FakeGitHub = field(default_factory=FakeGitHub)
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)
    cluster: KnowingCluster = field(default_factory=KnowingCluster)
    stats: FakeStats = field(default_factory=FakeStats)

    def __post_init__(self) -> None:
        self.installations = FakeInstallations(self.github)

    def serve(self, *repos: RepositoryName) -> None:
        """Install the App on repositories, in which somebody pushes all the time."""
        self.installations.served += [
            ServedRepository(repo=repo, default_branch="main", pushed_at=datetime.now(UTC)) for repo in repos
        ]

    def told(self) -> list[str]:
        """Ids of the workflows that were told something, in this order."""
        return [start.workflow_id for start in self.cluster.started]

    async def start(self, **options: Any) -> WorkflowHandle[Any, ReconcileReport]:
        """Start a run; ``options`` are those of ``Client.start_workflow``."""
        return await self.client.start_workflow(
            RECONCILE_WORKFLOW,
            ReconcileStart(grace=timedelta()),
            id=f"reconcile-{uuid4()}",
            task_queue=TASK_QUEUE,
            result_type=ReconcileReport,
            **options,
        )


@asynccontextmanager
async def reconciling(client: Client) -> AsyncIterator[ReconcileBench]:
    """A worker that only reconciles."""
    bench = ReconcileBench(client)
    hearing = HearingPolicy(served=ServedRepositories(patterns=("acme/*",)))
    comparison = ComparisonActivities(
        bench.github, bench.installations, bench.cluster, bench.cluster, hearing
    )
    async with Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[Reconcile],
        workflow_runner=ContextFreeRunner(restrictions=SANDBOX),
        activities=[
            *CatchingUp(DeliveryActivities(bench.deliveries), comparison).activities,
            ReportingActivities(bench.stats, FakeBuildLogs()).notify,
        ],
        interceptors=[FailureInterceptor()],
    ):
        yield bench
