"""Log messages as the broker is given them."""

from messaging.log_assembly import AnyLogMessage, position
from messaging.topology import LOGS
from messaging.transport import OutgoingMessage
from tickborg.messages import log_routing_key


def outgoing(message: AnyLogMessage) -> OutgoingMessage:
    """The message as it is sent. It has the same id when it is sent again."""
    return OutgoingMessage(
        exchange=LOGS,
        routing_key=log_routing_key(message.attempt_id),
        message_id=f"{message.attempt_id}/{message.type}/{position(message)}",
        body=message.model_dump_json(exclude_none=True).encode(),
    )
