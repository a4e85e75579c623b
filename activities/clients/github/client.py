"""The client behind :class:`activities.ports.GitHub`: the REST API as an installation of our App sees it."""

from collections.abc import Sequence
from datetime import timedelta

from activities.clients.github.app import GitHubApp
from activities.clients.github.errors import MissingError
from activities.clients.github.expiring_cache import ExpiringCache, Lease
from activities.clients.github.json_models import (
    CheckRunJson,
    CommentJson,
    Identified,
    LabelJson,
    ListedPullJson,
    answered_json,
    check_run_json,
    read,
    read_permission,
    read_pull_request,
    status_json,
)
from activities.clients.github.repository_calls import RepositoryCalls
from activities.clients.github.transport import GitHubTransport
from activities.clock import Clock, utc_now
from activities.ports import Stats
from tickborg.github import (
    CheckRun,
    CheckRunAnswer,
    CheckStatus,
    CommitStatus,
    Permission,
    PullRequest,
    RepositoryName,
    StatusState,
)
from tickborg.quota import Purpose

PERMISSION_LEASE = timedelta(minutes=5)


class GitHubClient:
    """GitHub for activities; every method raises the errors of :mod:`tickborg.errors`.

    Wired like this, once::

        async with new_http_client() as http:
            transport = GitHubTransport(http, f"tickborg/{version}", AppCredentials(app_id, pem))
            app = GitHubApp(transport)
            github = GitHubClient(transport, app)
            tokens = FetchTokens(app, asyncio.get_running_loop())

    Args:
        transport: how calls are sent.
        app: whose tokens they carry.
        now: when permissions are asked for again.
        stats: where calls are counted that were not made because little of the quota is left; and what is.
    """

    def __init__(
        self, transport: GitHubTransport, app: GitHubApp, now: Clock = utc_now, stats: Stats | None = None
    ) -> None:
        self._app = app
        self._now = now
        self._calls = RepositoryCalls(transport, app, stats)
        self._permissions = ExpiringCache(self._ask_permission, now)

    async def pull_request(self, repo: RepositoryName, number: int) -> PullRequest:
        """The pull request as it is now, or as a replica of GitHub's that lags believes it to be."""
        return read_pull_request(await self._calls.get(repo, "pulls/{number}", number=str(number)))

    async def set_status(self, status: CommitStatus) -> None:
        """Set one context of one commit."""
        purpose = Purpose.STEP if status.state is StatusState.PENDING else Purpose.RESULT
        body = status_json(status)
        await self._calls.send("POST", status.repo, "statuses/{sha}", body, purpose=purpose, sha=status.sha)

    async def create_check_run(self, run: CheckRun) -> int:
        """Create a check run and return its id."""
        body = check_run_json(run)
        made = await self._calls.send("POST", run.repo, "check-runs", body, purpose=_purpose_of(run))
        return read(Identified, made).id

    async def update_check_run(self, check_run_id: int, run: CheckRun) -> None:
        """Make the check run say what ``run`` says."""
        path, body = "check-runs/{id}", check_run_json(run)
        await self._calls.send("PATCH", run.repo, path, body, purpose=_purpose_of(run), id=str(check_run_id))

    async def find_check_run(self, run: CheckRun) -> int | None:
        """The id of our newest check run with the same commit, name and external id, if there is one."""
        ours = await self._check_runs_like(run, _purpose_of(run))
        return max((made.id for made in ours), default=None)

    async def answer_on_check_run(self, answer: CheckRunAnswer) -> bool:
        """Put an answer above what our newest check run like that says; False: there is none.

        A completed one is completed anew with what it was completed with: *Re-run* has put its suite back
        into the queue (https://docs.github.com/en/rest/checks/runs#rerequest-a-check-run).
        """
        ours = await self._check_runs_like(answer, Purpose.RESULT)
        if not ours:
            return False
        run = max(ours, key=lambda made: made.id)
        path, body = "check-runs/{id}", answered_json(run, answer)
        await self._calls.send("PATCH", answer.repo, path, body, purpose=Purpose.RESULT, id=str(run.id))
        return True

    async def _check_runs_like(self, run: CheckRun | CheckRunAnswer, purpose: Purpose) -> list[CheckRunJson]:
        """Without ``filter=all`` GitHub shows only the latest of each name, which may be another build's."""
        path = "commits/{sha}/check-runs{?check_name,app_id,filter,per_page}"
        items = await self._calls.all(
            run.repo,
            path,
            key="check_runs",
            purpose=purpose,
            sha=run.head_sha,
            check_name=run.name,
            app_id=str(self._app.id),
            filter="all",
        )
        found = [read(CheckRunJson, item) for item in items]
        return [made for made in found if made.external_id == run.external_id and self._is_our_app(made.app)]

    async def external_ids(self, repo: RepositoryName, sha: str) -> Sequence[str]:
        """The external ids of our check runs of a commit, of each name the latest, as GitHub filters them."""
        path = "commits/{sha}/check-runs{?app_id,per_page}"
        items = await self._calls.all(repo, path, key="check_runs", sha=sha, app_id=str(self._app.id))
        found = [read(CheckRunJson, item) for item in items]
        return [made.external_id for made in found if made.external_id and self._is_our_app(made.app)]

    async def labels(self, repo: RepositoryName, number: int) -> frozenset[str]:
        """The labels on a pull request."""
        path = "issues/{number}/labels{?per_page}"
        items = await self._calls.all(repo, path, purpose=Purpose.PROGRESS, number=str(number))
        return frozenset(read(LabelJson, item).name for item in items)

    async def add_labels(self, repo: RepositoryName, number: int, labels: Sequence[str]) -> None:
        """Put labels on a pull request.

        GitHub creates those the repository lacks, in grey and without a description
        (https://github.com/github/docs/issues/35718), so there is nothing to create first.
        """
        path, body = "issues/{number}/labels", {"labels": list(labels)}
        await self._calls.send("POST", repo, path, body, purpose=Purpose.PROGRESS, number=str(number))

    async def remove_label(self, repo: RepositoryName, number: int, label: str) -> None:
        """Take one label off; one that is not there is no error."""
        path = "issues/{number}/labels/{label}"
        try:
            await self._calls.delete(repo, path, purpose=Purpose.PROGRESS, number=str(number), label=label)
        except MissingError:
            return

    async def find_comment(
        self, repo: RepositoryName, number: int, marker: str, purpose: Purpose = Purpose.RESULT
    ) -> int | None:
        """The id of our own oldest comment that contains ``marker``, if there is one.

        GitHub lists comments oldest first. One in which a person quotes us contains the marker too.
        """
        path = "issues/{number}/comments{?per_page}"
        items = await self._calls.all(repo, path, purpose=purpose, number=str(number))
        for comment in (read(CommentJson, item) for item in items):
            if marker in (comment.body or "") and await self._is_ours(comment):
                return comment.id
        return None

    async def create_comment(
        self, repo: RepositoryName, number: int, body: str, purpose: Purpose = Purpose.RESULT
    ) -> int:
        """Write a comment and return its id."""
        path, said = "issues/{number}/comments", {"body": body}
        written = await self._calls.send("POST", repo, path, said, purpose=purpose, number=str(number))
        return read(Identified, written).id

    async def edit_comment(
        self, repo: RepositoryName, comment_id: int, body: str, purpose: Purpose = Purpose.RESULT
    ) -> bool:
        """Replace a comment's body; False: somebody deleted the comment."""
        path = "issues/comments/{id}"
        try:
            await self._calls.send("PATCH", repo, path, {"body": body}, purpose=purpose, id=str(comment_id))
        except MissingError:
            return False
        return True

    async def react(self, repo: RepositoryName, comment_id: int, content: str) -> None:
        """Leave a reaction below a comment; one that is there, or a comment that is not, is no error."""
        path, body = "issues/comments/{id}/reactions", {"content": content}
        try:
            await self._calls.send("POST", repo, path, body, purpose=Purpose.STEP, id=str(comment_id))
        except MissingError:
            return

    async def open_pulls_at(self, repo: RepositoryName, sha: str) -> list[int]:
        """Numbers of the open pull requests whose head is exactly ``sha``, those from forks included.

        All that are open are looked through, because GitHub's "list pull requests associated with a commit"
        knows no pull request from a fork (https://github.com/google/go-github/issues/2241).
        """
        items = await self._calls.all(repo, "pulls{?state,per_page}", state="open")
        listed = (read(ListedPullJson, item) for item in items)
        return [pull.number for pull in listed if pull.head.sha == sha]

    async def permission(self, repo: RepositoryName, user: str) -> Permission:
        """What ``user`` may do, as it was at most five minutes ago."""
        return await self._permissions.get((repo, user.lower()))

    async def _ask_permission(self, question: tuple[RepositoryName, str]) -> Lease[Permission]:
        """``maintain`` and custom roles come folded into the four that tickborg knows.

        https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
        """
        repo, user = question
        try:
            permission = read_permission(
                await self._calls.get(repo, "collaborators/{user}/permission", user=user)
            )
        except MissingError:  # nobody of that name
            permission = Permission.NONE
        return Lease(permission, until=self._now() + PERMISSION_LEASE)

    async def _is_ours(self, comment: CommentJson) -> bool:
        if self._is_our_app(comment.performed_via_github_app):
            return True
        return comment.user is not None and comment.user.login == await self._app.bot_login()

    def _is_our_app(self, app: Identified | None) -> bool:
        return app is not None and app.id == self._app.id


def _purpose_of(run: CheckRun) -> Purpose:
    return Purpose.RESULT if run.status is CheckStatus.COMPLETED else Purpose.PROGRESS
