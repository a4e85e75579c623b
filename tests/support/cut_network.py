"""A network that a test cuts: a TCP proxy on loopback, between one process and a server.

async with network_to("127.0.0.1:7233") as network:
    …  # whoever connects to network.address reaches the server
    await network.black_hole()  # nothing arrives any more, and nobody is told
    await network.refuse()  # connections break, and new ones are refused
    await network.heal()
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_CHUNK = 64 * 1024


class Network:
    """Passes bytes both ways, as long as it is whole."""

    def __init__(self, server: str) -> None:
        self.held = 0
        """How often something came that could not go on."""
        self._host, _, port = server.rpartition(":")
        self._server_port = int(port)
        self._listening: asyncio.Server | None = None
        self._port = 0
        self._whole = asyncio.Event()
        self._whole.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Where the server can be reached, ``host:port``; always the same."""
        return f"{self._host}:{self._port}"

    async def black_hole(self) -> None:
        """Let nothing through, in silence: connections stay, as when a cable far away is cut."""
        self._whole.clear()

    async def refuse(self) -> None:
        """Break all connections, and refuse new ones, as a machine does whose server has ended."""
        await self._stop_listening()
        for writer in list(self._writers):
            writer.transport.abort()

    async def heal(self) -> None:
        """Let everything through again, also what was on its way."""
        self._whole.set()
        if self._listening is None:
            await self.listen()

    async def listen(self) -> None:
        """Be there; at the same port as before."""
        self._listening = await asyncio.start_server(self._pass_on, self._host, self._port)
        self._port = self._listening.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Let go of everything."""
        await self.refuse()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _stop_listening(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(self._host, self._server_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await source.read(_CHUNK):
                self.held += not self._whole.is_set()
                await self._whole.wait()
                sink.write(chunk)
                await sink.drain()
        sink.close()
        self._writers.discard(sink)


@asynccontextmanager
async def network_to(server: str) -> AsyncIterator[Network]:
    """A network between whoever uses it and ``server``, ``host:port``."""
    network = Network(server)
    await network.listen()
    try:
        yield network
    finally:
        await network.close()
