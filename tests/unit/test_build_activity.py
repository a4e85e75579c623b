"""The build activity over fakes: what it makes of every way in which a command or a builder can end."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from temporalio.activity import ActivityCancellationDetails
from temporalio.testing import ActivityEnvironment

from activities.attempt import FULL, Builder, is_full
from activities.building import BuildActivities
from activities.ports import Exit
from tests.support.clock import FakeClock
from tests.support.fake_builder import (
    FakeBuildLog,
    FakeBuildLogs,
    FakeCluster,
    FakeStats,
    FakeWorkspaces,
    Scripted,
    ScriptedRunner,
    Signal,
)
from tests.support.patience import PATIENCE_SECONDS
from tests.support.samples import build_job, project
from tickborg.errors import BuilderEndingError, HeadGoneError, InfrastructureError, UnavailableError
from tickborg.jobs import BuildJob, BuildMode, BuildOutcome, BuildResult, BuildStarted, Origin
from tickborg.messages import BuildLogStatus, EventName
from tickborg.projects import BuildSystem, Check
from tickborg.texts import build_endings

SHUTDOWN = ActivityCancellationDetails(worker_shutdown=True)
NOT_FOUND = ActivityCancellationDetails(not_found=True)
PLENTY = 1 << 40

CONFIGURE = "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release"
BUILD = "cmake --build build --config Release -j 2"
TEST = "ctest --test-dir build --output-on-failure"


class World:
    """A builder, what it builds, and everything it talks to."""

    def __init__(self, tmp_path: Path) -> None:
        self.workspaces = FakeWorkspaces(tmp_path, files={"meshmc/CMakeLists.txt": ""})
        self.runner = ScriptedRunner()
        self.logs = FakeBuildLogs()
        self.stats = FakeStats()
        self.cluster = FakeCluster()
        self.clock = FakeClock()
        self.builder = Builder("builder-1", jobs=2, free_space=lambda _: PLENTY)
        self.temporal = ActivityEnvironment()
        self.temporal.info = replace(self.temporal.info, workflow_id="build/7", attempt=3)
        self.heartbeats: asyncio.Queue[None] = asyncio.Queue()
        self.temporal.on_heartbeat = lambda *_: self.heartbeats.put_nowait(None)

    def activities(self) -> BuildActivities:
        """The builder."""
        return BuildActivities(
            self.builder,
            workspaces=self.workspaces,
            runner=self.runner,
            logs=self.logs,
            stats=self.stats,
            cluster=self.cluster,
            now=self.clock,
        )

    async def build(self, job: BuildJob | None = None) -> BuildResult:
        """Run the activity."""
        return await self.temporal.run(self.activities().build, job or build_job())

    @property
    def log(self) -> FakeBuildLog:
        """The one log there is."""
        (log,) = self.logs.logs.values()
        return log


@pytest.fixture
async def world(tmp_path: Path) -> World:
    """A builder on which every command succeeds."""
    return World(tmp_path)


async def test_a_build_runs_its_commands_and_says_so(world: World) -> None:
    """The result, the log and the stats of a build that succeeds."""
    world.runner.script["cmake --build"] = Scripted(b"compiling\nlinking")
    result = await world.build()
    assert (result.outcome, result.reason) == (BuildOutcome.SUCCESS, "")
    assert result.commands == (CONFIGURE, BUILD)
    assert (result.failed_command, result.exit_status) == (None, None)
    assert world.log.lines == ["$ cd meshmc", f"$ {CONFIGURE}", f"$ {BUILD}", "compiling", "linking"]
    assert result.log_tail == tuple(world.log.lines)
    assert result.line_count == 5
    assert world.log.status is BuildLogStatus.SUCCESS
    assert [event.name for event in world.stats.events] == [
        EventName.BUILD_STARTED,
        EventName.BUILD_COMPLETED,
    ]
    assert world.workspaces.left() == []


async def test_a_log_says_whose_it_is(world: World) -> None:
    """The beginning of a log names attempt, builder, project and commit."""
    result = await world.build()
    start = world.log.start
    assert start.attempt_id == UUID(result.attempt_id)
    assert (start.identity, start.system, start.project) == ("builder-1", "x86_64-linux", "meshmc")
    assert (start.repo, start.pr, start.head_sha) == ("acme/mono", 7, build_job().merge.head_sha)
    assert start.attempted_attrs == ["meshmc"]


async def test_a_push_has_no_pull_request(world: World) -> None:
    """A log of a branch's build names the branch instead."""
    await world.build(build_job(origin=Origin(branch="main")))
    assert (world.log.start.pr, world.log.start.branch) == (None, "main")


async def test_the_workflow_is_told_that_an_attempt_began(world: World) -> None:
    """The ``Build`` workflow gets attempt, its number, builder and time, before anything is built."""
    result = await world.build(build_job(attempt=2))
    (signal,) = world.cluster.signals
    started = BuildStarted(
        attempt_id=result.attempt_id or "", attempt=2, builder="builder-1", started_at=world.clock()
    )
    assert signal == Signal("build/7", "build_started", started)
    assert result.started_at == world.clock()


class Confidant(FakeCluster):
    """A Temporal that looks how many logs there are when it is told something, and may take its time."""

    def __init__(self, logs: FakeBuildLogs) -> None:
        super().__init__()
        self._logs = logs
        self.told = asyncio.Event()
        self.answers = asyncio.Event()
        self.found: list[int] = []

    async def signal(self, workflow_id: str, signal: str, argument: Any) -> bool:
        """Look around before answering."""
        self.found.append(len(self._logs.logs))
        self.told.set()
        await self.answers.wait()
        return await super().signal(workflow_id, signal, argument)


async def test_the_workflow_knows_of_an_attempt_before_there_is_a_log_of_it(world: World) -> None:
    """A builder that is killed in between leaves no log that stays open for ever."""
    world.cluster = confidant = Confidant(world.logs)
    confidant.answers.set()
    await world.build()
    assert (confidant.found, len(world.logs.logs)) == ([0], 1)


async def test_an_attempt_that_may_be_known_of_has_a_log_even_if_it_is_cancelled(world: World) -> None:
    """There may be a link to it already."""
    world.cluster = confidant = Confidant(world.logs)
    building = asyncio.create_task(world.build())
    await confidant.told.wait()
    world.temporal.cancel(ActivityCancellationDetails(cancel_requested=True))
    with pytest.raises(asyncio.CancelledError):
        await building
    assert world.log.status is BuildLogStatus.CANCELLED


async def test_a_closed_workflow_does_not_disturb(world: World) -> None:
    """A signal that nobody takes is no failure: whoever closed the workflow will have us cancelled."""
    world.cluster.closed.add("build/7")
    assert (await world.build()).outcome is BuildOutcome.SUCCESS


async def test_a_temporal_that_cannot_be_told_does_not_disturb(world: World) -> None:
    """A signal that fails is no failure of the build."""
    world.cluster.fault = UnavailableError("Temporal: away")
    assert (await world.build()).outcome is BuildOutcome.SUCCESS


async def test_tests_come_after_the_build(world: World) -> None:
    """Mode ``test`` runs the build system's tests as well."""
    result = await world.build(build_job(mode=BuildMode.TEST))
    assert result.commands == (CONFIGURE, BUILD, TEST)


async def test_a_check_runs_at_the_top_of_the_workspace(world: World) -> None:
    """An evaluation check is its command, run at the root, with no question for tools."""
    check = Check(name="format", command=("make", "check format"))
    whole = project("format", path=".", build_system=BuildSystem.CUSTOM)
    result = await world.build(build_job(project=whole, mode=BuildMode.CHECK, check=check))
    assert result.commands == ("make 'check format'",)
    (command,) = world.runner.commands
    assert command.working_folder == command.folder


async def test_commands_run_in_the_projects_folder(world: World) -> None:
    """The project's folder, its network and the number of jobs are what a command gets."""
    await world.build(build_job(project=project(network=True)))
    question, *commands = world.runner.commands
    assert question.network is False
    for command in commands:
        assert command.working_folder == command.folder / "meshmc"
        assert command.network is True
        assert command.environment == {"CARGO_BUILD_JOBS": "2", "CMAKE_BUILD_PARALLEL_LEVEL": "2"}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (2, f"`{BUILD}` exited with status 2"),
        (-9, f"`{BUILD}` was ended by signal 9 (KILL), perhaps because memory ran out"),
        (-11, f"`{BUILD}` was ended by signal 11 (SEGV)"),
        (-63, f"`{BUILD}` was ended by signal 63"),
    ],
)
async def test_a_command_that_fails_is_the_end(world: World, status: int, reason: str) -> None:
    """What comes after it is not run, and the result says which command it was and how it ended."""
    world.runner.script["cmake --build"] = Scripted(b"error: no", Exit(status))
    result = await world.build(build_job(mode=BuildMode.TEST))
    assert result.outcome is BuildOutcome.FAILURE
    assert (result.reason, result.failed_command, result.exit_status) == (reason, BUILD, status)
    assert result.commands == (CONFIGURE, BUILD)
    assert world.log.lines[-2:] == ["error: no", f"tickborg: {reason}"]
    assert world.log.status is BuildLogStatus.FAILURE
    (completed,) = world.stats.named(EventName.BUILD_COMPLETED)
    assert completed.outcome == "Failure"


async def test_a_long_command_is_shortened_in_the_reason_alone(world: World) -> None:
    """A custom build's script is one short line of a sentence, and whole in log and result."""
    script = "set -e\n" + "echo and so on\n" * 20
    world.runner.script["sh -c set"] = Scripted(exit=Exit(1))
    job = build_job(project=project(build_system=BuildSystem.CUSTOM, command=script))
    result = await world.build(job)
    assert len(result.reason) < 120
    assert "\n" not in result.reason
    assert script in (result.failed_command or "")
    assert "echo and so on" in world.log.lines


async def test_all_commands_share_the_projects_time(world: World) -> None:
    """What is left for a command is never more than the project's time, nor more than the one before had."""
    await world.build(build_job(project=project(timeout=timedelta(minutes=5)), mode=BuildMode.TEST))
    _, *limits = world.runner.time_limits
    assert timedelta(minutes=4) < limits[2] <= limits[1] <= limits[0] <= timedelta(minutes=5)


async def test_a_command_over_the_time_is_the_end(world: World) -> None:
    """The outcome is ``TimedOut``, and the reason says whose time was over."""
    world.runner.script["cmake --build"] = Scripted(exit=Exit(-15, timed_out=True))
    result = await world.build()
    assert result.outcome is BuildOutcome.TIMED_OUT
    assert result.reason == f"`{BUILD}` was still running when the project's 1 h were over, and was ended"
    assert world.log.status is BuildLogStatus.TIMED_OUT


async def test_a_build_that_prints_too_much_fails(world: World) -> None:
    """Over the limit of a log a build is ended, and told why."""
    world.builder = replace(world.builder, log_limit=1024 * 1024)
    world.runner.script["cmake -S"] = Scripted(b"x\n" * 300_000)
    world.runner.script["cmake --build"] = Scripted(b"y\n" * 300_000)
    result = await world.build()
    assert result.outcome is BuildOutcome.FAILURE
    assert result.failed_command == BUILD
    expected = f"`{BUILD}` was ended: the build printed more than the 1 MiB that a log may have"
    assert result.reason == expected
    assert world.log.count > 600_000


async def test_a_missing_tool_is_the_operators_fault(world: World) -> None:
    """Nothing is run, and the reason names tool and builder."""
    world.runner.script["sh -c for tool"] = Scripted(b"cmake\n")
    result = await world.build()
    assert result.outcome is BuildOutcome.UNEXPECTED_ERROR
    assert result.reason.startswith("cmake is not installed on the builder builder-1: its operator should")
    assert result.commands == ()
    assert world.log.status is BuildLogStatus.ERROR


async def test_a_sandbox_in_which_nothing_runs_is_not_the_builds_failure(world: World) -> None:
    """No answer to the question for tools is no answer, and not "nothing is missing"."""
    world.runner.script["sh -c for tool"] = Scripted(b"choom: failed to execute prlimit\n", Exit(126))
    with pytest.raises(InfrastructureError, match="sandbox of the builder builder-1: choom: failed"):
        await world.build()
    assert len(world.runner.commands) == 1


async def test_a_project_that_the_change_removes_is_skipped(world: World) -> None:
    """The projects are the target branch's; a merge without the folder has nothing to build."""
    result = await world.build(build_job(project=project("gone")))
    assert result.outcome is BuildOutcome.SKIPPED
    assert result.reason == "the merge has no folder `gone`: the change removes the project"
    assert world.runner.commands == []


@pytest.mark.parametrize("target", ["/etc", "CMakeLists.txt", "nowhere"])
async def test_a_project_that_is_no_folder_fails(tmp_path: Path, target: str) -> None:
    """A link out of the workspace, a file and a link to nothing are refused before anything is run."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "CMakeLists.txt").write_text("")
    (source / "odd").symlink_to(target)
    world = World(tmp_path)
    world.workspaces = FakeWorkspaces(tmp_path, source=source)
    result = await world.build(build_job(project=project("odd")))
    assert result.outcome is BuildOutcome.FAILURE
    assert result.reason.startswith("`odd` is not a folder of the repository")
    assert world.runner.commands == []


async def test_a_build_that_prints_nothing_has_a_log(world: World) -> None:
    """The commands themselves are in the log."""
    await world.build()
    assert world.log.lines == ["$ cd meshmc", f"$ {CONFIGURE}", f"$ {BUILD}"]


async def test_heartbeats_go_on_from_the_first_moment(world: World) -> None:
    """While the workspace is made, too, and no more when it is over."""
    world.builder = replace(world.builder, heartbeat_interval=timedelta(milliseconds=1))
    world.workspaces.gate.clear()
    task = asyncio.create_task(world.build())
    for _ in range(5):
        await asyncio.wait_for(world.heartbeats.get(), PATIENCE_SECONDS)
    assert world.workspaces.made == []
    world.workspaces.gate.set()
    await task
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_shorter_silence_is_allowed_the_oftener_it_beats(world: World) -> None:
    """However rarely it is told to: four times within the time that Temporal waits."""
    world.temporal.info = replace(world.temporal.info, heartbeat_timeout=timedelta(milliseconds=4))
    world.builder = replace(world.builder, heartbeat_interval=timedelta(hours=1))
    world.workspaces.gate.clear()
    task = asyncio.create_task(world.build())
    for _ in range(5):
        await asyncio.wait_for(world.heartbeats.get(), PATIENCE_SECONDS)
    world.workspaces.gate.set()
    await task


async def test_a_cancelled_build_ends_before_it_says_so(world: World) -> None:
    """The command is ended, the log closed, the workspace removed, and Temporal hears of a cancellation."""
    world.runner.script["cmake --build"] = Scripted(b"compiling\n", hang=True)
    task = asyncio.create_task(world.build())
    await (await world.logs.next()).until("compiling")
    world.temporal.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [command.argv[1] for command in world.runner.ended] == ["--build"]
    assert world.log.status is BuildLogStatus.CANCELLED
    assert world.workspaces.left() == []
    (completed,) = world.stats.named(EventName.BUILD_COMPLETED)
    assert (completed.outcome, completed.seconds) == ("Cancelled", None)


async def test_a_cancel_while_the_workspace_is_made_waits_for_it(world: World) -> None:
    """A thread cannot be stopped: the workspace it makes is removed before the cancel takes effect."""
    world.workspaces.gate.clear()
    task = asyncio.create_task(world.build())
    await world.workspaces.entered.wait()
    world.temporal.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    world.workspaces.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(world.workspaces.made) == 1
    assert world.workspaces.left() == []
    assert world.runner.commands == []
    assert world.log.status is BuildLogStatus.CANCELLED


async def test_a_builder_that_is_shut_down_hands_its_build_on(world: World) -> None:
    """The end of the builder is a failure of infrastructure, which another builder retries."""
    world.runner.script["cmake --build"] = Scripted(b"compiling\n", hang=True)
    task = asyncio.create_task(world.build())
    await (await world.logs.next()).until("compiling")
    world.temporal.cancel(SHUTDOWN)
    with pytest.raises(BuilderEndingError) as handed_over:
        await task
    assert str(handed_over.value) == build_endings.handed_over("builder-1")
    assert (world.log.status, world.log.lines[-1]) == (BuildLogStatus.ERROR, f"tickborg: {handed_over.value}")
    assert world.stats.named(EventName.BUILD_COMPLETED) == []


async def test_a_builder_that_has_no_time_left_ends_what_runs_and_begins_nothing(world: World) -> None:
    """Each build is handed over, the one that comes a moment too late without a command run."""
    world.runner.script["cmake --build"] = Scripted(b"compiling\n", hang=True)
    activities = world.activities()
    task = asyncio.create_task(world.temporal.run(activities.build, build_job()))
    await (await world.logs.next()).until("compiling")
    activities.hand_over()
    with pytest.raises(BuilderEndingError):
        await task
    assert [command.argv[1] for command in world.runner.ended] == ["--build"]
    assert (world.log.status, world.workspaces.left()) == (BuildLogStatus.ERROR, [])
    with pytest.raises(BuilderEndingError):
        await world.temporal.run(activities.build, build_job())
    assert len(world.logs.logs) == 1


async def test_a_cancelled_build_is_not_handed_over(world: World) -> None:
    """What nobody wants any more is begun anew by nobody, though its builder ends at the same time."""
    world.runner.script["cmake --build"] = Scripted(b"compiling\n", hang=True)
    activities = world.activities()
    task = asyncio.create_task(world.temporal.run(activities.build, build_job()))
    await (await world.logs.next()).until("compiling")
    world.temporal.cancel()
    activities.hand_over()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert world.log.status is BuildLogStatus.CANCELLED


async def test_a_build_that_is_done_when_its_builder_is_shut_down_is_done(world: World) -> None:
    """Nobody builds again what only had to send the end of its log."""
    world.logs.prepare = lambda log: setattr(log, "on_close", lambda: world.temporal.cancel(SHUTDOWN))
    assert (await world.build()).outcome is BuildOutcome.SUCCESS
    assert world.log.status is BuildLogStatus.SUCCESS


async def test_an_attempt_that_was_given_up_is_lost(world: World) -> None:
    """A builder that was cut off ends the build when it hears of that, and its log says why."""
    world.runner.script["cmake --build"] = Scripted(b"compiling\n", hang=True)
    task = asyncio.create_task(world.build())
    await (await world.logs.next()).until("compiling")
    world.temporal.cancel(NOT_FOUND)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [command.argv[1] for command in world.runner.ended] == ["--build"]
    reason = build_endings.given_up("builder-1")
    assert (world.log.status, world.log.lines[-1]) == (BuildLogStatus.LOST, f"tickborg: {reason}")
    assert world.stats.named(EventName.BUILD_COMPLETED) == []


@pytest.mark.parametrize(
    "fault",
    [HeadGoneError("the commit is gone"), InfrastructureError("no space left"), UnavailableError("502")],
)
async def test_a_workspace_that_cannot_be_made_is_not_the_builds_failure(
    world: World, fault: Exception
) -> None:
    """The error goes to Temporal as it is; the log says what happened and is closed."""
    world.workspaces.fault = fault
    with pytest.raises(type(fault)):
        await world.build()
    assert world.log.lines == [f"tickborg: {fault}"]
    assert world.log.status is BuildLogStatus.ERROR
    assert len(world.stats.named(EventName.INTERNAL_ERROR)) == 1


async def test_a_sandbox_that_fails_is_not_the_builds_failure(world: World) -> None:
    """An error of the runner goes to Temporal as it is, and the workspace is removed."""
    world.runner.script["cmake -S"] = Scripted(fault=InfrastructureError("bubblewrap: cannot"))
    with pytest.raises(InfrastructureError, match="bubblewrap: cannot"):
        await world.build()
    assert world.workspaces.left() == []
    assert world.log.status is BuildLogStatus.ERROR


async def test_a_full_disk_is_not_the_builds_failure(world: World) -> None:
    """A command that fails on a full disk is retried elsewhere, with a reason for the operator."""
    world.builder = replace(world.builder, free_space=lambda _: 1024 * 1024)
    world.runner.script["cmake --build"] = Scripted(b"ld: final link failed", Exit(1))
    with pytest.raises(InfrastructureError, match=r"disk of the builder builder-1 is full \(1 MiB left"):
        await world.build()


async def test_a_full_disk_does_not_fail_a_build_that_succeeds(world: World) -> None:
    """Room is asked for only when a command failed."""
    world.builder = replace(world.builder, free_space=lambda _: 0)
    assert (await world.build()).outcome is BuildOutcome.SUCCESS


@pytest.mark.parametrize(
    ("free", "tail", "full"),
    [
        (FULL - 1, [], True),
        (FULL, [], False),
        (FULL, ["cc: error writing to /tmp/x: No space left on device"], True),
        (PLENTY, ["No space left on device"], False),
    ],
)
def test_a_disk_is_full_by_what_is_left_and_what_is_said(free: int, tail: list[str], full: bool) -> None:  # noqa: FBT001
    """Neither a phrase alone nor a little room left is enough."""
    assert is_full(free, tail) is full


async def test_a_log_that_cannot_be_closed_does_not_fail_a_build(world: World) -> None:
    """The build is what it is; that lines may be lost is counted."""

    def give_fault(log: FakeBuildLog) -> None:
        log.close_fault = RuntimeError("no spool")

    world.logs.prepare = give_fault
    assert (await world.build()).outcome is BuildOutcome.SUCCESS
    (lost,) = world.stats.named(EventName.LOG_LINES_LOST)
    assert lost.count == 3


async def test_a_log_that_takes_no_lines_is_a_fault_of_the_builder(world: World) -> None:
    """A builder that cannot keep a log hands the build on."""

    def give_fault(log: FakeBuildLog) -> None:
        log.write_fault = InfrastructureError("the log takes no more lines")

    world.logs.prepare = give_fault
    with pytest.raises(InfrastructureError, match="takes no more lines"):
        await world.build()
    assert world.log.status is BuildLogStatus.ERROR


async def test_a_result_is_small_whatever_was_printed(world: World) -> None:
    """A result travels through Temporal: it carries the last lines, bounded, and the number of all."""
    world.runner.script["cmake --build"] = Scripted(b"x" * 1000 + b"\n" + b"line\n" * 100_000)
    result = await world.build()
    assert len(result.model_dump_json()) < 30_000
    assert result.line_count == 100_004


async def test_two_attempts_are_two_logs(world: World) -> None:
    """A retry is a new attempt: another id, another log, another workspace."""
    first, second = await world.build(), await world.build()
    assert first.attempt_id != second.attempt_id
    assert len(world.logs.logs) == len({*world.workspaces.made}) == 2
