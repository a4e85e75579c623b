"""What the services' OpenAPI documents promise is what they answer, whatever is sent."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.fuzz.targets import dashboard
from tests.support.webhooks import SECRET, FakeStarter, FakeStats, hearing
from webhook.app import create_app as create_webhook
from webhook.signature import read_signature

DOCUMENT = "/openapi.json"
FEW = settings(max_examples=8, deadline=None, derandomize=True, database=None)


class Signed:
    """Puts the right signature on what says that it is signed, which a fuzzer cannot."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does."""
        if read_signature(Headers(scope=scope).getlist("x-hub-signature-256")) is None:
            await self._app(scope, receive, send)
            return
        body = bytearray()
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        signature = b"sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest().encode()
        headers = [each for each in scope["headers"] if each[0] != b"x-hub-signature-256"]

        async def again() -> Message:
            return {"type": "http.request", "body": bytes(body)}

        signed = [*headers, (b"x-hub-signature-256", signature)]
        await self._app({**scope, "headers": signed}, again, send)


def webhook_app() -> ASGIApp:
    """The webhook service, with everything around it in memory."""
    return create_webhook(secret=SECRET, policy=hearing("acme/*"), starter=FakeStarter(), stats=FakeStats())


of_unsigned = schemathesis.openapi.from_asgi(DOCUMENT, webhook_app())
of_signed = schemathesis.openapi.from_asgi(DOCUMENT, Signed(webhook_app()))
of_dashboard = schemathesis.openapi.from_asgi(DOCUMENT, dashboard.APP)


@pytest.fixture(scope="module")
def log() -> Iterator[None]:
    """A log for the dashboard to show."""
    with dashboard.printed(b"make: nothing to be done\n"):
        yield


@of_unsigned.parametrize()
@FEW
def test_what_is_not_signed_is_answered_as_is_said(case: Any) -> None:
    """By every address of the webhook service."""
    case.call_and_validate()


@of_signed.parametrize()
@FEW
def test_what_is_signed_is_answered_as_is_said(case: Any) -> None:
    """A payload that fits may be refused: what an event needs depends on its name, which no document says."""
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


@of_dashboard.parametrize()
@FEW
def test_the_dashboard_answers_as_is_said(case: Any, log: None) -> None:
    """By every address; a page for a person, whatever is wrong."""
    case.call_and_validate()
