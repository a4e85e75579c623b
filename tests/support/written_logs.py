"""Logs as a collector writes them, message by message, without a broker."""

from pathlib import Path

from messaging.log_assembly import AnyLogMessage, assemble
from messaging.log_store import LogStore


def write(folder: Path, *messages: AnyLogMessage, give_up_before: int = 0) -> None:
    """Write messages of one log as a collector does that is started for them."""
    store = LogStore(folder)
    writer = store.writer(messages[0].attempt_id)
    writer.write(assemble(writer.progress, messages, give_up_before).pieces)
    writer.sync()
    store.close()
