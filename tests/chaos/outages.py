"""Breaks what the bot stands on: Temporal, RabbitMQ, GitHub, and the events that it sends."""

import asyncio
import socket
from collections.abc import Iterable
from random import Random

from cli.embedded_rabbitmq import EmbeddedRabbitMQ
from cli.embedded_temporal import EmbeddedTemporal
from emulator import Delays, Drops, Exhausted, Fails, TooFast
from emulator.faults import Kind
from emulator.state import Delivery
from tests.chaos.calamities import Fault
from tests.chaos.effects import Effect, last
from tests.chaos.servers import Servers, place_of

_FOR_EVER = 1_000_000_000
_SLOWEST_SECONDS = 30.0
_RATE_LIMIT_SECONDS = 5
_DOUBLED = 0.3
"""How many of the events are told of twice, while some are."""
_TIMES_DOUBLED = 4


class Outages:
    """Breaks servers and mends them again.

    Args:
        servers: the victims.
        seed: of what is decided while events are doubled.
        scale: the slowness of a slow GitHub is stretched by it, too.
    """

    def __init__(self, servers: Servers, *, seed: int, scale: float) -> None:
        self._servers = servers
        self._random = Random(seed)
        self._scale = scale

    async def of_temporal(self, fault: Fault) -> Effect:
        """Stop or kill it, and start it again."""
        temporal = self._servers.temporal
        return await self._server_away(fault, temporal, temporal.address)

    async def of_rabbitmq(self, fault: Fault) -> Effect:
        """Stop or kill it, or let it find its disk full."""
        servers = self._servers
        if fault.what != "disk alarm":
            return await self._server_away(fault, servers.rabbitmq, place_of(servers.rabbitmq.url))
        before = servers.disk_alarms
        await servers.disk_alarm(on=True)
        await asyncio.sleep(fault.lasts)
        await servers.disk_alarm(on=False)
        return Effect(servers.disk_alarms - before, "alarm")

    async def _server_away(
        self, fault: Fault, server: EmbeddedTemporal | EmbeddedRabbitMQ, place: str
    ) -> Effect:
        await (server.kill() if fault.what == "killed" else server.stop())
        struck = await last(0, lambda: int(_refuses(place)))
        await asyncio.sleep(fault.lasts)
        await server.start()
        return Effect(struck, "server")

    async def of_github(self, fault: Fault) -> Effect:
        """Let every call fail in one way."""
        waiting = self._servers.github.faults.add("*", self._kind(fault), times=_FOR_EVER)
        struck = await last(fault.lasts, lambda: waiting.hits)
        waiting.left = 0
        return Effect(struck, "call")

    def _kind(self, fault: Fault) -> Kind:
        kinds: dict[str, Kind] = {
            "5xx": Fails(502),
            "slow": Delays(min(_SLOWEST_SECONDS, 5 * self._scale)),
            "resets": Drops(),
            "resets, carried out": Drops(carried_out=True),
            "rate limit": Exhausted(resets_in=_RATE_LIMIT_SECONDS),
            "secondary limit": TooFast(retry_after=_RATE_LIMIT_SECONDS),
        }
        return kinds[fault.what]

    async def of_events(self, fault: Fault) -> Effect:
        """Tell of some twice; of all late, and the last of them first; or of none, and nobody knows."""
        if fault.what == "doubled":
            return await self._doubled(fault.lasts)
        before = len(self._sent())
        loss = self._servers.github.webhooks.lose(times=_FOR_EVER, recorded=fault.what != "lost")
        lost = await last(fault.lasts, lambda: _FOR_EVER - loss.left)
        loss.left = 0
        self._repeat(reversed(self._sent()[before:]))
        return Effect(lost, "event")

    async def _doubled(self, seconds: float) -> Effect:
        told = 0
        for _ in range(_TIMES_DOUBLED):
            before = len(self._sent())
            await asyncio.sleep(seconds / _TIMES_DOUBLED)
            again = [each for each in self._sent()[before:] if self._random.random() < _DOUBLED]
            told += len(again)
            self._repeat(again)
        return Effect(told, "event")

    def _sent(self) -> list[Delivery]:
        return [each for each in self._servers.app.deliveries if not each.redelivery]

    def _repeat(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            self._servers.github.webhooks.repeat(self._servers.app, delivery)


def _refuses(place: str) -> bool:
    host, _, port = place.rpartition(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) != 0
