"""The body of a request, never more of it than is allowed."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from webhook.answers import BODY_LIMIT, BODY_SECONDS, INCOMPLETE, TOO_LARGE, TOO_SLOW, Answer


def declares_too_much(request: Request) -> bool:
    """Whether the request says itself that its body is too large; what it says may be a lie."""
    declared = request.headers.get("content-length", "")
    return declared.isascii() and declared.isdecimal() and int(declared[:20]) > BODY_LIMIT


async def read_body(request: Request, seconds: float = BODY_SECONDS) -> bytes | Answer:
    """The body, or the answer to one that is too large, too slow or cut off."""
    try:
        async with asyncio.timeout(seconds):
            return await _read(request)
    except TimeoutError:
        return TOO_SLOW
    except ClientDisconnect:
        return INCOMPLETE


async def _read(request: Request) -> bytes | Answer:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return TOO_LARGE
    return bytes(body)
