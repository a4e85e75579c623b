"""Builders that end in every way a process can, and one that is cut off: the same check run throughout.

``tickborg builder`` as a process, beside a bot that has no builder of its own (design, sections 4 and 9).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.api.history.v1 import HistoryEvent

from activities.clients.cluster import TemporalCluster
from cli.embedded_temporal import EmbeddedTemporal
from emulator.state import CheckRun, PullRequest
from tests.support.broker import RabbitMQNode
from tests.support.builder_hosts import FIRST, SECOND, BuilderMachine, builder_machine, runs_below
from tests.support.cut_network import network_to
from tests.support.early_deaths import notice_deaths_after
from tests.support.eventually import eventually
from tests.support.expected import attempt_of, log_of, page_of, the_comment
from tests.support.monorepo import held
from tests.support.processes import alive, new_marker
from tests.support.settings_folder import FETCHER
from tests.support.shown import all_check_runs, said_of
from tests.support.site import SYSTEM, Site, running_site
from tickborg.messages import BuildLogStatus
from tickborg.names import BUILD_WORKFLOW, PR_ATTRIBUTE, REPO_ATTRIBUTE
from tickborg.systems import System
from tickborg.texts import build_endings
from workflows import policies

pytestmark = pytest.mark.asyncio(loop_scope="module")

SILENCE = timedelta(seconds=3)
"""How long a builder may be silent, which is half a minute in production."""

NO_ROOM = r"no new build is taken: \d+ \w+ are left .* min_free_space is 1000 TiB; make room there"
OTHER_SYSTEM = System.X86_64_FREEBSD


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(
    tmp_path_factory: pytest.TempPathFactory, temporal: EmbeddedTemporal, broker: RabbitMQNode
) -> AsyncIterator[Site]:
    """A bot without a builder."""
    await broker.forget_everything()
    with pytest.MonkeyPatch.context() as patch:
        notice_deaths_after(SILENCE, patch)
        patch.setattr(policies, "BUILDER_POLL_FIRST", timedelta(seconds=1))
        folder = tmp_path_factory.mktemp("site")
        async with running_site(folder, temporal.address, broker.url, builds_for=()) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="module")
async def machine(
    site: Site, temporal: EmbeddedTemporal, broker: RabbitMQNode, tmp_path: Path
) -> AsyncIterator[BuilderMachine]:
    """Where builders run."""
    async with builder_machine(site, temporal.address, broker.url, tmp_path) as made:
        yield made


class Building:
    """A pull request whose one build waits on a builder to be told to go on."""

    def __init__(self, site: Site, marker: str, pull: PullRequest, run: CheckRun) -> None:
        self.site = site
        self.marker = marker
        self.pull = pull
        self.run = run
        self.first = attempt_of(run)

    async def until_given_up(self) -> None:
        """Wait until the first attempt is lost, and another one to be made."""
        await until_queued(self.site, self.pull, attempt=2)

    async def until_taken_over(self, builder: str = SECOND, *, before: str = "failed") -> None:
        """Wait until the second attempt is under way, on ``builder``, and said what became of the first."""
        await self.site.github.until(lambda: attempt_of(self.run) != self.first)
        assert self.run.output.title == f"running on {builder}, attempt 2: the builder before it {before}"

    async def assert_built_by_two(self, first: BuildLogStatus, builder: str = SECOND) -> None:
        """See the one check run end with the second attempt's success, and each attempt's log kept.

        Args:
            first: how the first attempt's log ended.
            builder: whose the second attempt was.
        """
        site, run = self.site, self.run
        await site.settled(self.pull)
        assert (all_check_runs(self.pull), run.conclusion) == ([run], "success")
        said, logs = said_of(site.github, run), f"{site.bot.dashboard_url}/logs"
        found = attempt_of(run)
        urls = [f"{logs}/{attempt}" for attempt in (self.first, found)]
        assert in_turn(said.statuses) == ["queued", "in_progress", "completed"]
        assert in_turn(said.details_urls) == [page_of(site, self.pull), *urls]
        assert the_comment(self.pull).startswith("✅ **The build succeeded**\n")
        endings = [(await log_of(site, attempt))[2] for attempt in (self.first, found)]
        assert [(end["identity"], end["status"]) for end in endings] == [(FIRST, first), (builder, "success")]
        await eventually(partial(nothing_runs, self.marker))
        await eventually(self._workspaces_are_freed)

    async def until_ended_as(self, status: BuildLogStatus) -> None:
        """Wait until that is how the first attempt's log ended, whatever was said of it before."""

        async def is_ended() -> bool:
            return (await log_of(self.site, self.first))[2]["status"] == status

        await eventually(is_ended)

    async def until_said_last(self, reason: str) -> None:
        """Wait until that is the last line of the first attempt's log."""

        async def is_said() -> bool:
            return (await log_of(self.site, self.first))[1][-1:] == [f"tickborg: {reason}"]

        await eventually(is_said)

    async def _workspaces_are_freed(self) -> bool:
        return not list(self.site.folders.workspaces.glob("*/"))


def in_turn(said: Iterable[str]) -> list[str]:
    """What was said, without what was said again: while nobody builds, there may be other words to a page."""
    return [each for each, _ in groupby(said)]


async def a_build(site: Site) -> Building:
    """Have a build begun by the builder that has just been started."""
    await eventually(partial(TemporalCluster(site.client).builders_online, SYSTEM))
    marker = new_marker()
    repository = site.repository(held(marker))
    site.github.collaborate(repository, FETCHER, "read")
    pull = site.propose(repository, {"speech/notes": b"breathe\n"})
    [run] = await site.github.until(lambda: [r for r in all_check_runs(pull) if r.status == "in_progress"])
    await site.waiting(1)
    return Building(site, marker, pull, run)


async def until_queued(site: Site, pull: PullRequest, *, attempt: int = 1) -> None:
    """Wait until an attempt at the only build of a pull request is in the queue of the builders."""
    query = f'{REPO_ATTRIBUTE}="{pull.repository.full_name}" AND {PR_ATTRIBUTE}={pull.number}'

    async def is_queued() -> bool:
        found = site.client.list_workflows(f'{query} AND WorkflowType="{BUILD_WORKFLOW}"')
        for build in [build async for build in found]:
            handle = site.client.get_workflow_handle(build.id)
            pending = (await handle.describe()).raw_description.pending_activities
            begun = sum([is_scheduled(event, "build") async for event in handle.fetch_history_events()])
            return begun == attempt and "build" in [each.activity_type.name for each in pending]
        return False

    await eventually(is_queued)


def is_scheduled(event: HistoryEvent, activity: str) -> bool:
    """Whether an event says that such an activity is to be done."""
    return event.activity_task_scheduled_event_attributes.activity_type.name == activity


async def is_offline(site: Site) -> bool:
    """Whether no builder is online for either system."""
    cluster = TemporalCluster(site.client)
    return not any([await cluster.builders_online(system) for system in (SYSTEM, OTHER_SYSTEM)])


async def nothing_runs(marker: str) -> bool:
    """Whether no process has ``marker`` in its command line."""
    return not alive(marker)


async def test_a_builder_that_is_stopped_finishes_what_it_has_and_takes_nothing_new(
    site: Site, machine: BuilderMachine
) -> None:
    """It counts as offline at once; what waits in the queue says so, and is left to another builder."""
    systems = f"{OTHER_SYSTEM},{SYSTEM}"
    first = await machine.start(TICKBORG_BUILDER__GRACE="1h", TICKBORG_BUILDER__SYSTEMS=systems)
    building = await a_build(site)
    queued = site.propose(building.pull.repository, {"speech/notes": b"speak up\n"})
    await until_queued(site, queued)
    stopping = asyncio.create_task(first.stop())
    await first.says("builds may go on for 1 h")
    await eventually(partial(is_offline, site))
    await site.release(1)
    assert await stopping == 0
    await site.settled(building.pull)
    assert said_of(site.github, building.run).statuses == ["queued", "in_progress", "completed"]
    assert (await log_of(site, building.first))[2]["status"] == "success"

    [run] = all_check_runs(queued)
    nobody = f"no {SYSTEM} builder is online; waiting up to "
    await site.github.until(lambda: (run.output.title or "").startswith(nobody))
    async with machine.another():
        await site.release(1)
        await site.settled(queued)
    assert in_turn(said_of(site.github, run).statuses) == ["queued", "in_progress", "completed"]
    assert (await log_of(site, attempt_of(run)))[2]["identity"] == SECOND


@pytest.mark.parametrize(("grace", "tells"), [("1s", 1), ("1h", 2)], ids=["grace is over", "told twice"])
async def test_a_builder_without_time_hands_its_build_over(
    site: Site, machine: BuilderMachine, grace: str, tells: int
) -> None:
    """Another one begins it anew, and of what the first had begun nothing is left."""
    first = await machine.start(TICKBORG_BUILDER__GRACE=grace)
    building = await a_build(site)
    async with machine.another():
        stopping = asyncio.create_task(first.stop())
        await first.says("builds may go on for")
        for _ in range(1, tells):
            first.terminate()
        await building.until_taken_over(before="was told to stop")
        assert await stopping == 0
        await building.until_said_last(build_endings.handed_over(FIRST))
        await site.release(1)
        await building.assert_built_by_two(BuildLogStatus.ERROR)


async def test_a_builder_without_room_leaves_builds_to_others(site: Site, machine: BuilderMachine) -> None:
    """It says so to its operator, and ends in good order although it has nothing to wait for."""
    first = await machine.start(NO_ROOM, TICKBORG_BUILDER__MIN_FREE_SPACE="1000TiB")
    async with machine.another():
        building = await a_build(site)
        await site.release(1)
        await site.settled(building.pull)
    assert (await log_of(site, building.first))[2]["identity"] == SECOND
    assert await first.stop() == 0


async def test_a_builder_that_was_cut_off_ends_what_another_one_has_begun_anew(
    site: Site, machine: BuilderMachine, temporal: EmbeddedTemporal
) -> None:
    """It hears that its attempt is lost as soon as it can, and ends in good order later."""
    async with network_to(temporal.address) as network:
        first = await machine.start(TICKBORG_TEMPORAL__ADDRESS=network.address)
        building = await a_build(site)
        async with machine.another():
            await network.black_hole()
            await building.until_taken_over()
            await site.waiting(2)
            assert runs_below(first.pid, building.marker)
            await network.heal()
            await building.until_said_last(build_endings.given_up(FIRST))
            assert not runs_below(first.pid, building.marker)
            await site.release(1)
            await building.assert_built_by_two(BuildLogStatus.LOST)
        assert await first.stop() == 0


async def test_a_builder_that_was_cut_off_begins_anew_where_there_is_no_other(
    site: Site, machine: BuilderMachine, temporal: EmbeddedTemporal
) -> None:
    """It ends the attempt that is lost, and takes the next one; its connections were refused, and are not."""
    async with network_to(temporal.address) as network:
        first = await machine.start(TICKBORG_TEMPORAL__ADDRESS=network.address)
        building = await a_build(site)
        await network.refuse()
        await building.until_given_up()
        await network.heal()
        await building.until_taken_over(FIRST)
        await building.until_said_last(build_endings.given_up(FIRST))
        await site.release(1)
        await building.assert_built_by_two(BuildLogStatus.LOST, FIRST)
        assert await first.stop() == 0


async def test_what_a_builder_that_was_cut_off_came_to_changes_nothing(
    site: Site, machine: BuilderMachine, temporal: EmbeddedTemporal
) -> None:
    """Its result comes when another one has begun; it is kept in its log, and nowhere else."""
    async with network_to(temporal.address) as network:
        first = await machine.start(TICKBORG_TEMPORAL__ADDRESS=network.address)
        building = await a_build(site)
        [old] = await site.waiting(1)
        await network.black_hole()
        async with machine.another():
            await building.until_taken_over()
            (old / "go").touch()
            await building.until_ended_as(BuildLogStatus.SUCCESS)
            await network.heal()
            assert await first.stop() == 0
            assert building.run.status == "in_progress"
            await site.release(1)
            await building.assert_built_by_two(BuildLogStatus.SUCCESS)


async def test_another_builder_finishes_what_a_killed_one_began(site: Site, machine: BuilderMachine) -> None:
    """Nothing of the dead one's build runs on, and the next builder of the host frees its workspace."""
    first = await machine.start()
    building = await a_build(site)
    await first.kill()
    await eventually(partial(nothing_runs, building.marker))
    assert len(list(site.folders.workspaces.glob("*/"))) == 1
    async with machine.another():
        await building.until_taken_over()
        await site.release(1)
        await building.assert_built_by_two(BuildLogStatus.LOST)
