"""What is there at the end, as plain values: what the auditor looks at, and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tickborg.messages import BuildLogStatus
from tickborg.names import RECONCILE_SCHEDULE


@dataclass(frozen=True)
class StatusSeen:
    """A commit status, as it was set."""

    sha: str
    context: str
    state: str
    description: str


@dataclass(frozen=True)
class RunSeen:
    """A check run as it is."""

    id: int
    name: str
    sha: str
    status: str
    conclusion: str | None
    external_id: str
    details_url: str
    title: str = ""

    @property
    def attempt(self) -> str:
        """The attempt whose log it leads to; none if it leads elsewhere."""
        folder, _, last = self.details_url.rpartition("/")
        return last if folder.endswith("/logs") else ""

    def __str__(self) -> str:
        return f"check run {self.id} {self.name!r} of {self.sha[:7]}"


@dataclass(frozen=True)
class CommentSeen:
    """A comment as it is."""

    id: int
    pull: int
    by_bot: bool
    body: str
    seen: bool = False
    """Whether the bot has reacted to it."""


@dataclass(frozen=True)
class PullSeen:
    """A pull request as it is."""

    number: int
    is_open: bool
    draft: bool
    head_sha: str
    settled: bool = False
    """Whether its owner had said all that it had to say."""
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class WorkflowSeen:
    """A run of a workflow."""

    id: str
    run_id: str
    status: str
    failure: str = ""

    @property
    def recurs(self) -> bool:
        """Whether it is started again and again, so that one may run at any moment."""
        return self.id.startswith(RECONCILE_SCHEDULE)


@dataclass(frozen=True)
class LogSeen:
    """The log of one attempt, as it is in the store."""

    attempt: str
    sha: str
    project: str
    status: BuildLogStatus | None
    complete: bool
    holes: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class DeliverySeen:
    """An event, however often GitHub told of it."""

    guid: str
    event: str
    answers: tuple[int, ...]


@dataclass(frozen=True)
class OutputSeen:
    """What a process has said."""

    process: str
    lines: int
    complaints: tuple[str, ...] = ()
    """What only a fault of its own makes it say."""


@dataclass(frozen=True)
class Evidence:
    """All of it."""

    pulls: tuple[PullSeen, ...] = ()
    statuses: tuple[StatusSeen, ...] = ()
    """In the order in which they were set."""
    runs: tuple[RunSeen, ...] = ()
    comments: tuple[CommentSeen, ...] = ()
    workflows: tuple[WorkflowSeen, ...] = ()
    logs: tuple[LogSeen, ...] = ()
    deliveries: tuple[DeliverySeen, ...] = ()
    calls_unknown: tuple[str, ...] = ()
    """What the bot asked of GitHub that GitHub does not have."""
    restless: tuple[str, ...] = ()
    """Who had not come to rest when the time was over."""
    spooled: tuple[str, ...] = ()
    """Files of log lines that RabbitMQ has not been given."""
    queued: Mapping[str, int] = field(default_factory=dict)
    """Messages that are left, by queue."""
    outputs: tuple[OutputSeen, ...] = ()
    """Of all processes that there were."""
    endings: tuple[str, ...] = ()
    """Processes that ended by themselves in the midst of their work."""
    orphans: tuple[str, ...] = ()
    """Processes that should have ended."""
    struck: tuple[str, ...] = ()
    """Names of the faults that had an effect."""
    left: tuple[str, ...] = ()
    """Workspaces of builds that are over."""

    def statuses_of(self, sha: str, context: str) -> list[StatusSeen]:
        """What was said of a commit in one context."""
        return [each for each in self.statuses if (each.sha, each.context) == (sha, context)]

    def runs_of(self, sha: str, project: str) -> list[RunSeen]:
        """The check runs of one project on a commit, the oldest first."""
        return [run for run in self.runs if run.sha == sha and run.name.split()[0] == project]

    def comments_of(self, pull: int) -> Iterator[CommentSeen]:
        """The comments on a pull request."""
        return (comment for comment in self.comments if comment.pull == pull)
