"""What the emulated GitHub remembers: plain objects, each compared by identity, changed in place.

Only the modules named after a noun (`pulls`, `labels`, `checks`, …) change them; `payloads` turns them into
GitHub's JSON; nothing here knows of HTTP.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from emulator.git import GitStore

Role = Literal["admin", "maintain", "write", "triage", "read"]
State = Literal["open", "closed"]
StatusState = Literal["error", "failure", "pending", "success"]


@dataclass(eq=False)
class User:
    """An account: a person, an organization, or the bot user of an App (`name[bot]`)."""

    id: int
    login: str
    type: Literal["User", "Organization", "Bot"] = "User"

    @property
    def email(self) -> str:
        """The private address GitHub gives out for an account."""
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(eq=False)
class Delivery:
    """One attempt at a webhook: what was sent, and what the receiver answered.

    `status_code` is the receiver's, or 0 where it never answered; `status` is its reason phrase, or what went
    wrong. `duration` is in seconds.
    """

    id: int
    guid: str
    event: str
    action: str | None
    body: bytes
    request_headers: dict[str, str]
    delivered_at: datetime
    installation_id: int | None
    repository_id: int | None
    redelivery: bool = False
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the receiver answered with a status below 400, which is what GitHub calls a success."""
        return 200 <= self.status_code < 400  # noqa: PLR2004 - the HTTP classes


@dataclass(eq=False)
class App:
    """A GitHub App, its keys, and the webhook it registered (none while `webhook_url` is None)."""

    id: int
    slug: str
    client_id: str
    owner: User
    bot: User
    private_key: str
    public_key: str
    webhook_secret: str
    hook_id: int
    permissions: dict[str, str]
    events: list[str]
    created_at: datetime
    webhook_url: str | None = None
    webhook_content_type: Literal["json", "form"] = "json"
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(eq=False)
class Installation:
    """An App on one account, and the repositories of that account it may see."""

    id: int
    app: App
    account: User
    repositories: list["Repository"]
    permissions: dict[str, str]
    created_at: datetime
    suspended_at: datetime | None = None


@dataclass(eq=False)
class Token:
    """A credential: of an installation (as the bot) or of a person, which has no `permissions`."""

    value: str
    user: User
    expires_at: datetime | None = None
    installation: Installation | None = None
    permissions: dict[str, str] | None = None
    repositories: list["Repository"] | None = None


@dataclass(eq=False)
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass(eq=False)
class Reaction:
    """An emoji somebody left on a comment."""

    id: int
    user: User
    content: str
    created_at: datetime


@dataclass(eq=False)
class Comment:
    """A comment on an issue or a pull request; `app` is the App it was written through, if any."""

    id: int
    issue: "Issue"
    author: User
    body: str
    created_at: datetime
    updated_at: datetime
    app: App | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(eq=False)
class Issue:
    """An issue; a pull request is one too."""

    id: int
    number: int
    repository: "Repository"
    title: str
    body: str | None
    author: User
    created_at: datetime
    updated_at: datetime
    state: State = "open"
    closed_at: datetime | None = None
    closed_by: User | None = None
    labels: list[Label] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)


@dataclass(eq=False, kw_only=True)
class PullRequest(Issue):
    """A pull request.

    `base_sha` is the tip of the base branch when the pull request was opened, its base changed or its head
    pushed; as on GitHub it does *not* follow the branch. `previous` is the version before the last change:
    what a lagging replica still answers.
    """

    pull_id: int
    head_repository: "Repository"
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None
    previous: "PullRequest | None" = None


@dataclass(frozen=True)
class Push:
    """The full `ref` moved from `before` to `after`; one is the zero sha where the ref is new or gone."""

    repository: "Repository"
    ref: str
    before: str
    after: str
    by: User


@dataclass(eq=False)
class Status:
    """A commit status; of those with one context the newest counts."""

    id: int
    sha: str
    context: str
    state: StatusState
    description: str | None
    target_url: str | None
    creator: User
    created_at: datetime


@dataclass(eq=False)
class Output:
    """What a check run shows: Markdown `summary` and `text` under a title."""

    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, object]] = field(default_factory=list)


@dataclass(frozen=True)
class Action:
    """A button of a check run."""

    label: str
    description: str
    identifier: str


@dataclass(eq=False)
class CheckSuite:
    """All check runs of one App on one commit."""

    id: int
    app: App
    repository: "Repository"
    head_sha: str
    head_branch: str | None
    before: str | None
    created_at: datetime
    updated_at: datetime
    runs: list["CheckRun"] = field(default_factory=list)
    asked_again: bool = False
    """Somebody asked for it, or for one of its runs, again, and its App has not done anything since."""


@dataclass(eq=False)
class CheckRun:
    """One check of a suite."""

    id: int
    suite: CheckSuite
    name: str
    status: str
    started_at: datetime
    external_id: str = ""
    details_url: str | None = None
    conclusion: str | None = None
    completed_at: datetime | None = None
    output: Output = field(default_factory=Output)
    actions: tuple[Action, ...] = ()


@dataclass(eq=False)
class Repository:
    """A repository: its bare git store and all that GitHub keeps beside it.

    `branches` is what GitHub knows of the branches; a branch that moved in `git` since was pushed to, but the
    push has not been noticed yet (`people.Person.push`). `issues` holds pull requests too, by number;
    `labels` is keyed by the case-folded name, since GitHub's labels ignore case; `statuses` by sha, oldest
    first; `suites` by sha and App.
    `hidden_members` are collaborators whose `author_association` does not show it.
    """

    id: int
    owner: User
    name: str
    git: GitStore
    default_branch: str
    created_at: datetime
    pushed_at: datetime
    private: bool = False
    parent: "Repository | None" = None
    forks: list["Repository"] = field(default_factory=list)
    collaborators: dict[User, Role] = field(default_factory=dict)
    hidden_members: set[User] = field(default_factory=set)
    branches: dict[str, str] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    statuses: dict[str, list[Status]] = field(default_factory=dict)
    suites: dict[tuple[str, int], CheckSuite] = field(default_factory=dict)
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"

    @property
    def pulls(self) -> list[PullRequest]:
        """The pull requests, oldest first."""
        return [issue for issue in self.issues.values() if isinstance(issue, PullRequest)]

    def pull(self, number: int) -> PullRequest:
        """Pull request `number`. Raises KeyError where there is none."""
        issue = self.issues[number]
        if not isinstance(issue, PullRequest):
            raise KeyError(number)
        return issue
