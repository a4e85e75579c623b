"""Whether all that webhooks asked for was done, and done once, as Temporal and GitHub tell it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from temporalio.client import Client, WorkflowExecutionStatus

from benchmarks.traffic import Acts, Webhook
from benchmarks.webhook_sender import Answer
from emulator.rendering import statuses_of
from emulator.state import Repository
from tickborg.github import RepositoryName, reply_marker
from tickborg.names import (
    COMMENT_WORKFLOW,
    EVALUATION_WORKFLOW,
    PULL_REQUEST_WORKFLOW,
    REPO_ATTRIBUTE,
    RERUN_WORKFLOW,
    comment_id,
    pull_request_id,
    rerun_id,
)
from tickborg.texts.push_statuses import PUSH_CONTEXT

_AT_REST = {WorkflowExecutionStatus.COMPLETED, WorkflowExecutionStatus.CONTINUED_AS_NEW}


@dataclass(frozen=True)
class Run:
    """One run of a workflow, as the server lists it."""

    workflow: str
    id: str
    status: WorkflowExecutionStatus | None

    @property
    def waits(self) -> bool:
        """Whether it is the owner of an open pull request, which never ends by itself."""
        return self.workflow == PULL_REQUEST_WORKFLOW and self.status is WorkflowExecutionStatus.RUNNING


async def runs_of(client: Client, repository: Repository) -> list[Run]:
    """All runs about a repository."""
    query = f'{REPO_ATTRIBUTE}="{repository.full_name}"'
    return [Run(each.workflow_type, each.id, each.status) async for each in client.list_workflows(query)]


def answer_faults(webhooks: Sequence[Webhook], answers: Sequence[Answer]) -> Iterator[str]:
    """What was not answered as it has to be."""
    wrong = Counter(
        f"{webhook.kind} webhooks answered {answer.status}, not {webhook.expected}: {answer.text[:200]}"
        for webhook, answer in zip(webhooks, answers, strict=True)
        if answer.status != webhook.expected
    )
    yield from (f"{count} {what}" for what, count in wrong.items())
    first: dict[str, str] = {}
    for webhook, answer in zip(webhooks, answers, strict=True):
        if webhook.good and first.setdefault(webhook.delivery, answer.text) != answer.text:
            yield f"delivery {webhook.delivery} is answered in two ways: {answer.text}"


def run_faults(repo: RepositoryName, acts: Acts, runs: Sequence[Run]) -> Iterator[str]:
    """What was not done, was done twice, or has failed, of what workflows of one event each are for."""
    ids = Counter(run.id for run in runs if run.workflow in {COMMENT_WORKFLOW, RERUN_WORKFLOW})
    wanted = [comment_id(repo, pull.number, comment.id) for pull, comment in acts.comments]
    wanted += [rerun_id(delivery.guid) for delivery in acts.presses]
    for workflow_id in wanted:
        if ids[workflow_id] != 1:
            yield f"{workflow_id} ran {ids[workflow_id]} times"
    yield from (f"nobody asked for {workflow_id}" for workflow_id in ids.keys() - set(wanted))
    for run in runs:
        if run.status not in _AT_REST and not run.waits:
            yield f"{run.id} is {run.status.name if run.status else 'unknown'}"
    owners = Counter(run.id for run in runs if run.waits)
    evaluations = Counter(
        run.id.rsplit("/", 1)[0].removeprefix("evaluation/")
        for run in runs
        if run.workflow == EVALUATION_WORKFLOW
    )
    for pull in acts.pulls:
        if owners[pull_request_id(repo, pull.number)] != 1:
            yield f"#{pull.number} has {owners[pull_request_id(repo, pull.number)]} owners"
        if evaluations[f"{repo}/{pull.number}"] != 1:
            yield f"#{pull.number} was evaluated {evaluations[f'{repo}/{pull.number}']} times"


def shown_faults(repository: Repository, acts: Acts) -> Iterator[str]:
    """What GitHub does not show, or shows twice."""
    for pull in acts.pulls:
        finals = [each.state for each in statuses_of(repository, pull.head_sha) if each.state != "pending"]
        if finals != ["success"]:
            yield f"#{pull.number} has the statuses {finals}"
    for pull, comment in acts.comments:
        replies = sum(reply_marker(comment.id) in each.body for each in pull.comments)
        if replies != 1:
            yield f"comment {comment.id} on #{pull.number} is answered {replies} times"
    tip = repository.branches[repository.default_branch]
    if [each.state for each in statuses_of(repository, tip) if each.context == PUSH_CONTEXT] != ["success"]:
        yield f"the newest push, {tip[:7]}, has no status"


def answered_as(webhooks: Sequence[Webhook], answers: Sequence[Answer]) -> str:
    """How many webhooks of each kind were answered with each status."""
    pairs = zip(webhooks, answers, strict=True)
    counts = Counter((webhook.kind, answer.status) for webhook, answer in pairs)
    return ", ".join(f"{count:,} {kind} {status}" for (kind, status), count in sorted(counts.items()))
