"""``tickborg replay``: does the code at hand still decide as recorded workflows did? (design, section 11).

The gate before a deploy: a workflow that runs now will be continued by the new code, which must come to the
same commands from the same history.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.json_format import ParseError
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from activities.temporal_failures import failures_of
from cli.workers import WORKFLOWS
from tickborg.errors import RefusedError
from workflows.unread_failures import UnreadFailuresInterceptor


@dataclass(frozen=True)
class Replayed:
    """One history, and how the code at hand diverged from it."""

    name: str
    divergence: str | None
    """None: it decides the same."""


async def replay(histories: AsyncIterator[WorkflowHistory]) -> AsyncIterator[Replayed]:
    """Replay histories one by one; a divergence of one does not keep the others from being looked at."""
    replayer = Replayer(
        workflows=list(WORKFLOWS),
        data_converter=pydantic_data_converter,
        interceptors=[UnreadFailuresInterceptor()],
    )
    async with replayer.workflow_replay_iterator(histories) as results:
        async for result in results:
            failure = result.replay_failure
            yield Replayed(result.history.workflow_id, None if failure is None else str(failure))


async def from_files(paths: Iterable[Path]) -> AsyncIterator[WorkflowHistory]:
    """Histories as ``temporal workflow show -o json`` or ``tctl workflow show --output_filename`` wrote them.

    Raises:
        RefusedError: a file is not there, or is no history.
    """
    for path in paths:
        yield read_history(path)


def read_history(path: Path) -> WorkflowHistory:
    """One history from a file.

    Raises:
        RefusedError: it is not there, or is no history.
    """
    try:
        history = WorkflowHistory.from_json(str(path), path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror}") from error
    except (
        ParseError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise RefusedError(
            f"{path} is no history: {error}; export one with `temporal workflow show -w ID -o json`"
        ) from error
    if not history.events:
        raise RefusedError(f"{path} holds no events; export it with `temporal workflow show -w ID -o json`")
    return history


async def from_server(
    client: Client, workflow_ids: Sequence[str], query: str | None
) -> AsyncIterator[WorkflowHistory]:
    """Histories of workflows on the server, by id, and all that a visibility query finds.

    Raises:
        RefusedError: the query finds nothing.
        PermanentError: there is no such workflow, or the query is not understood.
        UnavailableError: the server does not answer.
    """
    for workflow_id in workflow_ids:
        with failures_of(f"fetching the history of {workflow_id}", refused=_what_there_is(client)):
            history = await client.get_workflow_handle(workflow_id).fetch_history()
        yield history
    if query is not None:
        async for history in _found(client, query):
            yield history


async def _found(client: Client, query: str) -> AsyncIterator[WorkflowHistory]:
    histories, count = client.list_workflows(query).map_histories(), 0
    while True:
        with failures_of(f"fetching what is found by {query}", refused=_what_there_is(client, query)):
            history = await anext(histories, None)
        if history is None:
            break
        count += 1
        yield history
    if not count:
        raise RefusedError(
            f"nothing is found by {query}, so nothing was replayed; {_what_there_is(client, query)}"
        )


def _what_there_is(client: Client, query: str = "") -> str:
    found = f" --query '{query}'" if query else ""
    return f"see what there is: `temporal workflow list --namespace {client.namespace}{found}`"
