"""`Reconcile` after outages, on real servers: what webhooks could not tell is done, and exactly once."""

import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from time import time

import pytest
from temporalio.client import WorkflowExecution

from cli import schedules
from cli.embedded_temporal import EmbeddedTemporal
from cli.main import USAGE_ERROR
from cli.reconcile import reconcile_now
from cli.temporal_client import TemporalConnection, connect
from emulator.state import Repository
from tests.support.broker import RabbitMQNode
from tests.support.command_line import CommandLine
from tests.support.eventually import eventually
from tests.support.expected import GREETING, SPEECH, assert_evaluated
from tests.support.monorepo import MONOREPO, TWICE
from tests.support.patience import PROGRAM_SECONDS
from tests.support.shown import checks
from tests.support.site import SYSTEM, Site, owner_of, running_site
from tickborg.errors import PermanentError, UnavailableError
from tickborg.hearing import may_start_something
from tickborg.names import RECONCILE_SCHEDULE, RECONCILE_WORKFLOW
from tickborg.reconciling import ReconcileReport, ReconcileStart

TESTED = {
    **MONOREPO,
    "greeting/Makefile": MONOREPO["greeting/Makefile"] + b"check: greeting\n\ttest -x greeting\n",
}
BUILT = ("success", "built in N s")
RUNNING = f'WorkflowType="{RECONCILE_WORKFLOW}" AND ExecutionStatus="Running"'
NO_GRACE = ReconcileStart(grace=timedelta())


@pytest.fixture
async def site(tmp_path: Path, temporal: EmbeddedTemporal, rabbitmq: RabbitMQNode) -> AsyncIterator[Site]:
    """A bot whose GitHub repeats a delivery only when asked to, and a schedule that never runs by itself."""
    async with running_site(tmp_path, temporal.address, rabbitmq.url, redelivers=False) as running:
        await schedules.ensure(running.client, schedules.reconcile(timedelta(days=300), NO_GRACE))
        yield running
        await running.client.get_schedule_handle(RECONCILE_SCHEDULE).delete()


class Outage:
    """The webhook of a site is away until it is told to be back."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._url = site.app.webhook_url
        with socket.create_server(("127.0.0.1", 0)) as listener:
            site.app.webhook_url = f"http://127.0.0.1:{listener.getsockname()[1]}/github-webhook"

    async def end(self) -> None:
        """Let GitHub record what failed, and bring the webhook back."""
        await self._site.github.webhooks.settled()
        self._site.app.webhook_url = self._url


async def reconciled(site: Site) -> ReconcileReport:
    """What one run found, when all that it led to has been said."""
    await site.github.webhooks.settled()
    report = await reconcile_now(site.client)
    await site.github.webhooks.settled()
    return report


def writes(site: Site) -> list[str]:
    """All that the bot has written on GitHub, and has asked it to do."""
    calls = site.github.journal.calls()
    return [
        f"{call.method} {call.path}"
        for call in calls
        if call.method != "GET" and "/access_tokens" not in call.path
    ]


def pushes_built(repository: Repository, sha: str) -> list[str]:
    """The check runs of a commit of a branch."""
    return [run.name for run in repository.check_runs.values() if run.suite.head_sha == sha]


async def assert_nothing_is_left(site: Site) -> None:
    """Two more runs look, and do nothing: no workflow is told, and nothing is said on GitHub."""
    done = writes(site)
    again = [await reconciled(site) for _ in range(2)]
    assert [(each.asked, each.told, each.compared, each.failed) for each in again] == [(0, (), True, ())] * 2
    assert writes(site) == done


async def test_what_an_outage_of_the_webhook_lost_is_done_once(site: Site) -> None:
    """Opening, comment, push and close come late, but they come, and two more runs change nothing."""
    repository = site.repository(TESTED)
    closed = site.propose(repository, {"README.md": b"Read.\n"}, title="To be closed")
    await site.settled(closed)

    outage = Outage(site)
    opened = site.propose(repository, TWICE, title="Opened in the dark")
    asked = site.alice.comment(opened, "@tickbot test greeting")
    site.alice.close(closed)
    speech = {"speech/deliver.sh": b"cat ../greeting/greeting.h\n"}
    pushed = site.alice.commit(repository, "main", speech, "speech: shorter")
    in_vain = await reconciled(site)
    assert (in_vain.arrived, in_vain.unsettled, in_vain.compared) == (0, in_vain.asked, False)
    await outage.end()
    report = await reconciled(site)

    lost = [each for each in site.app.deliveries if not each.succeeded]
    assert {(each.event, each.action) for each in lost} > {
        ("pull_request", "opened"),
        ("pull_request", "closed"),
        ("issue_comment", "created"),
        ("push", None),
    }
    guids = {each.guid for each in lost if may_start_something(each.event, each.action)}
    assert (report.asked, report.arrived, report.unsettled) == (len(guids), len(guids), 0)
    assert (report.compared, report.told, report.failed) == (True, (), ())
    await owner_of(site.client, closed).result()
    await site.pushed(repository)
    await site.settled(opened)
    assert_evaluated(opened, ("success", "2 projects: greeting, speech"))
    assert checks(opened) == {GREETING: ("success", "built and tested in N s"), SPEECH: BUILT}
    assert [each.content for each in asked.reactions] == ["eyes"]
    assert pushes_built(repository, pushed) == [f"speech on {SYSTEM} (push to main)"]
    await assert_nothing_is_left(site)


async def test_what_github_has_forgotten_is_found_by_looking(
    site: Site, temporal: EmbeddedTemporal, tmp_path: Path
) -> None:
    """After an outage of more than three days every pull request and branch is as if it had been told."""
    repository = site.repository(MONOREPO)
    moved, closed = [site.propose(repository, {f"{name}.md": b"1\n"}, title=name) for name in "ab"]
    site.alice.commit(repository, "draft", TWICE, "Twice")
    ready = site.alice.open_pull_request(repository, head="draft", title="Twice", draft=True)
    site.alice.commit(repository, "main", {"docs.md": b"Docs.\n"}, "Docs")
    for pull in (moved, ready, closed):
        await site.settled(pull)
    assert checks(ready) == {}
    await site.pushed(repository)
    await reconciled(site)

    outage = Outage(site)
    opened = site.propose(repository, {"c.md": b"1\n"}, title="Opened in the dark")
    site.alice.commit(repository, moved.head_ref, {"a.md": b"2\n"}, "Two")
    site.alice.mark_ready(ready)
    site.alice.close(closed)
    pushed = site.alice.commit(repository, "main", {"speech/deliver.sh": b"true\n"}, "speech: silent")
    await outage.end()
    await site.until_past(repository)
    site.github.webhooks.age(site.app, timedelta(days=4))
    command = CommandLine(tmp_path / "operator")
    ended = await command.run("reconcile", "--json", TICKBORG_TEMPORAL__ADDRESS=temporal.address)

    report = ReconcileReport.model_validate_json(ended.printed)
    assert (ended.status, ended.complained, report.failed) == (0, "", ())
    name = repository.full_name
    assert set(report.told) == {
        f"{name}#{opened.number} opened",
        f"{name}#{moved.number} synchronize",
        f"{name}#{ready.number} ready_for_review",
        f"{name}#{closed.number} closed",
        f"{name} push to main",
    }
    await owner_of(site.client, closed).result()
    await site.pushed(repository)
    for pull in (opened, moved):
        await site.settled(pull)
        assert_evaluated(pull, ("success", "no project is changed"))
    await site.settled(ready)
    assert checks(ready) == {GREETING: BUILT, SPEECH: BUILT}
    assert pushes_built(repository, pushed) == [f"speech on {SYSTEM} (push to main)"]
    await assert_shown_to_operators(site, repository.owner.login)
    await assert_nothing_is_left(site)


async def assert_shown_to_operators(site: Site, owner: str) -> None:
    """``/metrics`` says when all was looked at, what was found, and what is left of GitHub's quota."""

    async def shown() -> bool:
        found = await site.counters()
        told = [
            found.get(f'tickborg_reconcile_told_total{{event="{kind}"}}')
            for kind in ("opened", "synchronize", "ready_for_review", "closed", "push")
        ]
        calls = [
            found.get(f'tickborg_github_quota_{each}{{owner="{owner}"}}', 0)
            for each in ("remaining", "limit")
        ]
        last = found.get("tickborg_reconcile_last_whole_timestamp_seconds", 0)
        return told == [1, 1, 1, 1, 1] and 0 < calls[0] < calls[1] and 0 <= time() - last < PROGRAM_SECONDS

    await eventually(shown)


async def test_without_a_schedule_the_way_to_one_is_told(temporal: EmbeddedTemporal) -> None:
    """Nobody has run `tickborg setup`, or somebody deleted it."""
    client = await connect(TemporalConnection(temporal.address))
    with pytest.raises(PermanentError, match=r"no schedule reconcile: run `tickborg setup`"):
        await reconcile_now(client)


async def test_without_a_worker_nobody_waits_for_ever(temporal: EmbeddedTemporal) -> None:
    """The run goes on as soon as there is one."""
    client = await connect(TemporalConnection(temporal.address))
    await schedules.ensure(client, schedules.reconcile(timedelta(days=300)))
    with pytest.raises(UnavailableError, match=r"no result within .*: does a `tickborg worker` run\?"):
        await reconcile_now(client, patience=timedelta(seconds=0.5))
    await client.get_schedule_handle(RECONCILE_SCHEDULE).delete()

    async def begun() -> list[WorkflowExecution]:  # the list is a moment late
        return [each async for each in client.list_workflows(RUNNING)]

    for run in await eventually(begun):
        await client.get_workflow_handle(run.id).terminate()


async def test_where_no_temporal_is_known_nothing_is_asked(tmp_path: Path) -> None:
    """Neither one that is configured, nor that of a `tickborg up`."""
    ended = await CommandLine(tmp_path / "operator").run("reconcile")
    assert ended.status == USAGE_ERROR
    assert ended.complained.startswith("tickborg: [temporal] address is not set")
