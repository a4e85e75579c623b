"""Issues, their labels, comments and reactions."""

from typing import Any
from urllib.parse import quote

from emulator.payloads.apps import app
from emulator.payloads.associations import association
from emulator.payloads.repositories import repository_url
from emulator.payloads.scalars import node_id, stamp, stamp_or_none
from emulator.payloads.users import user
from emulator.state import Comment, Issue, Label, PullRequest, Reaction, Repository

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def label(shown: Label, repository: Repository, root: str) -> dict[str, Any]:
    """A `label`."""
    return {
        "id": shown.id,
        "node_id": node_id("LA", shown.id),
        "url": f"{repository_url(repository, root)}/labels/{quote(shown.name, safe='')}",
        "name": shown.name,
        "color": shown.color,
        "default": False,
        "description": shown.description,
        "archived_at": None,
        "archived_by": None,
    }


def labels(issue: Issue, root: str) -> list[dict[str, Any]]:
    """The labels of an issue, as a list of them."""
    return [label(each, issue.repository, root) for each in issue.labels]


def carried_labels(issue: Issue, root: str) -> list[dict[str, Any]]:
    """The labels of an issue, as the issue or pull request itself carries them."""
    return [
        {name: value for name, value in each.items() if name != "archived_at"} for each in labels(issue, root)
    ]


def issue_url(issue: Issue, root: str) -> str:
    """Where the REST API has the issue side of it."""
    return f"{repository_url(issue.repository, root)}/issues/{issue.number}"


def html_url(issue: Issue, root: str) -> str:
    """Where a person reads it."""
    kind = "pull" if isinstance(issue, PullRequest) else "issues"
    return f"{root}/{issue.repository.full_name}/{kind}/{issue.number}"


def issue(shown: Issue, root: str) -> dict[str, Any]:
    """An `issue`; a pull request's has a `pull_request` member."""
    url = issue_url(shown, root)
    return {
        "id": shown.id,
        "node_id": node_id("I", shown.id),
        "url": url,
        "repository_url": repository_url(shown.repository, root),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html_url(shown, root),
        "timeline_url": f"{url}/timeline",
        "number": shown.number,
        "title": shown.title,
        "body": shown.body,
        "user": user(shown.author, root),
        "state": shown.state,
        "state_reason": None,
        "labels": carried_labels(shown, root),
        "assignees": [],
        "milestone": None,
        "locked": False,
        "active_lock_reason": None,
        "comments": len(shown.comments),
        "created_at": stamp(shown.created_at),
        "updated_at": stamp(shown.updated_at),
        "closed_at": stamp_or_none(shown.closed_at),
        "author_association": association(shown.author, shown.repository, on_own_pull=True),
        "performed_via_github_app": None,
        "reactions": _rollup([], url),
        **_pull_request_of(shown, root),
    }


def full_issue(shown: Issue, root: str) -> dict[str, Any]:
    """An issue as `GET …/issues/{issue_number}` answers it."""
    return issue(shown, root) | {"closed_by": user(shown.closed_by, root) if shown.closed_by else None}


def webhook_issue(shown: Issue, root: str) -> dict[str, Any]:
    """An issue as webhooks carry it."""
    return issue(shown, root) | {"assignee": None}


def comment(shown: Comment, root: str) -> dict[str, Any]:
    """An `issue-comment`."""
    url = f"{repository_url(shown.issue.repository, root)}/issues/comments/{shown.id}"
    return {
        "id": shown.id,
        "node_id": node_id("IC", shown.id),
        "url": url,
        "html_url": f"{html_url(shown.issue, root)}#issuecomment-{shown.id}",
        "issue_url": issue_url(shown.issue, root),
        "body": shown.body,
        "user": user(shown.author, root),
        "created_at": stamp(shown.created_at),
        "updated_at": stamp(shown.updated_at),
        "author_association": association(shown.author, shown.issue.repository),
        "performed_via_github_app": app(shown.app, root) if shown.app else None,
        "reactions": _rollup(shown.reactions, url),
    }


def reaction(shown: Reaction, root: str) -> dict[str, Any]:
    """A `reaction`."""
    return {
        "id": shown.id,
        "node_id": node_id("REA", shown.id),
        "user": user(shown.user, root),
        "content": shown.content,
        "created_at": stamp(shown.created_at),
    }


def _rollup(reactions: list[Reaction], url: str) -> dict[str, Any]:
    counts = {content: sum(each.content == content for each in reactions) for content in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


def _pull_request_of(shown: Issue, root: str) -> dict[str, Any]:
    if not isinstance(shown, PullRequest):
        return {}
    page = html_url(shown, root)
    return {
        "draft": shown.draft,
        "pull_request": {
            "url": f"{repository_url(shown.repository, root)}/pulls/{shown.number}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": stamp_or_none(shown.merged_at),
        },
    }
