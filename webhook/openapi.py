"""What this service answers, in the words of OpenAPI; a fuzzer holds it to them (tests/fuzz)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from webhook.reading import FORM, JSON

_TEXT = {"type": "string", "minLength": 1}
_WHY = "What was wrong, and what to do about it."


def _answer(description: str, *names: str, **headers: str) -> Mapping[str, Any]:
    body = {
        "type": "object",
        "properties": dict.fromkeys(names, _TEXT),
        "required": list(names),
        "additionalProperties": False,
    }
    described = {name: {"description": text, "schema": _TEXT} for name, text in headers.items()}
    return {"description": description, "content": {JSON: {"schema": body}}, "headers": described}


def _error(description: str, **headers: str) -> Mapping[str, Any]:
    return _answer(description, "error", "advice", **headers)


_NOT_ALLOWED = _error("Another method.", Allow="Those that there are.")
_RECEIVED: Mapping[HTTPStatus, Mapping[str, Any]] = {
    HTTPStatus.OK: _answer("There is nothing to do, and why.", "reason"),
    HTTPStatus.ACCEPTED: _answer("A workflow start or signal is durable.", "workflow_id", "workflow"),
    HTTPStatus.BAD_REQUEST: _error(f"The headers, the body or the event cannot be read. {_WHY}"),
    HTTPStatus.UNAUTHORIZED: _error("The signature is missing or malformed."),
    HTTPStatus.FORBIDDEN: _error("The signature is not that of this body."),
    HTTPStatus.METHOD_NOT_ALLOWED: _NOT_ALLOWED,
    HTTPStatus.REQUEST_TIMEOUT: _error("The body did not arrive in time."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _error("The body is over 25 MiB."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: _error("The body is neither JSON nor a form."),
    HTTPStatus.SERVICE_UNAVAILABLE: _error("Temporal did not accept it; nothing was started."),
}
_PAYLOAD = {
    "type": "object",
    "description": "https://docs.github.com/en/webhooks/webhook-events-and-payloads",
}
_BODY = {
    "required": True,
    "content": {
        JSON: {"schema": _PAYLOAD},
        FORM: {
            "schema": {
                "type": "object",
                "properties": {"payload": {"type": "string", "contentMediaType": JSON}},
                "required": ["payload"],
            }
        },
    },
}


def _header(name: str, pattern: str, description: str) -> Mapping[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": True, "description": description, "schema": schema}


_TOKEN = "^[A-Za-z0-9._:-]{1,100}$"  # noqa: S105 - a pattern, and of no secret
_HEADERS = (
    _header("X-GitHub-Event", _TOKEN, "The event's name."),
    _header("X-GitHub-Delivery", _TOKEN, "The same for every redelivery of one event."),
    _header("X-Hub-Signature-256", "^sha256=[0-9a-f]{64}$", "HMAC of the body with the webhook secret."),
)


def document(paths: Sequence[str]) -> Mapping[str, Any]:
    """The OpenAPI document of a service that hears webhooks at ``paths``."""
    described = {path: {"post": _receiving(f"receive-{number}")} for number, path in enumerate(paths)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "tickborg webhook", "version": "1"},
        "paths": described | {"/healthz": _health("healthz"), "/readyz": _health("readyz", ready=True)},
    }


def _receiving(name: str) -> Mapping[str, Any]:
    return {
        "operationId": name,
        "summary": "A webhook of GitHub's.",
        "parameters": list(_HEADERS),
        "requestBody": _BODY,
        "responses": _by_status(_RECEIVED),
    }


def _health(name: str, *, ready: bool = False) -> Mapping[str, Any]:
    answers = {HTTPStatus.OK: _answer("It is.", "status"), HTTPStatus.METHOD_NOT_ALLOWED: _NOT_ALLOWED}
    if ready:
        answers[HTTPStatus.SERVICE_UNAVAILABLE] = _answer("Temporal does not answer.", "status", "reason")
    summary = "Whether a webhook would be accepted." if ready else "Whether the process answers."
    return {"get": {"operationId": name, "summary": summary, "responses": _by_status(answers)}}


def _by_status(answers: Mapping[HTTPStatus, Mapping[str, Any]]) -> Mapping[str, Any]:
    return {str(int(status)): answer for status, answer in answers.items()}
