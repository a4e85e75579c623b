"""Events become metrics with Prometheus' names and a bounded number of labels."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from messaging import metrics as metrics_module
from messaging.metrics import Metrics
from tickborg.messages import Event, EventName


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
    assert value(other, "tickborg_events_total", event="Superseded") is None


def documented() -> dict[str, tuple[str, set[str]]]:
    """Kind and labels of each metric in the table of the module's docstring."""
    table = (metrics_module.__doc__ or "").split("\n")
    borders = [match.span() for match in re.finditer("=+", next(row for row in table if "===" in row))]
    rows = [
        [row[start:end].strip() for start, end in borders] for row in table if row.startswith("tickborg_")
    ]
    return {name: (kind, set(filter(None, labels.split(", ")))) for name, kind, labels, _ in rows}


def test_the_documented_metrics_are_those_there_are(metrics: Metrics) -> None:
    """Each with its kind and its labels: one that is not in the table may be unbounded."""
    for name in EventName:
        metrics.record(Event(name=name, seconds=1, repo="r", project="p"))
    metrics.record_message("counted")
    found = {
        family.name + ("_total" if family.type == "counter" else ""): (
            family.type,
            {label for sample in family.samples for label in sample.labels} - {"le"},
        )
        for family in text_string_to_metric_families(metrics.text())
    }
    assert found == documented()
