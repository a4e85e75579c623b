"""Webhooks as GitHub sends them, and what a webhook service is given instead of the world."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.support.github_json import pull_json
from tickborg.errors import UnavailableError
from tickborg.messages import Event
from webhook.decisions import Start

SECRET = b"it is a secret to nobody"
DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


def pull_request_payload(action: str = "opened", **changes: Any) -> dict[str, Any]:
    """A ``pull_request`` event of acme/mono#7; ``changes`` replace fields of the payload."""
    return {
        "action": action,
        "number": 7,
        "pull_request": pull_json(),
        "repository": {"full_name": "acme/mono"},
        "sender": {"login": "ada"},
    } | changes


def encode(payload: Any) -> bytes:
    """A payload as the body of a webhook."""
    return json.dumps(payload).encode()


def sign(body: bytes, secret: bytes = SECRET) -> str:
    """The value of ``X-Hub-Signature-256``."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def headers(body: bytes, event: str = "pull_request", **changes: str | None) -> dict[str, str]:
    """The headers of a webhook, lower-case; ``changes`` (``_`` for ``-``) replace them, None takes away."""
    usual: dict[str, str | None] = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": str(uuid4()),
        "x-hub-signature-256": sign(body),
    }
    all_headers = usual | {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in all_headers.items() if value is not None}


@dataclass
class FakeStarter:
    """A Temporal that remembers what runs, by workflow id, and the signals each has had."""

    away: bool = False
    running: dict[str, list[Any]] = field(default_factory=dict)

    async def start(self, start: Start) -> None:
        """Start or signal, unless it is away."""
        await self.check()
        self.running.setdefault(start.workflow_id, []).append(start.signal_argument)

    async def check(self) -> None:
        """Say whether it is there."""
        if self.away:
            raise UnavailableError("the fake Temporal is away")


@dataclass
class FakeStats:
    """Counts in memory."""

    counted: list[Event] = field(default_factory=list)

    async def notify(self, *events: Event) -> None:
        """Count."""
        self.counted.extend(events)
