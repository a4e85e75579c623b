"""Sends webhooks at an even pace, as a process of its own: ``python -m benchmarks.webhook_sender``.

It reads a :class:`Sending` as JSON from standard input and writes the answers to standard output. A webhook
is sent when its time has come, whether those before it have been answered or not, and the time it takes is
counted from there: what waits for a connection waits for the service.
"""

import asyncio
import sys
import time

import httpx2
from pydantic import Base64Bytes, BaseModel, TypeAdapter

CONNECTIONS = 50
"""GitHub's own number is not known."""

PATIENCE_SECONDS = 60.0


class Request(BaseModel):
    """A webhook."""

    headers: dict[str, str]
    body: Base64Bytes


class Sending(BaseModel):
    """What is to be sent."""

    url: str
    pause: float
    """Seconds from one to the next; 0: all at once, as fast as connections become free."""
    requests: list[Request]


class Answer(BaseModel):
    """What one was answered; status 0: nothing."""

    status: int
    milliseconds: float
    text: str


ANSWERS = TypeAdapter(list[Answer])


async def send(sending: Sending) -> list[Answer]:
    """Send everything; the answers are in the order of what was sent."""
    limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    timeout = httpx2.Timeout(PATIENCE_SECONDS)
    free = asyncio.Semaphore(CONNECTIONS)
    async with httpx2.AsyncClient(trust_env=False, limits=limits, timeout=timeout) as http:

        async def post(request: Request, due: float) -> Answer:
            async with free:
                began = due if sending.pause else time.perf_counter()
                try:
                    sent = await http.post(sending.url, content=request.body, headers=request.headers)
                    status, text = sent.status_code, sent.text
                except httpx2.HTTPError as error:
                    status, text = 0, repr(error)
                return Answer(status=status, milliseconds=(time.perf_counter() - began) * 1000, text=text)

        tasks = []
        began = time.perf_counter()
        for number, request in enumerate(sending.requests):
            due = began + number * sending.pause
            if sending.pause:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(post(request, due)))
        return await asyncio.gather(*tasks)


def main() -> None:
    """Read, send, and write."""
    answers = asyncio.run(send(Sending.model_validate_json(sys.stdin.buffer.read())))
    sys.stdout.buffer.write(ANSWERS.dump_json(answers))


if __name__ == "__main__":
    main()
