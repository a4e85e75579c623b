"""Pages as answers of HTTP, and how the addresses that give them are described."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from starlette.responses import HTMLResponse

from dashboard.pages.addresses import Addresses
from dashboard.pages.page import Page, document

_READ = ["GET", "HEAD"]

Described = dict[int | str, dict[str, Any]]
"""Answers by status, in the words of OpenAPI."""

_HTML: dict[str, Any] = {"text/html": {"schema": {"type": "string"}}}
_ERROR: Described = {
    "default": {"description": "What went wrong, and what to do about it.", "content": _HTML}
}
NOT_FOUND: Described = {
    404: {"description": "There is nothing here; the page says why that may be.", "content": _HTML}
}
UNAVAILABLE: Described = {
    503: {
        "description": "Temporal, or the worker that would know, does not answer right now.",
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
        "content": _HTML,
    }
}


def answer(page: Page, addresses: Addresses, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    """``page`` as an answer."""
    return HTMLResponse(document(page, addresses), status)


def serve(  # noqa: PLR0913 - an address, what answers there, and what is to be said of it
    app: FastAPI,
    path: str,
    endpoint: Callable[..., Any],
    *,
    gives: str,
    head: bool = True,
    responses: Described | None = None,
    **description: Any,
) -> None:
    """Serve what ``endpoint`` answers at ``path``, to GET and, unless ``head`` is False, to HEAD.

    FastAPI would describe each method as an operation, under one id for both: so the route that answers to
    both is not described, and the one that is described comes second.
    """
    if head:
        app.add_api_route(path, endpoint, methods=_READ, include_in_schema=False)
    app.add_api_route(
        path,
        endpoint,
        methods=["GET"],
        operation_id=getattr(endpoint, "__name__", None),
        response_description=gives,
        responses={**(responses or {}), **_ERROR},
        **{"response_class": HTMLResponse, **description},
    )
