"""Webhook deliveries."""

import json
from typing import Any
from urllib.parse import parse_qs

from emulator.payloads.scalars import stamp
from emulator.state import App, Delivery


def delivery_item(shown: Delivery) -> dict[str, Any]:
    """A `hook-delivery-item`, as the list has it."""
    return {
        "id": shown.id,
        "guid": shown.guid,
        "delivered_at": stamp(shown.delivered_at),
        "redelivery": shown.redelivery,
        "duration": round(shown.duration, 2),
        "status": shown.status,
        "status_code": shown.status_code,
        "event": shown.event,
        "action": shown.action,
        "installation_id": shown.installation_id,
        "repository_id": shown.repository_id,
        "throttled_at": None,
    }


def delivery(shown: Delivery, app: App) -> dict[str, Any]:
    """A `hook-delivery`, with request and response."""
    return {
        **delivery_item(shown),
        "url": app.webhook_url or "",
        "request": {"headers": shown.request_headers, "payload": payload_of(shown)},
        "response": {"headers": shown.response_headers, "payload": shown.response_body},
    }


def payload_of(shown: Delivery) -> Any:
    """The decoded payload of a delivery, whichever way it was sent."""
    is_form = shown.request_headers["Content-Type"] != "application/json"
    return json.loads(parse_qs(shown.body.decode())["payload"][0] if is_form else shown.body)
