"""What the owner of a branch remembers: the one state object that is carried on as new."""

from tickborg.build_records import OwnerMemory
from tickborg.events.pushes import PushEvent
from tickborg.github import RepositoryName
from tickborg.jobs import PushReport
from tickborg.requests import ButtonOrder
from tickborg.values import Value
from tickborg.views import BranchView

CHAIN_LIMIT = 50
"""Pushes whose place in the order is remembered."""


class PushMemory(OwnerMemory):
    """All an owner knows about its branch while something is done about it."""

    branch: str
    head: PushEvent | None = None
    """The newest push; None before the first."""
    chain: tuple[tuple[str, str], ...] = ()
    """Pushes heard of, oldest first, each as (before, after): how a late one is known."""
    waiting: tuple[PushEvent | ButtonOrder, ...] = ()
    """What is to be looked at, the oldest first."""
    wanted: tuple[str, ...] = ()
    """Projects that pushes changed, and whose builds on the newest head have not been started yet; sorted."""
    error: str = ""
    """Why the newest push could not be looked at; empty: it could, or nothing is known yet."""

    def take(self, push: PushEvent) -> None:
        """Take in a push that has not been looked at: as the newest unless a newer one is known."""
        self.waiting = (*self.waiting, push)
        follows = self.head is not None and push.before == self.head.after
        if follows or not any(before == push.after for before, _ in self.chain):
            self.head = push
            self.error = ""
        self.chain = (*self.chain, (push.before, push.after))[-CHAIN_LIMIT:]

    def want(self, projects: tuple[str, ...]) -> None:
        """Have these built on the newest head, as soon as that has been looked at."""
        self.wanted = tuple(sorted({*self.wanted, *projects}))

    def look_again(self) -> None:
        """Look at the newest push once more, if something came late that is to be built on it."""
        if self.wanted and self.head is not None:
            self.waiting = (*self.waiting, self.head)

    @property
    def looking_for_more(self) -> bool:
        """Whether a push has not been looked at yet, so that nothing is started on a head that is old."""
        return any(isinstance(item, PushEvent) for item in self.waiting)

    def forget_the_done(self) -> None:
        """Let go of builds of older heads that have ended: an owner of a busy branch lives long.

        Without a push there is no older head: what a button was pressed for is all there is to show.
        """
        if self.head is None:
            return
        self.builds = {
            key: record
            for key, record in self.builds.items()
            if not record.done or record.job.merge.head_sha == self.head.after
        }

    def view(self) -> BranchView:
        """What others may see."""
        return BranchView(
            repo=self.repo,
            branch=self.branch,
            head_sha=self.head.after if self.head else None,
            pusher=self.head.pusher if self.head else "",
            looking=self.looking_for_more,
            error=self.error,
            waiting=self.wanted,
            builds=tuple(record.view for record in self.builds.values()),
        )


class PushLook(Value):
    """What was found out about a push, or about the commit of a check run."""

    about: PushEvent | ButtonOrder
    report: PushReport | None = None
    """None: it could not be found out."""
    error: str = ""
    gone: bool = False
    """True: its commit is no longer on GitHub, so that a newer push has replaced it."""


class PushStart(Value):
    """What a ``Push`` workflow is started with; its first event comes as a signal."""

    repo: RepositoryName
    branch: str
    memory: PushMemory | None = None
    """What the run before this one knew, when it was continued as new."""
