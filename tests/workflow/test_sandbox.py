"""Workflows pass the sandbox, and what they import into it is meant to be there (design, section 3)."""

from collections.abc import Sequence

import pytest
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import _runner as sandbox

from cli.temporal_client import TemporalConnection, connect
from cli.workers import SANDBOX, WORKFLOWS
from cli.workflow_runner import ContextFreeRunner
from tests.support.careless_workflow import Careless
from tests.support.time_skipping import quiet_runtime
from tests.support.workflow_bench import Bench
from tickborg.github import CheckConclusion


@pytest.fixture
async def client(own_temporal: TemporalConnection) -> Client:
    """A client of a real server."""
    return await connect(own_temporal, runtime=quiet_runtime())


def sandboxed(client: Client, workflows: Sequence[type]) -> Worker:
    """A worker that has looked at each of ``workflows`` inside the sandbox."""
    runner = ContextFreeRunner(restrictions=SANDBOX)
    return Worker(client, task_queue="sandbox", workflows=workflows, workflow_runner=runner)


async def test_our_workflows_pass_through_what_they_mean_to(client: Client) -> None:
    """No module of ours is loaded again for each run by accident."""
    sandboxed(client, WORKFLOWS)


async def test_an_import_that_is_passed_through_by_accident_is_noticed(client: Client) -> None:
    """In production it is a warning, and here, where warnings are errors, the worker does not start."""
    with pytest.raises(RuntimeError, match="Failed validating workflow Careless") as refused:
        sandboxed(client, [Careless])
    assert "tickborg.names was not intentionally passed through" in str(refused.value.__cause__)


async def test_the_sandbox_is_not_asked_what_each_payload_is_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking takes longer than most of what a workflow does, and our converter has no use for the answer."""

    def asked(*_: object) -> None:
        raise AssertionError("the sandbox was asked what a payload is for")

    monkeypatch.setattr(sandbox._Instance, "get_serialization_context", asked)
    monkeypatch.setattr(sandbox._Instance, "get_external_store_context", asked)
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
