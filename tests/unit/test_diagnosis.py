"""What the doctor concludes: from what it sees to what an operator is told (design, section 11)."""

from datetime import timedelta
from pathlib import Path

import pytest

from tickborg import diagnosis
from tickborg.deliveries import Lately
from tickborg.diagnosis import Finding, InstallationFacts, ScheduleFacts, Verdict
from tickborg.github_app import EVENTS, PERMISSIONS
from tickborg.texts import findings

GIB = 1024**3
HOOK = "https://ci.example.org/github-webhook"
FAIR = [False, True, False, True, False, True, *[False] * 6]
UNFAIR = [*[False] * 9, *[True] * 3]


def one(*found: Finding) -> str:
    """The only finding, in words."""
    [finding] = found
    return f"{finding.verdict} {finding.about}: {finding.said}"


@pytest.mark.parametrize(
    ("ahead", "verdict"),
    [(0, Verdict.FINE), (10, Verdict.FINE), (-10, Verdict.FINE), (11, Verdict.WRONG), (-11, Verdict.WRONG)],
)
def test_clocks_must_agree_within_seconds(ahead: int, verdict: Verdict) -> None:
    """Heartbeats and signatures are believed for less than a minute."""
    assert diagnosis.clock("GitHub", timedelta(seconds=ahead)).verdict is verdict


def test_it_is_said_which_clock_is_ahead() -> None:
    """Whoever reads it knows which way it is wrong, and what to do."""
    assert "1 min 30 s behind GitHub" in one(diagnosis.clock("GitHub", timedelta(seconds=-90)))
    assert "2 h ahead of Temporal" in one(diagnosis.clock("Temporal", timedelta(hours=2)))


@pytest.mark.parametrize("missing", PERMISSIONS)
def test_every_permission_counts(missing: str) -> None:
    """A weaker one is none; a stronger one is enough."""
    granted = {**dict.fromkeys(PERMISSIONS, "admin"), missing: "none"}
    assert f"{missing}: {PERMISSIONS[missing]}" in one(diagnosis.permissions("the App", granted, of_app=True))
    del granted[missing]
    assert missing in one(diagnosis.permissions("acme", granted, of_app=False))
    assert diagnosis.permissions("the App", dict(PERMISSIONS), of_app=True).verdict is Verdict.FINE


@pytest.mark.parametrize("missing", EVENTS)
def test_every_event_counts(missing: str) -> None:
    """GitHub tells nobody of what the App does not subscribe to."""
    subscribed = {*EVENTS, "star"} - {missing}
    assert missing in one(diagnosis.events(subscribed))
    assert diagnosis.events(EVENTS).verdict is Verdict.FINE


def test_installations_are_looked_at_one_by_one() -> None:
    """One may be suspended, another not have accepted what the App asks for by now."""
    assert "installed nowhere" in one(*diagnosis.installations([]))
    suspended, lacking, good = diagnosis.installations(
        [
            InstallationFacts("acme", PERMISSIONS, suspended=True),
            InstallationFacts("ada", {"metadata": "read"}),
            InstallationFacts("bob", PERMISSIONS),
        ]
    )
    assert "acme is suspended" in suspended.said
    assert "ada has not granted checks: write" in lacking.said
    assert good.verdict is Verdict.FINE


@pytest.mark.parametrize(
    ("queue", "service"),
    [("tickborg", "tickborg worker"), ("build.aarch64-linux", "tickborg builder --system aarch64-linux")],
)
def test_a_queue_without_a_worker_names_the_service_to_start(queue: str, service: str) -> None:
    """Nothing that waits there is done."""
    assert f"start `{service}`" in one(diagnosis.queue(queue, 0))
    assert diagnosis.queue(queue, 1).verdict is Verdict.FINE


def test_a_schedule_may_be_missing_or_paused() -> None:
    """A paused one names who paused it and the command that goes on."""
    assert "run `tickborg setup`" in one(diagnosis.schedule("reconcile", None))
    paused = one(diagnosis.schedule("reconcile", ScheduleFacts("reconcile", paused=True, note="by grace")))
    assert "paused (by grace)" in paused
    assert "--schedule-id reconcile --unpause" in paused
    running = diagnosis.schedule("reconcile", ScheduleFacts("reconcile", paused=False))
    assert running.verdict is Verdict.FINE


def test_webhooks_that_are_refused_say_what_to_mend() -> None:
    """By what they were answered."""
    refused = one(*diagnosis.deliveries(Lately(refused={403: 59, 413: 1}), HOOK))
    assert "59 deliveries refused with 403; let the App's webhook secret" in refused
    assert "1 delivery refused with 413; a proxy" in refused
    [fine] = diagnosis.deliveries(Lately(), HOOK)
    assert fine.verdict is Verdict.FINE


def test_webhooks_that_nobody_answers_are_no_good_sign() -> None:
    """That none is refused says nothing where none arrives."""
    unanswered = one(*diagnosis.deliveries(Lately(unanswered=3, status_code=502), HOOK))
    assert unanswered.startswith("wrong deliveries: ")
    assert f"(502): is `tickborg webhook` up, and can GitHub reach {HOOK}?" in unanswered
    both = Lately(refused={403: 1}, unanswered=1, status_code=503)
    assert [each.verdict for each in diagnosis.deliveries(both, HOOK)] == [Verdict.WRONG] * 2


def test_fairness_is_seen_by_the_order_of_tasks() -> None:
    """The few that came last are handed out among the many, or after them."""
    assert diagnosis.fairness(FAIR).verdict is Verdict.FINE
    assert diagnosis.fairness(UNFAIR).verdict is Verdict.WRONG


def test_a_disk_is_full_before_it_is() -> None:
    """While something can still be done."""
    assert diagnosis.disk("/srv", 5 * GIB, 100 * GIB).verdict is Verdict.FINE
    assert "only 4 GiB free" in one(diagnosis.disk("/srv", 4 * GIB, 100 * GIB))
    assert diagnosis.disk("/srv", 0, 0).verdict is Verdict.FINE, "a file system without a size"


def test_what_is_wrong_says_what_to_do() -> None:
    """In words that name it."""
    for said in (findings.hook_missing(), findings.heartbeats_missing(), findings.is_unfair()):
        assert ";" in said
    assert "start `tickborg logs`" in findings.not_consumed("logs")
    assert "1 message that waits" in findings.dead_letters(1, "tickborg.dead-letter")
    assert "/github-webhook and" in findings.hook_elsewhere(
        "https://ci.example.org/hook", ("/github-webhook", "/x")
    )


def test_the_guide_to_the_app_asks_for_the_same() -> None:
    """docs/deploy.md is where people read which permissions and events to choose."""
    guide = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()
    names = {"statuses": "Commit statuses"}
    for level, title in (("write", "read and write"), ("read", "read-only")):
        row = next(line for line in guide.splitlines() if f"Repository permissions, {title}" in line)
        wanted = {
            names.get(name, name.replace("_", " ").capitalize())
            for name, needed in PERMISSIONS.items()
            if needed == level
        }
        assert set(row.split("|")[2].strip().split(", ")) == wanted
    row = next(line for line in guide.splitlines() if line.startswith("| Events"))
    assert {event.casefold().replace(" ", "_") for event in row.split("|")[2].strip().split(", ")} == set(
        EVENTS
    )
