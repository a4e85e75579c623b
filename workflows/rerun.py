"""``Rerun``: a button on a check was pressed: who may press it, and whom is it for (design, section 3)."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.cluster import ClusterActivities
    from activities.github import GitHubActivities
    from tickborg import button_orders
    from tickborg.acl import Person
    from tickborg.errors import FailureKind
    from tickborg.events.buttons import CheckRunButton, CheckSuiteButton, RerunStart
    from tickborg.external_ids import BuildReference, read_external_id
    from tickborg.github import CommitQuestion, PullRequest, PullRequestState
    from tickborg.jobs import Origin
    from tickborg.names import RERUN_WORKFLOW
    from tickborg.requests import NoticedBuild, NoticeOrder, Order, OwnerMessage, PressedCheck, Request
    from tickborg.texts import button_answers, notices
    from workflows import policies, pressed_checks, questions
    from workflows.failures import failure_reason

T = TypeVar("T")


@workflow.defn(name=RERUN_WORKFLOW)
class Rerun:
    """Finds out what the one who pressed may do, and tells the owners.

    What no owner is told is answered on a check run: that is where the button was.
    """

    @workflow.init
    def __init__(self, start: RerunStart) -> None:
        self._button = start.button
        self._presser: Person | None = None
        """None: it could not be found out what whoever pressed may do."""
        self._failures: list[str] = []

    @workflow.run
    async def run(self, start: RerunStart) -> int:
        """Tell whom the button concerns; how many that are.

        Raises:
            ApplicationError: some of it failed for good; whoever pressed has been told of it.
        """
        self._presser = await self._tried(self._who(), None)
        if isinstance(self._button, CheckRunButton):
            told = await self._one(self._button)
        else:
            told = await self._all(self._button)
        if self._failures:
            reasons = "; ".join(dict.fromkeys(self._failures))
            raise ApplicationError(reasons, type=FailureKind.PERMANENT, non_retryable=True)
        return told

    async def _who(self) -> Person:
        policy, permission = await asyncio.gather(
            questions.the_policy(), questions.permission_of(self._button.repo, self._button.by)
        )
        return Person(self._button.by, policy, permission)

    # Whom it concerns

    async def _one(self, button: CheckRunButton) -> int:
        build = button.build
        if build.origin.pull is None:
            return await self._branch(
                build.origin, build, lambda presser: (button_orders.of_branch(button, presser),)
            )
        return await self._pull(
            build.origin.pull,
            (build,),
            lambda pull, presser: button_orders.of_pull_request(button, pull, presser),
        )

    async def _all(self, button: CheckSuiteButton) -> int:
        """Every pull request with that head or with a build of it, and the branches whose push it was."""
        numbers, builds = await asyncio.gather(
            self._tried(self._pulls_of_head(), ()), self._tried(self._builds_of_head(), ())
        )
        told = 0
        for number in numbers:
            told += await self._all_of_pull(number, builds)
        for branch in sorted({build.origin.branch for build in builds if build.origin.branch is not None}):
            told += await self._all_of_branch(Origin(branch=branch), builds)
        others = {build.origin.pull for build in builds if build.origin.pull is not None}
        for number in sorted(others.difference(numbers)):
            told += await self._all_of_pull(number, builds)
        return told

    async def _pulls_of_head(self) -> Sequence[int]:
        return await workflow.execute_activity_method(
            GitHubActivities.pulls_of_commit,
            self._commit,
            **policies.QUESTION,
            summary=f"pull requests with the head {self._button.head_sha[:7]}",
        )

    async def _builds_of_head(self) -> Sequence[BuildReference]:
        external_ids = await workflow.execute_activity_method(
            GitHubActivities.check_runs_of_commit,
            self._commit,
            **policies.QUESTION,
            summary=f"our check runs of {self._button.head_sha[:7]}",
        )
        builds = [read_external_id(self._button.repo, external_id) for external_id in external_ids]
        return [build for build in builds if build is not None]

    @property
    def _commit(self) -> CommitQuestion:
        return CommitQuestion(repo=self._button.repo, sha=self._button.head_sha)

    async def _all_of_pull(self, number: int, builds: Sequence[BuildReference]) -> int:
        return await self._pull(
            number,
            [build for build in builds if build.origin.pull == number],
            lambda pull, presser: button_orders.all_of_commit(pull, self._button.head_sha, presser),
        )

    async def _all_of_branch(self, origin: Origin, builds: Sequence[BuildReference]) -> int:
        of_branch = [build for build in builds if build.origin == origin]
        return await self._branch(
            origin,
            of_branch[0],
            lambda presser: button_orders.all_of_branch(of_branch, self._button.head_sha, presser),
        )

    # What each owner is told

    async def _pull(
        self, number: int, builds: Sequence[BuildReference], order_of: Callable[[PullRequest, Person], Order]
    ) -> int:
        place = next(iter(builds), None)

        async def telling() -> int:
            pull = await questions.pull_request(self._button.repo, number)
            if pull.state is PullRequestState.CLOSED:
                return await self._answer(place, button_answers.closed(number))
            if self._presser is None:
                about = tuple(map(NoticedBuild.of, builds))
                order: Order = NoticeOrder(text=notices.button_failed(self._failures[0]), about=about)
            else:
                order = order_of(pull, self._presser)
            return await self._tell(Origin(pull=number), pull, order, pressed=self._pressed(place))

        return await self._tried(telling(), 0, place)

    async def _branch(
        self, origin: Origin, place: BuildReference, orders_of: Callable[[Person], tuple[Order, ...]]
    ) -> int:
        if self._presser is None:
            return await self._answer(place, button_answers.failed(self._failures[0]))
        orders = orders_of(self._presser)
        if isinstance(orders[0], NoticeOrder):
            return await self._answer(place, orders[0].text)
        return await self._tried(self._tell(origin, None, *orders), 0, place)

    def _pressed(self, place: BuildReference | None) -> PressedCheck | None:
        """The check run of which GitHub waits for a word; a button of ours it only hands on."""
        ours = isinstance(self._button, CheckRunButton) and self._button.button != "rerun"
        return None if place is None or ours else PressedCheck(build=place, head_sha=self._button.head_sha)

    async def _tell(
        self, origin: Origin, pull: PullRequest | None, *orders: Order, pressed: PressedCheck | None = None
    ) -> int:
        request = Request(
            id=self._button.delivery, by=self._button.by, pull=pull, pressed=pressed, orders=orders
        )
        await workflow.execute_activity_method(
            ClusterActivities.tell_owner,
            OwnerMessage(repo=self._button.repo, origin=origin, request=request),
            **policies.RESULT,
            summary=f"tell the owner of {origin}",
        )
        return 1

    async def _answer(self, place: BuildReference | None, text: str) -> int:
        """Answer on a check run, if there is one, that nobody is told."""
        if place is not None:
            await pressed_checks.answer(self._button.repo, place, self._button.head_sha, text)
        return 0

    async def _tried(
        self, step: Coroutine[Any, Any, T], otherwise: T, place: BuildReference | None = None
    ) -> T:
        """What a step gave. One that fails is answered at ``place``, and keeps no other from being done."""
        try:
            return await step
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self._failures.append(failure_reason(error))
        await self._answer(place, button_answers.failed(self._failures[-1]))
        return otherwise
