"""Webhooks as GitHub sends them, and what a webhook service is given instead of the world."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.support.github_json import pull_json
from tickborg.errors import UnavailableError
from tickborg.hearing import HearingPolicy
from tickborg.messages import Event
from tickborg.served_repositories import ServedRepositories
from tickborg.starts import Start
from webhook.decisions import Decision
from webhook.reading import Delivery
from webhook.routing import route

SECRET = b"it is a secret to nobody"
DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


def hearing(*patterns: str, **fields: Any) -> HearingPolicy:
    """What a service listens for that serves the repositories ``patterns``."""
    return HearingPolicy(served=ServedRepositories(patterns=patterns), **fields)


def pull_request_payload(action: str = "opened", **changes: Any) -> dict[str, Any]:
    """A ``pull_request`` event of acme/mono#7; ``changes`` replace fields of the payload."""
    return {
        "action": action,
        "number": 7,
        "pull_request": pull_json(),
        "repository": {"full_name": "acme/mono"},
        "sender": {"login": "ada"},
    } | changes


def comment_payload(
    body: str | None = "@tickbot build cgit", action: str = "created", **changes: Any
) -> dict[str, Any]:
    """An ``issue_comment`` event of acme/mono#7; ``changes`` replace fields of the comment."""
    comment = {
        "id": 99,
        "user": {"login": "bob", "type": "User"},
        "body": body,
        "created_at": "2026-11-24T12:00:00Z",
    } | changes
    return {
        "action": action,
        "issue": {"number": 7, "pull_request": {"url": "https://api.github.com/repos/acme/mono/pulls/7"}},
        "comment": comment,
        "repository": {"full_name": "acme/mono"},
        "sender": {"login": "bob"},
    }


def push_payload(**changes: Any) -> dict[str, Any]:
    """A ``push`` event of acme/mono's main branch; ``changes`` replace fields of the payload."""
    return {
        "ref": "refs/heads/main",
        "before": "a" * 40,
        "after": "b" * 40,
        "forced": False,
        "deleted": False,
        "repository": {"full_name": "acme/mono", "default_branch": "main"},
        "sender": {"login": "maya"},
    } | changes


def check_run_payload(action: str = "rerequested", **changes: Any) -> dict[str, Any]:
    """A ``check_run`` event of a build of acme/mono#7; ``changes`` replace fields of the payload."""
    run = {"external_id": "pr/acme/mono/7 cgit/x86_64-linux/build 1a2b-3 run-1", "head_sha": "a" * 40}
    return {
        "action": action,
        "check_run": run,
        "repository": {"full_name": "acme/mono"},
        "sender": {"login": "maya"},
    } | changes


def check_suite_payload(action: str = "rerequested", **changes: Any) -> dict[str, Any]:
    """A ``check_suite`` event of acme/mono; ``changes`` replace fields of the suite."""
    return {
        "action": action,
        "check_suite": {"head_sha": "a" * 40, "head_branch": None} | changes,
        "repository": {"full_name": "acme/mono"},
        "sender": {"login": "maya"},
    }


PAYLOADS: dict[str, dict[str, Any]] = {
    "pull_request": pull_request_payload(),
    "issue_comment": comment_payload(),
    "push": push_payload(),
    "check_run": check_run_payload(),
    "check_suite": check_suite_payload(),
}
"""Of each event that is handled, one that starts something."""


def decide(payload: Any, event: str = "pull_request", policy: HearingPolicy | None = None) -> Decision:
    """What a delivery of ``payload`` leads to, where acme/mono is served."""
    return route(Delivery(DELIVERY, event, payload), policy or hearing("acme/mono"))


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
    """A Temporal that remembers what was started, by workflow id, and the signals each has had."""

    away: bool = False
    running: dict[str, list[Any]] = field(default_factory=dict)

    async def start(self, start: Start) -> None:
        """Start or signal, unless it is away."""
        await self.check()
        signals = self.running.setdefault(start.workflow_id, [])
        if start.signal is not None:
            signals.append(start.signal.argument)

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
