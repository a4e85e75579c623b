"""Pull requests."""

from typing import Any

from emulator.payloads.associations import association
from emulator.payloads.issues import carried_labels, html_url, issue_url, labels
from emulator.payloads.repositories import repository, repository_url
from emulator.payloads.scalars import node_id, stamp, stamp_or_none
from emulator.payloads.users import user
from emulator.state import PullRequest, Repository


def simple_pull(shown: PullRequest, root: str) -> dict[str, Any]:
    """A `pull-request-simple`, as lists carry it."""
    urls = _urls(shown, root)
    return {
        "id": shown.pull_id,
        "node_id": node_id("PR", shown.pull_id),
        **urls,
        "number": shown.number,
        "state": shown.state,
        "locked": False,
        "active_lock_reason": None,
        "title": shown.title,
        "body": shown.body,
        "user": user(shown.author, root),
        "labels": carried_labels(shown, root),
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "milestone": None,
        "created_at": stamp(shown.created_at),
        "updated_at": stamp(shown.updated_at),
        "closed_at": stamp_or_none(shown.closed_at),
        "merged_at": stamp_or_none(shown.merged_at),
        "head": _side(shown.head_repository, shown.head_ref, shown.head_sha, root),
        "base": _side(shown.repository, shown.base_ref, shown.base_sha, root),
        "_links": _links(urls),
        "author_association": association(shown.author, shown.repository, on_own_pull=True),
        "auto_merge": None,
        "draft": shown.draft,
    }


def pull(shown: PullRequest, root: str) -> dict[str, Any]:
    """A `pull-request`. Mergeability is never worked out: null, as it is on GitHub after every push."""
    changes = shown.repository.git.compare(shown.base_sha, shown.head_sha)
    return {
        **simple_pull(shown, root),
        "merged": shown.merged_at is not None,
        "merged_by": user(shown.merged_by, root) if shown.merged_by else None,
        "mergeable": None,
        "rebaseable": None,
        "mergeable_state": "unknown",
        "comments": len(shown.comments),
        "review_comments": 0,
        "maintainer_can_modify": shown.head_repository is not shown.repository,
        "commits": len(changes.ahead),
        "additions": sum(file.additions for file in changes.files),
        "deletions": sum(file.deletions for file in changes.files),
        "changed_files": len(changes.files),
    }


def webhook_pull(shown: PullRequest, root: str) -> dict[str, Any]:
    """A pull request as webhooks carry it."""
    more = {"assignee": None, "merge_commit_sha": shown.merge_commit_sha, "labels": labels(shown, root)}
    return pull(shown, root) | more


def minimal_pull(shown: PullRequest, root: str) -> dict[str, Any]:
    """A `pull-request-minimal`, as check runs carry it."""
    return {
        "id": shown.pull_id,
        "number": shown.number,
        "url": f"{repository_url(shown.repository, root)}/pulls/{shown.number}",
        "head": _minimal_side(shown.head_repository, shown.head_ref, shown.head_sha, root),
        "base": _minimal_side(shown.repository, shown.base_ref, shown.base_sha, root),
    }


def _urls(shown: PullRequest, root: str) -> dict[str, str]:
    page, url = html_url(shown, root), f"{repository_url(shown.repository, root)}/pulls/{shown.number}"
    return {
        "url": url,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue_url(shown, root),
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{repository_url(shown.repository, root)}/pulls/comments{{/number}}",
        "comments_url": f"{issue_url(shown, root)}/comments",
        "statuses_url": f"{repository_url(shown.repository, root)}/statuses/{shown.head_sha}",
    }


def _links(urls: dict[str, str]) -> dict[str, dict[str, str]]:
    names = ("html", "issue", "comments", "review_comments", "review_comment", "commits", "statuses")
    return {"self": {"href": urls["url"]}, **{name: {"href": urls[f"{name}_url"]} for name in names}}


def _side(at: Repository, ref: str, sha: str, root: str) -> dict[str, Any]:
    return {
        "label": f"{at.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(at.owner, root),
        "repo": repository(at, root),
    }


def _minimal_side(at: Repository, ref: str, sha: str, root: str) -> dict[str, Any]:
    return {"ref": ref, "sha": sha, "repo": {"id": at.id, "url": repository_url(at, root), "name": at.name}}
