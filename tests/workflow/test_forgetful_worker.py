"""A worker that forgets every workflow between two steps: each step replays the whole history."""

from functools import partial

import pytest
from temporalio.worker import Worker

from cli import workers
from tests.support.workflow_bench import HEAD, NEXT_HEAD, PROJECTS, Bench
from tests.workflow.conftest import NewBench
from tickborg.github import CheckConclusion, CheckStatus, StatusState
from tickborg.projects import Check, ProjectSet


@pytest.fixture
async def bench(new_bench: NewBench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A bot whose workers are as after a restart, all the time."""
    monkeypatch.setattr(workers, "Worker", partial(Worker, max_cached_workflows=0))
    return await new_bench()


async def test_what_is_replayed_decides_as_it_did_before(bench: Bench) -> None:
    """Gates, builds, a newer head, a new title, closing and reopening; no step may differ from the first."""
    checks = (Check(name="format", command=("check-format",), gate=True),)
    bench.repositories.projects = ProjectSet(projects=PROJECTS, checks=checks)
    bench.floor.hold("cgit")
    pull = await bench.open("cgit", "cmark")
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    pull = await bench.change("edited", pull, title="Change meshmc")
    pull = await bench.push(pull, NEXT_HEAD, "cgit")
    await bench.until_check_run("cgit", CheckConclusion.CANCELLED)
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS, sha=NEXT_HEAD)
    pull = await bench.close(pull)
    await bench.until_check_run("cgit", CheckConclusion.CANCELLED, sha=NEXT_HEAD)
    bench.floor.release("cgit")
    await bench.reopen(pull)
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS, sha=NEXT_HEAD)
    await bench.until_status(NEXT_HEAD, StatusState.SUCCESS)
    await bench.until_commented("The build succeeded")
    assert bench.github.status(HEAD, "tickborg-eval") is not None
