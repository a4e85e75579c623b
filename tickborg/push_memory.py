"""What the owner of a branch remembers: the one state object that is carried on as new."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import chain, islice

from pydantic import Field, field_validator

from tickborg import push_superseded
from tickborg.build_records import BuildRecord, OwnerMemory
from tickborg.events.pushes import PushEvent
from tickborg.github import RepositoryName
from tickborg.jobs import PushReport, SkippedBuild
from tickborg.push_order import end_of_trail, newest_of, surely_follows
from tickborg.requests import ButtonOrder
from tickborg.values import Value
from tickborg.views import BranchView

SKIPPED_LIMIT = 500
"""Builds that were not made and are remembered, of each commit."""

CHAIN_LIMIT = 50
"""Pushes whose place in the order is remembered."""


class PushMemory(OwnerMemory):
    """All an owner knows about its branch while something is done about it."""

    branch: str
    head: PushEvent | None = None
    """The newest push; None before the first."""
    doubted: PushEvent | None = None
    """The newest push before one came that does not follow it: that one is newer, or comes late. A look will
    tell; None: there is no doubt."""
    chain: tuple[PushEvent, ...] = ()
    """Pushes heard of, in the order in which they came: how a late one is known."""
    waiting: tuple[PushEvent | ButtonOrder, ...] = ()
    """What is to be looked at, the oldest first."""
    wanted: tuple[str, ...] = ()
    """Projects that pushes changed, and whose builds on the newest head have not been started yet; sorted."""
    superseded: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By their commit: projects that were wanted on a newer one instead, should the branch be set back."""
    owed: dict[str, str] = Field(default_factory=dict)
    """From which commit to which one nobody knows what was pushed, for looking at it failed."""
    learnt: PushEvent | None = None
    """The newest push as it was looked at: looked at again, it changes nothing more."""
    found: tuple[str, ...] = ()
    """Projects that looks at its commit have found changed, or wanted there, wherever they began; sorted."""
    skipped: dict[str, tuple[SkippedBuild, ...]] = Field(default_factory=dict)
    """By their commit: builds that were not made of it, of very many only the first."""
    error: str = ""
    """Why the newest push could not be looked at; empty: it could, or nothing is known yet."""

    @field_validator("owed", mode="before")
    @classmethod
    def _read_owed(cls, written: object) -> object:
        """Owners from before wrote only the commit where it begins, or None."""
        return {written: ""} if isinstance(written, str) else written or {}

    def take(self, push: PushEvent, may_doubt: Callable[[], bool] = lambda: True) -> None:
        """Take in a push that has not been looked at: as the newest unless a newer one is known.

        Args:
            push: the one heard of now.
            may_doubt: asked where it begins at the newest and goes where the branch has been before, or makes
                a branch that is known: whether only git can tell then.
        """
        is_certain = self.head is None or surely_follows(self.chain, self.head, push)
        if not is_certain and self.head is not None and push.before == self.head.after:
            is_certain = not may_doubt()
        newest = newest_of(self.chain, self.head, push)
        self.chain = (*self.chain, push)[-CHAIN_LIMIT:]
        if newest not in {push, self.head} and self.doubted is not None:
            newest = self.doubted  # the head has been found to lead to what was known before it: it was late
        if newest == self.head and push.is_creation and may_doubt():
            newest = push  # what it leads to may have been deleted since, which nobody tells
        if newest != self.head:
            if not is_certain and self._is_to_be_doubted(newest):
                self.doubted = self.head
            self.head, self.error = newest, ""
        self.waiting = (*self.waiting, push)

    def _is_to_be_doubted(self, newest: PushEvent) -> bool:
        """Whether it is the head that may be newer than ``newest``, and not one before that."""
        if self.doubted is None or self.doubted == newest:
            return True
        return end_of_trail(self.chain, self.doubted) == newest

    def settle(self, push: PushEvent, look: "PushLook") -> bool:
        """Take in what a look at a push says of which is the newest; True: that was in doubt, and is not now.

        A commit that is gone is not what the branch points at.
        """
        if self.head is None or self.doubted is None or self.looking_for_more:
            return False
        there = self._there(look)
        if there is None and push.delivery == self.head.delivery:
            there = self._newer(look)
        if there is None:
            return False
        self.head, self.doubted = there, None
        if there.delivery not in {push.delivery, self.learnt.delivery if self.learnt else ""}:
            self.waiting = (*self.waiting, there)
        return True

    def _there(self, look: "PushLook") -> PushEvent | None:
        """The push by which the branch came to point where it does, if that has been heard of."""
        known = (self.head, self.doubted, *reversed(self.chain))
        tip = look.report.tip if look.report is not None else None
        return next((push for push in known if push is not None and push.after == tip), None)

    def _newer(self, look: "PushLook") -> PushEvent | None:
        """Which of the two that may be it is the newest, by a look at the head; None: that did not tell."""
        if look.report is None:
            return self.doubted if look.gone else None
        return self.doubted if look.report.behind else self.head

    def next_look(self, *, although_in_doubt: bool = False) -> PushEvent | ButtonOrder | None:
        """What is to be looked at next; the newest push from where it is owed, once it surely is the newest.

        An older one might show nothing from there, and what is owed would be taken for known.
        """
        about = next(iter(self.waiting), None)
        if about != self.head or not isinstance(about, PushEvent) or not self.owed:
            return about
        if self.doubted is not None and not although_in_doubt:
            return about
        return about.model_copy(update={"before": next(iter(self.owed))})

    def strike_off(self, about: PushEvent | ButtonOrder) -> tuple[ButtonOrder, ...]:
        """Let go of the first that waits, which has been looked at; all buttons that this is an answer for.

        *Re-run all checks* presses hundreds on the same commit.
        """
        self.waiting = self.waiting[1:]
        if not isinstance(about, ButtonOrder):
            return ()
        like: list[ButtonOrder] = [about]
        others: list[PushEvent | ButtonOrder] = []
        for each in self.waiting:
            if isinstance(each, ButtonOrder) and each.head_sha == about.head_sha:
                like.append(each)
            else:
                others.append(each)
        self.waiting = tuple(others)
        return tuple(like)

    def want(self, projects: Iterable[str]) -> None:
        """Have these built on the newest head, as soon as that has been looked at."""
        self.wanted = tuple(sorted({*self.wanted, *projects}))

    def supersede(self, records: Iterable[BuildRecord]) -> None:
        """Have the projects of these builds of older heads built on the newest one instead."""
        old = push_superseded.by_commit(record.view for record in records)
        self.want(chain.from_iterable(old.values()))
        self.superseded = push_superseded.with_more(self.superseded, old)

    def learn(self, push: PushEvent, changed: tuple[str, ...]) -> None:
        """Take in what a push changed, as :meth:`next_look` gave it."""
        if push != self.learnt:
            self.want(changed)
        is_newest = self.head is not None and push.after == self.head.after
        if is_newest:
            self.want(self.superseded.pop(push.after, ()))
            found = self.found if self.learnt is not None and self.learnt.after == push.after else ()
            # It may change nothing, and be where all that is built which was superseded.
            self.found = tuple(sorted({*found, *(changed or self.wanted)}))
            self.learnt = push
        if is_newest or self.owed.get(push.before) == push.after:
            self.owed.pop(push.before, None)

    def owe(self, push: PushEvent) -> None:
        """Take in that nobody knows what a push changed: a look at the newest is to begin there."""
        begin = next((begin for begin, end in self.owed.items() if end == push.before), push.before)
        end = self.owed.pop(push.after, push.after)
        self.owed = dict(islice({**self.owed, begin: end}.items(), CHAIN_LIMIT))

    def skip(self, sha: str, builds: Iterable[SkippedBuild]) -> None:
        """Take in that these are not made of a commit."""
        skipped = dict.fromkeys((*self.skipped.get(sha, ()), *builds))
        self.skipped[sha] = tuple(islice(skipped, SKIPPED_LIMIT))

    def look_again(self) -> None:
        """Look at the newest push once more, if something came late that is to be built on it."""
        if self.head is not None and (self.wanted or self.owed):
            self.waiting = (*self.waiting, self.head)

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do, neither now nor when the next push comes."""
        return not (self.waiting or self.wanted or self.building or self.owed)

    @property
    def looking_for_more(self) -> bool:
        """Whether a push has not been looked at yet, so that nothing is started on a head that is old."""
        return any(isinstance(item, PushEvent) for item in self.waiting)

    def forget_the_done(self) -> None:
        """Let go of builds of older heads that have ended: an owner of a busy branch lives long.

        Without a push there is no older head: what a button was pressed for is all there is to show.
        """
        if self.head is None or self.doubted is not None:
            return
        self.builds = {
            key: record
            for key, record in self.builds.items()
            if not record.done or record.view.head_sha == self.head.after
        }
        self.skipped = {sha: builds for sha, builds in self.skipped.items() if sha == self.head.after}
        known = {record.view.head_sha for record in self.builds.values()}
        self.sources = {commit: source for commit, source in self.sources.items() if commit in known}

    def adopt(self, last: "PushMemory", now: datetime) -> None:
        """Go on with what the last run left behind, as far as GitHub may still speak of it.

        A push that will not be delivered again fills no gap, so its place in the order is of no use, and
        what is taken for a gap after a push that nobody told of would be none.
        """
        for field in PushMemory.model_fields:
            setattr(self, field, getattr(last, field))
        self.forget_deliveries(now)
        self.chain = tuple(push for push in last.chain if push.delivery in self.seen)

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
            skipped=self.skipped.get(self.head.after, ()) if self.head else (),
        )


class PushLook(Value):
    """What was found out about a push, or about the commit of a check run."""

    about: PushEvent | ButtonOrder
    report: PushReport | None = None
    """None: it could not be found out."""
    error: str = ""
    gone: bool = False
    """True: its commit is no longer on GitHub, so that a newer push has replaced it."""

    @property
    def found(self) -> PushReport | None:
        """What builds can be planned by; None: :attr:`fault` says why there is nothing."""
        return self.report if self.report is not None and not self.fault else None

    @property
    def fault(self) -> str:
        """Why nothing can be built; empty: it can."""
        return self.error if self.report is None else self.report.project_file_error or ""


class PushStart(Value):
    """What a ``Push`` workflow is started with; its first event comes as a signal."""

    repo: RepositoryName
    branch: str
    memory: PushMemory | None = None
    """What the run before this one knew, when it was continued as new."""
