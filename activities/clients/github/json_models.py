"""GitHub's JSON, both ways: what we send, made from values, and what we read, checked.

Shapes hold what tickborg uses of an answer. Field names and limits are those of
https://docs.github.com/en/rest/checks/runs, …/commits/statuses and …/issues/comments.
"""

from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from tickborg.errors import RefusedError, UnavailableError
from tickborg.events.pull_requests import pull_request_from_json
from tickborg.github import (
    CheckConclusion,
    CheckRun,
    CheckRunAnswer,
    CheckStatus,
    CommitStatus,
    Permission,
    PullRequest,
)
from tickborg.texts import button_answers

S = TypeVar("S", bound=BaseModel)


class Identified(BaseModel):
    """Anything with an id: an installation, a comment, a check run, an App."""

    id: int


class AppJson(BaseModel):
    """An App as it sees itself."""

    slug: str


class TokenJson(BaseModel):
    """A new installation token, which lives for an hour."""

    token: str = Field(repr=False)
    expires_at: AwareDatetime


class OutputJson(BaseModel):
    """What a check run says."""

    title: str | None = None
    summary: str | None = None
    text: str | None = None


class CheckRunJson(BaseModel):
    """A check run; ``app`` is who made it."""

    id: int
    name: str = ""
    external_id: str | None = None
    app: Identified | None = None
    conclusion: str | None = None
    """None: it is not completed."""
    completed_at: AwareDatetime | None = None
    output: OutputJson = OutputJson()


class AccountJson(BaseModel):
    """A person, or an App's bot."""

    login: str


class OwnerJson(BaseModel):
    """Whose account an installation is on: an enterprise has a slug and no login."""

    login: str = ""
    slug: str = ""


class InstallationJson(BaseModel):
    """An installation of our App on an account."""

    id: int
    account: OwnerJson | None = None
    permissions: dict[str, str] = {}
    suspended_at: AwareDatetime | None = None


class CommentJson(BaseModel):
    """A comment on an issue or pull request."""

    id: int
    body: str | None = None
    user: AccountJson | None = None
    performed_via_github_app: Identified | None = None


class LabelJson(BaseModel):
    """A label on an issue or pull request."""

    name: str


class HeadJson(BaseModel):
    """Where a pull request comes from."""

    sha: str


class ListedPullJson(BaseModel):
    """A pull request in a list."""

    number: int
    head: HeadJson


class PermissionJson(BaseModel):
    """A collaborator's permission."""

    permission: str


_PERMISSIONS = {permission.value: permission for permission in Permission} | {
    # Documented as folded into the four, https://docs.github.com/en/rest/collaborators/collaborators;
    # should one arrive all the same, it means what it is folded into.
    "maintain": Permission.WRITE,
    "triage": Permission.READ,
}


def read(shape: type[S], data: Any) -> S:
    """What GitHub answered, as ``shape``.

    Raises:
        UnavailableError: it is something else than GitHub documents, which may pass.
    """
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, fault["loc"])) or "all of it" for fault in error.errors())
        raise UnavailableError(f"GitHub's answer is no {shape.__name__}: {places}") from None


def read_pull_request(data: Any) -> PullRequest:
    """A pull request, read as the webhook reads it.

    Raises:
        UnavailableError: it is none.
    """
    try:
        return pull_request_from_json(data)
    except RefusedError as error:
        raise UnavailableError(f"GitHub's answer is {error}") from None


def read_permission(data: Any) -> Permission:
    """The permission; one that we do not know permits nothing."""
    return _PERMISSIONS.get(read(PermissionJson, data).permission, Permission.NONE)


def status_json(status: CommitStatus) -> dict[str, Any]:
    """The body of "create a commit status"."""
    body = {"state": status.state.value, "context": status.context, "description": status.description}
    return body if status.target_url is None else {**body, "target_url": status.target_url}


def check_run_json(run: CheckRun) -> dict[str, Any]:
    """The body of "create a check run" and of "update a check run", each of which says all there is."""
    body = {
        "name": run.name,
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "status": run.status.value,
        "details_url": run.details_url,
        "started_at": run.started_at and timestamp(run.started_at),
        "output": {"title": run.title, "summary": run.summary, "text": run.text},
        "actions": [action.model_dump() for action in run.actions],
    }
    if run.status is CheckStatus.COMPLETED:
        # A conclusion completes a run whatever its status says, so it is sent with no other.
        body["conclusion"] = run.conclusion and run.conclusion.value
        body["completed_at"] = run.completed_at and timestamp(run.completed_at)
    return {key: value for key, value in body.items() if value is not None}


def answered_json(run: CheckRunJson, answer: CheckRunAnswer) -> dict[str, Any]:
    """The body of "update a check run" that changes nothing but its output, which has to be sent whole."""
    output = {
        "title": run.output.title or run.name,
        "summary": button_answers.above(run.output.summary or "", answer.text),
    }
    if run.output.text is not None:
        output["text"] = run.output.text
    body: dict[str, Any] = {"output": output}
    if run.conclusion in set(CheckConclusion):
        body["conclusion"] = run.conclusion
        if run.completed_at is not None:
            body["completed_at"] = timestamp(run.completed_at)
    return body


def timestamp(moment: datetime) -> str:
    """GitHub's form of an aware moment: ``2026-01-31T12:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
