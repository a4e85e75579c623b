"""Pull requests: opened, pushed to, edited, closed, merged."""

from dataclasses import dataclass

from emulator import checks
from emulator.errors import ValidationFailed
from emulator.git import signature
from emulator.github import EmulatedGitHub
from emulator.issues import changing, next_number
from emulator.payloads import events
from emulator.state import PullRequest, Repository, User


@dataclass(frozen=True)
class Proposal:
    """What a pull request is opened with: `head_repository` is a fork, or the repository itself."""

    title: str
    head_repository: Repository
    head_ref: str
    base_ref: str
    body: str | None = None
    draft: bool = False


@dataclass(frozen=True)
class Edit:
    """A change of a pull request; what is None stays."""

    title: str | None = None
    body: str | None = None
    base_ref: str | None = None


def open_pull(
    github: EmulatedGitHub, repository: Repository, author: User, proposal: Proposal
) -> PullRequest:
    """Open a pull request. Raises ValidationFailed if a branch is missing or the head has nothing new."""
    source, branch = proposal.head_repository, proposal.head_ref
    head_sha, base_sha = _tip(source, branch, "head"), _tip(repository, proposal.base_ref, "base")
    number, now = next_number(repository), github.now()
    _bring_head(repository, source, branch, head_sha, number)
    if not repository.git.compare(base_sha, head_sha).ahead:
        message = f"No commits between {proposal.base_ref} and {branch}"
        raise ValidationFailed("PullRequest", "head", "custom", message)
    pull = PullRequest(
        id=github.next_id(),
        pull_id=github.next_id(),
        number=number,
        repository=repository,
        title=proposal.title,
        body=proposal.body,
        author=author,
        created_at=now,
        updated_at=now,
        head_repository=source,
        head_ref=branch,
        head_sha=head_sha,
        base_ref=proposal.base_ref,
        base_sha=base_sha,
        draft=proposal.draft,
    )
    repository.issues[number] = pull
    _announce(github, "opened", pull, author)
    if source is not repository:
        checks.request_suites(github, repository, head_sha, None, author)
    return pull


def head_pushed(github: EmulatedGitHub, pull: PullRequest, after: str, by: User) -> None:
    """The head branch moved to `after`: an open pull request follows it."""
    before = pull.head_sha
    _bring_head(pull.repository, pull.head_repository, pull.head_ref, after, pull.number)
    with changing(github, pull):
        pull.head_sha, pull.base_sha = after, _tip(pull.repository, pull.base_ref, "base")
    _announce(github, "synchronize", pull, by, before=before, after=after)
    if pull.head_repository is not pull.repository:
        checks.request_suites(github, pull.repository, after, before, by)


def close(github: EmulatedGitHub, pull: PullRequest, by: User) -> None:
    """Close without merging."""
    with changing(github, pull):
        pull.state, pull.closed_at, pull.closed_by = "closed", github.now(), by
    _announce(github, "closed", pull, by)


def reopen(github: EmulatedGitHub, pull: PullRequest, by: User) -> None:
    """Open again, at the tips the branches have now. Raises ValueError for what is merged or open."""
    if pull.state == "open" or pull.merged_at:
        raise ValueError(
            f"pull request #{pull.number} is {'merged' if pull.merged_at else 'open'}: not to reopen"
        )
    head = _tip(pull.head_repository, pull.head_ref, "head")
    _bring_head(pull.repository, pull.head_repository, pull.head_ref, head, pull.number)
    with changing(github, pull):
        pull.state, pull.closed_at, pull.closed_by = "open", None, None
        pull.head_sha, pull.base_sha = head, _tip(pull.repository, pull.base_ref, "base")
    _announce(github, "reopened", pull, by)


def merge(github: EmulatedGitHub, pull: PullRequest, by: User) -> str:
    """Merge into the base branch; return the merge commit. Its push is the caller's to announce.

    Raises ValueError on a conflict.
    """
    git = pull.repository.git
    message = f"Merge pull request #{pull.number} from {pull.head_repository.owner.login}/{pull.head_ref}"
    tip = _tip(pull.repository, pull.base_ref, "base")
    sha = git.merge(tip, pull.head_sha, message=message, author=signature(by.login, by.email))
    git.set_ref(f"refs/heads/{pull.base_ref}", sha)
    with changing(github, pull):
        pull.state, pull.closed_at, pull.closed_by = "closed", github.now(), by
        pull.merged_at, pull.merged_by, pull.merge_commit_sha = github.now(), by, sha
    _announce(github, "closed", pull, by)
    return sha


def edit(github: EmulatedGitHub, pull: PullRequest, by: User, new: Edit) -> None:
    """Change title, text or target branch."""
    changes: dict[str, object] = {}
    with changing(github, pull):
        if new.title is not None:
            changes["title"] = {"from": pull.title}
            pull.title = new.title
        if new.body is not None:
            changes["body"] = {"from": pull.body or ""}
            pull.body = new.body
        if new.base_ref is not None:
            changes["base"] = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
            pull.base_ref, pull.base_sha = new.base_ref, _tip(pull.repository, new.base_ref, "base")
    _announce(github, "edited", pull, by, changes=changes)


def set_draft(github: EmulatedGitHub, pull: PullRequest, by: User, *, draft: bool) -> None:
    """Convert to a draft, or mark as ready for review."""
    with changing(github, pull):
        pull.draft = draft
    _announce(github, "converted_to_draft" if draft else "ready_for_review", pull, by)


def _announce(github: EmulatedGitHub, action: str, pull: PullRequest, by: User, **more: object) -> None:
    payload = events.pull_request(action, pull, github.url, **more)
    github.announce("pull_request", pull.repository, by, payload)


def _bring_head(repository: Repository, source: Repository, branch: str, sha: str, number: int) -> None:
    """Make the head's objects and `refs/pull/N/head` exist in the repository the pull request is for."""
    ref = f"refs/pull/{number}/head"
    if source is not repository:
        repository.git.take(source.git, branch, ref)
    repository.git.set_ref(ref, sha)


def _tip(repository: Repository, branch: str, field: str) -> str:
    sha = repository.git.branch(branch)
    if sha is None:
        raise ValidationFailed("PullRequest", field, "invalid")
    return sha
