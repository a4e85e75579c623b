"""`Reconcile` after outages, on real servers: what webhooks could not tell is done, and exactly once."""

import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from cli import schedules
from cli.embedded_temporal import EmbeddedTemporal
from cli.reconcile import reconcile_now
from tests.support.broker import RabbitMQNode
from tests.support.expected import GREETING, SPEECH, assert_evaluated
from tests.support.monorepo import MONOREPO, TWICE
from tests.support.shown import checks
from tests.support.site import SYSTEM, Site, owner_of, running_site
from tickborg.names import RECONCILE_SCHEDULE
from tickborg.reconciling import ReconcileReport, ReconcileStart

TESTED = {
    **MONOREPO,
    "greeting/Makefile": MONOREPO["greeting/Makefile"] + b"check: greeting\n\ttest -x greeting\n",
}
BUILT = ("success", "built in N s")
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
    await outage.end()
    report = await reconciled(site)

    lost = [each for each in site.app.deliveries if not each.succeeded]
    assert {(each.event, each.action) for each in lost} > {
        ("pull_request", "opened"),
        ("pull_request", "closed"),
        ("issue_comment", "created"),
        ("push", None),
    }
    assert (report.asked, report.arrived, report.unsettled) == (len(lost), len(lost), 0)
    assert (report.compared, report.told, report.failed) == (True, (), ())
    await owner_of(site.client, closed).result()
    await site.pushed(repository)
    await site.settled(opened)
    assert_evaluated(opened, ("success", "2 projects: greeting, speech"))
    assert checks(opened) == {GREETING: ("success", "built and tested in N s"), SPEECH: BUILT}
    assert [each.content for each in asked.reactions] == ["eyes"]
    names = [run.name for run in repository.check_runs.values() if run.suite.head_sha == pushed]
    assert names == [f"speech on {SYSTEM} (push to main)"]

    done = writes(site)
    again = [await reconciled(site) for _ in range(2)]
    assert [(each.asked, each.told, each.compared, each.failed) for each in again] == [(0, (), True, ())] * 2
    assert writes(site) == done
