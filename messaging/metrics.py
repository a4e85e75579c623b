"""What the stats collector knows, as metrics (design, section 10). docs/metrics.md lists them.

Labels are of bounded number: systems, outcomes and actions are enumerations (anything else is ``other``),
webhook names are GitHub's, repositories are those of the ACL, owners theirs, and projects those of their
target branches. There is no label for a pull request, a commit, a person or a builder. OpenTelemetry's limit
of 2,000 series a metric is the backstop.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, generate_latest

from messaging.quota_readings import QuotaReadings
from tickborg.jobs import BuildOutcome, EvaluationOutcome
from tickborg.messages import LOGS_QUEUE, STATS_QUEUE, Event, EventName, ReconcileOutcome
from tickborg.reconciling import MISSED_KINDS
from tickborg.setbacks import WhyGivenUp
from tickborg.systems import System

BUILD_BUCKETS = (1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
EVALUATION_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

OTHER = "other"

_SYSTEMS = frozenset(System)
_OUTCOMES = frozenset(BuildOutcome) | frozenset(EvaluationOutcome) | frozenset(ReconcileOutcome)
_GIVEN_UP = frozenset(WhyGivenUp)
_QUEUES = frozenset({LOGS_QUEUE, STATS_QUEUE})
_LONGEST_NAME = 200
_WEBHOOK_NAME = re.compile(r"[a-z_]{1,40}")
_WEBHOOK_RESULTS = {
    EventName.JOB_RECEIVED: "received",
    EventName.JOB_DECODE_SUCCESS: "decoded",
    EventName.JOB_DECODE_FAILURE: "refused",
}
_DELIVERY_RESULTS = {
    EventName.DELIVERY_ASKED_FOR: "asked",
    EventName.DELIVERY_ARRIVED: "arrived",
    EventName.DELIVERY_GIVEN_UP: "given_up",
}

Readings = Callable[[datetime], Iterable[tuple[str, int]]]
"""A number for each owner, as it is at that time."""


class Metrics:
    """The instruments, with a registry of their own, so that several can live in one process."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._quotas = QuotaReadings()
        self._last_whole: datetime | None = None
        self.registry = CollectorRegistry()
        reader = PrometheusMetricReader(
            disable_target_info=True, scope_info_enabled=False, registry=self.registry
        )
        self._provider = MeterProvider([reader], resource=Resource({}), shutdown_on_exit=False)
        self._create_instruments()
        self._create_gauges()
        self._begin_at_nothing()

    def _create_instruments(self) -> None:
        self._events = self._counter("events", "Events, by name.")
        self._webhooks = self._counter("webhooks", "Webhooks: received, decoded, refused.")
        self._evaluations = self._counter("evaluations_completed", "Evaluations that ended.")
        self._evaluation_seconds = self._histogram(
            "evaluation_duration", "How long evaluations took.", EVALUATION_BUCKETS
        )
        self._started = self._counter("builds_started", "Attempts of builds that began.")
        self._builds = self._counter("builds_completed", "Builds that ended.")
        self._build_seconds = self._histogram("build_duration", "How long builds took.", BUILD_BUCKETS)
        self._project_builds = self._counter("project_builds_completed", "Builds that ended, by project.")
        self._given_up = self._counter("builds_given_up", "Builds that no builder came to a result of.")
        self._no_builder = self._counter("no_builder", "Looks for a builder that found none online.")
        self._lines_lost = self._counter("log_lines_lost", "Lines of build logs that were lost.")
        self._refused = self._counter("messages_refused", "Invalid messages, dead-lettered.")
        self._messages = self._counter("stats_messages", "Messages of the stats queue.")
        self._reconciled = self._counter("reconcile_runs", "Runs of Reconcile that ended.")
        self._deliveries = self._counter("reconcile_deliveries", "Deliveries asked for again.")
        self._told = self._counter("reconcile_told", "What no webhook had told and Reconcile told.")

    def _create_gauges(self) -> None:
        meter = self._provider.get_meter("tickborg")
        meter.create_observable_gauge(
            "tickborg_reconcile_last_whole_timestamp",
            [self._when_last_whole],
            "s",
            "When a run of Reconcile last ended that left nothing undone.",
        )
        meter.create_observable_gauge(
            "tickborg_github_quota_limit",
            [self._by_owner(self._quotas.limits)],
            description="Calls to GitHub that an installation has in an hour.",
        )
        meter.create_observable_gauge(
            "tickborg_github_quota_remaining",
            [self._by_owner(self._quotas.remaining)],
            description="How many of them are left.",
        )

    def _begin_at_nothing(self) -> None:
        """An alert on a counter needs it before the first event, which is no increase otherwise."""
        self._lines_lost.add(0)
        for name in EventName:
            self._events.add(0, {"event": name.value})
        for queue in sorted(_QUEUES):
            self._refused.add(0, {"queue": queue})
        for outcome in ReconcileOutcome:
            self._reconciled.add(0, {"outcome": outcome.value})
        for result in _DELIVERY_RESULTS.values():
            self._deliveries.add(0, {"result": result})
        for system in System:
            self._no_builder.add(0, {"system": system.value})
            for reason in WhyGivenUp:
                self._given_up.add(0, {"reason": reason.value, "system": system.value})

    def record(self, event: Event) -> None:
        """Count one event."""
        self._events.add(event.count, {"event": event.name.value})
        if event.name is EventName.BUILD_STARTED:
            self._started.add(event.count, {"system": _system(event)})
        elif event.name is EventName.BUILD_COMPLETED:
            self._record_build(event)
        elif event.name is EventName.EVAL_COMPLETED:
            self._record_evaluation(event)
        elif event.name is EventName.NO_BUILDER:
            self._no_builder.add(event.count, {"system": _system(event)})
        elif event.name is EventName.LOG_LINES_LOST:
            self._lines_lost.add(event.count)
        elif event.name in _WEBHOOK_RESULTS:
            self._record_decoding(event)
        else:
            self._record_upkeep(event)

    def record_message(self, result: str) -> None:
        """Count one message of the stats queue: ``counted``, ``repeated`` or ``refused``."""
        self._messages.add(1, {"result": result})
        if result == "refused":
            self._refused.add(1, {"queue": STATS_QUEUE})

    def text(self) -> str:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry).decode()

    def close(self) -> None:
        """Take the instruments down."""
        self._provider.shutdown()

    def _record_build(self, event: Event) -> None:
        outcome = _outcome(event)
        labels = {"system": _system(event), "outcome": outcome}
        self._builds.add(event.count, labels)
        self._project_builds.add(
            event.count, {"repo": _name(event.repo), "project": _name(event.project), "outcome": outcome}
        )
        if event.reason is not None:
            reason = event.reason if event.reason in _GIVEN_UP else OTHER
            self._given_up.add(event.count, {"reason": reason, "system": _system(event)})
        if event.seconds is not None:
            self._build_seconds.record(event.seconds, labels)

    def _record_evaluation(self, event: Event) -> None:
        labels = {"outcome": _outcome(event)}
        self._evaluations.add(event.count, labels)
        if event.seconds is not None:
            self._evaluation_seconds.record(event.seconds, labels)

    def _record_decoding(self, event: Event) -> None:
        """Count a webhook, or a message that a collector refused: it names its queue as the event."""
        if event.event in _QUEUES:
            self._refused.add(event.count, {"queue": event.event or ""})
            return
        name = event.event or ""
        known = name if _WEBHOOK_NAME.fullmatch(name) else OTHER
        self._webhooks.add(event.count, {"event": known, "result": _WEBHOOK_RESULTS[event.name]})

    def _record_upkeep(self, event: Event) -> None:
        """Count what ``Reconcile`` did, or take in how often GitHub may still be called."""
        if event.name is EventName.RECONCILED:
            self._record_reconciled(event)
        elif event.name in _DELIVERY_RESULTS:
            self._deliveries.add(event.count, {"result": _DELIVERY_RESULTS[event.name]})
        elif event.name is EventName.OWNER_TOLD:
            self._told.add(event.count, {"event": event.event if event.event in MISSED_KINDS else OTHER})
        elif event.name is EventName.QUOTA_READ and event.quota is not None:
            self._quotas.take(event.quota.model_copy(update={"owner": _name(event.quota.owner)}), self._now())

    def _record_reconciled(self, event: Event) -> None:
        self._reconciled.add(event.count, {"outcome": _outcome(event)})
        if event.outcome == ReconcileOutcome.WHOLE and event.at is not None:
            # A clock that is ahead must not keep an alert from firing.
            at = min(event.at, self._now())
            self._last_whole = max(self._last_whole or at, at)

    def _when_last_whole(self, _: CallbackOptions) -> Iterator[Observation]:
        if self._last_whole is not None:
            yield Observation(self._last_whole.timestamp())

    def _by_owner(self, readings: Readings) -> Callable[[CallbackOptions], Iterator[Observation]]:
        def observed(_: CallbackOptions) -> Iterator[Observation]:
            return (Observation(value, {"owner": owner}) for owner, value in readings(self._now()))

        return observed

    def _counter(self, name: str, description: str) -> Counter:
        return self._provider.get_meter("tickborg").create_counter(
            f"tickborg_{name}", description=description
        )

    def _histogram(self, name: str, description: str, buckets: tuple[float, ...]) -> Histogram:
        return self._provider.get_meter("tickborg").create_histogram(
            f"tickborg_{name}", "s", description, explicit_bucket_boundaries_advisory=buckets
        )


def _name(given: str | None) -> str:
    """A name as it is, unless nothing is called like that."""
    return given if given and len(given) <= _LONGEST_NAME else OTHER if given else ""


def _system(event: Event) -> str:
    return event.system if event.system in _SYSTEMS and event.system else OTHER


def _outcome(event: Event) -> str:
    return event.outcome if event.outcome in _OUTCOMES and event.outcome else OTHER
