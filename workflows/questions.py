"""What every workflow asks before it decides: the settings, a pull request, what somebody may do."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.cluster import ClusterActivities
    from activities.github import GitHubActivities
    from activities.policy import PolicyActivities
    from activities.reporting import ReportingActivities
    from tickborg.errors import FailureKind
    from tickborg.github import (
        BranchQuestion,
        Permission,
        PermissionQuestion,
        PullRequest,
        PullRequestQuestion,
        RepositoryName,
    )
    from tickborg.jobs import Notification
    from tickborg.messages import Event, EventName
    from tickborg.policy import Policy
    from tickborg.push_memory import PushMemory
    from workflows import policies
    from workflows.failures import failure_kind, failure_reason


async def the_policy() -> Policy:
    """The settings that workflows decide by, as the worker has them now."""
    return await workflow.execute_activity_method(
        PolicyActivities.policy, **policies.SETTINGS, summary="settings"
    )


async def pull_request(repo: RepositoryName, number: int) -> PullRequest:
    """The pull request as GitHub describes it now.

    Raises:
        ActivityError: GitHub would not say, for good or for a day.
    """
    return await workflow.execute_activity_method(
        GitHubActivities.pull_request,
        PullRequestQuestion(repo=repo, number=number),
        **policies.QUESTION,
        summary=f"what is #{number} now?",
    )


async def permission_of(repo: RepositoryName, user: str) -> Permission:
    """What ``user`` may do on a repository.

    Raises:
        ActivityError: GitHub would not say, for good or for a day.
    """
    return await workflow.execute_activity_method(
        GitHubActivities.permission,
        PermissionQuestion(repo=repo, user=user),
        **policies.QUESTION,
        summary=f"may {user} write?",
    )


async def last_push_memory(repo: RepositoryName, branch: str) -> PushMemory | None:
    """What the last run of a branch's owner left behind; None: nothing, or Temporal cannot say."""
    try:
        return await workflow.execute_activity_method(
            ClusterActivities.last_push_memory,
            BranchQuestion(repo=repo, branch=branch),
            **policies.RECOLLECTION,
            summary=f"what was known of {branch}?",
        )
    except ActivityError as error:
        workflow.logger.warning("begun without what was known of %s: %s", branch, failure_reason(error))
        return None


async def labels_left(repo: RepositoryName, number: int) -> tuple[str, ...]:
    """The labels of a pull request that were the bot's when it was closed, as far as that is remembered."""
    try:
        left = await workflow.execute_activity_method(
            ClusterActivities.labels_left,
            PullRequestQuestion(repo=repo, number=number),
            **policies.RECOLLECTION,
            summary="which labels were ours?",
        )
    except ActivityError as error:
        workflow.logger.warning("labels of %s#%s are left to people: %s", repo, number, failure_reason(error))
        return ()
    return left.labels if left is not None else ()


async def count(*events: Event) -> None:
    """Have events counted, if that can be done."""
    if not events:
        return
    try:
        await workflow.execute_activity_method(
            ReportingActivities.notify,
            Notification(events=events),
            **policies.COSMETIC,
            summary=", ".join(dict.fromkeys(event.name for event in events)),
        )
    except ActivityError as error:
        workflow.logger.warning("not counted: %s", failure_reason(error))


async def count_refusal(repo: RepositoryName, error: ActivityError) -> None:
    """Have it counted that GitHub would not be told something, unless there is nothing to tell it of."""
    if failure_kind(error) is not FailureKind.HEAD_GONE and not is_cancelled_exception(error):
        await count_failure(repo)


async def count_failure(repo: RepositoryName) -> None:
    """Have it counted that something was given up for good, which a person has to see to."""
    await count(Event(name=EventName.PERMANENT_FAILURE, repo=str(repo)))
