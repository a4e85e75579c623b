"""What activities need of the world, as Protocols; ``cli`` hands in the clients behind them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from tickborg.deliveries import Attempt
from tickborg.errors import TickborgError
from tickborg.github import (
    CheckRun,
    CheckRunAnswer,
    CommitStatus,
    Permission,
    PullRequest,
    RepositoryName,
)
from tickborg.housekeeping import HostTidied
from tickborg.jobs import (
    BuildJob,
    MergeJob,
    MergeReport,
    ProjectsJob,
    ProjectsReport,
    PushJob,
    PushReport,
)
from tickborg.memory import LabelsLeft
from tickborg.messages import BuildLogEnd, BuildLogStart, BuildLogStatus, Event
from tickborg.push_memory import PushMemory
from tickborg.quota import Purpose
from tickborg.reconciling import BranchTip, ServedRepository
from tickborg.starts import Start
from tickborg.systems import System
from tickborg.views import PullRequestView


class GitHub(Protocol):
    """GitHub's REST API, as an installation of our App sees it.

    Every method raises the errors of :mod:`tickborg.errors`: transient, rate limited, head gone, permanent.
    """

    async def pull_request(self, repo: RepositoryName, number: int) -> PullRequest:
        """The pull request as it is now."""

    async def set_status(self, status: CommitStatus) -> None:
        """Set one context of one commit."""

    async def create_check_run(self, run: CheckRun) -> int:
        """Create a check run and return its id."""

    async def update_check_run(self, check_run_id: int, run: CheckRun) -> None:
        """Make the check run say what ``run`` says."""

    async def find_check_run(self, run: CheckRun) -> int | None:
        """The id of our check run with the same commit, name and external id, if there is one."""

    async def answer_on_check_run(self, answer: CheckRunAnswer) -> bool:
        """Put an answer above what our check run says, in place of an earlier one; False: there is none.

        How the check run ended stays as it was.
        """

    async def external_ids(self, repo: RepositoryName, sha: str) -> Sequence[str]:
        """The external ids of our check runs of a commit, of each name the latest."""

    async def labels(self, repo: RepositoryName, number: int) -> frozenset[str]:
        """The labels on a pull request."""

    async def add_labels(self, repo: RepositoryName, number: int, labels: Sequence[str]) -> None:
        """Put labels on a pull request, creating those the repository lacks."""

    async def remove_label(self, repo: RepositoryName, number: int, label: str) -> None:
        """Take one label off; one that is not there is no error."""

    async def find_comment(
        self, repo: RepositoryName, number: int, marker: str, purpose: Purpose = Purpose.RESULT
    ) -> int | None:
        """The id of our own oldest comment that contains ``marker``, if there is one."""

    async def create_comment(
        self, repo: RepositoryName, number: int, body: str, purpose: Purpose = Purpose.RESULT
    ) -> int:
        """Write a comment and return its id."""

    async def edit_comment(
        self, repo: RepositoryName, comment_id: int, body: str, purpose: Purpose = Purpose.RESULT
    ) -> bool:
        """Replace a comment's body; False: somebody deleted the comment."""

    async def react(self, repo: RepositoryName, comment_id: int, content: str) -> None:
        """Leave a reaction below a comment; one that is there, or a comment that is not, is no error."""

    async def open_pulls_at(self, repo: RepositoryName, sha: str) -> Sequence[int]:
        """Numbers of the open pull requests whose head is exactly ``sha``, those from forks included."""

    async def permission(self, repo: RepositoryName, user: str) -> Permission:
        """What ``user`` may do; cached for minutes."""


class Deliveries(Protocol):
    """GitHub's record of the webhooks that it sent to our App; errors are those of :class:`GitHub`."""

    async def attempts(self, since: datetime, most: int, cursor: str = "") -> tuple[Sequence[Attempt], str]:
        """About the newest ``most`` attempts since a moment, from ``cursor`` on; and that of older ones."""

    async def repeat(self, attempt_id: int) -> bool:
        """Ask for the delivery of an attempt once more; False: GitHub does not repeat it."""


class Installations(Protocol):
    """What our App is installed on, as it is now; errors are those of :class:`GitHub`."""

    async def repositories(self, failed: Callable[[str, TickborgError], None]) -> Sequence[ServedRepository]:
        """Every repository that is in use; ``failed`` is told of each installation whose cannot be listed."""

    async def open_pulls(self, repo: RepositoryName) -> Sequence[PullRequest]:
        """The open pull requests."""

    async def branch_tip(self, repo: RepositoryName, branch: str) -> BranchTip | None:
        """What a branch points at; None: there is no such branch."""


class Owners(Protocol):
    """What the owners of pull requests and branches know; errors are those of :class:`Cluster`."""

    async def running_pulls(self, repo: RepositoryName) -> frozenset[int]:
        """Numbers of the pull requests whose owner runs."""

    async def branch_head(self, repo: RepositoryName, branch: str) -> str | None:
        """The newest head that an owner of the branch knew of; None: no owner is remembered."""


class Repositories(Protocol):
    """Bare mirrors of repositories. Its methods block: they belong on a thread."""

    def merge(self, job: MergeJob) -> MergeReport:
        """Fetch what ``job`` names, merge it in memory and say what that changes.

        Raises:
            HeadGoneError: the head, or the pinned base, is no longer on the server.
            TransientError: the server did not answer.
        """

    def read_projects(self, job: ProjectsJob) -> ProjectsReport:
        """Fetch a branch and read its projects.

        Raises:
            HeadGoneError: the pinned commit is no longer on the server.
            TransientError: the server did not answer.
        """

    def read_push(self, job: PushJob) -> PushReport:
        """Fetch what was pushed and say what that changes.

        Raises:
            HeadGoneError: the commit that was pushed is no longer on the server.
            TransientError: the server did not answer.
        """


class Workspaces(Protocol):
    """Folders in which projects are built. Its methods block: they belong on a thread."""

    def materialise(self, job: BuildJob) -> AbstractContextManager[Path]:
        """A new folder with the files of the job's project and of what it needs; removed at the end.

        Raises:
            HeadGoneError: a commit of the job is no longer on the server.
            InfrastructureError: no space left, or the tree differs from the job's.
        """


class Disk(Protocol):
    """What a process keeps on the disk of its host. Its methods block: they belong on a thread."""

    def tidy(self, alive: Callable[[], None]) -> HostTidied:
        """Remove what is not needed any more; ``alive`` is called in between, and may end it by raising."""


@dataclass(frozen=True)
class Command:
    """One command of a build."""

    argv: tuple[str, ...]
    folder: Path
    """The workspace: the only place that can be written."""
    working_folder: Path
    """Where it is run, inside ``folder``."""
    network: bool = False
    environment: Mapping[str, str] | None = None
    """What it may know besides the allow-list of the sandbox."""


@dataclass(frozen=True)
class Exit:
    """How a command ended."""

    status: int
    """Exit status; negative: the number of the signal that ended it."""
    timed_out: bool = False
    """True: it was over its time, and its whole process tree has been ended."""


class CommandRunner(Protocol):
    """Runs contributors' code in a sandbox."""

    async def run(
        self, command: Command, *, time_limit: timedelta, output: Callable[[bytes], Awaitable[None]]
    ) -> Exit:
        """Run to the end, handing over standard output and error in the order they were written.

        When cancelled, and when ``output`` raises, it ends the whole process tree (TERM, 10 s, KILL) before
        that comes out.

        Raises:
            InfrastructureError: the sandbox could not be set up.
        """


class BuildLog(Protocol):
    """The log of one attempt, on its way to the log store."""

    async def write(self, lines: Sequence[str]) -> None:
        """Send lines, none of which contains a line break; they are numbered in this order."""

    async def close(self, status: BuildLogStatus) -> None:
        """Send the end and wait until all is kept, by RabbitMQ or in the spool on disk."""


class BuildLogs(Protocol):
    """Where logs of attempts are opened."""

    async def open(self, start: BuildLogStart) -> BuildLog:
        """Begin the log of an attempt."""

    async def abandon(self, end: BuildLogEnd) -> None:
        """Say that an attempt will write no more because its builder died."""


class Stats(Protocol):
    """Where events are counted, best effort: a lost event never holds up a build."""

    async def notify(self, *events: Event) -> None:
        """Publish events; never raises and never waits long."""


class Cluster(Protocol):
    """Temporal, asked and told from outside a workflow."""

    async def builders_online(self, system: System) -> int:
        """How many builders of ``system`` have been heard of in the last half minute."""

    async def signal(self, workflow_id: str, signal: str, argument: Any) -> bool:
        """Signal a running workflow; False: it is closed or was never there."""

    async def start(self, start: Start) -> None:
        """Start a workflow, or tell an owner that runs; return once that is durable."""

    async def pull_request_view(self, repo: RepositoryName, number: int) -> PullRequestView | None:
        """What the running owner of a pull request knows; None: none runs, or it has heard nothing yet."""

    async def last_push_memory(self, repo: RepositoryName, branch: str) -> PushMemory | None:
        """What the last run of a branch's owner left behind when it ended; None: none is remembered."""

    async def labels_left(self, repo: RepositoryName, number: int) -> LabelsLeft | None:
        """The labels that an owner which has ended had put on its pull request; None: none is remembered."""

    async def housekeeping_queues(self) -> Sequence[str]:
        """The task queues of the processes that have a disk to tidy, and are alive."""

    async def queue_length(self, system: System) -> int:
        """About how many builds wait for a free builder of ``system``."""
