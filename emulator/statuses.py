"""Commit statuses being set."""

from collections.abc import Mapping
from typing import Any, get_args

from emulator.errors import Unprocessable, ValidationFailed
from emulator.github import EmulatedGitHub
from emulator.payloads import events
from emulator.state import Repository, Status, StatusState, User

LONGEST_DESCRIPTION = 140
MOST_STATUSES = 1000
_STATES: tuple[StatusState, ...] = get_args(StatusState)


def create(
    github: EmulatedGitHub, repository: Repository, sha: str, creator: User, fields: Mapping[str, Any]
) -> Status:
    """Set a status on a commit, of the `fields` that were posted.

    Raises Unprocessable for a commit the repository does not have, ValidationFailed for an unknown state, a
    description over 140 characters, or the thousand-and-first status of one context and sha
    (https://docs.github.com/rest/commits/statuses#create-a-commit-status).
    """
    if not repository.git.has_commit(sha):
        raise Unprocessable(f"No commit found for SHA: {sha}")
    status = Status(
        id=github.next_id(),
        sha=sha,
        context=fields.get("context") or "default",
        state=_state(fields.get("state")),
        description=fields.get("description"),
        target_url=fields.get("target_url"),
        creator=creator,
        created_at=github.now(),
    )
    _check_limits(repository, status)
    repository.statuses.setdefault(sha, []).append(status)
    github.announce("status", repository, creator, events.status(status, repository, github.url))
    return status


def _state(state: object) -> StatusState:
    for known in _STATES:
        if state == known:
            return known
    raise ValidationFailed("Status", "state", "inclusion", "state is not included in the list")


def _check_limits(repository: Repository, status: Status) -> None:
    if status.description is not None and len(status.description) > LONGEST_DESCRIPTION:
        message = f"description is too long (maximum is {LONGEST_DESCRIPTION} characters)"
        raise ValidationFailed("Status", "description", "custom", message)
    if status.target_url and not status.target_url.startswith(("http://", "https://")):
        raise ValidationFailed("Status", "target_url", "custom", "target_url must use http(s) scheme")
    context = status.context.casefold()
    same = sum(each.context.casefold() == context for each in repository.statuses.get(status.sha, []))
    if same >= MOST_STATUSES:
        message = "This SHA and context has reached the maximum number of statuses."
        raise ValidationFailed("Status", "base", "custom", message)
