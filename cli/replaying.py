"""What ``tickborg replay`` shows."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from rich.console import Console
from temporalio.client import WorkflowHistory

from cli import configured
from cli.replay import from_files, from_server, replay
from cli.temporal_client import connect
from tickborg.errors import RefusedError
from tickborg.settings import Settings

DIVERGED = 1


async def show(
    files: Sequence[Path],
    workflow_ids: Sequence[str],
    query: str | None,
    settings: Callable[[], Settings],
    console: Console,
) -> int:
    """Replay all that is named, say how each went, and return the exit status.

    Raises:
        RefusedError: nothing is named, or something that is named is not there.
    """
    if not (files or workflow_ids or query):
        raise RefusedError("name what to replay: files, --workflow-id or --query")
    replayed_histories = diverged = 0
    async for replayed in replay(_histories(files, workflow_ids, query, settings)):
        verdict = "same" if replayed.divergence is None else f"DIVERGED: {replayed.divergence}"
        console.print(f"{replayed.name}: {verdict}", markup=False, highlight=False, soft_wrap=True)
        replayed_histories += 1
        diverged += replayed.divergence is not None
    console.print(f"{replayed_histories:,} replayed, {diverged:,} diverged", highlight=False)
    return DIVERGED if diverged else 0


async def _histories(
    files: Sequence[Path], workflow_ids: Sequence[str], query: str | None, settings: Callable[[], Settings]
) -> AsyncIterator[WorkflowHistory]:
    async for history in from_files(files):
        yield history
    if workflow_ids or query:
        client = await connect(configured.temporal_or_up(settings()))
        async for history in from_server(client, workflow_ids, query):
            yield history
