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


async def test_nothing_is_begun_while_the_server_ends() -> None:
    """A connection that is kept alive is closed at once, so that nobody sends what would be broken off."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow_below(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            begun.set()
            await go_on.wait()
        await hello(scope, receive, send)

    async def serve_until(ending: asyncio.Event) -> None:
        async with listening(slow_below, host="127.0.0.1", port=0, setting="") as url:
            served.set_result(url)
            await ending.wait()

    served: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ending = asyncio.Event()
    serving = asyncio.create_task(serve_until(ending))
    url = await served
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    assert b"200" in await reader.readline()
    async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client:
        asking = asyncio.create_task(client.get(f"{url}/slow"))
        await begun.wait()
        ending.set()
        await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
        go_on.set()
        assert (await asking).text == "hello you"
    writer.close()
    await serving
