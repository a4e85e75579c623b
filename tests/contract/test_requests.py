"""What our client asks of GitHub is what GitHub's published schema lets one ask."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.clients.github.app import GitHubApp
from activities.clients.github.client import GitHubClient
from activities.clients.github.transport import AppCredentials, GitHubTransport, new_http_client
from emulator import EmulatedGitHub
from emulator.state import App, PullRequest
from tests.contract.published import assert_published, models
from tickborg.github import (
    CheckAction,
    CheckConclusion,
    CheckRun,
    CheckStatus,
    CommitStatus,
    RepositoryName,
    StatusState,
)

REPO = RepositoryName(owner="project-tick", name="mono")
RUN = "/repos/{owner}/{repo}/check-runs"
ISSUE = "/repos/{owner}/{repo}/issues"
# What may be sent to each route; the two of a check run are for one that is over, and one that is not.
BODIES: dict[str, Any] = {
    "POST /repos/{owner}/{repo}/statuses/{sha}": models.ReposOwnerRepoStatusesShaPostBody,
    f"POST {RUN}": models.ReposOwnerRepoCheckRunsPostBodyOneof0
    | models.ReposOwnerRepoCheckRunsPostBodyOneof1,
    f"PATCH {RUN}/{{check_run_id}}": models.ReposOwnerRepoCheckRunsCheckRunIdPatchBodyAnyof0
    | models.ReposOwnerRepoCheckRunsCheckRunIdPatchBodyAnyof1,
    f"POST {ISSUE}/{{issue_number}}/labels": models.ReposOwnerRepoIssuesIssueNumberLabelsPostBodyOneof0,
    f"POST {ISSUE}/{{issue_number}}/comments": models.ReposOwnerRepoIssuesIssueNumberCommentsPostBody,
    f"POST {ISSUE}/comments/{{comment_id}}/reactions": (
        models.ReposOwnerRepoIssuesCommentsCommentIdReactionsPostBody
    ),
    f"PATCH {ISSUE}/comments/{{comment_id}}": models.ReposOwnerRepoIssuesCommentsCommentIdPatchBody,
}


@pytest.fixture
async def client(url: str, app: App) -> AsyncIterator[GitHubClient]:
    """Our client, asking the emulator."""
    async with new_http_client() as http:
        credentials = AppCredentials(app.id, app.private_key)
        transport = GitHubTransport(http, "tickborg/0", credentials, base_url=url)
        yield GitHubClient(transport, GitHubApp(transport))


def check_run(sha: str, status: CheckStatus, conclusion: CheckConclusion | None = None) -> CheckRun:
    """A check run with all that one can have."""
    now = datetime.now(UTC)
    return CheckRun(
        repo=REPO,
        head_sha=sha,
        name="cgit on x86_64-linux",
        external_id="pr/project-tick/mono/1",
        status=status,
        conclusion=conclusion,
        title="Building",
        summary="# cgit",
        text="log",
        details_url="https://tickborg.example/logs/1",
        started_at=None if status is CheckStatus.QUEUED else now,
        completed_at=now if conclusion else None,
        actions=(CheckAction(label="Cancel", identifier="cancel", description="Stop this build"),),
    )


async def test_every_body_is_one_github_publishes(
    client: GitHubClient, github: EmulatedGitHub, pull: PullRequest
) -> None:
    """Statuses, check runs in every state, labels and comments are sent in the published shape."""
    for state in StatusState:
        status = CommitStatus(
            repo=REPO, sha=pull.head_sha, context="tickborg-eval", state=state, description="merging"
        )
        await client.set_status(status)
    run = await client.create_check_run(check_run(pull.head_sha, CheckStatus.QUEUED))
    await client.update_check_run(run, check_run(pull.head_sha, CheckStatus.IN_PROGRESS))
    for conclusion in CheckConclusion:
        over = check_run(pull.head_sha, CheckStatus.COMPLETED, conclusion)
        await client.update_check_run(run, over)
        await client.create_check_run(over)
    await client.add_labels(REPO, 1, ["project: cgit"])
    await client.remove_label(REPO, 1, "project: cgit")
    comment = await client.create_comment(REPO, 1, "Hello.")
    await client.edit_comment(REPO, comment, "Goodbye.")
    await client.react(REPO, comment, "eyes")
    assert await client.open_pulls_at(REPO, pull.head_sha) == [1]

    for call in github.journal.calls():
        if call.route in BODIES:
            assert_published(BODIES[call.route], call.body)
    assert {call.route for call in github.journal.calls()} >= set(BODIES)
    assert github.journal.unanswered() == []
    assert [str(call) for call in github.journal.calls() if call.status is None or call.status >= 400] == []
