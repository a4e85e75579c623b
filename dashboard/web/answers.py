"""Pages as answers of HTTP."""

from http import HTTPStatus

from starlette.responses import HTMLResponse

from dashboard.pages.addresses import Addresses
from dashboard.pages.page import Page, document

READ = ["GET", "HEAD"]
"""The methods of every page."""


def answer(page: Page, addresses: Addresses, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    """``page`` as an answer."""
    return HTMLResponse(document(page, addresses), status)
