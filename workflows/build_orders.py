"""Builds that somebody asked a pull request's owner for: planned as soon as there is a merge to build."""

from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.repository import RepositoryActivities
    from tickborg.github import PullRequest
    from tickborg.jobs import Merge, ProjectsJob, SkippedBuild
    from tickborg.left_out import LeftOut
    from tickborg.memory import PullRequestMemory
    from tickborg.order_planning import builds_of_order, not_certain, not_made
    from tickborg.projects import ProjectSet
    from tickborg.requests import Asker, BuildOrder, PressedCheck
    from tickborg.sources import Source
    from tickborg.texts import answers, notices, reasons
    from workflows import policies
    from workflows.failures import failure_reason
    from workflows.late_answers import LateAnswers, orders_of_a_comment_go_together
    from workflows.owned_builds import OwnedBuilds


@dataclass(frozen=True)
class ProjectsRead:
    """The projects that an order is about, as they are on the base of ``merge``; or why nobody knows."""

    order: BuildOrder
    merge: Merge
    projects: ProjectSet | None
    error: str = ""


class BuildOrders:
    """Carries out build orders on the merge that the evaluation of the head has found.

    The memory keeps every order until its builds are started. So whatever comes between, a cancel, a close or
    a push, only has to take it out of there.

    Args:
        memory: the owner's.
        builds: what starts them.
        run: runs a coroutine beside the owner's loop.
        tell: puts what was read into the owner's inbox.
        answers: tells whoever asked what came to nothing.
    """

    def __init__(
        self,
        memory: PullRequestMemory,
        builds: OwnedBuilds,
        run: Callable[[Coroutine[Any, Any, None]], None],
        tell: Callable[[ProjectsRead], None],
        answers: LateAnswers,
    ) -> None:
        self._memory = memory
        self._builds = builds
        self._run = run
        self._tell = tell
        self._answers = answers
        self._reading: set[BuildOrder] = set()

    def take(self, order: BuildOrder) -> None:
        """Carry out ``order`` as soon as there is a merge to build.

        Until then, and until its projects are read, what it asks for may be built, and even have ended.
        """
        if order not in [each.model_copy(update={"ends": None}) for each in self._memory.orders]:
            counted = order.model_copy(update={"ends": self._memory.ends})
            self._memory.orders = (*self._memory.orders, counted)
        self._memory.want_again(order)
        self.go_on()

    def go_on(self) -> None:
        """Read the projects of every order that waits, if there is a merge to build."""
        pull, merge = self._memory.pull, self._memory.merge
        if pull is None or merge is None or not self._memory.ready:
            return
        for order in self._memory.orders:
            if order not in self._reading:
                self._reading.add(order)
                self._run(self._read_projects(order, pull, merge))

    def take_back(self, projects: Collection[str], by: str) -> bool:
        """Let go of orders, as far as they are about ``projects``, or of all; who else gave them is told.

        Returns:
            Whether there were any.
        """
        gone = self._memory.let_go(projects)
        others = (order for order in gone if order.asker is None or order.asker.login != by)
        self._say_of(others, lambda names: notices.taken_back(names, by))
        return bool(gone)

    def give_up(self, reason: str, *, called_off: bool = False) -> None:
        """Say of every order, and of *Re-run all checks*, that there is nothing to build, and why.

        If somebody has ``called_off`` the evaluation, there is nothing to mend before one asks again.
        """
        in_words = notices.not_built if called_off else notices.nothing_to_build
        self._drop(lambda names: in_words(names, reason))

    def close(self) -> None:
        """Say of every order, and the like, that nothing is built for a pull request that is closed."""
        self._drop(lambda _names: answers.closed())

    def move_on(self) -> None:
        """Say of every order that a push came before: nobody may have looked at the new head."""
        self._drop(notices.dropped)

    def _drop(self, in_words: Callable[[Sequence[str]], str]) -> None:
        self._say_of(self._memory.let_go(), in_words)
        pressed, self._memory.rebuild_pressed = self._memory.rebuild_pressed, None
        if pressed is not None:
            self._answers.say(pressed, in_words(()))

    def answer_rebuild(self, pressed: PressedCheck, left_out: LeftOut) -> None:
        """Answer *Re-run all checks* if the plan comes to no build: GitHub waits for one, or for a word."""
        memory = self._memory
        if memory.building or memory.is_waited_for_by(pressed):
            return
        if memory.awaits_approval and memory.is_approved:
            memory.rebuild_pressed = pressed  # What is built is found out once more.
        elif text := _why_nothing(left_out, memory):
            self._answers.say(pressed, text)

    def carry_out(self, read: ProjectsRead) -> None:
        """Start the builds of an order that nobody has taken back, unless its merge is another one by now.

        What else the same comment asks for goes with it: it is about the same projects, and has one answer.
        """
        self._reading.discard(read.order)
        pull = self._memory.pull
        if pull is None or read.order not in self._memory.orders:
            return
        if read.merge != self._memory.merge or not self._memory.ready:
            self.go_on()
            return
        orders = self._take_up(read.order)
        if read.projects is None:
            self._say_of(orders, lambda names: notices.order_failed(names, read.error))
        elif self._memory.awaits_approval and not self._memory.is_approved:
            self._say_of(orders, lambda names: _not_let_in(read.order, names, pull), read.projects)
        else:
            self._start(orders, Source.of_pull(pull, read.merge, read.projects))

    def _take_up(self, order: BuildOrder) -> list[BuildOrder]:
        """Let ``order`` wait no more, nor any other of the same comment."""
        like = [each for each in self._memory.orders if each.whom == order.whom]
        taken = like if len(like) > 1 and orders_of_a_comment_go_together() else [order]
        self._memory.orders = tuple(each for each in self._memory.orders if each not in taken)
        return taken

    def _start(self, orders: Sequence[BuildOrder], source: Source) -> None:
        memory = self._memory
        for order in orders:
            builds = builds_of_order(order, source.projects, memory.changed_projects, memory.policy)
            self._builds.want(source, builds, asked=True, ends=order.ends)
        for text in _not_built(orders, source, memory):
            self._say(orders, text, source.projects)

    def _say_of(
        self,
        gone: Iterable[BuildOrder],
        in_words: Callable[[Sequence[str]], str],
        projects: ProjectSet | None = None,
    ) -> None:
        """Tell each who gave some of these orders once what became of them."""
        by_whom: dict[Asker | PressedCheck | None, list[BuildOrder]] = {}
        for order in gone:
            by_whom.setdefault(order.whom, []).append(order)
        for orders in by_whom.values():
            self._say(orders, in_words(_projects_of(orders)), projects)

    def _say(self, orders: Sequence[BuildOrder], text: str, projects: ProjectSet | None = None) -> None:
        about = (build for order in orders for build in self._memory.meant_by(order, projects))
        self._answers.say(orders[0].whom, text, about)

    async def _read_projects(self, order: BuildOrder, pull: PullRequest, merge: Merge) -> None:
        try:
            report = await workflow.execute_activity_method(
                RepositoryActivities.projects,
                ProjectsJob(repo=pull.repo, base_ref=pull.base_ref, base_sha=merge.base_sha),
                **policies.MERGE,
                summary=f"projects of {pull.base_ref}",
            )
        except ActivityError as error:
            self._tell(ProjectsRead(order, merge, None, failure_reason(error)))
        else:
            self._tell(ProjectsRead(order, merge, report.projects))


def _not_built(orders: Sequence[BuildOrder], source: Source, memory: PullRequestMemory) -> Iterator[str]:
    """What of orders comes to nothing, as far as whoever asks cannot have been told before."""
    projects, policy = source.projects, memory.policy
    gone = [name for order in orders for name in order.projects if projects.named(name) is None]
    if gone:
        names = tuple(dict.fromkeys(gone))
        yield notices.no_projects(names, source.base_ref, source.merge.base_sha, policy.handle)
    there = [order for order in orders if not set(order.projects) & set(gone)]
    if not (memory.changed_projects or all(order.projects for order in there)):
        yield notices.nothing_changed(source.merge.head_sha, policy.handle)
    skipped = [build for order in there for build in _unsaid(order, projects, memory)]
    for order in there:
        skipped += not_certain(order, projects, memory.changed_projects, policy)
    yield from answers.not_made(skipped)


def _unsaid(order: BuildOrder, projects: ProjectSet, memory: PullRequestMemory) -> tuple[SkippedBuild, ...]:
    """What of an order comes to nothing, unless that has been said, or something comes of it after all."""
    if not order.projects:
        order = order.model_copy(update={"projects": memory.changed_projects})
    elif order.answered or builds_of_order(order, projects, (), memory.policy):
        return ()
    return not_made(order, projects, memory.policy)


def _why_nothing(left_out: LeftOut, memory: PullRequestMemory) -> str:
    """Why a plan comes to no build; empty if that has been said: what was built is not for whoever asked."""
    if left_out.projects or left_out.builds:
        return notices.not_built((), reasons.called_off())
    if memory.skipped:
        return notices.all_skipped(memory.skipped)
    if memory.pull is not None and not memory.changed_projects:
        return notices.nothing_changed(memory.pull.head_sha, memory.policy.handle)
    return ""


def _projects_of(orders: Sequence[BuildOrder]) -> tuple[str, ...]:
    """The projects that are named in ``orders``; none, if one means whatever has changed."""
    if not all(order.projects for order in orders):
        return ()
    return tuple(dict.fromkeys(name for order in orders for name in order.projects))


def _not_let_in(order: BuildOrder, projects: Sequence[str], pull: PullRequest) -> str:
    """What is said to somebody whose order is about a head that awaits its approval."""
    if order.approves:
        return notices.older_than_head(projects, pull.head_sha)
    return notices.awaits_approval(projects)
