"""What aio-pika raises when a broker is away, as our own error, and closing in good order."""

import asyncio
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from tickborg.errors import UnavailableError

CLOSE_SECONDS = 5.0

_NO_AMQP = (ValueError, TypeError, LookupError, AttributeError, struct.error)
"""What reading ends in when something else than a broker answers, or bytes on the way were damaged."""


@contextmanager
def as_unavailable(doing: str) -> Iterator[None]:
    """Turn what aio-pika raises when a broker is away, or what answers is none, into our own error.

    aiormq may end a waiting call with CancelledError when a heartbeat is missed, although nobody cancelled
    this task.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise UnavailableError(f"{doing} failed: the connection was given up") from error
    except (TimeoutError, *CONNECTION_EXCEPTIONS, *_NO_AMQP) as error:
        raise UnavailableError(f"{doing} failed: {_in_words(error)}") from error


def _in_words(error: Exception) -> str:
    """What the system or the broker says, without the wrapping of libraries."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return str(error) or repr(error)


async def close(resource: AbstractConnection | AbstractChannel) -> None:
    """Close in good order, but do not wait long for a broker that no longer answers."""
    with suppress(TimeoutError, *CONNECTION_EXCEPTIONS):
        async with asyncio.timeout(CLOSE_SECONDS):
            await resource.close()
