"""What GitHub tells us and what we tell GitHub, as values, with GitHub's limits.

The limits are GitHub's own:
https://docs.github.com/en/rest/commits/statuses and https://docs.github.com/en/rest/checks/runs.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from tickborg.quota import Purpose
from tickborg.values import Value

STATUS_DESCRIPTION_LIMIT = 140
CHECK_OUTPUT_LIMIT = 65_535
COMMENT_LIMIT = 65_535
LABEL_LIMIT = 50
ACTIONS_LIMIT = 3
ACTION_LABEL_LIMIT = 20
ACTION_DESCRIPTION_LIMIT = 40

SUMMARY_MARKER = "<!-- tickborg:summary -->"
"""What the summary comment is found again by; GitHub shows no HTML comment to a reader."""


_NAME = re.compile(r"(?!\.\.?$)[A-Za-z0-9._-]{1,100}")
"""What GitHub lets an account and a repository be called; ``.`` and ``..`` are no names of folders either."""


class RepositoryName(Value):
    """A repository of GitHub, ``owner/name``."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"

    @classmethod
    def parse(cls, full_name: str) -> "RepositoryName":
        """Read ``owner/name``.

        Raises:
            ValueError: ``full_name`` is not of that form.
        """
        owner, _, name = full_name.partition("/")
        if not (_NAME.fullmatch(owner) and _NAME.fullmatch(name)):
            raise ValueError(f"{full_name[:200]!r} is not a repository: expected owner/name")
        return cls(owner=owner, name=name)


class PullRequestState(StrEnum):
    """Whether a pull request can still be merged."""

    OPEN = "open"
    CLOSED = "closed"


class PullRequest(Value):
    """A pull request as GitHub described it at ``updated_at``."""

    repo: RepositoryName
    number: int
    title: str
    author: str
    author_association: str = "NONE"
    draft: bool = False
    state: PullRequestState = PullRequestState.OPEN
    head_sha: str
    head_ref: str = ""
    """The branch's name in the repository the head comes from; never trusted as a ref of ours."""
    head_repo: str | None = None
    """``owner/name`` the head comes from; None when that repository was deleted."""
    base_ref: str
    """The target branch's name, without ``refs/heads/``."""
    base_sha: str
    labels: tuple[str, ...] = ()
    updated_at: datetime
    html_url: str = ""

    @property
    def fetch_ref(self) -> str:
        """The ref GitHub keeps for the head in the target repository."""
        return f"refs/pull/{self.number}/head"


class StatusState(StrEnum):
    """The four states of a commit status."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


class CommitStatus(Value):
    """One context of one commit; a later one of the same context replaces it."""

    repo: RepositoryName
    sha: str
    context: str
    state: StatusState
    description: str = Field(max_length=STATUS_DESCRIPTION_LIMIT)
    target_url: str | None = None


class CheckStatus(StrEnum):
    """How far a check run is."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class CheckConclusion(StrEnum):
    """How a completed check run ended; of GitHub's, those that tickborg uses."""

    SUCCESS = "success"
    FAILURE = "failure"
    TIMED_OUT = "timed_out"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class CheckAction(Value):
    """A button on a check run; pressing it sends ``check_run.requested_action``."""

    label: str = Field(max_length=ACTION_LABEL_LIMIT)
    identifier: str = Field(max_length=ACTION_LABEL_LIMIT)
    description: str = Field(max_length=ACTION_DESCRIPTION_LIMIT)


class CheckRun(Value):
    """The whole of a check run; an update sends all of it, so that any update heals the ones lost."""

    repo: RepositoryName
    head_sha: str
    name: str
    external_id: str
    """The owner's workflow id, the build key and the build's run id: how a retry finds the run it made."""
    status: CheckStatus
    conclusion: CheckConclusion | None = None
    title: str
    summary: str = Field(max_length=CHECK_OUTPUT_LIMIT)
    text: str = Field(default="", max_length=CHECK_OUTPUT_LIMIT)
    details_url: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    actions: tuple[CheckAction, ...] = Field(default=(), max_length=ACTIONS_LIMIT)


class CheckRunOpening(Value):
    """A check run to create, unless it is there already."""

    run: CheckRun
    may_exist: bool = False
    """True: an earlier activity tried to create it, and nobody knows whether GitHub did."""


class CheckRunUpdate(Value):
    """What the check run ``check_run_id`` is to say from now on."""

    check_run_id: int
    run: CheckRun


class CheckRunAnswer(Value):
    """What a check run says to whoever pressed a button of it, above all that it says already."""

    repo: RepositoryName
    head_sha: str
    name: str
    external_id: str
    text: str


class SummaryComment(Value):
    """The one summary comment of a pull request, found again by its hidden marker."""

    repo: RepositoryName
    number: int
    body: str = Field(max_length=COMMENT_LIMIT)
    """The whole comment, with :data:`SUMMARY_MARKER` in it."""
    comment_id: int | None = None
    """The comment to edit; None: look for the marker, and create the comment where there is none."""
    purpose: Purpose = Purpose.RESULT
    """While builds go on it only shows progress, for which the last calls of the hour are not spent."""


class Reaction(Value):
    """An emoji below a comment; GitHub keeps one of each kind and person, so a repeat changes nothing."""

    repo: RepositoryName
    comment_id: int
    content: Literal["eyes"] = "eyes"


class Reply(Value):
    """The bot's one answer to a comment, found again by a hidden marker."""

    repo: RepositoryName
    number: int
    comment_id: int
    """The comment that is answered."""
    body: str = Field(max_length=COMMENT_LIMIT)
    """The whole answer, with its marker in it."""
    marker: str = ""
    """What it is found again by; empty: :func:`reply_marker` of the comment."""


def reply_marker(comment_id: int) -> str:
    """What the answer to the comment ``comment_id`` contains, and nobody sees."""
    return f"<!-- tickborg:reply:{comment_id} -->"


def late_reply_marker(comment_id: int, n: str) -> str:
    """The same of an answer that is given when what was asked for comes to nothing after all."""
    return f"{late_reply_prefix(comment_id)}{n} -->"


def late_reply_prefix(comment_id: int) -> str:
    """What every late answer to the comment contains."""
    return f"<!-- tickborg:late-reply:{comment_id}:"


class CommitQuestion(Value):
    """What there is of ``sha``: open pull requests that have it as their head, or check runs of ours."""

    repo: RepositoryName
    sha: str


class LabelChange(Value):
    """Labels to put on a pull request and to take off; both are sets, so a repeat changes nothing."""

    repo: RepositoryName
    number: int
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class Permission(StrEnum):
    """A collaborator's permission, as GitHub's ``permission`` key reports it."""

    ADMIN = "admin"
    WRITE = "write"
    READ = "read"
    NONE = "none"

    @property
    def may_write(self) -> bool:
        """Whether GitHub would let this person push."""
        return self in {Permission.ADMIN, Permission.WRITE}


class PermissionQuestion(Value):
    """Which permission ``user`` has on ``repo``."""

    repo: RepositoryName
    user: str


class PullRequestQuestion(Value):
    """Which pull request GitHub has under ``number``."""

    repo: RepositoryName
    number: int


class BranchQuestion(Value):
    """What is known of a branch."""

    repo: RepositoryName
    branch: str
