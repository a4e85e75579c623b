"""``Rerun``: a button on a check was pressed: who may press it, and whom is it for (design, section 3)."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.cluster import ClusterActivities
    from activities.github import GitHubActivities
    from activities.policy import PolicyActivities
    from tickborg import button_orders
    from tickborg.button_orders import Presser
    from tickborg.events.buttons import CheckRunButton, CheckSuiteButton, RerunStart
    from tickborg.external_ids import read_external_id
    from tickborg.github import (
        CommitQuestion,
        Permission,
        PermissionQuestion,
        PullRequest,
        PullRequestQuestion,
        PullRequestState,
    )
    from tickborg.jobs import Origin
    from tickborg.names import RERUN_WORKFLOW
    from tickborg.policy import Policy
    from tickborg.requests import Order, OwnerMessage, Request
    from workflows import policies


@workflow.defn(name=RERUN_WORKFLOW)
class Rerun:
    """Finds out what the one who pressed may do, and tells the owners."""

    @workflow.init
    def __init__(self, start: RerunStart) -> None:
        self._button = start.button
        self._presser = Presser(start.button.by, Policy(), Permission.NONE)

    @workflow.run
    async def run(self, start: RerunStart) -> int:
        """Tell whom the button concerns; how many that are."""
        policy, permission = await asyncio.gather(
            workflow.execute_activity_method(
                PolicyActivities.policy, **policies.SETTINGS, summary="settings"
            ),
            workflow.execute_activity_method(
                GitHubActivities.permission,
                PermissionQuestion(repo=self._button.repo, user=self._button.by),
                **policies.QUESTION,
                summary=f"may {self._button.by} write?",
            ),
        )
        self._presser = Presser(self._button.by, policy, permission)
        if isinstance(self._button, CheckRunButton):
            return await self._one(self._button)
        return await self._all(self._button)

    async def _one(self, button: CheckRunButton) -> int:
        if button.build.origin.pull is None:
            order = button_orders.of_branch(button, self._presser)
            return await self._tell(button.build.origin, None, order)
        pull = await self._pull_request(button.build.origin.pull)
        return await self._tell(
            button.build.origin, pull, button_orders.of_pull_request(button, pull, self._presser)
        )

    async def _all(self, button: CheckSuiteButton) -> int:
        """Every open pull request with that head, and the branch whose push it was."""
        question = CommitQuestion(repo=button.repo, sha=button.head_sha)
        numbers, external_ids = await asyncio.gather(
            workflow.execute_activity_method(
                GitHubActivities.pulls_of_commit,
                question,
                **policies.QUESTION,
                summary=f"pull requests with the head {button.head_sha[:7]}",
            ),
            workflow.execute_activity_method(
                GitHubActivities.check_runs_of_commit,
                question,
                **policies.QUESTION,
                summary=f"our check runs of {button.head_sha[:7]}",
            ),
        )
        told = 0
        for number in numbers:
            pull = await self._pull_request(number)
            told += await self._tell(
                Origin(pull=number), pull, button_orders.all_of_pull_request(pull, self._presser)
            )
        builds = [read_external_id(button.repo, external_id) for external_id in external_ids]
        for branch in sorted({build.origin.branch for build in builds if build and build.origin.branch}):
            of_branch = [build for build in builds if build and build.origin.branch == branch]
            orders = button_orders.all_of_branch(of_branch, button.head_sha, self._presser)
            told += await self._tell(Origin(branch=branch), None, *orders)
        return told

    async def _pull_request(self, number: int) -> PullRequest:
        return await workflow.execute_activity_method(
            GitHubActivities.pull_request,
            PullRequestQuestion(repo=self._button.repo, number=number),
            **policies.QUESTION,
            summary=f"pull request #{number}",
        )

    async def _tell(self, origin: Origin, pull: PullRequest | None, *orders: Order | None) -> int:
        """Hand over what is to be done; what nobody may or can do is none of the owner's business."""
        wanted = tuple(order for order in orders if order is not None)
        if not wanted or (pull is not None and pull.state is PullRequestState.CLOSED):
            return 0
        request = Request(id=self._button.delivery, by=self._button.by, pull=pull, orders=wanted)
        await workflow.execute_activity_method(
            ClusterActivities.tell_owner,
            OwnerMessage(repo=self._button.repo, origin=origin, request=request),
            **policies.RESULT,
            summary=f"tell the owner of {origin}",
        )
        return 1
