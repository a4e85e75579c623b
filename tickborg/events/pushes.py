"""Pushes, as GitHub tells of them (design, section 5)."""

from collections.abc import Mapping

from pydantic import BaseModel, Field

from tickborg.events.payloads import GHOST, SHA, Account, Words, read_as
from tickborg.github import RepositoryName
from tickborg.values import Value

ZERO_SHA = "0" * 40
"""What a branch pointed at before it was, and points at when it is no more."""

_BRANCH = "refs/heads/"


class PushEvent(Value):
    """A ``push`` webhook: a ref points somewhere else."""

    delivery: str
    """``X-GitHub-Delivery``: the same for every redelivery of one event."""
    repo: RepositoryName
    ref: str
    """The full ref, e.g. ``refs/heads/main``."""
    before: str
    after: str
    pusher: str
    default_branch: str
    """The repository's: what a new or rewritten branch is compared with."""

    @property
    def branch(self) -> str | None:
        """The branch's name; None: it is no branch, but a tag, say."""
        return self.ref.removeprefix(_BRANCH) if self.ref.startswith(_BRANCH) else None

    @property
    def is_deletion(self) -> bool:
        """Whether the ref is no more."""
        return self.after == ZERO_SHA

    @property
    def is_creation(self) -> bool:
        """Whether the ref was not there before."""
        return self.before == ZERO_SHA


class _RepositoryJson(BaseModel):
    default_branch: Words


class _PushEventJson(BaseModel):
    """What tickborg needs of https://docs.github.com/en/webhooks/webhook-events-and-payloads#push."""

    ref: Words
    before: str = Field(pattern=SHA)
    after: str = Field(pattern=SHA)
    deleted: bool = False
    sender: Account | None = None
    repository: _RepositoryJson


def read_push_event(delivery: str, repo: RepositoryName, payload: Mapping[str, object]) -> PushEvent:
    """Read the payload of a ``push`` webhook.

    Raises:
        RefusedError: the payload lacks what the event needs; the message names the first field that is wrong.
    """
    read = read_as(_PushEventJson, "a push event", payload)
    return PushEvent(
        delivery=delivery,
        repo=repo,
        ref=read.ref,
        before=read.before,
        after=ZERO_SHA if read.deleted else read.after,
        pusher=read.sender.login if read.sender else GHOST,
        default_branch=read.repository.default_branch,
    )
