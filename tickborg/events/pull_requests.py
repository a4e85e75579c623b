"""What a pull request is, as GitHub writes it in webhooks and answers (design, sections 4 and 5)."""

from collections.abc import Mapping

from pydantic import AwareDatetime, BaseModel, Field

from tickborg import names
from tickborg.errors import RefusedError
from tickborg.events.payloads import GHOST, LARGEST_NUMBER, SHA, Account, Repository, Words, read_as
from tickborg.github import PullRequest, PullRequestState, RepositoryName
from tickborg.values import Value


class _HeadJson(BaseModel):
    ref: Words
    sha: str = Field(pattern=SHA)
    repo: Repository | None


class _BaseJson(_HeadJson):
    repo: Repository


class _LabelJson(BaseModel):
    name: Words


class _PullRequestJson(BaseModel):
    """What tickborg needs of https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request."""

    number: int = Field(ge=1, le=LARGEST_NUMBER)
    title: Words
    user: Account | None
    author_association: Words = "NONE"
    draft: bool = False
    state: PullRequestState
    head: _HeadJson
    base: _BaseJson
    labels: list[_LabelJson] = Field(default=[], max_length=200)
    updated_at: AwareDatetime
    html_url: Words = ""


def pull_request_from_json(data: object) -> PullRequest:
    """Read a pull request as GitHub writes it, in a webhook as in an answer of the REST API.

    A deleted head repository (``head.repo: null``) is None, a deleted author is :data:`GHOST`.

    Raises:
        RefusedError: ``data`` is no pull request; the message names the first field that is wrong.
    """
    read = read_as(_PullRequestJson, "a pull request", data)
    try:
        repo = RepositoryName.parse(read.base.repo.full_name)
    except ValueError as error:
        raise RefusedError(f"not a pull request of GitHub: base.repo.full_name: {error}") from None
    return PullRequest(
        repo=repo,
        number=read.number,
        title=read.title,
        author=read.user.login if read.user else GHOST,
        author_association=read.author_association,
        draft=read.draft,
        state=read.state,
        head_sha=read.head.sha,
        head_ref=read.head.ref,
        head_repo=read.head.repo.full_name if read.head.repo else None,
        base_ref=read.base.ref,
        base_sha=read.base.sha,
        labels=tuple(label.name for label in read.labels),
        updated_at=read.updated_at,
        html_url=read.html_url,
    )


class PullRequestEvent(Value):
    """A ``pull_request`` webhook: a hint that something about the pull request changed."""

    delivery: str
    """``X-GitHub-Delivery``: the same for every redelivery of one event."""
    action: str
    pull: PullRequest
    sender: str = ""
    base_changed: bool = False
    """``edited`` only: the pull request has a new target branch."""
    previous_title: str | None = None
    """``edited`` only: the title before."""

    @property
    def tells_of_head(self) -> bool:
        """Whether GitHub sends it because of the head, which came when the pull request was changed last."""
        made_up = self.delivery.startswith(names.RECONCILE_DELIVERIES)
        return self.action in {"opened", "synchronize"} and not made_up


class _TitleChangeJson(BaseModel):
    previous: Words = Field(alias="from")


class _ChangesJson(BaseModel):
    base: dict[str, object] | None = None
    title: _TitleChangeJson | None = None


class _PullRequestEventJson(BaseModel):
    """What tickborg needs of https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request."""

    action: str
    sender: Account | None = None
    changes: _ChangesJson = _ChangesJson()


def read_pull_request_event(delivery: str, payload: Mapping[str, object]) -> PullRequestEvent:
    """Read the payload of a ``pull_request`` webhook.

    Raises:
        RefusedError: the payload lacks what the event needs; the message names the first field that is wrong.
    """
    read = read_as(_PullRequestEventJson, "a pull_request event", payload)
    return PullRequestEvent(
        delivery=delivery,
        action=read.action,
        pull=pull_request_from_json(payload.get("pull_request")),
        sender=read.sender.login if read.sender else GHOST,
        base_changed=read.changes.base is not None,
        previous_title=read.changes.title.previous if read.changes.title else None,
    )
