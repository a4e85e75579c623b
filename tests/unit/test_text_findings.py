"""What ``tickborg doctor`` says, of what is right and of what is wrong."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tickborg.texts import findings

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

GIB = 1024**3
URL = "https://ci.example.org/github-webhook"
PATHS = ("/github-webhook", "/github-webhooks")

SAID = {
    "clock agrees": findings.clock_agrees("GitHub"),
    "clock ahead": findings.clock_differs("GitHub", timedelta(seconds=90)),
    "clock behind": findings.clock_differs("Temporal", timedelta(hours=-2)),
    "App known": findings.app_known("tickborg"),
    "permissions granted": findings.permissions_granted("acme"),
    "permissions missing": findings.permissions_missing("the App", ["checks: write"], of_app=True),
    "permissions not accepted": findings.permissions_missing(
        "acme", ["checks: write", "issues: write"], of_app=False
    ),
    "events there": findings.events_there(),
    "events missing": findings.events_missing(["push", "check_run"]),
    "not installed": findings.not_installed(),
    "suspended": findings.suspended("acme"),
    "hook set": findings.hook_set(URL),
    "hook missing": findings.hook_missing(),
    "hook elsewhere": findings.hook_elsewhere("https://ci.example.org/", PATHS),
    "hook without TLS": findings.hook_without_tls_check(URL),
    "deliveries refused": findings.deliveries_refused({403: 59, 413: 1}),
    "a delivery unanswered": findings.deliveries_unanswered(1, 0, URL),
    "deliveries unanswered": findings.deliveries_unanswered(1_200, 502, URL),
    "deliveries unanswered by ours": findings.deliveries_unanswered(2, 503, URL),
    "deliveries taken": findings.deliveries_taken(),
    "secret read": findings.secret_read(),
    "not configured": findings.not_configured("temporal.address"),
    "namespace missing": findings.namespace_missing("tickborg"),
    "namespace keeps": findings.namespace_keeps("tickborg", timedelta(days=30)),
    "namespace forgets": findings.namespace_forgets("tickborg", timedelta(days=3), timedelta(days=30)),
    "attributes there": findings.attributes_there(),
    "attribute missing": findings.attributes_missing(["TickborgPr"]),
    "attributes missing": findings.attributes_missing(["TickborgPr", "TickborgSha"]),
    "queue polled by one": findings.queue_polled(1),
    "queue polled": findings.queue_polled(1_200),
    "queue idle": findings.queue_idle("tickborg"),
    "queue of builders idle": findings.queue_idle("build.x86_64-linux"),
    "schedule missing": findings.schedule_missing(),
    "schedule paused": findings.schedule_paused("tickborg/reconcile", ""),
    "schedule paused, and why": findings.schedule_paused("tickborg/reconcile", "paused by maya"),
    "fair": findings.is_fair(),
    "unfair": findings.is_unfair(),
    "heartbeats missing": findings.heartbeats_missing(),
    "heartbeats kept": findings.heartbeats_kept(),
    "broker answers": findings.broker_answers("amqp://rabbitmq:5672/"),
    "consumed by one": findings.consumed(1),
    "consumed": findings.consumed(2),
    "not consumed": findings.not_consumed("logs"),
    "a dead letter": findings.dead_letters(1, "tickborg.dead-letter"),
    "dead letters": findings.dead_letters(3_000, "tickborg.dead-letter"),
    "no dead letters": findings.no_dead_letters(),
    "disk free": findings.disk_free(40 * GIB),
    "disk full": findings.disk_full(GIB),
}


@pytest.mark.parametrize("what", SAID)
def test_what_the_doctor_says(what: str, snapshot: "SnapshotAssertion") -> None:
    """How it is, and where it is wrong, what to do."""
    assert SAID[what] == snapshot
