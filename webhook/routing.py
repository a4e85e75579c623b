"""What each event leads to: the table of the design, section 5, as pure functions."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from tickborg import names
from tickborg.errors import RefusedError
from tickborg.events.pull_requests import PullRequestEvent, read_pull_request_event
from tickborg.github import RepositoryName
from tickborg.memory import PullRequestStart
from tickborg.served_repositories import ServedRepositories
from tickborg.texts.shortening import shorten_bytes
from webhook.decisions import Decision, Ignore, Refuse, Start
from webhook.reading import MEDIA_TYPES, Delivery, Headers, media_type, read_delivery
from workflows.attributes import of_pull_request

SUMMARY_LIMIT = 200
"""Bytes of a workflow's summary; Temporal refuses to start a workflow with more than 400."""

REDELIVER = "Correct the webhook, then redeliver it from the Advanced page of the GitHub App."
CHOOSE_JSON = "Set the webhook's content type to application/json in the settings of the GitHub App."

PULL_REQUEST_ACTIONS = frozenset(
    {
        "opened",
        "synchronize",
        "reopened",
        "ready_for_review",
        "converted_to_draft",
        "edited",
        "closed",
    }
)
"""Actions that the owner of a pull request hears of, and decides on."""


def decide(headers: Headers, body: bytes, served: ServedRepositories) -> Decision:
    """What a webhook, whose signature is right, leads to."""
    if media_type(headers.content_type) not in MEDIA_TYPES:
        reason = "the body is neither JSON nor a form with a field `payload`"
        return Refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, reason, CHOOSE_JSON)
    try:
        return route(read_delivery(headers, body), served)
    except RefusedError as error:
        return Refuse(HTTPStatus.BAD_REQUEST, str(error), REDELIVER)


def route(delivery: Delivery, served: ServedRepositories) -> Decision:
    """What a delivery leads to.

    Raises:
        RefusedError: it lacks what its event needs.
    """
    if delivery.event in _QUIET:
        return Ignore(_QUIET[delivery.event])
    handle = _HANDLERS.get(delivery.event)
    if handle is None:
        return Ignore(f"{delivery.event} events start nothing")
    return handle(delivery, served)


def _pull_request(delivery: Delivery, served: ServedRepositories) -> Decision:
    repo = _repository(delivery.payload)
    if repo not in served:
        return Ignore(f"{repo} is not among the repositories served ([policy] repos)")
    action = delivery.payload.get("action")
    if not isinstance(action, str):
        raise RefusedError("action: a pull_request event must say what was done")
    if action not in PULL_REQUEST_ACTIONS:
        return Ignore(f"pull_request.{shorten_bytes(action, 50)} starts nothing")
    return _tell_owner(read_pull_request_event(delivery.id, delivery.payload), repo)


def _tell_owner(event: PullRequestEvent, repo: RepositoryName) -> Decision:
    pull = event.pull
    if pull.repo != repo:
        raise RefusedError(f"pull_request.base.repo is {pull.repo}, but repository is {repo}")
    if event.action == "edited" and not event.base_changed and event.previous_title is None:
        return Ignore("pull_request.edited starts nothing unless the base or the title changed")
    return Start(
        workflow=names.PULL_REQUEST_WORKFLOW,
        workflow_id=names.pull_request_id(repo, pull.number),
        argument=PullRequestStart(repo=repo, number=pull.number),
        signal=names.PULL_REQUEST_EVENT_SIGNAL,
        signal_argument=event,
        summary=shorten_bytes(f"{repo}#{pull.number} by {pull.author}: {pull.title}", SUMMARY_LIMIT),
        author=pull.author,
        attributes=of_pull_request(repo, pull.number, pull.author),
    )


def _repository(payload: Mapping[str, object]) -> RepositoryName:
    repository = payload.get("repository")
    full_name = repository.get("full_name") if isinstance(repository, dict) else None
    if not isinstance(full_name, str):
        raise RefusedError("repository.full_name: the event must name its repository")
    try:
        return RepositoryName.parse(full_name)
    except ValueError as error:
        raise RefusedError(f"repository.full_name: {error}") from None


_HANDLERS: Mapping[str, Callable[[Delivery, ServedRepositories], Decision]] = {"pull_request": _pull_request}

_QUIET: Mapping[str, str] = {
    "ping": "pong: the webhook and its secret work",
    "installation": "heard: installations need no preparation",
    "installation_repositories": "heard: installations need no preparation",
    "installation_target": "heard: installations need no preparation",
}
