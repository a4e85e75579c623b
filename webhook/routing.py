"""What each event leads to: the table of the design, section 5, as pure functions.

Each family of events has a module of its own.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from tickborg.errors import RefusedError
from tickborg.github import RepositoryName
from tickborg.hearing import HearingPolicy
from webhook import buttons, comments, pull_requests, pushes
from webhook.decisions import Decision, Ignore, Refuse
from webhook.payload_fields import repository
from webhook.reading import MEDIA_TYPES, Delivery, Headers, media_type, read_delivery

REDELIVER = "Correct the webhook, then redeliver it from the Advanced page of the GitHub App."
CHOOSE_JSON = "Set the webhook's content type to application/json in the settings of the GitHub App."

Handler = Callable[[Delivery, RepositoryName, HearingPolicy], Decision]
"""What an event of a repository that is served leads to; raises RefusedError where it lacks something."""

_HANDLERS: Mapping[str, Handler] = {
    "pull_request": pull_requests.pull_request,
    "issue_comment": comments.issue_comment,
    "push": pushes.push,
    "check_run": buttons.check_run,
    "check_suite": buttons.check_suite,
}

_QUIET: Mapping[str, str] = {
    "ping": "pong: the webhook and its secret work",
    "installation": "heard: installations need no preparation",
    "installation_repositories": "heard: installations need no preparation",
    "installation_target": "heard: installations need no preparation",
}


def decide(headers: Headers, body: bytes, policy: HearingPolicy) -> Decision:
    """What a webhook, whose signature is right, leads to."""
    if media_type(headers.content_type) not in MEDIA_TYPES:
        reason = "the body is neither JSON nor a form with a field `payload`"
        return Refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, reason, CHOOSE_JSON)
    try:
        return route(read_delivery(headers, body), policy)
    except RefusedError as error:
        return Refuse(HTTPStatus.BAD_REQUEST, str(error), REDELIVER)


def route(delivery: Delivery, policy: HearingPolicy) -> Decision:
    """What a delivery leads to.

    Raises:
        RefusedError: it lacks what its event needs.
    """
    if delivery.event in _QUIET:
        return Ignore(_QUIET[delivery.event])
    handle = _HANDLERS.get(delivery.event)
    if handle is None:
        return Ignore(f"{delivery.event} events start nothing")
    repo = repository(delivery.payload)
    if repo not in policy.served:
        return Ignore(f"{repo} is not among the repositories served ([policy] repos)")
    return handle(delivery, repo, policy)
