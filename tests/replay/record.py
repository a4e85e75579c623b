"""Records the histories that ``test_replay.py`` replays: ``python -m tests.replay.record``.

They come from real runs on the embedded server: scenes of the demo, all closed at the end. One more is of
a workflow that is called ``Build`` and does something else, so that replaying it must fail. Record anew when
workflows are changed on purpose, and never by hand: a history without the SDK's metadata proves nothing.

Those from before a patch, by which workflows that run during a deploy are carried on as they were begun, are
never recorded anew, and go with it: ``earlier-0-build`` and ``earlier-1-build`` are from before
``attempts-counted-by-the-workflow``, ``lost-0-build`` is from before ``lost-log-outlives-build``,
``earlier-2-pullrequest`` from before ``orders-join-what-ends-meanwhile``: it builds the same twice; and
``earlier-3-pullrequest`` from before ``one-late-answer``: it answers one comment three times.
``status-0-comment`` is a ``Comment`` from before ``status-after-orders``, and ``overtaken-0-pullrequest`` a
``PullRequest`` from before ``orders-by-their-time``. ``setback-0-push`` is a ``Push`` from before
``doubt-what-was-there-before``, of a branch that was set back while builds waited.
``stopped-0-pullrequest`` and ``stopped-1-pullrequest`` are from before
``checks-stop-with-their-evaluation``: in the one somebody cancels while a check runs, and the other is
closed meanwhile. ``said-0-pullrequest`` is from before ``notices-are-taken-back``: it leaves a notice that
is no longer true; and ``pressed-0-pullrequest`` is from before ``answer-pressed-checks``: it was told by a
later version where a button was pressed, and answers nothing there. All these come from the bench of the
workflow tests.
"""

import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from cli import schedules
from cli.demo import sample
from cli.demo.scenes import (
    Stage,
    asking,
    conflicting,
    failing,
    good,
    pushing,
    running_again,
    superseded,
)
from cli.embedded import embedded_bot, policy_of_this_machine
from cli.folders import Folders
from cli.main import run
from cli.reconcile import reconcile_now
from cli.watching import settled
from emulator import EmulatedGitHub
from tests.support.eventually import eventually
from tickborg.jobs import BuildStarted
from tickborg.names import (
    BUILD_STARTED_SIGNAL,
    BUILD_WORKFLOW,
    HOUSEKEEPING_WORKFLOW,
    RECONCILE_SCHEDULE,
    RECONCILE_WORKFLOW,
    TASK_QUEUE,
    lost_log_id,
)
from tickborg.reconciling import ReconcileStart

FOLDER = Path(__file__).parent / "histories"
DIVERGING = "diverging"
PULLS = {"good": good, "failing": failing, "conflicting": conflicting, "superseded": superseded}
"""Scenes that open a pull request each; what people do with those later is in their histories too."""
PUSHES = "push/example/monorepo/main"
SCENE_SECONDS = 120.0


@workflow.defn(name=BUILD_WORKFLOW)
class AnotherBuild:
    """A ``Build`` as no version of tickborg has it: it sleeps where ours asks for a builder."""

    @workflow.run
    async def run(self, request: object) -> None:
        """Sleep, and end."""
        await workflow.sleep(timedelta(milliseconds=1))


async def record() -> None:
    """Play the scenes and write what Temporal recorded of them."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        monorepo = sample.sample()
        sample.create(Path(folder) / "github.git", monorepo.contents)
        github = EmulatedGitHub()
        repository = github.create_repository("example/monorepo", Path(folder) / "github.git")
        app = github.create_app("tickborg", webhook_secret="recorded")
        github.install(app, repository)
        folders = Folders(Path(folder) / "state")
        async with embedded_bot(github, app, folders, policy_of_this_machine(), quick=True, ui=False) as bot:
            stage = Stage(github, repository, monorepo.contents)
            for play in (*PULLS.values(), asking, running_again):
                await settled(github, bot.client, await play(stage), within=SCENE_SECONDS)
            await pushing(stage)
            await _record_housekeeping(bot.client)
            for name, pull in zip(PULLS, repository.pulls, strict=True):
                stage.alice.close(pull)
                await bot.client.get_workflow_handle(f"pr/example/monorepo/{pull.number}").result()
                await _save(name, f"TickborgPr={pull.number}", bot.client)
            await bot.client.get_workflow_handle(PUSHES).result()
            await _save("pushed", f'TickborgPr IS NULL AND WorkflowId!="{PUSHES}"', bot.client)
            await _write("pushed-1-push", bot.client.get_workflow_handle(PUSHES))
            await _record_catching_up(stage, bot.client)
            request = await _request_of_a_build(bot.client)
            await _record_lost_log(bot.client, request)
            await _record_another(bot.client, request)


async def _save(scene: str, which: str, client: Client) -> None:
    """Some workflows of the repository, in the order they were started."""
    query = f'{which} AND TickborgRepo="example/monorepo"'
    found = [execution async for execution in client.list_workflows(query)]
    for place, execution in enumerate(sorted(found, key=lambda execution: execution.start_time)):
        kind = execution.workflow_type.lower()
        handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
        await _write(f"{scene}-{place}-{kind}", handle)


async def _record_housekeeping(client: Client) -> None:
    """What the schedule starts; the bot has long been found by its heartbeats."""
    handle = await client.start_workflow(HOUSEKEEPING_WORKFLOW, id="housekeeping", task_queue=TASK_QUEUE)
    await handle.result()
    await _write("tidied-0-housekeeping", handle)


async def _record_catching_up(stage: Stage, client: Client) -> None:
    """A run that has deliveries repeated, and finds a pull request that nobody told of."""
    await client.get_schedule_handle(RECONCILE_SCHEDULE).pause(note="the run to be recorded comes alone")
    await schedules.ensure(client, schedules.reconcile(timedelta(days=1), ReconcileStart(grace=timedelta())))
    stage.github.webhooks.lose("pull_request", recorded=False)
    stage.alice.commit(stage.repository, "unheard-of", {"README.md": b"Read me again.\n"}, "Read me again")
    pull = stage.alice.open_pull_request(stage.repository, head="unheard-of", title="Read me again")
    stage.github.webhooks.lose("issue_comment", times=2)
    for said in ("Nobody hears of this.", "Nor of this."):
        stage.alice.comment(pull, said)

    async def past() -> bool:  # the emulator moves the stamp on by a second at each change
        return pull.updated_at < stage.github.now()

    await eventually(past)
    report = await reconcile_now(client)
    if (report.arrived, len(report.told)) != (2, 1):
        raise RuntimeError(f"nothing was caught up with that a history could show: {report}")
    await settled(stage.github, client, pull, within=SCENE_SECONDS)
    stage.alice.close(pull)
    await client.get_workflow_handle(f"pr/example/monorepo/{pull.number}").result()
    runs = [run async for run in client.list_workflows(f'WorkflowType="{RECONCILE_WORKFLOW}"')]
    newest = max(runs, key=lambda run: run.start_time)
    await _write("reconcile", client.get_workflow_handle(newest.id, run_id=newest.run_id))


async def _request_of_a_build(client: Client) -> dict[str, Any]:
    builds = [execution async for execution in client.list_workflows(f'WorkflowType="{BUILD_WORKFLOW}"')]
    history = await client.get_workflow_handle(builds[0].id, run_id=builds[0].run_id).fetch_history()
    payloads = history.events[0].workflow_execution_started_event_attributes.input.payloads
    [request] = await client.data_converter.decode(payloads, [dict])
    return cast("dict[str, Any]", request)


async def _record_lost_log(client: Client, request: dict[str, Any]) -> None:
    """A build that hears of a second attempt, and the end of the first one's log."""
    attempts = [
        BuildStarted(
            attempt_id=str(uuid4()), attempt=number, builder="recorded", started_at=datetime.now(UTC)
        )
        for number in (1, 2)
    ]
    build = await client.start_workflow(BUILD_WORKFLOW, request, id="lost", task_queue=TASK_QUEUE)
    for started in attempts:
        await build.signal(BUILD_STARTED_SIGNAL, started)
    await build.result()
    await _write("lost-1-build", build)
    lost = client.get_workflow_handle(lost_log_id(UUID(attempts[0].attempt_id)))
    await lost.result()
    await _write("lost-2-lostlog", lost)


async def _record_another(client: Client, request: dict[str, Any]) -> None:
    worker = Worker(
        client, task_queue="another", workflows=[AnotherBuild], workflow_runner=UnsandboxedWorkflowRunner()
    )
    async with worker:
        handle = await client.start_workflow(BUILD_WORKFLOW, request, id="another", task_queue="another")
        await handle.result()
        await _write(DIVERGING, handle)


async def _write(name: str, handle: WorkflowHandle[object, object]) -> None:
    history = await handle.fetch_history()
    (FOLDER / f"{name}.json").write_text(history.to_json() + "\n", encoding="utf-8")


def recorded() -> Iterable[Path]:
    """The histories that are there, by name."""
    return sorted(FOLDER.glob("*.json"))


if __name__ == "__main__":
    run(record())
