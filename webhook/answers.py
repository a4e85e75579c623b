"""What GitHub, and the person who reads its list of deliveries, is answered (design, section 5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from tickborg.starts import Start
from webhook.decisions import Ignore, Refuse

BODY_LIMIT = 25 * 1024 * 1024
"""Bytes; GitHub sends no more. https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap."""

DISCARD_LIMIT = 2 * BODY_LIMIT
"""Bytes up to which a body that is too large is read to its end, since a client that is cut off while it
sends may never see the answer; after that the connection is closed on it."""

BODY_SECONDS = 10.0
"""GitHub itself waits no longer for the whole exchange."""


@dataclass(frozen=True)
class Answer:
    """A status and a JSON object."""

    status: HTTPStatus
    body: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)


def accepted(start: Start) -> Answer:
    """The start or signal is durable."""
    return Answer(HTTPStatus.ACCEPTED, {"workflow_id": start.workflow_id, "workflow": start.workflow})


def ignored(ignore: Ignore) -> Answer:
    """There was nothing to do."""
    return Answer(HTTPStatus.OK, {"reason": ignore.reason})


def refused(refuse: Refuse) -> Answer:
    """It cannot be used."""
    return Answer(refuse.status, {"error": refuse.reason, "advice": refuse.advice})


def _error(status: HTTPStatus, reason: str, advice: str, **headers: str) -> Answer:
    return replace(refused(Refuse(status, reason, advice)), headers=headers)


UNSIGNED = _error(
    HTTPStatus.UNAUTHORIZED,
    "the header X-Hub-Signature-256 is missing, twice there, or not sha256= and 64 lower-case hex digits",
    "Set a webhook secret in the settings of the GitHub App, the same as in [github] webhook_secret_file.",
)
WRONGLY_SIGNED = _error(
    HTTPStatus.FORBIDDEN,
    "the signature in X-Hub-Signature-256 is not that of this body with our secret",
    "Give the GitHub App the webhook secret of [github] webhook_secret_file; no proxy may change the body.",
)
NOT_POST = _error(
    HTTPStatus.METHOD_NOT_ALLOWED,
    "webhooks are received by POST only",
    "Send a POST; to see whether this service is up, GET /healthz.",
    Allow="POST",
    Connection="close",
)
NOT_GET = _error(
    HTTPStatus.METHOD_NOT_ALLOWED,
    "this can only be read",
    "Send a GET; webhooks go to /github-webhook.",
    Allow="GET, HEAD",
    Connection="close",
)
TOO_LARGE = _error(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    f"the body is larger than {BODY_LIMIT} bytes (25 MiB)",
    "GitHub sends nothing that large: look for what does.",
    Connection="close",
)
TOO_SLOW = _error(
    HTTPStatus.REQUEST_TIMEOUT,
    f"the body did not arrive within {BODY_SECONDS:.0f} s",
    "Redeliver it; if that happens again, look at the proxy in between.",
    Connection="close",
)
INCOMPLETE = _error(
    HTTPStatus.BAD_REQUEST, "the connection ended before the body was complete", "Redeliver it."
)
UNAVAILABLE = _error(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Temporal did not accept it, so nothing was started",
    "Nothing needs doing: it is asked for again when Temporal is back. This service's log says more.",
)
NOT_FOUND = _error(
    HTTPStatus.NOT_FOUND,
    "there is nothing here",
    "Webhooks go to /github-webhook; /healthz and /readyz say how this service is.",
)
