"""Gathers the evidence: what GitHub, Temporal, the log store and the process table have at the end."""

import re
from pathlib import Path

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus, WorkflowFailureError

from emulator.state import CheckRun, Comment, PullRequest
from messaging.log_store import LogReader
from tests.chaos.evidence import (
    CommentSeen,
    DeliverySeen,
    Evidence,
    LogSeen,
    OutputSeen,
    PullSeen,
    RunSeen,
    StatusSeen,
    WorkflowSeen,
)
from tests.chaos.resting import Rested, Scene, answers, queue_lengths
from tests.support.command_line import _processes_with

_FAULT = re.compile(
    r"bug in activity|which it never should|never retrieved|Exception in ASGI application| CRITICAL "
    r"|ondeterminis|Failed activation|Unhandled"
)


async def gather(scene: Scene, rested: Rested) -> Evidence:
    """All that can be seen while the services are there."""
    repository = scene.repository
    return Evidence(
        pulls=tuple(_pull(pull, settled=pull.number in rested.settled) for pull in repository.pulls),
        statuses=tuple(
            StatusSeen(each.sha, each.context, each.state, each.description or "")
            for said in repository.statuses.values()
            for each in said
        ),
        runs=tuple(_run(run) for run in repository.check_runs.values()),
        comments=tuple(_comment(scene, comment) for comment in repository.comments.values()),
        workflows=tuple(
            [await _workflow(scene.client, each) async for each in scene.client.list_workflows("")]
        ),
        logs=tuple(_logs(scene)),
        deliveries=tuple(
            DeliverySeen(guid, attempts[0].event, tuple(each.status_code for each in attempts))
            for guid, attempts in answers(scene.app).items()
        ),
        calls_unknown=tuple(str(call) for call in scene.github.journal.unanswered()),
        restless=rested.restless,
        spooled=tuple(path.name for path in scene.spools()),
        queued=await queue_lengths(scene.rabbitmq_url),
    )


def processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that know of a folder."""
    return _processes_with(str(folder).encode())


def outputs_of(folder: Path) -> tuple[OutputSeen, ...]:
    """What processes said, and what of it a broken world is no reason for."""
    return tuple(map(_output, sorted(folder.glob("*.output"))))


def builds_at_work(folder: Path) -> tuple[str, ...]:
    """Command lines of the processes of builds."""
    found = (line for line in processes_of(folder) if "/workspaces/" in line)
    return tuple(line for line in found if "bwrap" in line or "supervisor" in line)


def _output(path: Path) -> OutputSeen:
    lines = path.read_text(errors="replace").splitlines()
    return OutputSeen(path.stem, len(lines), tuple(line for line in lines if _FAULT.search(line)))


def _pull(pull: PullRequest, *, settled: bool) -> PullSeen:
    return PullSeen(
        number=pull.number,
        is_open=pull.state == "open",
        draft=pull.draft,
        head_sha=pull.head_sha,
        settled=settled,
        labels=frozenset(label.name for label in pull.labels),
    )


def _run(run: CheckRun) -> RunSeen:
    return RunSeen(
        id=run.id,
        name=run.name,
        sha=run.suite.head_sha,
        status=run.status,
        conclusion=run.conclusion,
        external_id=run.external_id,
        details_url=run.details_url or "",
        title=run.output.title or "",
    )


def _comment(scene: Scene, comment: Comment) -> CommentSeen:
    bot = scene.app.bot
    return CommentSeen(
        id=comment.id,
        pull=comment.issue.number,
        by_bot=comment.author is bot,
        body=comment.body,
        seen=any(reaction.user is bot for reaction in comment.reactions),
    )


async def _workflow(client: Client, found: WorkflowExecution) -> WorkflowSeen:
    status = found.status or WorkflowExecutionStatus.RUNNING
    failure = ""
    if status is WorkflowExecutionStatus.FAILED:
        try:
            await client.get_workflow_handle(found.id, run_id=found.run_id).result()
        except WorkflowFailureError as error:
            failure = _chain(error.cause)
    return WorkflowSeen(found.id, found.run_id, status.name, failure)


def _chain(error: BaseException | None) -> str:
    words: list[str] = []
    while error is not None:
        words.append(str(error))
        error = error.__cause__
    return ": ".join(words)


def _logs(scene: Scene) -> list[LogSeen]:
    reader = LogReader(scene.folder / "logs")
    found = []
    for metadata in scene.logs():
        page = reader.read(metadata.attempt_id, limit=1_000_000_000)
        found.append(
            LogSeen(
                attempt=str(metadata.attempt_id),
                sha=metadata.head_sha,
                project=metadata.project,
                status=metadata.status,
                complete=metadata.complete,
                holes=len(metadata.holes),
                lines=tuple(line.text for line in page.lines),
            )
        )
    return found
