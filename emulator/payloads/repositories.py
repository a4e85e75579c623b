"""Repositories, and who may do what in them."""

from typing import Any

from emulator.payloads.scalars import node_id, stamp
from emulator.payloads.users import user
from emulator.state import Repository, Role, User

_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_ROLES: tuple[Role, ...] = ("read", "triage", "write", "maintain", "admin")


def repository_url(repository: Repository, root: str) -> str:
    """Where the REST API has it."""
    return f"{root}/repos/{repository.full_name}"


def repository(shown: Repository, root: str) -> dict[str, Any]:
    """A `repository`, as pull requests carry it."""
    open_issues = sum(issue.state == "open" for issue in shown.issues.values())
    return {
        **minimal_repository(shown, root),
        "git_url": f"{root}/{shown.full_name}.git",
        "ssh_url": f"{root}/{shown.full_name}.git",
        "svn_url": f"{root}/{shown.full_name}",
        "clone_url": f"{root}/{shown.full_name}.git",
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "size": 0,
        "default_branch": shown.default_branch,
        "forks": len(shown.forks),
        "forks_count": len(shown.forks),
        "stargazers_count": 0,
        "watchers": 0,
        "watchers_count": 0,
        "open_issues": open_issues,
        "open_issues_count": open_issues,
        "is_template": False,
        "topics": [],
        "has_issues": True,
        "has_projects": True,
        "has_wiki": True,
        "has_pages": False,
        "has_discussions": False,
        "archived": False,
        "disabled": False,
        "visibility": "private" if shown.private else "public",
        "license": None,
        "allow_forking": True,
        "web_commit_signoff_required": False,
        "pushed_at": stamp(shown.pushed_at),
        "created_at": stamp(shown.created_at),
        "updated_at": stamp(shown.pushed_at),
    }


def full_repository(shown: Repository, root: str) -> dict[str, Any]:
    """A `full-repository`, which `GET /repos/{owner}/{repo}` answers."""
    parent = (
        {}
        if shown.parent is None
        else {name: repository(shown.parent, root) for name in ("parent", "source")}
    )
    organization = {"organization": user(shown.owner, root)} if shown.owner.type == "Organization" else {}
    return {
        **repository(shown, root),
        **parent,
        **organization,
        "network_count": len(shown.forks),
        "subscribers_count": 0,
    }


def webhook_repository(shown: Repository, root: str) -> dict[str, Any]:
    """A repository as webhooks carry it."""
    return repository(shown, root) | {"has_downloads": True}


def pushed_repository(shown: Repository, root: str) -> dict[str, Any]:
    """A repository as the `push` webhook carries it: with times in Unix seconds, unlike any other."""
    return webhook_repository(shown, root) | {
        "created_at": int(shown.created_at.timestamp()),
        "pushed_at": int(shown.pushed_at.timestamp()),
        "stargazers": 0,
        "master_branch": shown.default_branch,
    }


def minimal_repository(shown: Repository, root: str) -> dict[str, Any]:
    """A `minimal-repository`."""
    url = repository_url(shown, root)
    return {
        **installed_repository(shown),
        "owner": user(shown.owner, root),
        "html_url": f"{root}/{shown.full_name}",
        "description": None,
        "fork": shown.parent is not None,
        "url": url,
        **{name: url + suffix for name, suffix in _LINKS.items()},
    }


def installed_repository(shown: Repository) -> dict[str, Any]:
    """A repository as the `installation` webhook lists it."""
    return {
        "id": shown.id,
        "node_id": node_id("R", shown.id),
        "name": shown.name,
        "full_name": shown.full_name,
        "private": shown.private,
    }


def role_of(account: User, repository: Repository) -> Role | None:
    """What an account may do in a repository; None where it may not even see it."""
    if account is repository.owner:
        return "admin"
    return repository.collaborators.get(account, None if repository.private else "read")


def permission(account: User, repository: Repository, root: str) -> dict[str, Any]:
    """A `repository-collaborator-permission`.

    `permission` knows four words only: maintain counts as write, and triage as read
    (https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user).
    """
    role = role_of(account, repository)
    legacy = {"maintain": "write", "triage": "read", None: "none"}.get(role, role)
    granted = _ROLES[: _ROLES.index(role) + 1] if role is not None else ()
    names = {"read": "pull", "triage": "triage", "write": "push", "maintain": "maintain", "admin": "admin"}
    return {
        "permission": legacy,
        "role_name": role or "none",
        "user": {
            **user(account, root),
            "permissions": {name: granted_role in granted for granted_role, name in names.items()},
            "role_name": role or "none",
        },
    }
