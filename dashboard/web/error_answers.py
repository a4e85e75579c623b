"""What a person is shown when there is nothing else to show."""

import logging
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.pages import notices
from dashboard.pages.addresses import Addresses
from dashboard.web.answers import answer
from dashboard.web.security import HEADERS
from tickborg.errors import UnavailableError

RETRY_SECONDS = 10

_log = logging.getLogger(__name__)


class ErrorAnswers:
    """A page for every error."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def add_to(self, app: FastAPI) -> None:
        """Answer the errors of ``app``."""
        app.add_exception_handler(HTTPException, self._refused)
        app.add_exception_handler(RequestValidationError, self._no_such_address)
        app.add_exception_handler(UnavailableError, self._unavailable)
        app.add_exception_handler(Exception, self._unexpected)

    async def _refused(self, _request: Request, error: Exception) -> Response:
        status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
        refusal = answer(notices.notice(status, self._addresses), self._addresses, status)
        refusal.headers.update(getattr(error, "headers", None) or {})
        return refusal

    async def _no_such_address(self, _request: Request, _error: Exception) -> Response:
        """All that is validated are parts of addresses: a number or an id that is none."""
        page = notices.notice(HTTPStatus.NOT_FOUND, self._addresses)
        return answer(page, self._addresses, HTTPStatus.NOT_FOUND)

    async def _unavailable(self, request: Request, error: Exception) -> Response:
        _log.warning("%s is answered 503: %s", request.url.path, error)
        page = notices.unavailable(self._addresses)
        refusal = answer(page, self._addresses, HTTPStatus.SERVICE_UNAVAILABLE)
        refusal.headers["Retry-After"] = str(RETRY_SECONDS)
        return refusal

    async def _unexpected(self, _request: Request, _error: Exception) -> Response:
        """Starlette sends this outside of all middleware, and raises the error again for the log."""
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        apology = answer(notices.notice(status, self._addresses), self._addresses, status)
        apology.headers.update(HEADERS)
        return apology
