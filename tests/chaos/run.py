"""One run: the plan is carried out on real processes, and what is left is gathered."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from temporalio.client import Client

from cli.temporal_client import TemporalConnection, connect
from emulator.state import Repository
from tests.chaos.breaking import Breaker, Struck
from tests.chaos.catching_up import RECONCILED_EVERY, catch_up_every
from tests.chaos.evidence import Evidence
from tests.chaos.fleet import Fleet
from tests.chaos.gathering import builds_at_work, gather, outputs_of, processes_of
from tests.chaos.hosts import Hosts
from tests.chaos.ledger import Ledger
from tests.chaos.outages import Outages
from tests.chaos.people import People
from tests.chaos.plan import Plan
from tests.chaos.resting import Scene, come_to_rest
from tests.chaos.servers import Servers, servers
from tests.chaos.survived import under_way


@dataclass(frozen=True, repr=False)
class Outcome:
    """What a run came to.

    Without a representation: asyncio asks for one of a main task's result, which takes a minute here.
    """

    ledger: Ledger
    evidence: Evidence
    struck: tuple[Struck, ...]
    repository: Repository
    began: float
    """When the storm began, in seconds of the clock."""


@dataclass(frozen=True)
class Terms:
    """How a plan is carried out."""

    folder: Path
    """An empty one, for all state."""
    scale: float
    """That of the plan."""
    rest: float
    """How many seconds the bot has to come to rest in."""
    tell: Callable[[str], None]
    """Is told how far it is."""


async def carry_out(plan: Plan, terms: Terms) -> Outcome:
    """Carry out a plan, and leave nothing that runs."""
    folder = terms.folder
    async with servers(folder) as stage:
        people = People(stage.github, stage.app, folder)
        hosts = Hosts(folder, stage, terms.scale)
        fleet = Fleet(folder, hosts)
        try:
            await fleet.start()
            stage.app.webhook_url = hosts.webhook_url
            await catch_up_every(RECONCILED_EVERY * terms.scale, await _client(stage))
            terms.tell(f"all {len(fleet.members)} processes are up")
            outcome = await _Run(plan, terms, stage, people, fleet).to_its_end()
        finally:
            await fleet.stop()
        terms.tell("all processes are stopped")
    evidence = replace(
        outcome.evidence,
        endings=fleet.endings(),
        outputs=outputs_of(folder),
        orphans=(*outcome.evidence.orphans, *processes_of(folder)),
        struck=tuple(each.fault.name for each in outcome.struck if each.effect.count),
    )
    return replace(outcome, evidence=evidence)


class _Run:
    """One run, from the first act to the evidence."""

    def __init__(self, plan: Plan, terms: Terms, stage: Servers, people: People, fleet: Fleet) -> None:
        self._plan = plan
        self._terms = terms
        self._stage = stage
        self._people = people
        self._fleet = fleet
        self._began = self._now()
        self._beginning = asyncio.get_running_loop().time()
        self._breaker = Breaker(
            stage,
            fleet,
            Outages(stage, seed=plan.seed, scale=terms.scale),
            now=self._now,
            under_way=lambda: under_way(people.repository),
        )

    async def to_its_end(self) -> Outcome:
        """Let it storm, wait for peace, and gather what is left."""
        await self._storm()
        scene = await self._scene()
        evidence = await self._evidence(scene)
        self._people.close_all()
        ended = await come_to_rest(scene, within=self._terms.rest)
        self._tell("everything is closed")
        restless = (*evidence.restless, *(f"after all was closed: {who}" for who in ended.restless))
        return Outcome(
            ledger=self._people.ledger,
            evidence=replace(evidence, restless=restless, left=self._fleet.workspaces()),
            struck=tuple(self._breaker.struck),
            repository=self._people.repository,
            began=self._began,
        )

    async def _storm(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._act())
            group.create_task(self._strike())
        self._stage.github.faults.clear()
        await self._fleet.up()
        left = under_way(self._people.repository)
        self._tell(f"{len(self._breaker.struck)} faults are over, {left} are left")

    async def _act(self) -> None:
        for due in self._plan.acts:
            await self._moment(due.at)
            self._people.do(due.act)

    async def _strike(self) -> None:
        async with asyncio.TaskGroup() as group:
            for fault in sorted(self._plan.faults, key=lambda each: each.at):
                await self._moment(fault.at)
                group.create_task(self._breaker.strike(fault))

    async def _moment(self, at: float) -> None:
        await asyncio.sleep(self._beginning + at - asyncio.get_running_loop().time())

    async def _scene(self) -> Scene:
        stage = self._stage
        return Scene(
            stage.github,
            stage.app,
            self._people.repository,
            await _client(stage),
            stage.rabbitmq.url,
            self._terms.folder,
        )

    async def _evidence(self, scene: Scene) -> Evidence:
        rested = await come_to_rest(scene, within=self._terms.rest)
        self._tell("not at rest" if rested.restless else "at rest")
        return replace(await gather(scene, rested), orphans=builds_at_work(self._terms.folder))

    def _now(self) -> float:
        return self._stage.github.moment().timestamp()

    def _tell(self, text: str) -> None:
        self._terms.tell(f"{text} after {self._now() - self._began:.0f} s of the plan")


async def _client(stage: Servers) -> Client:
    return await connect(TemporalConnection(stage.temporal.address))
