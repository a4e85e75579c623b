"""What is logged and counted of each webhook, whatever became of it (design, section 5)."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

from tickborg.messages import Event, EventName
from webhook.event_names import event_label

_LONGEST = 200


@dataclass(frozen=True)
class Record:
    """One webhook and its answer."""

    delivery: str
    """As it was sent: not checked where the webhook was refused."""
    event: str
    status: HTTPStatus
    detail: str
    """The workflow's id, or the reason why there is none."""
    milliseconds: float


def log_line(record: Record) -> str:
    """One line of ASCII, whatever a client put into its headers: all else is escaped, and long text cut."""
    fields = {
        name: value[:_LONGEST] if isinstance(value, str) else value for name, value in asdict(record).items()
    }
    return f"webhook {json.dumps(fields)}"


def events(record: Record) -> Sequence[Event]:
    """That it was received, and whether it could be read where that came into question."""
    label = event_label(record.event)
    received = Event(name=EventName.JOB_RECEIVED, event=label, outcome=str(int(record.status)))
    decoded = _DECODED.get(record.status)
    return (received,) if decoded is None else (received, Event(name=decoded, event=label))


_DECODED = {
    HTTPStatus.ACCEPTED: EventName.JOB_DECODE_SUCCESS,
    HTTPStatus.OK: EventName.JOB_DECODE_SUCCESS,
    HTTPStatus.SERVICE_UNAVAILABLE: EventName.JOB_DECODE_SUCCESS,
    HTTPStatus.BAD_REQUEST: EventName.JOB_DECODE_FAILURE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: EventName.JOB_DECODE_FAILURE,
}
"""What is refused before it is looked into counts as neither."""
