"""`tickborg replay` as the gate before a deploy: what it says, and that nothing is no pass."""

import io
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from cli import replaying
from cli.replay import Replayed, from_server
from tickborg.errors import PermanentError, RefusedError, TickborgError, UnavailableError
from tickborg.settings import Settings


class FakeVisibility:
    """A client that finds the same for every query, or fails."""

    namespace = "ci"

    def __init__(self, *found: WorkflowHistory | RPCError) -> None:
        self._found = found

    def list_workflows(self, _query: str) -> "FakeVisibility":
        """What is found."""
        return self

    async def map_histories(self) -> AsyncIterator[WorkflowHistory]:
        """The history of each."""
        for each in self._found:
            if isinstance(each, RPCError):
                raise each
            yield each

    def get_workflow_handle(self, _workflow_id: str) -> "FakeVisibility":
        """One of them."""
        return self

    async def fetch_history(self) -> WorkflowHistory:
        """The history of the first."""
        return await anext(self.map_histories())


async def fetched(client: FakeVisibility, *ids: str, query: str | None = None) -> list[WorkflowHistory]:
    """What is to be replayed."""
    return [each async for each in from_server(cast("Client", client), ids, query)]


async def test_it_is_said_how_many_were_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads only the last line knows what the exit status means."""
    ends = [Replayed("one", None), Replayed("two", "it would build")]

    async def replay(_histories: object) -> AsyncIterator[Replayed]:
        for each in ends:
            yield each

    monkeypatch.setattr(replaying, "replay", replay)
    printed = io.StringIO()
    assert await replaying.show([Path("h")], [], None, Settings, Console(file=printed)) == replaying.DIVERGED
    assert printed.getvalue() == "one: same\ntwo: DIVERGED: it would build\n2 replayed, 1 diverged\n"
    ends.pop()
    assert await replaying.show([Path("h")], [], None, Settings, Console(file=printed)) == 0
    assert printed.getvalue().endswith("\n1 replayed, 0 diverged\n")


async def test_a_query_that_finds_nothing_is_no_pass() -> None:
    """A typo in it, or another namespace: the gate would stand open."""
    with pytest.raises(RefusedError, match=r"nothing is found by X=1, .*--namespace ci --query 'X=1'"):
        await fetched(FakeVisibility(), query="X=1")
    found = WorkflowHistory("found", [])
    assert await fetched(FakeVisibility(found), query="X=1") == [found]
    assert await fetched(FakeVisibility(found), "a-workflow") == [found]


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (RPCStatusCode.NOT_FOUND, PermanentError, "Temporal answered NOT_FOUND"),
        (RPCStatusCode.UNAVAILABLE, UnavailableError, "Temporal did not answer"),
    ],
)
async def test_what_could_not_be_fetched_is_named(
    status: RPCStatusCode, kind: type[TickborgError], said: str
) -> None:
    """The workflow or the query; and a server that is away has refused nothing."""
    client = FakeVisibility(RPCError("no", status, b""))
    with pytest.raises(kind, match=f"fetching the history of a-workflow: {said}"):
        await fetched(client, "a-workflow")
    with pytest.raises(kind, match=f"fetching what is found by X=1: {said}"):
        await fetched(client, query="X=1")


async def test_with_up_its_own_temporal_is_asked(tmp_path: Path) -> None:
    """Where it was last; that it is not there any more is no fault of settings."""
    (tmp_path / "temporal").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (tmp_path / "temporal" / "address").write_text(f"127.0.0.1:{port}")
    settings = Settings.model_validate({"state": {"path": str(tmp_path)}})
    with pytest.raises(UnavailableError, match=f"127.0.0.1:{port}.*; does `tickborg up` run in this folder"):
        await replaying.show([], [], "X=1", lambda: settings, Console(file=io.StringIO()))
