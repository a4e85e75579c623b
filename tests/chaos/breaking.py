"""Breaks what a plan says, and mends it again."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from emulator import Delays, Drops, Exhausted, Fails, TooFast
from emulator.faults import Kind
from emulator.state import Delivery
from tests.chaos.calamities import Fault
from tests.chaos.fleet import Fleet
from tests.chaos.servers import Servers

_FOR_EVER = 1_000_000_000
_SLOWEST_SECONDS = 30.0
_RATE_LIMIT_SECONDS = 5
_DOUBLED = 0.3
"""How many of the events are told of twice, while some are."""
_TIMES_DOUBLED = 4


@dataclass(frozen=True)
class UnderWay:
    """What goes on at a moment."""

    runs: frozenset[int]
    """Check runs that are not completed."""
    heads: frozenset[str]
    """Commits whose evaluation has not ended."""

    def __str__(self) -> str:
        return f"{len(self.runs)} builds, {len(self.heads)} evaluations"


@dataclass(frozen=True)
class Struck:
    """A fault that has been: when it began and was mended, and when the victim did its work again."""

    fault: Fault
    began: float
    mended: float
    back: float
    """All in seconds of the clock of the emulated GitHub."""
    under_way: UnderWay


class Breaker:
    """Carries out faults.

    Args:
        servers: some of the victims.
        fleet: the others.
        seed: of what is decided while events are doubled and shuffled.
        scale: the slowness of a slow GitHub is stretched by it, too.
        now: the clock that the table is in.
        under_way: says what goes on at the moment.
    """

    def __init__(
        self,
        servers: Servers,
        fleet: Fleet,
        *,
        seed: int,
        scale: float,
        now: Callable[[], float],
        under_way: Callable[[], UnderWay],
    ) -> None:
        self.struck: list[Struck] = []
        self._servers = servers
        self._fleet = fleet
        self._random = Random(seed)
        self._scale = scale
        self._now = now
        self._under_way = under_way
        self._victims: dict[str, asyncio.Lock] = {}

    async def strike(self, fault: Fault) -> None:
        """Break it for as long as it lasts, mend it, and wait until it does its work again.

        What is broken still is mended first: a busy machine may take longer over it than was planned.
        """
        victim = fault.victim.partition("-")[0]
        async with self._victims.setdefault(victim, asyncio.Lock()):
            await self._strike(fault)

    async def _strike(self, fault: Fault) -> None:
        began, under_way = self._now(), self._under_way()
        match fault.victim:
            case "temporal":
                await self._break_temporal(fault)
            case "rabbitmq":
                await self._break_rabbitmq(fault)
            case "github":
                await self._break_github(fault)
            case "events":
                await self._break_events(fault)
            case _:
                await self._break_services(fault)
        mended = self._now()
        await self._recovered(fault)
        self.struck.append(Struck(fault, began, mended, self._now(), under_way))

    async def _break_temporal(self, fault: Fault) -> None:
        temporal = self._servers.temporal
        await (temporal.kill() if fault.what == "killed" else temporal.stop())
        await asyncio.sleep(fault.lasts)
        await temporal.start()

    async def _break_rabbitmq(self, fault: Fault) -> None:
        rabbitmq = self._servers.rabbitmq
        if fault.what == "disk alarm":
            await self._servers.disk_alarm(on=True)
            await asyncio.sleep(fault.lasts)
            await self._servers.disk_alarm(on=False)
            return
        await (rabbitmq.kill() if fault.what == "killed" else rabbitmq.stop())
        await asyncio.sleep(fault.lasts)
        await rabbitmq.start()

    async def _break_github(self, fault: Fault) -> None:
        waiting = self._servers.github.faults.add("*", self._kind(fault), times=_FOR_EVER)
        await asyncio.sleep(fault.lasts)
        waiting.left = 0

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

    async def _break_services(self, fault: Fault) -> None:
        members = self._fleet.named(fault.victim)
        assert members, fault.victim
        for member in members if fault.lasts else ():
            member.hold_down()
        if fault.what == "killed":
            await asyncio.gather(*(member.kill() for member in members))
        else:
            await asyncio.gather(*(member.stop() for member in members))
        await asyncio.sleep(fault.lasts)
        for member in members:
            member.let_up()

    async def _break_events(self, fault: Fault) -> None:
        if fault.what == "doubled":
            for _ in range(_TIMES_DOUBLED):
                sent = await self._sent_during(fault.lasts / _TIMES_DOUBLED)
                self._repeat(each for each in sent if self._random.random() < _DOUBLED)
            return
        # All of them late, and the last of them first; or none of them, and nobody knows.
        loss = self._servers.github.webhooks.lose(times=_FOR_EVER, recorded=fault.what != "lost")
        sent = await self._sent_during(fault.lasts)
        loss.left = 0
        self._repeat(reversed(sent))

    async def _sent_during(self, seconds: float) -> list[Delivery]:
        first = len(self._servers.app.deliveries)
        await asyncio.sleep(seconds)
        return [each for each in self._servers.app.deliveries[first:] if not each.redelivery]

    def _repeat(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            self._servers.github.webhooks.repeat(self._servers.app, delivery)

    async def _recovered(self, fault: Fault) -> None:
        for member in self._fleet.named(fault.victim):
            await member.ready()
