"""What the GitHub App that tickborg is needs (design, section 5; docs/deploy.md has it for people)."""

from collections.abc import Mapping, Sequence

PERMISSIONS: Mapping[str, str] = {
    "checks": "write",
    "statuses": "write",
    "issues": "write",
    "pull_requests": "write",
    "contents": "read",
    "metadata": "read",
}
"""By GitHub's names; https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps."""

EVENTS: Sequence[str] = ("pull_request", "issue_comment", "push", "check_run", "check_suite")
"""What GitHub has to tell the App of."""

WEBHOOK_PATHS = ("/github-webhook", "/github-webhooks")
