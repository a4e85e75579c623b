"""Commit statuses."""

from typing import Any

from emulator.payloads.repositories import minimal_repository, repository_url
from emulator.payloads.scalars import node_id, stamp
from emulator.payloads.users import user
from emulator.state import Repository, Status


def simple_status(shown: Status, repository: Repository, root: str) -> dict[str, Any]:
    """A `simple-commit-status`, as the combined status lists it."""
    return {
        "url": f"{repository_url(repository, root)}/statuses/{shown.sha}",
        "avatar_url": user(shown.creator, root)["avatar_url"],
        "id": shown.id,
        "node_id": node_id("SC", shown.id),
        "state": shown.state,
        "description": shown.description,
        "target_url": shown.target_url,
        "context": shown.context,
        "created_at": stamp(shown.created_at),
        "updated_at": stamp(shown.created_at),
    }


def status(shown: Status, repository: Repository, root: str) -> dict[str, Any]:
    """A `status`."""
    return simple_status(shown, repository, root) | {"creator": user(shown.creator, root)}


def latest(statuses: list[Status]) -> list[Status]:
    """Of each context the newest, which alone counts; contexts ignore case."""
    return list({each.context.casefold(): each for each in statuses}.values())


def combined_state(statuses: list[Status]) -> str:
    """One word for all contexts: failure beats pending beats success.

    (https://docs.github.com/rest/commits/statuses#get-the-combined-status-for-a-specific-reference)
    """
    states = {each.state for each in latest(statuses)}
    if states & {"error", "failure"}:
        return "failure"
    return "pending" if not states or "pending" in states else "success"


def combined_status(sha: str, page: list[Status], repository: Repository, root: str) -> dict[str, Any]:
    """A `combined-commit-status` that lists one page of the contexts."""
    url, statuses = repository_url(repository, root), repository.statuses.get(sha, [])
    return {
        "state": combined_state(statuses),
        "statuses": [simple_status(each, repository, root) for each in page],
        "sha": sha,
        "total_count": len(latest(statuses)),
        "repository": minimal_repository(repository, root),
        "commit_url": f"{url}/commits/{sha}",
        "url": f"{url}/commits/{sha}/status",
    }
