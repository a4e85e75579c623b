"""The bodies of webhooks.

(https://docs.github.com/webhooks/webhook-events-and-payloads)
"""

from typing import Any

from emulator.git import ZERO_SHA
from emulator.payloads.apps import installation as installation_payload
from emulator.payloads.apps import simple_installation
from emulator.payloads.checks import webhook_check_run, webhook_suite
from emulator.payloads.commits import commit, pushed_commit
from emulator.payloads.issues import comment as comment_payload
from emulator.payloads.issues import label as label_payload
from emulator.payloads.issues import webhook_issue
from emulator.payloads.pulls import webhook_pull
from emulator.payloads.repositories import installed_repository, pushed_repository, webhook_repository
from emulator.payloads.scalars import stamp
from emulator.payloads.statuses import status as status_payload
from emulator.payloads.users import organization, user
from emulator.state import (
    App,
    CheckRun,
    CheckSuite,
    Comment,
    Installation,
    Issue,
    Label,
    PullRequest,
    Push,
    Repository,
    Status,
    User,
)

_MOST_COMMITS = 2048  # a push webhook lists no more


def envelope(repository: Repository, sender: User, installation: Installation, root: str) -> dict[str, Any]:
    """What every webhook about a repository carries."""
    org = (
        {"organization": organization(repository.owner, root)}
        if repository.owner.type == "Organization"
        else {}
    )
    return {
        "repository": webhook_repository(repository, root),
        **org,
        "sender": user(sender, root),
        "installation": simple_installation(installation),
    }


def pull_request(action: str, pull: PullRequest, root: str, **more: Any) -> dict[str, Any]:
    """`pull_request`; `more` is what the action adds (`before` and `after`, `changes`)."""
    return {"action": action, "number": pull.number, "pull_request": webhook_pull(pull, root), **more}


def pull_request_label(action: str, pull: PullRequest, label: Label, root: str) -> dict[str, Any]:
    """`pull_request.labeled` and `.unlabeled`."""
    return pull_request(action, pull, root, label=label_payload(label, pull.repository, root))


def issues(action: str, issue: Issue, root: str) -> dict[str, Any]:
    """`issues`, which pull requests do not cause."""
    return {"action": action, "issue": webhook_issue(issue, root)}


def issue_comment(action: str, comment: Comment, root: str, **more: Any) -> dict[str, Any]:
    """`issue_comment`, of issues and of pull requests."""
    return {
        "action": action,
        "issue": webhook_issue(comment.issue, root),
        "comment": comment_payload(comment, root),
        **more,
    }


def push(pushed: Push, root: str) -> dict[str, Any]:
    """`push` of a branch or a tag."""
    repository, before, after = pushed.repository, pushed.before, pushed.after
    created, deleted = before == ZERO_SHA, after == ZERO_SHA
    new = () if created or deleted else repository.git.compare(before, after).ahead
    return {
        "ref": pushed.ref,
        "before": before,
        "after": after,
        "base_ref": None,
        "created": created,
        "deleted": deleted,
        "forced": not (created or deleted or repository.git.contains(after, before)),
        "compare": f"{root}/{repository.full_name}/compare/{before[:12]}...{after[:12]}",
        "commits": [pushed_commit(repository, sha, root) for sha in new[-_MOST_COMMITS:]],
        "head_commit": None if deleted else pushed_commit(repository, after, root),
        "pusher": {"name": pushed.by.login, "email": pushed.by.email},
        "repository": pushed_repository(repository, root),
    }


def check_run(action: str, run: CheckRun, root: str, identifier: str | None = None) -> dict[str, Any]:
    """`check_run`; `identifier` is that of the button, for `requested_action`."""
    requested = {} if identifier is None else {"requested_action": {"identifier": identifier}}
    return {"action": action, "check_run": webhook_check_run(run, root), **requested}


def check_suite(action: str, suite: CheckSuite, root: str) -> dict[str, Any]:
    """`check_suite`."""
    return {"action": action, "check_suite": webhook_suite(suite, root)}


def status(shown: Status, repository: Repository, root: str) -> dict[str, Any]:
    """`status`: it has no action."""
    on = [name for name, tip in repository.branches.items() if tip == shown.sha]
    listed = status_payload(shown, repository, root)
    return {
        **{
            name: listed[name]
            for name in ("id", "context", "description", "target_url", "state", "avatar_url")
        },
        "sha": shown.sha,
        "name": repository.full_name,
        "commit": commit(repository, shown.sha, root),
        "branches": [_branch(name, shown.sha, repository, root) for name in on[:10]],
        "created_at": stamp(shown.created_at),
        "updated_at": stamp(shown.created_at),
    }


def ping(app: App, root: str) -> dict[str, Any]:
    """`ping`, sent when a webhook is set up."""
    secret = {"secret": "********"} if app.webhook_secret else {}
    return {
        "zen": "Design for failure.",
        "hook_id": app.hook_id,
        "hook": {
            "type": "App",
            "id": app.hook_id,
            "name": "web",
            "active": True,
            "app_id": app.id,
            "events": app.events,
            "config": {
                "content_type": app.webhook_content_type,
                "insecure_ssl": "0",
                "url": app.webhook_url,
                **secret,
            },
            "created_at": stamp(app.created_at),
            "updated_at": stamp(app.created_at),
            "deliveries_url": f"{root}/app/hook/deliveries",
        },
    }


def installation(action: str, installed: Installation, sender: User, root: str) -> dict[str, Any]:
    """`installation`: about an account, so it has no `repository`."""
    return {
        "action": action,
        "installation": installation_payload(installed, root),
        "repositories": [installed_repository(repository) for repository in installed.repositories],
        "sender": user(sender, root),
    }


def _branch(name: str, sha: str, repository: Repository, root: str) -> dict[str, Any]:
    url = f"{root}/repos/{repository.full_name}/commits/{sha}"
    return {"name": name, "commit": {"sha": sha, "url": url}, "protected": False}
