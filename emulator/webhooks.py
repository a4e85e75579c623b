"""Webhooks: signed, sent once, and remembered with what was answered.

GitHub gives a receiver ten seconds and never retries by itself; deliveries of one App overtake each other
(https://docs.github.com/webhooks/using-webhooks/best-practices-for-using-webhooks).
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx2

from emulator.state import App, Delivery, Installation, Repository

RECEIVER_TIMEOUT = 10.0
_CONNECTIONS = 50
_FORM = "application/x-www-form-urlencoded"
_LONGEST_RESPONSE = 4096


def signatures(body: bytes, secret: str) -> dict[str, str]:
    """The signature headers of a body; none without a secret.

    (https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries)
    """
    if not secret:
        return {}
    digests = {"X-Hub-Signature": "sha1", "X-Hub-Signature-256": "sha256"}
    key = secret.encode()
    return {name: f"{kind}={hmac.new(key, body, kind).hexdigest()}" for name, kind in digests.items()}


def encode(payload: dict[str, Any], app: App) -> bytes:
    """The body of a webhook, as JSON or as a form with one field, whichever the App registered."""
    text = json.dumps(payload, separators=(",", ":"))
    return urlencode({"payload": text}).encode() if app.webhook_content_type == "form" else text.encode()


def headers(app: App, event: str, guid: str, body: bytes) -> dict[str, str]:
    """The headers GitHub sends with a webhook of an App."""
    return {
        "Accept": "*/*",
        "Content-Type": _FORM if app.webhook_content_type == "form" else "application/json",
        "User-Agent": "GitHub-Hookshot/" + hashlib.sha256(app.slug.encode()).hexdigest()[:7],
        "X-GitHub-Delivery": guid,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        **signatures(body, app.webhook_secret),
    }


@dataclass(eq=False)
class Loss:
    """Webhooks to be lost: `left` still, of one `event` or of any; `recorded` ones show as failed."""

    event: str | None
    left: int
    recorded: bool


class Webhooks:
    """Sends webhooks in the background while started; one due before or after is recorded as failed."""

    def __init__(
        self, now: Callable[[], datetime], next_id: Callable[[], int], changed: Callable[[], None]
    ) -> None:
        self._now = now
        self._next_id = next_id
        self._changed = changed
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._losses: list[Loss] = []

    async def start(self) -> None:
        """Begin to send, from this event loop."""
        self._loop = asyncio.get_running_loop()
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(RECEIVER_TIMEOUT, pool=None),
            limits=httpx2.Limits(max_connections=_CONNECTIONS),
            trust_env=False,
            verify=False,  # receivers are on this machine; to read all root certificates takes 100 ms
        )

    async def stop(self) -> None:
        """Stop sending; what is under way is abandoned."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def lose(self, event: str | None = None, *, times: int = 1, recorded: bool = True) -> Loss:
        """Do not send the next `times` webhooks, of `event` if named.

        Recorded ones appear in the deliveries as failed, as when the receiver was away; the others leave no
        trace, as when GitHub itself had an outage.
        """
        loss = Loss(event, times, recorded)
        self._losses.append(loss)
        return loss

    def age(self, app: App, by: timedelta) -> None:
        """Let all deliveries so far be older: three days later nobody is shown them any more."""
        for delivery in app.deliveries:
            delivery.delivered_at -= by
        self._changed()

    def send(
        self,
        app: App,
        event: str,
        payload: dict[str, Any],
        *,
        installation: Installation | None = None,
        repository: Repository | None = None,
    ) -> Delivery | None:
        """Deliver `payload`; return the delivery under way, or None where there is no URL to send it to."""
        loss = self._loss(event)
        if app.webhook_url is None or (loss is not None and not loss.recorded):
            return None
        guid, body = str(uuid4()), encode(payload, app)
        delivery = Delivery(
            id=self._next_id(),
            guid=guid,
            event=event,
            action=payload.get("action"),
            body=body,
            request_headers=headers(app, event, guid, body),
            delivered_at=self._now(),
            installation_id=installation.id if installation else None,
            repository_id=repository.id if repository else None,
        )
        self._dispatch(app, delivery, lost=loss is not None)
        return delivery

    def repeat(self, app: App, delivery: Delivery) -> Delivery:
        """Send a delivery again under its old guid, as a new one of the list."""
        again = Delivery(
            id=self._next_id(),
            guid=delivery.guid,
            event=delivery.event,
            action=delivery.action,
            body=delivery.body,
            request_headers=headers(app, delivery.event, delivery.guid, delivery.body),
            delivered_at=self._now(),
            installation_id=delivery.installation_id,
            repository_id=delivery.repository_id,
            redelivery=True,
        )
        self._dispatch(app, again, lost=self._loss(delivery.event) is not None)
        return again

    async def settled(self) -> None:
        """Wait until every webhook under way has been answered or given up, and those they cause too."""
        while self._under_way:
            await asyncio.gather(*self._under_way)

    def _dispatch(self, app: App, delivery: Delivery, *, lost: bool) -> None:
        app.deliveries.append(delivery)
        if lost or app.webhook_url is None or self._client is None or self._loop is None:
            self._fail(delivery, "failed to connect to host")
            return
        task = self._loop.create_task(self._deliver(self._client, app.webhook_url, delivery))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, client: httpx2.AsyncClient, url: str, delivery: Delivery) -> None:
        started = perf_counter()
        try:
            response = await client.post(url, content=delivery.body, headers=delivery.request_headers)
        except httpx2.TimeoutException:
            self._fail(delivery, "timed out")
        except (httpx2.HTTPError, httpx2.InvalidURL):
            self._fail(delivery, "failed to connect to host")
        else:
            delivery.status = "OK" if response.is_success else response.reason_phrase
            delivery.status_code = response.status_code
            delivery.response_headers = dict(response.headers)
            delivery.response_body = response.text[:_LONGEST_RESPONSE]
        delivery.duration = perf_counter() - started
        self._changed()

    def _fail(self, delivery: Delivery, why: str) -> None:
        delivery.status, delivery.status_code = why, 502
        self._changed()

    def _loss(self, event: str) -> Loss | None:
        for loss in self._losses:
            if loss.left > 0 and loss.event in {None, event}:
                loss.left -= 1
                return loss
        return None
