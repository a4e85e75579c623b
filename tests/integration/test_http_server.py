"""ASGI applications on ports of one process."""

import asyncio

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from cli.http_server import listening
from tests.support.patience import PATIENCE_SECONDS
from tickborg.errors import InfrastructureError


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer anything with the same two words."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello you"})


async def test_a_port_that_is_taken_is_named_with_the_setting_that_changes_it() -> None:
    """An operator who starts a second one reads what to do."""
    async with listening(hello, host="127.0.0.1", port=0, setting="[stats] port") as url:
        port = int(url.rsplit(":", 1)[1])
        with pytest.raises(InfrastructureError, match=rf"127.0.0.1:{port}: .* change \[stats\] port"):
            async with listening(hello, host="127.0.0.1", port=port, setting="[stats] port"):
                pass


async def test_an_answer_under_way_is_finished_before_the_server_ends() -> None:
    """A webhook that is being made durable is answered although the process is told to stop."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await go_on.wait()
        await hello(scope, receive, send)

    async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client:
        async with listening(slow, host="127.0.0.1", port=0, setting="") as url:
            asking = asyncio.create_task(client.get(url))
            await begun.wait()
            asyncio.get_running_loop().call_later(0.05, go_on.set)
        assert (await asking).text == "hello you"
