"""A signed body: the first byte chooses the event, the second how it is encoded, the rest is the body."""

from tests.fuzz.targets.webhook_service import assert_answered
from tests.support.webhooks import DELIVERY, sign
from webhook.reading import FORM, JSON

EVENTS = ("pull_request", "issue_comment", "push", "check_run", "check_suite", "ping", "star")
MEDIA = (JSON, FORM)


def check(data: bytes) -> None:
    """Answer it, whatever it is."""
    event, media = data[:2].ljust(2, b"\0")
    assert_signed(EVENTS[event % len(EVENTS)], data[2:], MEDIA[media % len(MEDIA)])


def assert_signed(event: str, body: bytes, media: str = JSON) -> int:
    """Fail unless a signed webhook is answered as it should be; the status."""
    headers = [
        (b"content-type", media.encode()),
        (b"x-github-event", event.encode()),
        (b"x-github-delivery", DELIVERY.encode()),
        (b"x-hub-signature-256", sign(body).encode()),
    ]
    return assert_answered(headers, body).status
