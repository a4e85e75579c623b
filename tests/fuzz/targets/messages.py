"""Messages of RabbitMQ. The first byte chooses the queue; a byte 0x1e ends a message and begins the next."""

from collections.abc import Sequence
from time import process_time

from pydantic import ValidationError

from dashboard.app import create_app
from messaging.log_assembly import AnyLogMessage, assemble, position
from messaging.log_store import LogReader, LogStore
from messaging.metrics import Metrics
from messaging.refusal import why_invalid
from tests.fuzz.targets import log_folder
from tests.support.asgi import Asked
from tests.support.fake_owners import FakeOwners
from tickborg.messages import LOG_MESSAGE, Event, EventMessage, EventName

SECONDS = 2.0
_END = b"\x1e"
_METRICS = Metrics()
_LOGS = log_folder.named("messages")
_DASHBOARD = Asked(create_app(owners=FakeOwners(), logs=LogReader(_LOGS)))


def check(data: bytes) -> None:
    """Take them, whatever they are; what they leave behind can be shown."""
    began = process_time()
    bodies = data[1:].split(_END)
    if data[:1] == b"s":
        _count(bodies)
    else:
        _collect(bodies)
    assert process_time() - began < SECONDS


def _count(bodies: Sequence[bytes]) -> None:
    for body in bodies:
        try:
            message = EventMessage.model_validate_json(body)
        except ValidationError as error:
            why_invalid(error).encode()
        else:
            for event in message.events:
                _METRICS.record(event)
    assert "tickborg_log_lines_lost_total" in _METRICS.text()


def _collect(bodies: Sequence[bytes]) -> None:
    messages: list[AnyLogMessage] = []
    for body in bodies:
        try:
            messages.append(LOG_MESSAGE.validate_json(body))
        except ValidationError as error:
            why_invalid(error).encode()
    for attempt_id in {message.attempt_id for message in messages}:
        with log_folder.made(_LOGS):
            _write([message for message in messages if message.attempt_id == attempt_id])
            for path in ("", "/raw"):
                shown = _DASHBOARD.ask("GET", f"/logs/{attempt_id}{path}".encode())
                assert shown.status == 200, shown.status


def _write(messages: Sequence[AnyLogMessage]) -> None:
    """As a collector does, which is killed after each message; and that waits for nothing at the end."""
    for messages_so_far in ([*messages[:1]], messages):
        store = LogStore(_LOGS)
        try:
            writer = store.writer(messages[0].attempt_id)
            assembly = assemble(writer.progress, messages_so_far, max(map(position, messages_so_far)))
            writer.write(assembly.pieces)
            writer.sync()
            assert writer.progress == assembly.progress
        finally:
            store.close()
        if assembly.lost_lines:
            _METRICS.record(Event(name=EventName.LOG_LINES_LOST, count=assembly.lost_lines))
            assert _METRICS.text()
