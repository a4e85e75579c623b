"""Asking GitHub for a pull request, although its replicas lag behind its own webhooks (design, section 3)."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tickborg.github import PullRequest, RepositoryName
    from workflows import policies
    from workflows.questions import pull_request


async def current_pull_request(hint: PullRequest) -> PullRequest:
    """What GitHub says now of what a webhook called ``hint``; asked again while its answer is the older one.

    When its replicas stay behind for half a minute, the webhook is the newer word and is believed.

    Raises:
        ActivityError: GitHub would not say, for good or for a day.
    """
    for pause in policies.REPLICA_LAG_PAUSES:
        pull = await pull_request(hint.repo, hint.number)
        if pull.updated_at >= hint.updated_at:
            return pull
        await workflow.sleep(pause)
    return hint


async def pull_request_since(repo: RepositoryName, number: int, moment: datetime | None) -> PullRequest:
    """What GitHub says now of a pull request that changed at ``moment``; asked again while it is not so far.

    When its replicas stay behind for half a minute, what the last one says has to do. Without a ``moment``
    nothing is asked again.

    Raises:
        ActivityError: GitHub would not say, for good or for a day.
    """
    for pause in policies.REPLICA_LAG_PAUSES:
        pull = await pull_request(repo, number)
        if moment is None or pull.updated_at >= moment:
            return pull
        await workflow.sleep(pause)
    return await pull_request(repo, number)


async def newer_of(hint: PullRequest, known: PullRequest) -> PullRequest:
    """What GitHub says when a webhook differs from what is known and is of the same second.

    An answer that is what is known may come from a replica that lags, so it is asked for again before it is
    believed.

    Raises:
        ActivityError: GitHub would not say, for good or for a day.
    """
    for pause in policies.REPLICA_LAG_PAUSES:
        pull = await pull_request(hint.repo, hint.number)
        if pull.updated_at > hint.updated_at or _differ(pull, known):
            return pull
        await workflow.sleep(pause)
    return await pull_request(hint.repo, hint.number)


def _differ(one: PullRequest, other: PullRequest) -> bool:
    return (one.head_sha, one.base_ref, one.state) != (other.head_sha, other.base_ref, other.state)
