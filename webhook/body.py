"""The body of a request, never more of it in memory than is allowed."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from webhook.answers import (
    BODY_LIMIT,
    BODY_SECONDS,
    DISCARD_LIMIT,
    INCOMPLETE,
    TOO_LARGE,
    TOO_SLOW,
    Answer,
)


async def read_body(request: Request, seconds: float = BODY_SECONDS) -> bytes | Answer:
    """The body, or the answer to one that is too large, too slow or cut off.

    What the request says about its length is not asked: it may be missing, or a lie.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _read(request)
    except TimeoutError:
        return TOO_SLOW
    except ClientDisconnect:
        return INCOMPLETE


async def _read(request: Request) -> bytes | Answer:
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > DISCARD_LIMIT:
            break
        if size > BODY_LIMIT:
            body.clear()
        else:
            body += chunk
    return bytes(body) if size <= BODY_LIMIT else TOO_LARGE
