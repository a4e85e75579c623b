"""Builds that somebody asked a pull request's owner for: planned as soon as there is a merge to build."""

from collections.abc import Callable, Collection, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.repository import RepositoryActivities
    from tickborg.github import PullRequest
    from tickborg.jobs import Merge, ProjectsJob
    from tickborg.memory import PullRequestMemory
    from tickborg.order_planning import builds_of_order, not_made
    from tickborg.projects import ProjectSet
    from tickborg.requests import BuildOrder
    from tickborg.sources import Source
    from tickborg.texts import answers, notices
    from workflows import policies
    from workflows.failures import failure_reason
    from workflows.late_answers import LateAnswers
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
        """Carry out ``order`` as soon as there is a merge to build."""
        if order not in self._memory.orders:
            self._memory.orders = (*self._memory.orders, order)
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
        for order in gone:
            if order.asker is None or order.asker.login != by:
                self._say(order, notices.taken_back(order.projects, by))
        return bool(gone)

    def give_up(self, reason: str) -> None:
        """Say of every order that there is nothing to build, and why."""
        self._drop(lambda order: notices.nothing_to_build(order.projects, reason))

    def close(self) -> None:
        """Say of every order that nothing is built for a pull request that is closed."""
        self._drop(lambda _order: answers.closed())

    def move_on(self) -> None:
        """Say of every order that a push came before: nobody may have looked at the new head."""
        self._drop(lambda order: notices.dropped(order.projects))

    def _drop(self, in_words: Callable[[BuildOrder], str]) -> None:
        for order in self._memory.let_go():
            self._say(order, in_words(order))

    def _say(self, order: BuildOrder, text: str) -> None:
        self._answers.say(order.whom, text, self._memory.meant_by(order))

    def carry_out(self, read: ProjectsRead) -> None:
        """Start the builds of an order that nobody has taken back, unless its merge is another one by now."""
        self._reading.discard(read.order)
        pull = self._memory.pull
        if pull is None or read.order not in self._memory.orders:
            return
        if read.merge != self._memory.merge or not self._memory.ready:
            self.go_on()
            return
        self._memory.orders = tuple(order for order in self._memory.orders if order != read.order)
        if read.projects is None:
            self._say(read.order, notices.order_failed(read.order.projects, read.error))
        elif self._memory.awaits_approval and not self._memory.is_approved:
            self._say(read.order, _not_let_in(read.order, pull))
        else:
            self._start(read.order, Source.of_pull(pull, read.merge, read.projects))

    def _start(self, order: BuildOrder, source: Source) -> None:
        memory = self._memory
        builds = builds_of_order(order, source.projects, memory.changed_projects, memory.policy)
        self._builds.want(source, builds, asked=True)
        for text in _not_built(order, source, memory, nothing=not builds):
            self._say(order, text)

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


def _not_built(
    order: BuildOrder, source: Source, memory: PullRequestMemory, *, nothing: bool
) -> Iterator[str]:
    """What of an order comes to nothing, as far as whoever asks cannot have been told before."""
    gone = [name for name in order.projects if source.projects.named(name) is None]
    if gone:
        yield notices.no_projects(gone, source.base_ref, source.merge.base_sha, memory.policy.handle)
    elif not (order.projects or memory.changed_projects):
        yield notices.nothing_changed(source.merge.head_sha, memory.policy.handle)
    elif not order.projects or (nothing and not order.answered):
        whole = order.model_copy(update={"projects": order.projects or memory.changed_projects})
        yield from answers.not_made(not_made(whole, source.projects, memory.policy))


def _not_let_in(order: BuildOrder, pull: PullRequest) -> str:
    """What is said to somebody whose order is about a head that awaits its approval."""
    if order.approves:
        return notices.older_than_head(order.projects, pull.head_sha)
    return notices.awaits_approval(order.projects)
