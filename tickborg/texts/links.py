"""Where links lead: the pages of the dashboard."""

from urllib.parse import quote

from tickborg.github import RepositoryName
from tickborg.jobs import Origin
from tickborg.policy import Policy

_URL_CHARACTERS = ":/?#[]@!$&'*+,;=%~"
"""What stays as it is in a base URL (RFC 3986, section 2.2); parentheses do not: they end a Markdown link."""


def pull_request_url(policy: Policy, repo: RepositoryName, number: int) -> str:
    """The page of a pull request."""
    return page_url(policy.dashboard_url, repo.owner, repo.name, "pull", str(number))


def branch_url(policy: Policy, repo: RepositoryName, branch: str) -> str:
    """The page of a branch; slashes in its name stay slashes."""
    return page_url(policy.dashboard_url, repo.owner, repo.name, "branch", branch)


def origin_url(policy: Policy, repo: RepositoryName, origin: Origin) -> str:
    """The page of what a build is for."""
    if origin.pull is not None:
        return pull_request_url(policy, repo, origin.pull)
    return branch_url(policy, repo, origin.branch or "")


def log_url(policy: Policy, attempt_id: str) -> str:
    """The page of one attempt's log."""
    return page_url(policy.dashboard_url, "logs", attempt_id)


def page_url(dashboard_url: str, *steps: str) -> str:
    """A page of the dashboard that runs at ``dashboard_url``."""
    base = quote(dashboard_url.rstrip("/"), safe=_URL_CHARACTERS)
    return "/".join((base, *map(quote, steps)))
