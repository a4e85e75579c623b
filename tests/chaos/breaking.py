"""Breaks what a plan says, and mends it again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.calamities import CUT_OFF, SMALL_DISK, Fault
from tests.chaos.effects import Effect, last
from tests.chaos.fleet import Fleet
from tests.chaos.hosts import DISK_BYTES
from tests.chaos.outages import Outages
from tests.chaos.servers import Servers
from tests.support.small_disk import fill, make_room


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
    effect: Effect


class Breaker:
    """Carries out faults.

    Args:
        servers: some of the victims.
        fleet: the others.
        outages: breaks the servers.
        now: the clock that the table is in.
        under_way: says what goes on at the moment.
    """

    def __init__(
        self,
        servers: Servers,
        fleet: Fleet,
        outages: Outages,
        *,
        now: Callable[[], float],
        under_way: Callable[[], UnderWay],
    ) -> None:
        self.struck: list[Struck] = []
        self._servers = servers
        self._fleet = fleet
        self._outages = outages
        self._now = now
        self._under_way = under_way
        self._lanes: dict[str, asyncio.Lock] = {}
        self._cut_off: set[str] = set()

    async def strike(self, fault: Fault) -> None:
        """Break it for as long as it lasts, mend it, and wait until it does its work again.

        What is broken still is mended first: a busy machine may take longer over it than was planned.
        """
        async with self._lanes.setdefault(fault.lane, asyncio.Lock()):
            began, under_way = self._now(), self._under_way()
            effect = await self._break(fault)
            mended = self._now()
            await self._recovered(fault)
            self.struck.append(Struck(fault, began, mended, self._now(), under_way, effect))

    async def _break(self, fault: Fault) -> Effect:
        ways = {
            "temporal": self._outages.of_temporal,
            "rabbitmq": self._outages.of_rabbitmq,
            "github": self._outages.of_github,
            "events": self._outages.of_events,
            "network": self._cut_network,
        }
        return await ways.get(fault.lane, self._fill_disk if fault.what == "full" else self._end_services)(
            fault
        )

    async def _end_services(self, fault: Fault) -> Effect:
        members = self._fleet.named(fault.victim)
        struck = {await member.runs() for member in members}
        for member in members if fault.lasts else ():
            member.hold_down()
        end = "kill" if fault.what == "killed" else "stop"
        await asyncio.gather(*(getattr(member, end)() for member in members))
        await asyncio.sleep(fault.lasts)
        for member in members:
            member.let_up()
        return Effect(len(struck), "process", "processes")

    async def _fill_disk(self, fault: Fault) -> Effect:
        [member] = self._fleet.named(SMALL_DISK)
        await member.ready()
        disk = member.disk
        taken = await asyncio.to_thread(fill, disk, DISK_BYTES)
        await asyncio.sleep(fault.lasts)
        make_room(disk)
        return Effect(taken // 1024**2, "MiB", "MiB")

    async def _cut_network(self, fault: Fault) -> Effect:
        before = self._held()
        self._cut_off.add(CUT_OFF)
        for way in self._servers.ways:
            await way.black_hole()
        struck = await last(fault.lasts, lambda: self._held() - before)
        for way in self._servers.ways:
            await way.heal()
        self._cut_off.clear()
        return Effect(struck, "packet")

    def _held(self) -> int:
        return sum(way.held for way in self._servers.ways)

    async def _recovered(self, fault: Fault) -> None:
        victims = (CUT_OFF,) if fault.lane == "network" else (fault.victim.removeprefix("disk of "),)
        for member in (each for victim in victims for each in self._fleet.named(victim)):
            # Nobody who has no network does any work.
            if member.name not in self._cut_off:
                await member.ready()
