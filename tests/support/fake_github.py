"""GitHub in memory, behind :class:`activities.ports.GitHub`: keeps what it is told, fails when asked to.

A test sets it up, lets workflows or activities talk to it, waits with :meth:`FakeGitHub.until` for what a
person would see, and reads it off. Every call wakes the waiters, so nothing sleeps::

    github.open_pull(pull)
    github.fail("set_status", UnavailableError("502"), times=2)
    ...
    await github.until(lambda: github.status(pull.head_sha, "tickborg-eval"))
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from activities.ports import GitHub
from tests.support.patience import PATIENCE_SECONDS
from tickborg.errors import HeadGoneError, PermanentError
from tickborg.github import (
    CheckRun,
    CheckRunAnswer,
    CommitStatus,
    Permission,
    PullRequest,
    PullRequestState,
    RepositoryName,
)
from tickborg.quota import Purpose
from tickborg.texts import button_answers

BOT = "tickbot[bot]"

T = TypeVar("T")


@dataclass(eq=False)
class Comment:
    """A comment with every body it ever had, oldest first."""

    id: int
    repo: RepositoryName
    number: int
    author: str
    bodies: list[str]
    written_at: datetime
    reactions: set[str] = field(default_factory=set)
    """The bot's."""

    @property
    def body(self) -> str:
        """What it says now."""
        return self.bodies[-1]


@dataclass(eq=False)
class Fault:
    """An error for the next ``left`` calls; ``carried_out``: they are done and only the answer is lost."""

    error: Exception
    left: int
    carried_out: bool


@dataclass(eq=False)
class Gate:
    """Where calls wait for ``event``."""

    event: asyncio.Event
    sha: str | None
    """The commit that they must be about; None: any."""
    left: int | None
    """How many calls it is for; None: all."""

    async def passed(self, sha: str) -> None:
        """Wait, if a call about ``sha`` has to."""
        if self.sha not in {None, sha} or self.left == 0:
            return
        if self.left is not None:
            self.left -= 1
        await self.event.wait()


@dataclass(eq=False)
class FakeGitHub:
    """Repositories that our App is installed on, as far as tickborg can tell them from real ones."""

    pulls: dict[tuple[RepositoryName, int], PullRequest] = field(default_factory=dict)
    statuses: list[CommitStatus] = field(default_factory=list)
    """Every status that was ever set, oldest first."""
    check_runs: dict[int, list[CheckRun]] = field(default_factory=dict)
    """What each check run said, oldest first."""
    comments: dict[int, Comment] = field(default_factory=dict)
    first_id: int = 1
    """Of what is made: comments are done once for ever, so tests that share a Temporal must not share ids."""
    calls: Counter[str] = field(default_factory=Counter)
    """How often each method was called, failed calls included."""

    def __post_init__(self) -> None:
        self._labels: defaultdict[tuple[RepositoryName, int], dict[str, str]] = defaultdict(dict)
        self._permissions: dict[tuple[RepositoryName, str], Permission] = {}
        self._gone: set[str] = set()
        self._stale: defaultdict[tuple[RepositoryName, int], list[PullRequest]] = defaultdict(list)
        self._faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self._gates: defaultdict[str, list[Gate]] = defaultdict(list)
        self._ids = count(self.first_id)
        self._changed = asyncio.Condition()

    # What people do on GitHub

    def open_pull(self, pull: PullRequest) -> PullRequest:
        """Open a pull request, or make it what ``pull`` says, labels included."""
        key = (pull.repo, pull.number)
        self.pulls[key] = pull
        self._labels[key] = {label.lower(): label for label in pull.labels}
        return pull

    def change_pull(self, repo: RepositoryName, number: int, **changes: Any) -> PullRequest:
        """Change fields of a pull request, a second after its last change."""
        old = self.pulls[repo, number]
        changes = {"updated_at": old.updated_at + timedelta(seconds=1)} | changes
        self.pulls[repo, number] = new = old.model_copy(update=changes)
        return new

    def push(self, repo: RepositoryName, number: int, head_sha: str, *, force: bool = False) -> PullRequest:
        """Give a pull request another head; with ``force`` the old one is gone from the server."""
        if force:
            self._gone.add(self.pulls[repo, number].head_sha)
        return self.change_pull(repo, number, head_sha=head_sha)

    def close(self, repo: RepositoryName, number: int) -> PullRequest:
        """Close a pull request."""
        return self.change_pull(repo, number, state=PullRequestState.CLOSED)

    def grant(self, repo: RepositoryName, user: str, permission: Permission) -> None:
        """Give ``user`` a permission; everybody else may read."""
        self._permissions[repo, user.lower()] = permission

    def put_label(self, repo: RepositoryName, number: int, label: str) -> None:
        """Put a label on a pull request by hand."""
        self._labels[repo, number].setdefault(label.lower(), label)

    def write_comment(self, repo: RepositoryName, number: int, author: str, body: str) -> int:
        """Write a comment as ``author`` and return its id."""
        pull = self.change_pull(repo, number)
        comment = Comment(next(self._ids), repo, number, author, [body], pull.updated_at)
        self.comments[comment.id] = comment
        return comment.id

    def delete_comment(self, comment_id: int) -> None:
        """Delete a comment by hand."""
        del self.comments[comment_id]

    # What goes wrong

    def fail(self, method: str, error: Exception, *, times: int = 1, carried_out: bool = False) -> Fault:
        """Raise ``error`` from the next ``times`` calls of ``method``, after those asked for before.

        With ``carried_out`` the calls are done all the same: only their answer is lost.
        """
        fault = Fault(error, times, carried_out)
        self._faults[_checked(method)].append(fault)
        return fault

    def lag(self, old: PullRequest, times: int = 1) -> None:
        """Let a replica that lags answer the next ``times`` questions with ``old``."""
        self._stale[old.repo, old.number] += [old] * times

    def hold(self, method: str, *, sha: str | None = None, calls: int | None = None) -> asyncio.Event:
        """Let calls of ``method`` wait until the event is set; they are counted as they arrive.

        With ``sha`` only those about that commit, with ``calls`` only the next so many.
        """
        gate = Gate(asyncio.Event(), sha, calls)
        self._gates[_checked(method)].append(gate)
        return gate.event

    def unstruck(self) -> list[Fault]:
        """Faults that were asked for and have not all happened: a test that planned them proves nothing."""
        return [fault for faults in self._faults.values() for fault in faults if fault.left]

    # What a person sees

    async def until(self, predicate: Callable[[], T | None], *, within: float = PATIENCE_SECONDS) -> T:
        """Wait until ``predicate`` is true after some call, and return what it gave; ``within`` seconds.

        Raises:
            AssertionError: it never was; the message says what was called.
        """
        try:
            async with asyncio.timeout(within), self._changed:
                seen = await self._changed.wait_for(predicate)
        except TimeoutError:
            raise AssertionError(f"not within {within} s; calls until then: {dict(self.calls)}") from None
        assert seen is not None
        return seen

    def status(self, sha: str, context: str) -> CommitStatus | None:
        """The newest status of one context of a commit."""
        history = self.status_history(sha, context)
        return history[-1] if history else None

    def status_history(self, sha: str, context: str) -> list[CommitStatus]:
        """All statuses of one context of a commit, oldest first."""
        return [status for status in self.statuses if (status.sha, status.context) == (sha, context)]

    def check_run(self, name: str, sha: str | None = None) -> CheckRun | None:
        """What the newest check run of that name says, on ``sha`` or on any commit."""
        histories = [
            history
            for history in self.check_runs.values()
            if history[-1].name == name and sha in {None, history[-1].head_sha}
        ]
        return histories[-1][-1] if histories else None

    def bot_comments(self, repo: RepositoryName, number: int) -> list[Comment]:
        """The comments that the bot wrote, oldest first."""
        on_pull = (
            comment for comment in self.comments.values() if (comment.repo, comment.number) == (repo, number)
        )
        return [comment for comment in on_pull if comment.author == BOT]

    def labels_on(self, repo: RepositoryName, number: int) -> set[str]:
        """The labels on a pull request."""
        return set(self._labels[repo, number].values())

    # The Protocol

    async def pull_request(self, repo: RepositoryName, number: int) -> PullRequest:
        """What a lagging replica still believes, if one was set up, or the pull request as it is."""
        async with self._call("pull_request"):
            if stale := self._stale[repo, number]:
                return stale.pop(0)
            return self._pull(repo, number).model_copy(update={"labels": self._sorted_labels(repo, number)})

    async def set_status(self, status: CommitStatus) -> None:
        """Keep the status; HeadGoneError for a commit that was pushed over."""
        async with self._call("set_status", status.sha):
            self._require_commit(status.sha)
            self.statuses.append(status)

    async def create_check_run(self, run: CheckRun) -> int:
        """Start the history of a new check run."""
        async with self._call("create_check_run", run.head_sha):
            self._require_commit(run.head_sha)
            check_run_id = next(self._ids)
            self.check_runs[check_run_id] = [run]
            return check_run_id

    async def update_check_run(self, check_run_id: int, run: CheckRun) -> None:
        """Add to the history of a check run."""
        async with self._call("update_check_run", run.head_sha):
            if check_run_id not in self.check_runs:
                raise PermanentError(f"PATCH check-runs/{check_run_id}: GitHub answered 404, 'Not Found'")
            self.check_runs[check_run_id].append(run)

    async def find_check_run(self, run: CheckRun) -> int | None:
        """The newest check run with the same commit, name and external id."""
        async with self._call("find_check_run", run.head_sha):
            self._require_commit(run.head_sha)
            wanted = (run.head_sha, run.name, run.external_id)
            return max(
                (
                    check_run_id
                    for check_run_id, history in self.check_runs.items()
                    if (history[-1].head_sha, history[-1].name, history[-1].external_id) == wanted
                ),
                default=None,
            )

    async def answer_on_check_run(self, answer: CheckRunAnswer) -> bool:
        """Add to the history of the newest check run with that commit, name and external id."""
        async with self._call("answer_on_check_run", answer.head_sha):
            self._require_commit(answer.head_sha)
            wanted = (answer.head_sha, answer.name, answer.external_id)
            for _, history in sorted(self.check_runs.items(), reverse=True):
                run = history[-1]
                if (run.head_sha, run.name, run.external_id) == wanted:
                    summary = button_answers.above(run.summary, answer.text)
                    history.append(run.model_copy(update={"summary": summary}))
                    return True
            return False

    async def external_ids(self, repo: RepositoryName, sha: str) -> Sequence[str]:
        """Those of the newest check run of each name."""
        async with self._call("external_ids"):
            runs = [history[-1] for _, history in sorted(self.check_runs.items())]
            newest = {run.name: run for run in runs if (run.repo, run.head_sha) == (repo, sha)}
            return [run.external_id for run in newest.values()]

    async def labels(self, repo: RepositoryName, number: int) -> frozenset[str]:
        """The labels as people wrote them."""
        async with self._call("labels"):
            self._pull(repo, number)
            return frozenset(self.labels_on(repo, number))

    async def add_labels(self, repo: RepositoryName, number: int, labels: Sequence[str]) -> None:
        """Add labels; one that is there in another case stays as it is, as on GitHub."""
        async with self._call("add_labels"):
            self._pull(repo, number)
            for label in labels:
                self.put_label(repo, number, label)

    async def remove_label(self, repo: RepositoryName, number: int, label: str) -> None:
        """Take a label off, in whatever case."""
        async with self._call("remove_label"):
            self._pull(repo, number)
            self._labels[repo, number].pop(label.lower(), None)

    async def find_comment(
        self, repo: RepositoryName, number: int, marker: str, purpose: Purpose = Purpose.RESULT
    ) -> int | None:
        """The bot's oldest comment with the marker; a person who quotes it is not the bot."""
        async with self._call("find_comment"):
            ours = self.bot_comments(repo, number)
            return next((comment.id for comment in ours if marker in comment.body), None)

    async def create_comment(
        self, repo: RepositoryName, number: int, body: str, purpose: Purpose = Purpose.RESULT
    ) -> int:
        """Write a comment as the bot."""
        async with self._call("create_comment"):
            self._pull(repo, number)
            return self.write_comment(repo, number, BOT, body)

    async def edit_comment(
        self, repo: RepositoryName, comment_id: int, body: str, purpose: Purpose = Purpose.RESULT
    ) -> bool:
        """Add to the bodies of a comment; False: it was deleted."""
        async with self._call("edit_comment"):
            comment = self.comments.get(comment_id)
            if comment is None or comment.repo != repo:
                return False
            comment.bodies.append(body)
            return True

    async def react(self, repo: RepositoryName, comment_id: int, content: str) -> None:
        """Leave a reaction as the bot; the same twice is one, and a comment that is gone takes none."""
        async with self._call("react"):
            comment = self.comments.get(comment_id)
            if comment is not None and comment.repo == repo:
                comment.reactions.add(content)

    async def open_pulls_at(self, repo: RepositoryName, sha: str) -> list[int]:
        """Numbers of the open pull requests with that head."""
        async with self._call("open_pulls_at"):
            return [
                pull.number
                for pull in self.pulls.values()
                if (pull.repo, pull.head_sha, pull.state) == (repo, sha, PullRequestState.OPEN)
            ]

    async def permission(self, repo: RepositoryName, user: str) -> Permission:
        """What was granted; everybody may read."""
        async with self._call("permission"):
            return self._permissions.get((repo, user.lower()), Permission.READ)

    # Inside

    @asynccontextmanager
    async def _call(self, method: str, sha: str = "") -> AsyncIterator[None]:
        self.calls[method] += 1
        await self._wake()
        for gate in self._gates[method]:
            await gate.passed(sha)
        fault = self._strike(method)
        if fault is not None and not fault.carried_out:
            raise fault.error
        yield
        await self._wake()
        if fault is not None:
            raise fault.error

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _strike(self, method: str) -> Fault | None:
        fault = next((fault for fault in self._faults[method] if fault.left), None)
        if fault is not None:
            fault.left -= 1
        return fault

    def _pull(self, repo: RepositoryName, number: int) -> PullRequest:
        pull = self.pulls.get((repo, number))
        if pull is None:
            raise PermanentError(f"GET /repos/{repo}/pulls/{number}: GitHub answered 404, 'Not Found'")
        return pull

    def _require_commit(self, sha: str) -> None:
        if sha in self._gone:
            raise HeadGoneError(f"GitHub answered 422, 'No commit found for SHA: {sha}'")

    def _sorted_labels(self, repo: RepositoryName, number: int) -> tuple[str, ...]:
        return tuple(sorted(self._labels[repo, number].values()))


def _checked(method: str) -> str:
    """A method's name; a misspelt one would make a fault that never strikes."""
    if method.startswith("_") or not hasattr(GitHub, method):
        raise ValueError(f"activities.ports.GitHub has no method {method!r}")
    return method
