"""The deliveries of an App's webhook, to look at and to repeat."""

from datetime import timedelta

from emulator.access import AS_APP
from emulator.answers import Answer, page
from emulator.errors import NotFound, Unprocessable
from emulator.payloads.deliveries import delivery, delivery_item
from emulator.requests import Endpoint, Request
from emulator.state import Delivery

KEPT = timedelta(days=3)
"""https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks/viewing-webhook-deliveries"""


def list_deliveries(request: Request) -> Answer:
    """Deliveries, newest first, page by page with a cursor: the id of the last one seen.

    (https://docs.github.com/rest/apps/webhooks#list-deliveries-for-an-app-webhook)
    """
    size, cursor, status = page(request.query).size, request.query.get("cursor"), request.query.get("status")
    found = [each for each in reversed(_kept(request)) if status is None or _is(each, status)]
    rest = [each for each in found if cursor is None or each.id < _last_seen(cursor)]
    shown = rest[:size]
    more = (
        f'<{request.url}?per_page={size}&cursor=v1_{shown[-1].id}>; rel="next"' if len(rest) > size else None
    )
    return Answer(200, [delivery_item(each) for each in shown], {"link": more} if more else {})


def get_delivery(request: Request) -> Answer:
    """One delivery with what was sent and answered."""
    return Answer(200, delivery(_delivery(request), request.app))


def redeliver(request: Request) -> Answer:
    """Send a delivery again."""
    request.github.webhooks.repeat(request.app, _delivery(request))
    return Answer(202, {})


def _kept(request: Request) -> list[Delivery]:
    """What GitHub has not forgotten."""
    now = request.github.now()
    return [each for each in request.app.deliveries if now - each.delivered_at < KEPT]


def _last_seen(cursor: str) -> int:
    number = cursor.removeprefix("v1_")
    if not number.isdecimal():
        raise Unprocessable("Invalid cursor.")
    return int(number)


def _delivery(request: Request) -> Delivery:
    wanted = request.number("delivery_id")
    for each in _kept(request):
        if each.id == wanted:
            return each
    raise NotFound


def _is(each: Delivery, status: str) -> bool:
    return each.succeeded == (status == "success")


ENDPOINTS = [
    Endpoint("GET /app/hook/deliveries", AS_APP, list_deliveries),
    Endpoint("GET /app/hook/deliveries/{delivery_id}", AS_APP, get_delivery),
    Endpoint("POST /app/hook/deliveries/{delivery_id}/attempts", AS_APP, redeliver),
]
