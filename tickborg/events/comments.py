"""Comments on pull requests, as GitHub tells of them (design, section 5)."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field

from tickborg.events.payloads import GHOST, LARGEST_ID, LARGEST_NUMBER, Account, Text, read_as
from tickborg.github import RepositoryName
from tickborg.values import Value


class IssueComment(Value):
    """A new comment on a pull request: perhaps a command."""

    delivery: str
    """``X-GitHub-Delivery``: the same for every redelivery of one event."""
    repo: RepositoryName
    number: int
    """The pull request's."""
    comment_id: int
    author: str
    body: str
    written_at: datetime
    """By GitHub's clock, in whole seconds."""
    changed_at: datetime | None = None
    """By GitHub's clock, when the pull request changed last: it did by the comment. None: nobody said."""


class CommentPlace(Value):
    """What a comment is on, and who wrote it: all that is needed to know that it is nobody's business."""

    on_pull_request: bool
    by_a_bot: bool


class _IssueJson(BaseModel):
    number: int = Field(ge=1, le=LARGEST_NUMBER)
    pull_request: dict[str, object] | None = None
    """Only there if the issue is a pull request."""
    updated_at: AwareDatetime | None = None


class _CommentJson(BaseModel):
    id: int = Field(ge=1, le=LARGEST_ID)
    user: Account | None
    body: Text | None = ""
    created_at: AwareDatetime


class _IssueCommentEventJson(BaseModel):
    """What tickborg needs of https://docs.github.com/en/webhooks/webhook-events-and-payloads#issue_comment."""

    issue: _IssueJson
    comment: _CommentJson


def read_issue_comment(
    delivery: str, repo: RepositoryName, payload: Mapping[str, object]
) -> tuple[IssueComment, CommentPlace]:
    """Read the payload of an ``issue_comment`` webhook.

    Raises:
        RefusedError: the payload lacks what the event needs; the message names the first field that is wrong.
    """
    read = read_as(_IssueCommentEventJson, "an issue_comment event", payload)
    user = read.comment.user
    comment = IssueComment(
        delivery=delivery,
        repo=repo,
        number=read.issue.number,
        comment_id=read.comment.id,
        author=user.login if user else GHOST,
        body=read.comment.body or "",
        written_at=read.comment.created_at,
        changed_at=read.issue.updated_at,
    )
    return comment, CommentPlace(
        on_pull_request=read.issue.pull_request is not None,
        # An App that writes for itself, ours too, is a bot; one that a person writes through is not.
        by_a_bot=user is not None and user.type == "Bot",
    )
