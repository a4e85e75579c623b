"""Events become metrics with Prometheus' names and a bounded number of labels."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from messaging.metrics import Metrics
from messaging.quota_readings import KEPT, MOST_OWNERS
from tests.support.clock import NOON, FakeClock
from tests.support.markdown_page import rows, section
from tickborg.messages import Event, EventName, QuotaReading, ReconcileOutcome
from tickborg.quota import SAME_WINDOW, WINDOW
from tickborg.setbacks import WhyGivenUp

ROOT = Path(__file__).parents[2]
METRICS_PAGE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
ALERTS = ROOT / "deploy" / "alerts.yml"


@pytest.fixture
def metrics() -> Metrics:
    """Metrics on which nothing has been counted."""
    return Metrics()


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """One sample, or None."""
    return metrics.registry.get_sample_value(name, labels)


def test_a_build_is_counted_by_system_outcome_and_project(metrics: Metrics) -> None:
    """With how long it took."""
    metrics.record(
        Event(
            name=EventName.BUILD_COMPLETED,
            repo="o/r",
            project="meshmc",
            system="x86_64-linux",
            outcome="Success",
            seconds=42,
        )
    )
    by = {"system": "x86_64-linux", "outcome": "Success"}
    assert value(metrics, "tickborg_builds_completed_total", **by) == 1
    assert value(metrics, "tickborg_build_duration_seconds_sum", **by) == 42
    assert value(metrics, "tickborg_build_duration_seconds_bucket", le="60", **by) == 1
    assert value(metrics, "tickborg_build_duration_seconds_bucket", le="30", **by) == 0
    assert (
        value(
            metrics,
            "tickborg_project_builds_completed_total",
            repo="o/r",
            project="meshmc",
            outcome="Success",
        )
        == 1
    )


def test_a_build_that_was_given_up_is_counted_with_the_reason(metrics: Metrics) -> None:
    """Beside those that builders have ended; what nobody knows as a reason is no label."""
    for reason in (WhyGivenUp.NO_BUILDER, None, "the moon"):
        metrics.record(
            Event(name=EventName.BUILD_COMPLETED, system="x86_64-linux", outcome="Cancelled", reason=reason)
        )
    counted = [
        value(metrics, "tickborg_builds_given_up_total", reason=reason, system="x86_64-linux")
        for reason in ("no_builder", "builders_failed", "other")
    ]
    assert counted == [1, 0, 1]
    ended = {"system": "x86_64-linux", "outcome": "Cancelled"}
    assert value(metrics, "tickborg_builds_completed_total", **ended) == 3


def test_a_look_for_a_builder_that_finds_none_is_counted_by_system(metrics: Metrics) -> None:
    """Whose builders are all gone is what an operator has to know first."""
    metrics.record(Event(name=EventName.NO_BUILDER, system="aarch64-darwin"))
    looks = [
        value(metrics, "tickborg_no_builder_total", system=system)
        for system in ("aarch64-darwin", "x86_64-linux")
    ]
    assert looks == [1, 0]


def test_every_event_is_counted_by_name(metrics: Metrics) -> None:
    """Those without a metric of their own are not lost."""
    for name in EventName:
        metrics.record(Event(name=name, count=2))
    assert all(value(metrics, "tickborg_events_total", event=name.value) == 2 for name in EventName)


def test_webhooks_are_counted_by_event_and_result(metrics: Metrics) -> None:
    """Received, decoded, refused."""
    metrics.record(Event(name=EventName.JOB_RECEIVED, event="pull_request"))
    metrics.record(Event(name=EventName.JOB_DECODE_FAILURE, event="pull_request"))
    assert value(metrics, "tickborg_webhooks_total", event="pull_request", result="received") == 1
    assert value(metrics, "tickborg_webhooks_total", event="pull_request", result="refused") == 1


def test_an_evaluation_is_counted_with_its_duration(metrics: Metrics) -> None:
    """A fraction of a second falls into a bucket of its own."""
    metrics.record(Event(name=EventName.EVAL_COMPLETED, outcome="evaluated", seconds=0.2))
    assert value(metrics, "tickborg_evaluations_completed_total", outcome="evaluated") == 1
    bucket = "tickborg_evaluation_duration_seconds_bucket"
    assert value(metrics, bucket, outcome="evaluated", le="0.25") == 1


def test_losses_and_refusals_are_there_before_the_first(metrics: Metrics) -> None:
    """An alert on a metric that does not exist never fires."""
    assert value(metrics, "tickborg_log_lines_lost_total") == 0
    assert value(metrics, "tickborg_messages_refused_total", queue="build-logs") == 0
    assert value(metrics, "tickborg_events_total", event="PermanentFailure") == 0
    assert value(metrics, "tickborg_reconcile_runs_total", outcome="awaiting") == 0
    metrics.record(Event(name=EventName.LOG_LINES_LOST, count=7))
    metrics.record(Event(name=EventName.JOB_DECODE_FAILURE, event="build-logs"))
    assert value(metrics, "tickborg_log_lines_lost_total") == 7
    assert value(metrics, "tickborg_messages_refused_total", queue="build-logs") == 1


def test_labels_that_anybody_could_invent_are_one(metrics: Metrics) -> None:
    """A builder that is out of its mind does not fill Prometheus' memory."""
    for number in range(50):
        metrics.record(
            Event(name=EventName.BUILD_COMPLETED, system=f"s{number}", outcome=f"o{number}", project="p")
        )
        metrics.record(Event(name=EventName.JOB_RECEIVED, event=f"Event {number}"))
    assert value(metrics, "tickborg_builds_completed_total", system="other", outcome="other") == 50
    assert value(metrics, "tickborg_webhooks_total", event="other", result="received") == 50


def test_two_live_in_one_process() -> None:
    """Neither counts the other's events."""
    one, other = Metrics(), Metrics()
    one.record(Event(name=EventName.SUPERSEDED))
    assert value(other, "tickborg_events_total", event="Superseded") == 0


def reconciled(outcome: ReconcileOutcome, at: datetime = NOON) -> Event:
    """A run of ``Reconcile`` that ended."""
    return Event(name=EventName.RECONCILED, outcome=outcome, at=at)


def read(owner: str, remaining: int, resets_at: datetime = NOON + timedelta(minutes=30)) -> Event:
    """What GitHub said of the 5,000 calls of an owner's installation."""
    quota = QuotaReading(owner=owner, limit=5_000, remaining=remaining, resets_at=resets_at)
    return Event(name=EventName.QUOTA_READ, quota=quota)


def test_it_is_known_when_reconcile_last_left_nothing_undone(clock: FakeClock) -> None:
    """Whatever order its runs are heard of in; none that was not whole counts, and no clock that is ahead."""
    metrics, name = Metrics(clock), "tickborg_reconcile_last_whole_timestamp_seconds"
    assert value(metrics, name) is None
    metrics.record(reconciled(ReconcileOutcome.WHOLE, NOON - timedelta(minutes=5)))
    metrics.record(reconciled(ReconcileOutcome.WHOLE, NOON - timedelta(minutes=10)))
    metrics.record(reconciled(ReconcileOutcome.AWAITING))
    metrics.record(reconciled(ReconcileOutcome.REFUSED))
    metrics.record(reconciled(ReconcileOutcome.FAILED))
    assert value(metrics, name) == (NOON - timedelta(minutes=5)).timestamp()
    metrics.record(reconciled(ReconcileOutcome.WHOLE, NOON + timedelta(days=300)))
    assert value(metrics, name) == NOON.timestamp()
    runs = [value(metrics, "tickborg_reconcile_runs_total", outcome=each) for each in ReconcileOutcome]
    assert runs == [3, 1, 1, 1]


def test_what_reconcile_did_is_counted(metrics: Metrics) -> None:
    """Deliveries by what came of them, and what nobody had told by its kind."""
    metrics.record(Event(name=EventName.DELIVERY_ASKED_FOR, count=10))
    metrics.record(Event(name=EventName.DELIVERY_ARRIVED, count=7))
    for kind in ("opened", "push", "abolished", None):
        metrics.record(Event(name=EventName.OWNER_TOLD, event=kind, count=2))
    assert value(metrics, "tickborg_reconcile_deliveries_total", result="asked") == 10
    assert value(metrics, "tickborg_reconcile_deliveries_total", result="arrived") == 7
    told = [
        value(metrics, "tickborg_reconcile_told_total", event=kind) for kind in ("opened", "push", "other")
    ]
    assert told == [2, 2, 4]


def test_what_is_left_of_a_quota_is_shown_by_owner(clock: FakeClock) -> None:
    """When the hour is over there are all calls again, although nobody has made one; then nobody cares."""
    metrics, name = Metrics(clock), "tickborg_github_quota_remaining"
    metrics.record(read("acme", 400))
    metrics.record(read("acme", 500))
    metrics.record(read("octo", 4_000))
    assert [value(metrics, name, owner=owner) for owner in ("acme", "octo")] == [400, 4_000]
    assert value(metrics, "tickborg_github_quota_limit", owner="acme") == 5_000
    clock.advance(timedelta(minutes=30))
    assert value(metrics, name, owner="acme") == 5_000
    metrics.record(read("octo", 4_900, clock() + timedelta(hours=1)))
    clock.advance(KEPT)
    assert [value(metrics, name, owner=owner) for owner in ("acme", "octo")] == [None, 5_000]


def test_a_reading_of_a_clock_that_is_wrong_is_not_the_last(clock: FakeClock) -> None:
    """Nor does one of all times and owners make ``/metrics`` unreadable, or endless."""
    metrics, name = Metrics(clock), "tickborg_github_quota_remaining"
    metrics.record(read("acme", 1, datetime.max.replace(tzinfo=UTC)))
    metrics.record(read("old", 1, datetime.min.replace(tzinfo=UTC)))
    clock.advance(WINDOW + 2 * SAME_WINDOW)
    metrics.record(read("acme", 300, clock() + WINDOW))
    assert value(metrics, name, owner="acme") == 300
    for number in range(MOST_OWNERS):
        metrics.record(read(f"owner-{number}", 1, clock() + WINDOW))
    assert value(metrics, name, owner="acme") is None
    assert metrics.text().count(f"{name}{{") == MOST_OWNERS


def test_what_an_alert_waits_to_rise_is_there_from_the_start(metrics: Metrics) -> None:
    """Of a series that begins at one Prometheus sees no increase, and the first night goes by unheard."""
    [group] = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    rising = [
        found
        for rule in group["rules"]
        for found in re.findall(r"increase\((\w+)(?:{(\w+)=\"(\w+)\"})?\[", rule["expr"])
    ]
    there = [sample for family in metrics.registry.collect() for sample in family.samples]
    missing = [
        (name, label, wanted)
        for name, label, wanted in rising
        if not any(each.name == name and each.labels.get(label, "") == wanted for each in there)
    ]
    assert len(rising) >= 10
    assert not missing


def documented() -> dict[str, tuple[str, set[str]]]:
    """Kind and labels of each metric in the page of metrics."""
    table = [[cell.text for cell in row] for row in rows(METRICS_PAGE.partition("\n## ")[0])]
    return {name: (kind, set(filter(None, labels.split(", ")))) for name, kind, labels, _ in table}


def test_every_alert_is_explained_and_asks_for_what_there_is() -> None:
    """One that asks for a metric or a label that is not there would never fire."""
    [group] = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    explained = [row[0].text for row in rows(section(METRICS_PAGE, "What to be woken for"))]
    assert [rule["alert"] for rule in group["rules"]] == explained
    for rule in group["rules"]:
        for name, _, selected in re.findall(r"\b(tickborg_\w+)({(.*?)})?", rule["expr"]):
            _, labels = documented()[name]
            assert set(re.findall(r"(\w+)=", selected)) <= labels
        assert set(re.findall(r'outcome="(\w+)"', rule["expr"])) <= set(ReconcileOutcome)
        assert set(re.findall(r'event="(\w+)"', rule["expr"])) <= set(EventName)


def test_the_documented_metrics_are_those_there_are(metrics: Metrics) -> None:
    """Each with its kind and its labels: one that is not in the page may be unbounded."""
    for name in EventName:
        metrics.record(Event(name=name, seconds=1, repo="r", project="p"))
    metrics.record_message("counted")
    metrics.record(reconciled(ReconcileOutcome.WHOLE))
    metrics.record(read("acme", 1, datetime.now(UTC)))
    found = {
        family.name + ("_total" if family.type == "counter" else ""): (
            family.type,
            {label for sample in family.samples for label in sample.labels} - {"le"},
        )
        for family in text_string_to_metric_families(metrics.text())
    }
    assert found == documented()
